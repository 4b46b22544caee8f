"""The log of a slot: rotating, every line keyed by its attempt, no payload and no secret.

The worker is its only writer while it lives. A log that cannot be written stops nothing.
"""

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_SIZE = 1_000_000
FILES_KEPT = 3
LINE_LIMIT = 300

_HEX_RUN = re.compile(r"(?:[0-9A-Fa-f]{2}[ :]?){9,}")
_BYTES_REPR = re.compile(r"b(['\"]).{16,}\1", re.DOTALL)
_NO_ATTEMPT = "-"


def discreet(text: str) -> str:
    """One short line without runs of bytes: a frame that slipped may hold the configuration."""
    text = _HEX_RUN.sub("…", _BYTES_REPR.sub("…", text))
    return " ".join(text.split())[:LINE_LIMIT]


class _Keyed(logging.Formatter):
    """`2026-01-31T10:42:07.123 ATTEMPT text`; of an exception only its type and place."""

    attempt = _NO_ATTEMPT

    def format(self, record: logging.LogRecord) -> str:
        time = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        text = discreet(record.getMessage())
        if record.exc_info and record.exc_info[0] is not None:
            text += f" [{record.exc_info[0].__name__}{_place(record)}]"
        return f"{time}.{int(record.msecs):03d} {self.attempt} {text}"


def _place(record: logging.LogRecord) -> str:
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


class SlotLog:
    """Where everything of this process that speaks through `logging` is written."""

    def __init__(self, path: Path) -> None:
        """Start writing to `path`; without a place to write to, the log stays silent."""
        logging.raiseExceptions = False
        self._formatter = _Keyed()
        root = logging.getLogger()
        root.setLevel(logging.INFO)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handler: logging.Handler = RotatingFileHandler(
                path, maxBytes=FILE_SIZE, backupCount=FILES_KEPT, encoding="utf-8", delay=True
            )
        except OSError:
            handler = logging.NullHandler()
        handler.setFormatter(self._formatter)
        root.addHandler(handler)

    def key(self, attempt: str) -> None:
        """Lines from now on belong to this attempt; empty between attempts."""
        self._formatter.attempt = attempt or _NO_ATTEMPT
