"""An error as lines of the display: slots, code, what happened, what to do now. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from burner.cli.board.troubles import Rank, Trouble, named
from burner.cli.terminal.screen import packed, wrapped
from burner.core.words.language import Language
from burner.core.words.phrases import phrase
from burner.core.words.visible_text import escape_invisible

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {
    Rank.ALL_SLOTS: "bold white on red",
    Rank.UNIT: "bold red",
    Rank.SLOT: "bold yellow",
    Rank.PLACE: "bold magenta",
}


def error_lines(
    trouble: Trouble, language: Language, width: int, unicode: bool, *, sentence: bool = True
) -> "list[Text]":
    """Where, the code, what happened if there is room, and what to do now."""
    from rich.text import Text

    arrow = "→" if unicode else "->"
    head = f"{trouble.where(language)}  {trouble.error.code}"
    says, do = escape_invisible(trouble.says(language)), f"{arrow} {trouble.do(language)}"
    style = STYLES[trouble.rank]
    if sentence:
        lines = [Text(line, style=style) for line in wrapped(f"{head} {says}", width)]
        return [*lines, *(Text(line) for line in wrapped(do, width))]
    lines = [
        Text(line)
        for line in wrapped(f"{head}{escape_invisible(trouble.bracketed(language))} {do}", width)
    ]
    lines[0].stylize(style, 0, len(head))
    return lines


def worst_lines(
    troubles: Sequence[Trouble],
    texts: "Sequence[list[Text]]",
    language: Language,
    width: int,
    room: int,
) -> "list[Text]":
    """As many whole errors as there is room for; of the others the code and the slots."""
    from rich.text import Text

    lines: list[Text] = []
    for many in reversed(range(len(troubles))):
        rest = [f"{t.error.code}: {named(t.slots, language)}" for t in troubles[many:]]
        lines = [line for text in texts[:many] for line in text]
        also = packed([phrase("also", language), *rest], width)
        lines += [Text(line, style="bold") for line in also]
        if len(lines) <= room or not many:
            break
    return lines[:room]
