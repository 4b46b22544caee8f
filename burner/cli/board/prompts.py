"""What the display shows of scans and keys: a label on a tile, questions below the tiles. Pure."""

from typing import TYPE_CHECKING

from burner.cli.board.display_view import DisplayView
from burner.cli.terminal.screen import packed, wrapped
from burner.core.words.phrases import phrase
from burner.core.words.visible_text import escape_invisible

if TYPE_CHECKING:
    from rich.text import Text

SHORTEST_LABEL = 4
"""Fewer columns of a label are not shown."""


def with_label(head: str, seconds: str, label: str, width: int, *, unicode: bool) -> str:
    """The first line of a tile, with the scanned label at the right.

    Of a label that is too long the end is shown. Without room for both the seconds are left out.
    """
    from rich.cells import cell_len

    both, text = f"{head} {seconds}", escape_invisible(label)
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


def asked_lines(view: DisplayView, now: float, width: int) -> "list[Text]":
    """The question or answer, the choices, and what is being typed."""
    from rich.text import Text

    asked = view.asked(now)
    text = escape_invisible(phrase(asked.text, view.language, *asked.args)) if asked.text else ""
    style = "bold black on bright_white" if asked.asks else "bold"
    lines = [Text(line, style=style) for line in wrapped(text, width)] if text else []
    choices = [
        f"{number} {escape_invisible(option)}" for number, option in enumerate(asked.options, 1)
    ]
    lines += [Text(line, style="bold") for line in packed(choices, width, gap=3)]
    if view.typed:
        lines.append(Text(f"> {escape_invisible(view.typed)}_", style="bold"))
    return lines
