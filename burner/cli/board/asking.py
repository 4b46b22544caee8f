"""What the board shows of scans and keys: a label on its tile, questions below the tiles. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from burner.cli.board.view import View
from burner.cli.board.words import phrase
from burner.cli.screen import wrapped
from burner.core.words.visible_text import seen

if TYPE_CHECKING:
    from rich.text import Text

SHORTEST_LABEL = 4
"""Columns of a label that are worth showing."""


def with_label(head: str, seconds: str, label: str, width: int, *, unicode: bool) -> str:
    """A tile's first line: what was scanned for the board stands at the right.

    Its end, if it is too long; it comes before the seconds where there is no room for both.
    """
    from rich.cells import cell_len

    both, text = f"{head} {seconds}", seen(label)
    if not label:
        return both
    if cell_len(both) + 2 + cell_len(text) <= width:
        head = both
    room = width - cell_len(head) - 2
    if room < SHORTEST_LABEL:
        return both
    if cell_len(text) > room:
        while cell_len(text) >= room:
            text = text[1:]
        text = f"…{text}" if unicode else text
    return f"{head} {' ' * (room - cell_len(text))}{text} "


def asked_lines(view: View, now: float, width: int) -> "list[Text]":
    """What the operator is asked beside labels, the choices, and what is typed."""
    from rich.text import Text

    asked = view.asked(now)
    text = seen(phrase(asked.text, view.language, *asked.args)) if asked.text else ""
    style = "bold black on bright_white" if asked.asks else "bold"
    lines = [Text(line, style=style) for line in wrapped(text, width)] if text else []
    lines += [Text(line, style="bold") for line in _choices(asked.options, width)]
    if view.typed:
        lines.append(Text(f"> {seen(view.typed)}_", style="bold"))
    return lines


def _choices(options: Sequence[str], width: int) -> list[str]:
    """Numbered, as many in a line as have room."""
    from rich.cells import cell_len

    lines: list[str] = []
    for number, option in enumerate(options, 1):
        choice = f"{number} {seen(option)}"
        if lines and cell_len(lines[-1]) + 3 + cell_len(choice) <= width:
            lines[-1] += f"   {choice}"
        else:
            lines.append(choice)
    return lines
