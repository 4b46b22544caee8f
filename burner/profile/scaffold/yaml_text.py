"""YAML as a person would write it: quoted only where it must be, comments aligned."""

import os
import re
from pathlib import Path
from typing import Final

COMMENT_COLUMN: Final = 38
_PLAIN: Final = re.compile(
    r"(?:\.{1,2}/)*/?[A-Za-z_][A-Za-z0-9_./@+-]*|\d+\.\d+\.\d+[0-9A-Za-z.+-]*"
)
_WORDS: Final = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def scalar(text: str) -> str:
    """A text in the form in which YAML reads it back, whatever it holds."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\U{number:08x}"


def note(text: str) -> str:
    """Other people's text for a comment: on one line, printable, and cut to a limit."""
    return "".join(c if c.isprintable() else "?" for c in text)[:120]


def line(text: str, comment: str = "") -> str:
    """A line with a comment behind it."""
    return f"{text:<{COMMENT_COLUMN - 1}} # {comment}" if comment else text


def relative(path: Path, folder: Path) -> str:
    """A path as a profile in `folder` names it, with `/` on every system."""
    target, start = path.resolve(), folder.resolve()
    try:
        return Path(os.path.relpath(target, start)).as_posix()
    except ValueError:  # another drive
        return target.as_posix()
