"""Heads and certificates as files."""

from pathlib import Path

from burner.core.atomic_file import check_is_place_for_file, write_durably
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain
from burner.manifest.heads.heads import parse_head_file
from burner.manifest.log.note import SignedNote

LARGEST_NOTE = 64 << 10
"""Bytes of a head with its signatures."""


def read_note_file(path: Path) -> SignedNote:
    """Read a head from a file. Its signatures are not checked.

    Raises:
        BurnerError: E735 it is not a signed note.
    """
    try:
        data = read_plain(path, LARGEST_NOTE)
    except OSError as error:
        raise BurnerError(Code.HEAD_INVALID, f"{path}: {error.strerror}") from None
    return parse_head_file(data)


def write_note_file(path: Path, text: str) -> None:
    """Write a head or a certificate: all of it or nothing.

    Raises:
        BurnerError: E729 it cannot be written there.
    """
    check_is_place_for_file(path)
    try:
        write_durably(path, text.encode())
    except OSError as error:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{path}: {error.strerror}") from None
