"""What people give as text: one line of it; and a batch id, which becomes the name of a folder."""

import re
from unicodedata import category

from burner.core.code import Code
from burner.core.errors import BurnerError

SIMULATED = "(simulated bench)"
"""The end of the reason of a log whose units do not exist: nobody types it."""

LONGEST_ID = 64
"""Characters of a batch id; in UTF-8 at most 200 bytes, so that a folder can have it."""

_ID = re.compile(r"[^\W_](?:[\w .+-]*[\w+-])?")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names that Windows keeps for itself."""

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def check_one_line(**texts: str) -> None:
    """Refuse line breaks and other characters that nobody sees: they forge lines on a page.

    Args:
        texts: what it is → what was given.

    Raises:
        BurnerError: E738.
    """
    for what, text in texts.items():
        for place, character in enumerate(text, 1):
            if category(character) in _UNSEEN:
                name = f"U+{ord(character):04X}"
                raise BurnerError(
                    Code.INVISIBLE_CHARACTER, f"{what}: {name} as character {place} of {len(text)}"
                )


def require_who_and_why(what: str, operator: str, reason: str = "-") -> None:
    """Nothing is written down without a name, and no correction without a reason.

    Raises:
        BurnerError: E731 one of them is missing, E738 one is more than a line of text, E754 the
            reason ends as that of a simulated bench does.
    """
    if not operator.strip() or not reason.strip():
        raise BurnerError(Code.CORRECTION_INCOMPLETE, what)
    check_one_line(operator=operator, reason=reason)
    if reason.rstrip().endswith(SIMULATED):
        raise BurnerError(Code.SIMULATION_MARK_IN_REASON, what)


def is_batch_id(text: str) -> bool:
    """Whether a new batch may have this id."""
    short = len(text) <= LONGEST_ID and len(text.encode(errors="replace")) <= 200
    return bool(short and _ID.fullmatch(text) and not _DEVICES.fullmatch(text))


def check_batch_id(text: str) -> None:
    """Refuse an id that could not be the name of a folder everywhere.

    Raises:
        BurnerError: E737.
    """
    if not is_batch_id(text):
        shown = text if len(text) <= LONGEST_ID else f"{text[:LONGEST_ID]}…"
        raise BurnerError(Code.BATCH_ID_INVALID, ascii(shown))


def folder_name_of(batch: str) -> str:
    """The name of a batch's folder. Older batches may have ids that cannot be one."""
    if is_batch_id(batch):
        return batch
    kept = re.sub(r"[^\w+-]+", "-", batch)[:40].strip("-_")
    return f"batch-{kept}" if kept else "batch"
