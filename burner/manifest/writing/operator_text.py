"""Text that people type into records: operator and reason, one short line each."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.visible_text import invisible_at
from burner.manifest.entries.entry import MAX_TEXT
from burner.manifest.entries.kinds import SIMULATED

_OPERATOR = ("operator", "--operator")
_UNSEEN_LETTERS = "\u115f\u1160\u3164\uffa0"
"""The fillers of Hangul: letters for Unicode, empty for people."""


def check_one_line(**texts: str) -> None:
    """Refuse long texts, characters that could forge lines on a page, and an operator whose name
    has no letter and no digit; an empty text is none.

    Args:
        texts: name of the field → its text.

    Raises:
        BurnerError: E738.
    """
    for field, text in texts.items():
        if len(text) > MAX_TEXT:
            detail = f"{field}: {len(text)} characters; at most {MAX_TEXT}"
            raise BurnerError(Code.TEXT_UNUSABLE, detail)
        if place := invisible_at(text):
            raise BurnerError(
                Code.TEXT_UNUSABLE,
                f"{field}: U+{ord(text[place - 1]):04X} as character {place} of {len(text)}",
            )
        if field in _OPERATOR and text and not _names_somebody(text):
            raise BurnerError(Code.TEXT_UNUSABLE, f"{field}: no letter and no digit")


def _names_somebody(operator: str) -> bool:
    return any(c.isalnum() and c not in _UNSEEN_LETTERS for c in operator)


def require_operator_and_reason(what: str, operator: str, reason: str = "-") -> None:
    """Refuse a record without an operator, or a correction without a reason.

    Raises:
        BurnerError: E731 one of them is missing, E738 one is more than a short line, E754 the
            reason ends as that of a simulated bench does.
    """
    if not operator.strip() or not reason.strip():
        raise BurnerError(Code.CORRECTION_INCOMPLETE, what)
    check_one_line(operator=operator, reason=reason)
    if reason.rstrip().endswith(SIMULATED):
        raise BurnerError(Code.SIMULATION_MARK_IN_REASON, what)
