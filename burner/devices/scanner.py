"""A barcode scanner on a serial port of its own, or behind a network address."""

from collections.abc import Callable
from typing import Any

import serial

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.network_port import check_port

LONGEST_READ = 4096


class SerialScanner:
    """Reads from a scanner. A read opens its port, also again after it was lost."""

    def __init__(self, locate: Callable[[], str], baud: int) -> None:
        """`locate` gives today's port name or pyserial URL; it may raise BurnerError."""
        self._locate, self._baud = locate, baud
        self._port: Any = None

    def read(self, timeout_s: float) -> bytes:
        """What came; `b""` when nothing did within the time.

        Raises:
            BurnerError: E316 it is not there, or somebody else has it.
        """
        device = ""
        try:
            if self._port is None:
                device = self._locate()
                check_port(device)
                self._port = serial.serial_for_url(device, self._baud, timeout=timeout_s)
            first: bytes = self._port.read(1)
            rest: bytes = self._port.read(min(self._port.in_waiting, LONGEST_READ))
            return first + rest
        except (OSError, ValueError) as error:
            self.close()
            raise BurnerError(Code.SCANNER_MISSING, f"{device} {error}".strip()) from error
        except BurnerError as error:
            raise BurnerError(Code.SCANNER_MISSING, error.detail) from error

    def close(self) -> None:
        """Let go of the port. Never raises."""
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except OSError:
                return
