"""Text from outside, made safe for people and their terminals. Pure."""

import re

INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor, hides or turns text: a device or a hostile file may send it."""


def escape_invisible(text: str) -> str:
    """The text with each character that cannot be seen written as JSON writes it."""
    return INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def in_one_line(text: str) -> str:
    """The same, with line feeds and tabs escaped too: it cannot make a line of its own."""
    return escape_invisible(text.replace("\n", "\\u000a").replace("\t", "\\u0009"))


def quoted(text: str) -> str:
    """The text in quotes, with its backslashes as they are; only what cannot be seen is escaped."""
    return f"'{in_one_line(text)}'"
