"""State words in letters three lines high, to be read from two metres away.

Letters are drawn by us on a grid of 3 × 5 dots; two dots stand above each other in a character.
"""

LETTERS = {
    "A": ("###", "#.#", "###", "#.#", "#.#"),
    "B": ("##.", "#.#", "##.", "#.#", "##."),
    "C": ("###", "#..", "#..", "#..", "###"),
    "D": ("##.", "#.#", "#.#", "#.#", "##."),
    "E": ("###", "#..", "##.", "#..", "###"),
    "F": ("###", "#..", "##.", "#..", "#.."),
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
SHORT = {"BURNING": "BURN"}
"""What is too long to be large."""
LINES = 3
HALVES = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}


def width_of(word: str) -> int:
    """Characters a word takes: three a letter, one between."""
    return 4 * len(SHORT.get(word, word)) - 1


def big(word: str) -> tuple[str, ...] | None:
    """The word as three lines of half blocks; None if a letter is missing."""
    word = SHORT.get(word, word)
    if any(letter not in LETTERS for letter in word):
        return None
    rows = [".".join(LETTERS[letter][row] for letter in word) for row in range(5)]
    rows.append("." * len(rows[0]))
    return tuple(
        "".join(HALVES[top + bottom] for top, bottom in zip(rows[n], rows[n + 1], strict=True))
        for n in (0, 2, 4)
    )
