"""pyserial's `rfc2217://`: it negotiates only what changed, and reports a lost server quickly.

pyserial negotiates every port setting again, at 50 ms or more each, whenever a read time-out is
assigned, and esptool assigns one for each command: a burn takes three times as long. A time-out
does not concern the remote side. And with a lost server, pyserial's read ends as if it had timed
out, and its requests wait for three seconds each.
"""

import threading
import time
from typing import Any

import serial.rfc2217

_READER_END_S = 1.0


class Serial(serial.rfc2217.Serial):
    """A remote port that is sent only settings that changed."""

    # pyserial's own, which its type stubs leave out.
    _timeout: float | None
    _thread: threading.Thread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._negotiated: tuple[object, ...] | None = None
        super().__init__(*args, **kwargs)

    def open(self) -> None:
        """Open and negotiate from scratch."""
        self._negotiated = None
        super().open()

    def _reconfigure_port(self) -> None:
        current = (
            self.baudrate,
            self.bytesize,
            self.parity,
            self.stopbits,
            self.rtscts,
            self.xonxoff,
            self.write_timeout,
        )
        if current != self._negotiated:
            super()._reconfigure_port()  # type: ignore[misc]
            self._negotiated = current

    def read(self, size: int = 1) -> bytes:
        """What came within the time.

        Raises:
            SerialException: the connection is gone, and all that came before has been read.
        """
        started = time.monotonic()
        data = bytes(super().read(size))
        if size and not data and self._had_time_left_since(started):
            self._thread.join(_READER_END_S)
            self._check_connection()
        return data

    def rfc2217_send_subnegotiation(self, option: bytes, value: bytes = b"") -> None:
        """Request a setting or a line.

        Of a server that is gone it is not requested: that would wait.

        Raises:
            SerialException: the connection is gone.
        """
        self._check_connection()
        super().rfc2217_send_subnegotiation(option, value)

    def _had_time_left_since(self, started: float) -> bool:
        """Whether a read that began then ended early, which the end of the connection causes."""
        return self._timeout is None or time.monotonic() - started < self._timeout

    def _check_connection(self) -> None:
        if not self._thread.is_alive():
            raise serial.SerialException("connection failed (closed by the server)")
