"""The log of a slot: a rotating file with the log lines of the slot's worker.

The caller has removed the product secret from each line. The folder is checked before the first
unit; a log that cannot be written later stops nothing.
"""

import io
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import append_plain, is_plain

FILE_SIZE = 1_000_000
FILES_KEPT = 3


def check_folder(folder: Path) -> None:
    """Whether logs can be kept in a folder, which need not be there yet. Nothing is made.

    Raises:
        BurnerError: E317.
    """
    try:
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not there.is_dir():
            raise BurnerError(Code.SLOT_LOGS_UNWRITABLE, f"{there} is not a folder")
    except OSError as error:
        raise BurnerError(Code.SLOT_LOGS_UNWRITABLE, f"{folder}: {error.strerror}") from None
    if not os.access(there, os.W_OK):
        raise BurnerError(Code.SLOT_LOGS_UNWRITABLE, f"{there} may not be written to")


def check_file(path: Path) -> None:
    """Whether a log can be kept in a file, which need not be there yet. Nothing is made.

    A link is refused: a log would be written into any file of this account.

    Raises:
        BurnerError: E317.
    """
    check_folder(path.parent)
    try:
        if path.is_symlink():
            raise OSError(0, "a link, not a plain file")
        if is_plain(path) and path.stat().st_nlink > 1:
            raise OSError(0, "a file with a second name, not a plain file")
    except OSError as error:
        raise BurnerError(Code.SLOT_LOGS_UNWRITABLE, f"{path}: {error.strerror}") from None


class SlotLog:
    """One slot's file, made with its first line; a slot's workers follow each other in it."""

    def __init__(self, path: Path) -> None:
        """Without a place to write to, the log stays silent."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: logging.Handler = _File(
                path, maxBytes=FILE_SIZE, backupCount=FILES_KEPT, encoding="utf-8", delay=True
            )
        except OSError:
            self._file = logging.NullHandler()

    def write(self, line: str) -> None:
        """Append a line. Never raises."""
        self._file.handle(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        """Close the file. Never raises."""
        self._file.close()


class _File(RotatingFileHandler):
    def _open(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(append_plain(Path(self.baseFilename)), encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full disk, a folder that was taken away: the line is lost."""
