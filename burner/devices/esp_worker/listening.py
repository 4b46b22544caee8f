"""Lines a firmware prints after reset, as they come, until told to stop."""

import time
from collections.abc import Callable, Iterator
from typing import Any

_LINE_LIMIT = 1000
"""Characters; a firmware without line ends still gives lines."""
_TICK_S = 0.02
"""How late an end of listening is noticed: it adds to the time of every unit that is heard."""


def lines(port: Any, timeout_s: float, stopped: Callable[[], bool]) -> Iterator[str]:
    """Yield whole lines until the time is up or `stopped()`; the unfinished rest comes last.

    Raises:
        OSError: when the port vanishes (a chip's own USB does that on reset).
    """
    deadline, rest = time.monotonic() + timeout_s, b""
    while not stopped() and (left := deadline - time.monotonic()) > 0:
        port.timeout = min(_TICK_S, left)
        rest += port.read(max(1, port.in_waiting))
        while b"\n" in rest or len(rest) > _LINE_LIMIT:
            line, _, rest = _cut(rest)
            yield _text(line)
    if rest:
        yield _text(rest)


def _cut(data: bytes) -> tuple[bytes, bytes, bytes]:
    if b"\n" in data[:_LINE_LIMIT]:
        return data.partition(b"\n")
    return data[:_LINE_LIMIT], b"", data[_LINE_LIMIT:]


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", errors="replace")
