"""Log lines of a worker for the slot's log: each with the id of its attempt, none with payload.

They go up the pipe. The station removes the product secret, which the worker does not know, and
writes the file.
"""

import logging
import re
from pathlib import Path
from typing import BinaryIO

from burner.devices import wire
from burner.devices.wire import Message

LINE_LIMIT = 300

_HEX_RUN = re.compile(r"(?:[0-9A-Fa-f]{2}[ :]?){9,}")
_BYTES_REPR = re.compile(r"b(['\"]).{16,}\1", re.DOTALL)
_NO_ATTEMPT = "-"


def discreet(text: str) -> str:
    """One short line without runs of bytes: a damaged frame may hold the key configuration."""
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


class WorkerLog:
    """Sends all `logging` records of this process to the station."""

    def __init__(self, up: BinaryIO) -> None:
        """Start to send."""
        logging.raiseExceptions = False  # a station that is gone ends the worker by itself
        self._formatter = _Keyed()
        handler = _Up(up)
        handler.setFormatter(self._formatter)
        root = logging.getLogger()
        root.setLevel(logging.INFO)
        root.addHandler(handler)

    def key(self, attempt: str) -> None:
        """Lines from now on belong to this attempt; empty between attempts."""
        self._formatter.attempt = attempt or _NO_ATTEMPT


class _Up(logging.Handler):
    def __init__(self, up: BinaryIO) -> None:
        super().__init__()
        self._up = up

    def emit(self, record: logging.LogRecord) -> None:
        try:
            wire.send(self._up, Message("log", {"text": self.format(record)}))
        except Exception:  # as every handler: a line that cannot be logged stops nothing
            self.handleError(record)
