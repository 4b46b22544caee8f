"""Batch ids: a batch has a folder of its name, on every system."""

import re

from burner.core.code import Code
from burner.core.errors import BurnerError

LONGEST_ID = 64
"""Characters of a batch id; in UTF-8 at most 200 bytes, so that a folder can have it."""

_ID = re.compile(r"[^\W_](?:[\w .+-]*[\w+-])?")
_WINDOWS_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""File names that Windows reserves."""


def is_batch_id(text: str) -> bool:
    """Whether a new batch may have this id."""
    short = len(text) <= LONGEST_ID and len(text.encode(errors="replace")) <= 200
    return bool(short and _ID.fullmatch(text) and not _WINDOWS_DEVICES.fullmatch(text))


def check_batch_id(text: str) -> None:
    """Refuse an id that is no folder name on some system.

    Raises:
        BurnerError: E737.
    """
    if not is_batch_id(text):
        shown = text if len(text) <= LONGEST_ID else f"{text[:LONGEST_ID]}…"
        raise BurnerError(Code.BATCH_ID_INVALID, ascii(shown))


def folder_name_of(batch: str) -> str:
    """The name of a batch's folder. Imported batches may have ids that cannot be one."""
    if is_batch_id(batch):
        return batch
    name = re.sub(r"[^\w+-]+", "-", batch)[:40].strip("-_")
    return f"batch-{name}" if name else "batch"
