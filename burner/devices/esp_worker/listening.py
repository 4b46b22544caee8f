"""The lines that a firmware prints after a reset, as they come."""

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from burner.core.device_lines import MAX_LINES, MAX_READ, LineSplitter

_TICK_S = 0.02
"""How late the end of listening is noticed; it adds to the time of every unit."""


def lines(port: Any, timeout_s: float, stopped: Callable[[], bool]) -> Iterator[str]:
    """Yield whole lines until the time is up or `stopped()`; a last line without its end comes too.

    Ends earlier at the limit of lines of one start (`device_lines`).

    Raises:
        OSError: when the port vanishes (a chip's own USB does that on reset).
    """
    return islice(_lines(port, timeout_s, stopped), MAX_LINES)


def _lines(port: Any, timeout_s: float, stopped: Callable[[], bool]) -> Iterator[str]:
    deadline, splitter = time.monotonic() + timeout_s, LineSplitter()
    while not stopped() and (left := deadline - time.monotonic()) > 0:
        port.timeout = min(_TICK_S, left)
        read = port.read(min(max(1, port.in_waiting), MAX_READ))
        yield from map(_text, splitter.feed(read))
    if rest := splitter.end():
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace")
