"""Heads and certificates as files that are carried about."""

from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain
from burner.manifest.heads.heads import read_note
from burner.manifest.local.state import write_durably
from burner.manifest.log.note import SignedNote

LARGEST_NOTE = 64 << 10
"""Bytes of a head with its signatures."""


def read_note_file(path: Path) -> SignedNote:
    """A head that was carried here as a file.

    Raises:
        BurnerError: E735 it is none.
    """
    try:
        data = read_plain(path, LARGEST_NOTE)
    except OSError as error:
        raise BurnerError(Code.HEAD_INVALID, f"{path}: {error.strerror}") from None
    return read_note(data)


def write_note_file(path: Path, text: str) -> None:
    """Write a head or a certificate, whole or not at all.

    Raises:
        BurnerError: E729 it cannot be written there.
    """
    try:
        write_durably(path, text.encode())
    except OSError as error:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{path}: {error.strerror}") from None
