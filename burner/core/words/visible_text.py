"""Text from outside, made safe for people and their terminals. Pure."""

import re
from unicodedata import category

INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor, hides or turns text: a device or a hostile file may send it."""


_NOT_IN_ONE_LINE = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories of what nobody sees, or what could forge lines on a page."""


def invisible_at(text: str) -> int:
    """The place, from 1, of the first character that one visible line cannot have; 0: none."""
    places = (place for place, c in enumerate(text, 1) if category(c) in _NOT_IN_ONE_LINE)
    return next(places, 0)


def escape_invisible(text: str) -> str:
    """The text with each character that cannot be seen written as JSON writes it."""
    return INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def in_one_line(text: str) -> str:
    """The same, with line feeds and tabs escaped too: it cannot make a line of its own."""
    return escape_invisible(text.replace("\n", "\\u000a").replace("\t", "\\u0009"))


def quoted(text: str) -> str:
    """The text in quotes, with its backslashes as they are; only what cannot be seen is escaped."""
    return f"'{in_one_line(text)}'"
