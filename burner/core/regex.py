"""The regular expressions of profiles, in RE2's syntax: matching takes linear time.

Python's `re` goes back and tries again. With some patterns and texts that takes practically for
ever, and nothing can stop it. RE2 (google-re2) never goes back, and has no construct that would
need it. A pattern with such a construct is refused, with what to write instead.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Final, Protocol

import re2
from pydantic import AfterValidator, Field

from burner.core.code import Code
from burner.core.yaml_schema import refusal

MAX_STEPS: Final = 2000
"""Of RE2's program for a pattern. What a line costs at most grows with it; usual patterns have
less than 300, `.{0,200}` has 1800.
"""
SYNTAX: Final = "a regular expression in RE2's syntax (https://github.com/google/re2/wiki/Syntax)"
SHOWN: Final = 12
"""Characters of a pattern that a finding repeats."""


class Match(Protocol):
    """The place in a text where a pattern matches."""

    def __getitem__(self, group: int | str, /) -> str | None: ...

    def groupdict(self) -> dict[str, str | None]:
        """The named groups."""
        ...


class Pattern(Protocol):
    """A compiled pattern."""

    @property
    def groups(self) -> int:
        """How many groups keep what they match."""
        ...

    @property
    def groupindex(self) -> Mapping[str, int]:
        """The named ones of them."""
        ...

    @property
    def programsize(self) -> int:
        """In steps."""
        ...

    def search(self, text: str, /) -> Match | None:
        """The first place where it matches."""
        ...

    def fullmatch(self, text: str, /) -> Match | None:
        """Whether it matches from the first to the last character."""
        ...


def search(pattern: str, text: str) -> Match | None:
    """The first place in a text where a profile's pattern matches."""
    return compiled(pattern).search(_unicode(text))


def fullmatch(pattern: str, text: str) -> Match | None:
    """Whether a profile's pattern matches a text from the first to the last character."""
    return compiled(pattern).fullmatch(_unicode(text))


def is_pattern(text: str) -> bool:
    """Whether a text is a pattern of RE2."""
    try:
        compiled(text)
    except re2.error:
        return False
    return True


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """A pattern, ready to match.

    Raises:
        re2.error: the text is no pattern of RE2.
    """
    options = re2.Options()
    options.log_errors = False  # to standard error; the finding says it
    compiled: Pattern = re2.compile(pattern, options)
    return compiled


def _unicode(text: str) -> str:
    """The text with `?` for what has no UTF-8 form, such as bytes that a terminal passed on."""
    return text if text.isascii() else text.encode(errors="replace").decode()


# -- what a profile may say ----------------------------------------------------------------------


def _pattern(text: str) -> str:
    if problem := next(_otherwise_meant(text), None):
        raise refusal(Code.PATTERN_INVALID, *problem)
    try:
        program = compiled(text)
    except re2.error as error:
        raise refusal(Code.PATTERN_INVALID, *_unknown(text, error)) from None
    if program.programsize > MAX_STEPS:
        size = f"a pattern of {program.programsize} steps, at most {MAX_STEPS}"
        raise refusal(
            Code.PATTERN_INVALID, size, "write * or + in place of large repeats such as {0,1000}"
        )
    return text


def _capture(text: str) -> str:
    if (count := compiled(_pattern(text)).groups) != 1:
        allowed = "put exactly one group (…) around the value; (?:…) groups without being counted"
        raise refusal(Code.PATTERN_INVALID, f"{count} groups", allowed)
    return text


_FORMAT: Final = Field(json_schema_extra={"format": "re2"})
Regex = Annotated[str, AfterValidator(_pattern), _FORMAT]
"""A regular expression."""
Capture = Annotated[str, AfterValidator(_capture), _FORMAT]
"""A regular expression with one group, which is the value."""

_Construct = tuple[str, str]
"""What was found, and what to write instead."""

_TOKEN: Final = re.compile(
    r"\\Q.*?(?:\\E|\Z) | \\. | \[\^?\]?(?:\\.|[^\]\\])*\] | \(\?P?<\w+> | .", re.DOTALL | re.VERBOSE
)
"""A part of a pattern that is looked at as a whole; `[…]` and `\\(` begin no construct."""

_AROUND: Final = "put the group (…) around the value alone, and what stands"
_FOREIGN: Final = tuple(
    (re.compile(form), name, instead)
    for form, name, instead in (
        (r"\(\?=", "a lookahead", f"{_AROUND} behind it, behind the group"),
        (
            r"\(\?!",
            "a negative lookahead",
            "name the characters that are allowed there, as in [^,]",
        ),
        (r"\(\?<=", "a lookbehind", f"{_AROUND} before it, before the group"),
        (r"\(\?<!", "a negative lookbehind", "name what is allowed before it, as in (?:^|[^0-9])"),
        (r"\(\?P=|\\[1-9]|\\[gk][<{']", "a backreference", "write the text itself a second time"),
        (r"\(\?>", "an atomic group", "write (?:…): RE2 does not backtrack"),
        (r"(?:[*+?]|\{\d+(?:,\d*)?\})\+", "a possessive quantifier", "leave the last + out"),
        (r"\(\?\(", "a conditional", "write two alternatives, (?:…|…)"),
        (r"\(\?(?:R|&|P>|[+-]?\d)", "a recursion", "write out each level"),
        (r"\(\?\|", "a branch reset", "put one group around all alternatives, ((?:…|…))"),
        (r"\(\?#", "a comment", "write a comment of YAML beside the pattern"),
        (r"\(\?[a-zA-Z]*[aLux]", "a flag", r"leave it out: there are i, m, s; \d \w \s are ASCII"),
        (r"\\Z", "a Python end of text", r"write $ or \z: both are the very end"),
        (r"\\[uUN]", "a character's number or name", r"write the character itself, or \x{20ac}"),
        (r"\\h", "an escape", r"write [ \t]"),
        (r"\\R", "an escape", r"write \r?\n"),
        (r"\\K", "an escape", f"{_AROUND} before it, before the group"),
        (r"\\C", "a single byte", "write a dot: any character"),
        (r"\{,\d+\}", "a repeat without its least number", "write the 0, as in {0,3}"),
    )
)
"""How a construct begins that RE2 does not know, or takes for something else; what it is called;
what to write instead.
"""
_MEANT_OTHERWISE: Final = ("a single byte", "a repeat without its least number")
"""RE2 takes these, as something else."""


def _constructs(text: str, wanted: Callable[[str], bool] = lambda _: True) -> Iterator[_Construct]:
    for token in _TOKEN.finditer(text):
        for form, name, instead in _FOREIGN:
            if wanted(name) and form.match(text, token.start()):
                yield f"{name} that RE2 does not have: {_shown(text[token.start() :])}", instead


def _otherwise_meant(text: str) -> Iterator[_Construct]:
    """What RE2 accepts, but reads in another way than the author means."""
    yield from _constructs(text, lambda name: name in _MEANT_OTHERWISE)
    names = [token[0] for token in _TOKEN.finditer(text) if token[0].startswith(("(?P<", "(?<"))]
    for name in names:
        if names.count(name) > 1:
            yield f"two groups of one name: {name}…)", "give each name once"


def _unknown(text: str, error: Exception) -> _Construct:
    """The construct that RE2 does not know, or RE2's own message where it has no name here."""
    message = error.args[0] if error.args else b""
    message = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    if message.startswith("invalid repetition size"):
        repeat = message.partition(": ")[2]
        return (
            f"a repeat that is too large or backwards: {repeat}",
            "repeat at most 1000 times, all repeats around it multiplied, or write * or +",
        )
    return next(_constructs(text), (f"RE2 cannot read it: {message}", f"write {SYNTAX}"))


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
