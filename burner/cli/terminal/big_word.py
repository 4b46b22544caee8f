"""State words three lines high, to be read from two metres away.

English is drawn in letters, on a grid of 3 × 5 dots. Chinese characters cannot be drawn so small:
there the state's emblem is large, with the word on a plate beside it. One character cell has two
dots, one above the other.
"""

from dataclasses import dataclass
from functools import cache

from burner.station.events import SlotState

LETTERS = {
    "A": ("###", "#.#", "###", "#.#", "#.#"),
    "B": ("##.", "#.#", "##.", "#.#", "##."),
    "C": ("###", "#..", "#..", "#..", "###"),
    "D": ("##.", "#.#", "#.#", "#.#", "##."),
    "E": ("###", "#..", "##.", "#..", "###"),
    "F": ("###", "#..", "##.", "#..", "#.."),
    "G": ("###", "#..", "#.#", "#.#", "###"),
    "H": ("#.#", "#.#", "###", "#.#", "#.#"),
    "I": ("###", ".#.", ".#.", ".#.", "###"),
    "K": ("#.#", "#.#", "##.", "#.#", "#.#"),
    "L": ("#..", "#..", "#..", "#..", "###"),
    "M": ("#.#", "###", "#.#", "#.#", "#.#"),
    "N": ("##.", "#.#", "#.#", "#.#", "#.#"),
    "O": ("###", "#.#", "#.#", "#.#", "###"),
    "P": ("###", "#.#", "###", "#..", "#.."),
    "R": ("##.", "#.#", "##.", "#.#", "#.#"),
    "S": ("###", "#..", "###", "..#", "###"),
    "T": ("###", ".#.", ".#.", ".#.", ".#."),
    "U": ("#.#", "#.#", "#.#", "#.#", "###"),
    "W": ("#.#", "#.#", "#.#", "###", "#.#"),
}
TICK = (".....##", "....###", "#..###.", "#####..", ".###...", "..#....")
EMBLEMS = {
    SlotState.SEEN: ("..###..", ".#...#.", "#..#..#", "#..#..#", ".#...#.", "..###.."),
    SlotState.SCAN: (".#####.", "##...##", "....##.", "...##..", ".......", "...##.."),
    SlotState.RESCAN: (".####..", "##..#.#", "#....##", "##...#.", ".##.##.", "..###.."),
    SlotState.BURNING: ("##.....", "####...", "#######", "#######", "####...", "##....."),
    SlotState.PASS: TICK,
    SlotState.KNOWN: TICK,
    SlotState.OTHER_BATCH: ("...#...", "..###..", "#######", "#######", "..###..", "...#..."),
    SlotState.FAIL: ("##...##", ".##.##.", "..###..", "..###..", ".##.##.", "##...##"),
    SlotState.ERROR: ("..###..", "..###..", "..###..", "...#...", ".......", "..###.."),
    SlotState.ABORTED: (".......", ".#####.", ".#####.", ".#####.", ".#####.", "......."),
}
"""Of the states that somebody looks for; drawn like the shapes of `words.SHAPES`."""
LINES = 3
HALVES = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}
PLATE = 10
"""Columns of the plate: four Chinese characters and a margin."""
SPACES = {2: "  ", 3: " "}
"""Between the characters of a shorter word."""


@dataclass(frozen=True)
class Large:
    """A word three lines high."""

    lines: tuple[str, ...]
    width: int = 0
    """In columns."""
    plate: str = ""
    """The part of the middle line that is to be shown in reverse video."""


@cache
def in_letters(word: str) -> Large | None:
    """An English word in half blocks; None if a letter is missing."""
    if any(letter not in LETTERS for letter in word):
        return None
    rows = [".".join(LETTERS[letter][row] for letter in word) for row in range(5)]
    return Large(_drawn((*rows, "." * len(rows[0]))), len(rows[0]))


@cache
def on_plate(state: SlotState, word: str) -> Large:
    """A state's emblem, and its Chinese word on a plate beside it."""
    between = SPACES.get(len(word), "")
    margin = " " * ((PLATE - 2 * len(word) - len(between) * (len(word) - 1)) // 2)
    middle = f"{margin}{between.join(word)}{margin}"
    plate = ("▄" * PLATE, middle, "▀" * PLATE)
    emblem = _drawn(EMBLEMS[state])
    lines = tuple(f"{left} {right}" for left, right in zip(emblem, plate, strict=True))
    return Large(lines, len(emblem[0]) + 1 + PLATE, middle)


def _drawn(rows: tuple[str, ...]) -> tuple[str, ...]:
    """Rows of dots, two to a line."""
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return tuple(
        "".join(HALVES[top + bottom] for top, bottom in zip(upper, lower, strict=True))
        for upper, lower in pairs
    )
