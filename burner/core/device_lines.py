"""Splits what a device prints into lines, and limits their length and number.

A device may print megabytes without a line end, or lines without an end. Neither may fill the
station's memory or hold up its slot.
"""

import re
from typing import Final

MAX_LINE: Final = 1000
"""Bytes. A longer line is cut: each piece is a line."""
MAX_LINES: Final = 10_000
"""Of one start. What is printed after them is not heard; a firmware's start has some 200."""
MAX_READ: Final = 4096
"""Bytes taken from a port at once."""

_ENDS: Final = re.compile(rb"[\r\n]+")


class LineSplitter:
    """Takes bytes as they arrive, and returns whole lines. Empty lines are left out."""

    def __init__(self) -> None:
        self._rest = b""
        self._skips = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that these bytes end, or that were cut because they are too long."""
        if self._skips:
            end = _ENDS.search(data)
            if end is None:
                return []
            self._skips, data = False, data[end.end() :]
        *ended, rest = _ENDS.split(self._rest + data)
        *cut, self._rest = _pieces(rest) or [b""]
        return [piece for line in ended for piece in _pieces(line)] + cut

    @property
    def begun(self) -> bytes:
        """The last line as far as it has come."""
        return self._rest

    def skip_begun(self) -> None:
        """Leave out the line that has begun, up to its end."""
        self._skips, self._rest = self._skips or bool(self._rest), b""

    def end(self) -> bytes:
        """The last line, which has no end yet; empty where there is none."""
        rest, self._rest = self._rest, b""
        return rest


def _pieces(line: bytes) -> list[bytes]:
    return [line[at : at + MAX_LINE] for at in range(0, len(line), MAX_LINE)]
