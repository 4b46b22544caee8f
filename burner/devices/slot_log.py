"""The log of a slot: a rotating file of the lines that the slot's worker sends up.

Whoever writes to it has taken the product secret out. A log that cannot be written stops nothing.
"""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_SIZE = 1_000_000
FILES_KEPT = 3


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
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full disk, a folder that was taken away: the line is lost."""
