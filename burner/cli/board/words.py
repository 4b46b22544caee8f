"""The word, shape and colour of each state on the display.

Colour is never alone: every state has its own word and its own shape.
"""

from typing import NamedTuple

from burner.core.attempt import Step
from burner.core.code import Code
from burner.core.words.language import Language
from burner.core.words.phrases import phrase, rows
from burner.station.events import SlotState

__all__ = [
    "SHAPES",
    "SHAPES_ASCII",
    "STYLES",
    "TileWords",
    "phrase",
    "shape",
    "short_word",
    "state_word",
    "step_word",
    "tile_words",
    "unit_word",
]

S = SlotState

SHAPES = {
    S.STARTING: "…",
    S.EMPTY: "○",
    S.SEEN: "◌",
    S.SCAN: "?",
    S.RESCAN: "↻",
    S.BURNING: "▶",
    S.PASS: "✔",
    S.KNOWN: "✔",
    S.OTHER_BATCH: "◆",
    S.FAIL: "✘",
    S.ERROR: "!",
    S.ABORTED: "■",
    S.CLOSED: "–",
}
SHAPES_ASCII = {
    S.STARTING: ".",
    S.EMPTY: "o",
    S.SEEN: "@",
    S.SCAN: "?",
    S.RESCAN: "%",
    S.BURNING: ">",
    S.PASS: "+",
    S.KNOWN: "+",
    S.OTHER_BATCH: "=",
    S.FAIL: "X",
    S.ERROR: "!",
    S.ABORTED: "#",
    S.CLOSED: "-",
}
STYLES = {
    S.STARTING: "dim",
    S.EMPTY: "dim",
    S.SEEN: "bold white on blue",
    S.SCAN: "black on bright_white",
    S.RESCAN: "bold red on bright_white",
    S.BURNING: "bold white on blue",
    S.PASS: "black on green",
    S.KNOWN: "black on green",
    S.OTHER_BATCH: "bold white on magenta",
    S.FAIL: "bold white on red",
    S.ERROR: "black on yellow",
    S.ABORTED: "bold white on bright_black",
    S.CLOSED: "dim",
}
"""No bold black: many terminals show it grey."""


def state_word(state: SlotState, language: Language) -> str:
    """The word of a state."""
    return phrase(state.value, language)


def short_word(state: SlotState, language: Language) -> str:
    """A word of at most six columns, for where the state's own has no room."""
    short = f"short {state.value}"
    return phrase(short, language) if short in rows() else state_word(state, language)


_ASIDE = {Code.NAME_NOT_CONFIRMED.value: "NO NAME", Code.INTERLOCK_REFUSED.value: "NOT HERE"}
"""The words of `station.tally.PUT_ASIDE`."""


class TileWords(NamedTuple):
    """The word of a tile, and the one for where that has no room."""

    full: str
    short: str


def unit_word(state: SlotState, code: str, language: Language) -> str:
    """The word of a unit's end: one that is to be put aside is no ERROR of its slot."""
    aside = _ASIDE.get(code) if state is SlotState.ERROR else None
    return phrase(aside, language) if aside else state_word(state, language)


def tile_words(
    state: SlotState, language: Language, *, doing: str = "", code: str = ""
) -> TileWords:
    """Those of a state, or of what is done: while a board waits or is tested it is not BURNING."""
    if doing:
        return TileWords(phrase(doing, language), phrase(f"short {doing}", language))
    if (word := unit_word(state, code, language)) != state_word(state, language):
        return TileWords(word, phrase(f"short {_ASIDE[code]}", language))
    return TileWords(state_word(state, language), short_word(state, language))


def step_word(step: Step, language: Language) -> str:
    """The word of a step."""
    return phrase(step.value, language)


def shape(state: SlotState, unicode: bool) -> str:
    """One character that means a state, also without colour."""
    return (SHAPES if unicode else SHAPES_ASCII)[state]
