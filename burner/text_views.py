"""A text as it may be meant: without what stands between the parts of a secret in it. Pure.

A dump has `0x` and colours between its bytes, a log a head before each line, a string escapes.
A view leaves some of these out or undoes them, and knows where in the text its characters stand.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

Span = tuple[int, int]
"""First place, and the one behind the last."""

_NOTHING: Final = re.compile(r"(?!)")
_BETWEEN: Final = re.compile(r"0[xX]|\x1b\[[0-9;]*[A-Za-z]")
"""What stands between the parts of a dump and is none of it."""
_TIME: Final = (
    r"(?:[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}[T ])?"
    r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9}){0,2}Z?[ \t]+"
)
_BRACKETS: Final = r"\[[^\]\n]{0,64}\][ \t]*"
_TAG: Final = r"(?:<[a-z]{1,16}> |[A-Za-z_][A-Za-z0-9_]{0,31}(?:\(\))?: )"
_LINE_HEAD: Final = re.compile(
    r"\n(?:\x1b\[[0-9;]*m)?"
    r"(?:[EWIDV] \([0-9:.]{1,16}\) [^:\n]{1,64}: "  # ESP-IDF's log
    rf"|(?:{_TIME}(?:{_BRACKETS}){{0,4}}|(?:{_BRACKETS}){{1,4}})(?:{_TAG}){{0,2}})"
)
"""The head of a line in a log: a time, words in brackets, a tag."""
_HEAD_OR_BETWEEN: Final = re.compile(f"{_LINE_HEAD.pattern}|{_BETWEEN.pattern}")
_BEFORE_LAST_WORD: Final = re.compile(r"\n[^\n]*[ \t\r\])>:=|,\"'](?=[^ \t\r\])>:=|,\"'\n])")
"""A line but for its last word: a head of any other kind."""
_ESCAPE: Final = re.compile(
    r"\\\\{0,3}(?:[xX]([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|[uU]([0-9a-fA-F]{4})"
    r"|[uUxX]\{([0-9a-fA-F]{1,8})\}|([0-3]?[0-7]{1,2})|[abefnrtv])"
    r"|%(?:25){0,3}([0-9a-fA-F]{2})|%[uU]([0-9a-fA-F]{4})|=([0-9a-fA-F]{2})"
    r"|&#[xX]([0-9a-fA-F]{1,6});|&#([0-9]{1,7});"
    r"|\\([^0-9A-Za-z])"
)
"""One group where a character's number is given, or the character itself."""
_HEAD_OR_ESCAPE: Final = re.compile(f"{_LINE_HEAD.pattern}|{_ESCAPE.pattern}")
_BASES: Final = {5: 8, 10: 10, 11: 0}
"""Group of an escape → base of its number, where that is not 16; 0: it is no number."""


def _no_part(_match: re.Match[str]) -> str:
    return ""


def _character(escape: re.Match[str]) -> str:
    """What an escape stands for; nothing for a control character, or one beyond ASCII."""
    group = escape.lastindex
    if group is None:
        return ""
    base = _BASES.get(group, 16)
    if not base:
        return escape[group]
    number = int(escape[group], base)
    return chr(number) if number < 0x7F else ""


class View:
    """A text as it may be meant, and where each of its characters stands in the text itself."""

    def __init__(
        self,
        text: str,
        pattern: re.Pattern[str] = _NOTHING,
        meaning: Callable[[re.Match[str]], str] = _no_part,
    ) -> None:
        self._whole, self._pattern, self._meaning = text, pattern, meaning
        self._origins: list[Span] = []
        by = "" if meaning is _no_part else meaning  # a text is replaced faster than by a call
        self.text = text if pattern is _NOTHING else pattern.sub(by, text)

    def origin(self, place: int) -> Span:
        """What a character of this view was made of."""
        if not self._origins:
            self._origins = list(self._all_origins())
        return self._origins[place]

    def _all_origins(self) -> Iterator[Span]:
        done = 0
        for match in self._pattern.finditer(self._whole):
            yield from ((place, place + 1) for place in range(done, match.start()))
            yield from (match.span() for _ in self._meaning(match))
            done = match.end()
        yield from ((place, place + 1) for place in range(done, len(self._whole)))


def views(text: str) -> Iterator[View]:
    """The text itself, and every other view in which something is left out or undone."""
    yield View(text)
    escaped = _ESCAPE.search(text)
    if _BETWEEN.search(text):
        yield View(text, _BETWEEN)
    if escaped:
        yield View(text, _ESCAPE, _character)
    if _LINE_HEAD.search(text):
        yield View(text, _HEAD_OR_BETWEEN)
        if escaped:
            yield View(text, _HEAD_OR_ESCAPE, _character)
    if _BEFORE_LAST_WORD.search(text):
        yield View(text, _BEFORE_LAST_WORD)
