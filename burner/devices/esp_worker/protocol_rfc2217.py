"""pyserial's `rfc2217://`, negotiating only what changed.

pyserial renegotiates every port setting, at 50 ms or more each, whenever a read time-out is
assigned, and esptool assigns one a command: a burn takes three times as long. A time-out is no
matter of the remote side.
"""

from typing import Any

import serial.rfc2217


class Serial(serial.rfc2217.Serial):
    """A remote port that is told only of settings it does not have yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._negotiated: tuple[object, ...] | None = None
        super().__init__(*args, **kwargs)

    def open(self) -> None:
        """Open and negotiate from scratch."""
        self._negotiated = None
        super().open()

    def _reconfigure_port(self) -> None:
        wanted = (
            self.baudrate,
            self.bytesize,
            self.parity,
            self.stopbits,
            self.rtscts,
            self.xonxoff,
            self.write_timeout,
        )
        if wanted != self._negotiated:
            super()._reconfigure_port()  # type: ignore[misc]
            self._negotiated = wanted
