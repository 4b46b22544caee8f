"""The note of an approval, and its moment: the same form for a release and a first article."""

from datetime import datetime

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.visible_text import invisible_at


def check_note(note: str) -> str:
    """The note as it goes into a statement: without blanks around it.

    Raises:
        BurnerError: E222 it is empty, or more than one visible line.
    """
    note = note.strip()
    if not is_note(note):
        why = "it is empty" if not note else "it is more than one visible line"
        raise BurnerError(Code.DOCUMENT_INVALID, f"--note: {why}")
    return note


def is_note(text: str) -> bool:
    """Whether it is one visible line."""
    return bool(text) and text == text.strip() and not invisible_at(text)


def is_moment(text: str) -> bool:
    """Whether it is a time of ISO 8601 with its zone, such as `2026-11-29T09:00:00Z`."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
