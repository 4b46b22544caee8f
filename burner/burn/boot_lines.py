"""The lines that a unit prints when it boots: matched against patterns. Pure."""

from collections.abc import Sequence
from typing import Final

from burner.core import regex
from burner.core.words.visible_text import quoted

MAX_SHOWN: Final = 120
"""Longest text of the unit, in characters, that an error detail quotes: details are recorded."""


class AwaitedLines:
    """Tells after each line whether every pattern has matched, so that listening may stop.

    Each line is searched once: a unit may print thousands.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._missing = list(patterns)
        self._searched = 0

    def __call__(self, lines: Sequence[str]) -> bool:
        """Whether nothing is missing; `lines` are all lines so far."""
        new = lines[self._searched :]
        self._searched = len(lines)
        self._missing = [pattern for pattern in self._missing if first_match(pattern, new) is None]
        return not self._missing


def first_match(pattern: str, lines: Sequence[str]) -> regex.Match | None:
    """The match in the first line that has one."""
    return next((m for line in lines if (m := regex.search(pattern, line))), None)


def shown(text: str) -> str:
    """A text of the unit in quotes; only the beginning of a long one."""
    return quoted(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…")
