"""Writes a file completely, or leaves the old one unchanged."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import is_plain


def check_is_place_for_file(target: Path) -> None:
    """Check that a file can be written here: nothing, or a plain file, is in its place.

    Raises:
        BurnerError: E729 it is a folder, a device or a pipe.
    """
    try:
        is_plain(target)
    except OSError as error:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{target}: {error.strerror}") from None


def write_whole(target: Path, data: bytes) -> None:
    """Write beside the target, then put the new file in its place.

    Raises:
        OSError: it cannot be written, or the target is no plain file; nothing is left behind.
    """
    is_plain(target)
    beside = target.with_name(f".{target.name}.new")
    try:
        beside.write_bytes(data)
        beside.replace(target)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def write_output(target: Path, data: bytes) -> None:
    """Write the file that a person named: all of it or nothing.

    Raises:
        BurnerError: E729 it cannot be written there.
    """
    try:
        write_whole(target, data)
    except OSError as error:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{target}: {error.strerror}") from None


def write_durably(path: Path, data: bytes) -> None:
    """Write a small file that only its owner can read: all of it or nothing, even in a power cut.

    The folder is made where it is missing.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Make a new file name survive a power cut.

    Windows does so by itself. Some network shares cannot; that is no error.
    """
    if sys.platform != "win32":
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
