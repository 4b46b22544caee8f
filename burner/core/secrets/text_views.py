"""Views of a text: without what may stand between the parts of a secret in it. Pure.

A dump has `0x` and colours between its bytes, a log a prefix before each line, a string escapes, a
list an index before each value. A view leaves some of these out or decodes them, and knows where in
the text its characters are. Numbers become the bytes of which they are made, in every base.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Final

Span = tuple[int, int]
"""First place, and the one behind the last."""

_LEFT_OUT: Final = "\n"
"""In place of what is left out: the numbers on both sides are not one."""
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
_INDEX: Final = re.compile(r"[0-9][\]\"')>]{0,3}[ \t]?[=:]+[ \t]?")
_INDEXES_OF_A_LIST: Final = 4
_INDEXED: Final = rf"(?<![^\s,;])[^\s=:,;]{{0,40}}?{_INDEX.pattern}"
_HEAD_OR_INDEX: Final = re.compile(f"{_LINE_HEAD.pattern}|{_BETWEEN.pattern}|{_INDEXED}")
"""And what says the place of a value in a list."""
_BEFORE_LAST_WORD: Final = re.compile(r"\n[^\n]*[ \t\r\])>:=|,\"'](?=[^ \t\r\])>:=|,\"'\n])")
"""A line but for its last word: a head of any other kind."""
_SUFFIXES: Final = "uUlLhH"
_NUMERAL: Final = re.compile(rf"\b[0-9A-Fa-f][0-9A-Fa-fxXoO{_SUFFIXES}]{{0,516}}\b", re.ASCII)
"""What may be a number in some base, as programs and dumps write it."""
_BASES_OF_NUMERALS: Final = (2, 8, 10, 16)
_DIGITS_OF_A_BYTE: Final = {2: 8, 16: 2}
_LONGEST_WORD: Final = 8
"""Bytes of a number; one of more is a row of bytes, which may be broken within a byte."""
_UNPRINTABLE: Final = bytes({*range(256)} - {*range(0x21, 0x7F)})
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


def _character(escape: re.Match[str]) -> str:
    """The character of an escape; empty for a control character, or one beyond ASCII."""
    group = escape.lastindex
    if group is None:
        return ""
    base = _BASES.get(group, 16)
    if not base:
        return escape[group]
    number = int(escape[group], base)
    return chr(number) if number < 0x7F else ""


def _nothing(_match: re.Match[str]) -> str:
    return _LEFT_OUT


@lru_cache(maxsize=4096)
def _characters(numeral: str) -> tuple[str, ...]:
    """The characters whose codes make up a number, the highest byte first, as read in each base.

    Empty where there are none.
    """
    numeral = numeral.rstrip(_SUFFIXES)
    read = tuple(_read(numeral, base) for base in _BASES_OF_NUMERALS)
    return read if any(read) else ()


def _read(numeral: str, base: int) -> str:
    digits = _DIGITS_OF_A_BYTE.get(base, 1)
    ends = range(digits if len(numeral) > _LONGEST_WORD * digits else 1)
    try:
        numbers = [int(numeral[: len(numeral) - end], base) for end in ends]
    except ValueError:
        return ""
    codes = b"".join(number.to_bytes(-(-number.bit_length() // 8), "big") for number in numbers)
    return codes.translate(None, _UNPRINTABLE).decode("ascii")


class TextView:
    """A view of a text, and the position of each of its characters in the text itself."""

    def __init__(self, text: str, origins: Callable[[], Iterable[Span]] | None = None) -> None:
        self.text = text
        self._find_origins = origins
        self._origins: list[Span] = []

    def origin(self, place: int) -> Span:
        """The part of the text from which a character of this view was made."""
        if self._find_origins is None:
            return place, place + 1
        if not self._origins:
            self._origins = list(self._find_origins())
        return self._origins[place]

    def rewritten(
        self, pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], str] = _nothing
    ) -> "TextView":
        """A view in which each match of the pattern is replaced, or left out."""

        def origins() -> Iterator[Span]:
            done = 0
            for match in pattern.finditer(self.text):
                yield from map(self.origin, range(done, match.start()))
                yield from (self._span(match) for _ in meaning(match))
                done = match.end()
            yield from map(self.origin, range(done, len(self.text)))

        # a text is replaced faster than by a call
        by = _LEFT_OUT if meaning is _nothing else meaning
        return TextView(pattern.sub(by, self.text), origins)

    def numbers(self, shortest: int) -> Iterator["TextView"]:
        """Views of the characters whose codes are the numbers of this view, one for each base."""
        read = filter(None, map(_characters, _NUMERAL.findall(self.text)))
        for base, text in enumerate(map("".join, zip(*read, strict=True))):
            if len(text) >= shortest:
                yield TextView(text, partial(self._origins_of_numbers, base))

    def _origins_of_numbers(self, base: int) -> Iterator[Span]:
        for match in _NUMERAL.finditer(self.text):
            for characters in _characters(match[0])[base : base + 1]:
                yield from (self._span(match) for _ in characters)

    def _span(self, match: re.Match[str]) -> Span:
        return self.origin(match.start())[0], self.origin(match.end() - 1)[1]


def views(text: str, shortest: int) -> Iterator[TextView]:
    """The text itself, and every other view of it; and of each the numbers.

    Numbers only where they give `shortest` characters or more.
    """
    for view in _written(TextView(text)):
        yield view
        yield from view.numbers(shortest)


def _written(whole: TextView) -> Iterator[TextView]:
    yield whole
    if _ESCAPE.search(whole.text):
        yield whole.rewritten(_ESCAPE, _character)
        yield whole.rewritten(_HEAD_OR_ESCAPE, _character)
    if _HEAD_OR_BETWEEN.search(whole.text):
        yield whole.rewritten(_HEAD_OR_BETWEEN)
    if len(_INDEX.findall(whole.text)) >= _INDEXES_OF_A_LIST:
        yield whole.rewritten(_HEAD_OR_INDEX)
    if _BEFORE_LAST_WORD.search(whole.text):
        yield whole.rewritten(_BEFORE_LAST_WORD)
