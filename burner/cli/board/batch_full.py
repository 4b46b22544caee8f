"""The display when the batch has all its units: how many, how they ended, what to do next.

The tiles stay below it: boards are still in the slots, and each must go into the right box.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burner.cli.board.words import STYLES
from burner.cli.terminal.big_word import Large, in_letters, on_plate
from burner.cli.terminal.next_command import DEFAULT_MANIFEST, manifest_argument, quoted
from burner.cli.terminal.screen import middle, wrapped
from burner.core.words.language import Language
from burner.core.words.phrases import phrase
from burner.station.events import SlotState

if TYPE_CHECKING:
    from rich.text import Text

OPTION = re.compile(r"(--?\b[\w-]+) ")
HELD = "␠"
"""Stands for a blank at which a line is not broken: between an option and its value."""


@dataclass(frozen=True)
class FullBatch:
    """A batch that has all its units."""

    batch: str
    passed: int
    planned: int
    station: str
    waits: bool
    """Whether a key is waited for."""
    manifest: str = DEFAULT_MANIFEST
    """As given on the command line."""

    def says(self, language: Language) -> str:
        """The result in one sentence."""
        return phrase("batch done", language, self.batch, self.passed, self.planned)

    def steps(self, language: Language) -> list[str]:
        """What to do now."""
        close = f"burner batch close {quoted(self.batch)} --operator ID"
        close += f" --station {self.station}{manifest_argument(self.manifest)} -o evidence/"
        return [phrase("take out", language), phrase("then close", language, close)]


def banner(done: FullBatch, language: Language, width: int, unicode: bool) -> "list[Text]":
    """The large word over the whole width, and the sentence."""
    from rich.cells import set_cell_size
    from rich.text import Text

    word = phrase("DONE", language)
    large = on_plate(SlotState.PASS, word) if language == "zh" else in_letters(word)
    if not unicode or large is None or large.width > width:
        large = Large((word,))
    texts = [middle(line, width) for line in ("", *large.lines, done.says(language), "")]
    lines = [Text(set_cell_size(line, width), style=STYLES[SlotState.PASS]) for line in texts]
    if large.plate:
        for line in lines:
            line.highlight_words([large.plate], "reverse")
    return lines


def next_steps(done: FullBatch, language: Language, width: int, unicode: bool) -> "list[Text]":
    """What to do now; and to press a key, where one is waited for."""
    from rich.text import Text

    arrow = "→" if unicode else "->"
    steps = [OPTION.sub(rf"\1{HELD}", f"{arrow} {step}") for step in done.steps(language)]
    wraps = [line.replace(HELD, " ") for step in steps for line in wrapped(step, width)]
    lines = [Text(line, style="bold") for line in wraps]
    if done.waits:
        lines.append(Text(phrase("any key", language), style="reverse"))
    return lines
