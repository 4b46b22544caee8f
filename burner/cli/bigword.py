"""State words three lines high, to be read from two metres away.

English is drawn in letters, on a grid of 3 × 5 dots. Chinese has no letters so small: there the
state's emblem stands large, and the word in a frame beside it. Two dots stand above each other in
a character.
"""

from burner.station import SlotState

LETTERS = {
    "A": ("###", "#.#", "###", "#.#", "#.#"),
    "B": ("##.", "#.#", "##.", "#.#", "##."),
    "C": ("###", "#..", "#..", "#..", "###"),
    "D": ("##.", "#.#", "#.#", "#.#", "##."),
    "E": ("###", "#..", "##.", "#..", "###"),
    "F": ("###", "#..", "##.", "#..", "#.."),
    "H": ("#.#", "#.#", "###", "#.#", "#.#"),
    "I": ("###", ".#.", ".#.", ".#.", "###"),
    "K": ("#.#", "#.#", "##.", "#.#", "#.#"),
    "L": ("#..", "#..", "#..", "#..", "###"),
    "N": ("##.", "#.#", "#.#", "#.#", "#.#"),
    "O": ("###", "#.#", "#.#", "#.#", "###"),
    "P": ("###", "#.#", "###", "#..", "#.."),
    "R": ("##.", "#.#", "##.", "#.#", "#.#"),
    "S": ("###", "#..", "###", "..#", "###"),
    "T": ("###", ".#.", ".#.", ".#.", ".#."),
    "U": ("#.#", "#.#", "#.#", "#.#", "###"),
    "W": ("#.#", "#.#", "#.#", "###", "#.#"),
}
RING = ("..###..", ".##.##.", "##...##", "##...##", ".##.##.", "..###..")
TICK = (".....##", "....###", "#..###.", "#####..", ".###...", "..#....")
EMBLEMS = {
    SlotState.STARTING: (".......", ".......", "#..#..#", "#..#..#", ".......", "......."),
    SlotState.EMPTY: RING,
    SlotState.SEEN: ("..###..", ".#...#.", "#..#..#", "#..#..#", ".#...#.", "..###.."),
    SlotState.SCAN: (".#####.", "##...##", "....##.", "...##..", ".......", "...##.."),
    SlotState.BURNING: ("##.....", "####...", "#######", "#######", "####...", "##....."),
    SlotState.PASS: TICK,
    SlotState.KNOWN: TICK,
    SlotState.OTHER_BATCH: ("...#...", "..###..", "#######", "#######", "..###..", "...#..."),
    SlotState.FAIL: ("##...##", ".##.##.", "..###..", "..###..", ".##.##.", "##...##"),
    SlotState.ERROR: ("..###..", "..###..", "..###..", "...#...", ".......", "..###.."),
    SlotState.ABORTED: (".......", ".#####.", ".#####.", ".#####.", ".#####.", "......."),
    SlotState.CLOSED: (".......", ".......", "#######", "#######", ".......", "......."),
}
"""Drawn like the shapes of `words.SHAPES`."""
LINES = 3
HALVES = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}
FRAMED = 8
"""Columns inside of the frame: four Chinese characters."""
SPACES = {2: "  ", 3: " "}
"""Between the characters of a shorter word."""


def big(word: str) -> tuple[str, ...] | None:
    """An English word as three lines of half blocks; None if a letter is missing."""
    if any(letter not in LETTERS for letter in word):
        return None
    rows = [".".join(LETTERS[letter][row] for letter in word) for row in range(5)]
    return _drawn((*rows, "." * len(rows[0])))


def framed(state: SlotState, word: str) -> tuple[str, ...]:
    """A state's emblem and its Chinese word in a frame, as three lines."""
    between = SPACES.get(len(word), "")
    margin = " " * ((FRAMED - 2 * len(word) - len(between) * (len(word) - 1)) // 2)
    bar = "━" * FRAMED
    frame = (f"┏{bar}┓", f"┃{margin}{between.join(word)}{margin}┃", f"┗{bar}┛")
    emblem = _drawn(EMBLEMS[state])
    return tuple(f"{left} {right}" for left, right in zip(emblem, frame, strict=True))


def _drawn(rows: tuple[str, ...]) -> tuple[str, ...]:
    """Rows of dots, two to a line."""
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return tuple(
        "".join(HALVES[top + bottom] for top, bottom in zip(upper, lower, strict=True))
        for upper, lower in pairs
    )
