"""A pyserial-like object with a simulated chip behind it, for esptool to hold in its hands."""

import time
from typing import Any

import serial

from burner.bench.chip.chip import SimChip


class SimSerial:
    """What esptool uses of serial.Serial, straight onto a Chip."""

    name = "rfc2217:sim"  # makes esptool take ClassicReset, which needs no file descriptor

    def __init__(self, chip: SimChip, name: str = "rfc2217:sim") -> None:
        self.chip = chip
        self.port = self.name = name
        self.timeout: float | None = 3.0
        self.write_timeout: float | None = None
        self.is_open = True
        self.dtr = self.rts = False
        self._baudrate = 115200
        self._buffer = bytearray()

    @property
    def baudrate(self) -> int:
        return self._baudrate

    @baudrate.setter
    def baudrate(self, baud: int) -> None:
        self._baudrate = baud
        self.chip.set_host_baud(baud, time.monotonic())

    def setDTR(self, state: bool) -> None:  # noqa: N802 - pyserial's name
        self.dtr = state
        self.chip.set_lines(self.dtr, self.rts, time.monotonic())

    def setRTS(self, state: bool) -> None:  # noqa: N802 - pyserial's name
        self.rts = state
        self.chip.set_lines(self.dtr, self.rts, time.monotonic())

    def write(self, data: bytes) -> int:
        self._check()
        self.chip.receive(data, time.monotonic())
        return len(data)

    def read(self, size: int = 1) -> bytes:
        deadline = time.monotonic() + (self.timeout or 0)
        while len(self._buffer) < size:
            self._check()
            self._buffer += self.chip.take(time.monotonic())
            left = deadline - time.monotonic()
            if len(self._buffer) >= size or left <= 0:
                break
            due = self.chip.due()
            wait = left if due is None else min(max(due - time.monotonic(), 0), left)
            time.sleep(wait)
        got = bytes(self._buffer[:size])
        del self._buffer[:size]
        return got

    def inWaiting(self) -> int:  # noqa: N802 - pyserial's name
        self._check()
        self._buffer += self.chip.take(time.monotonic())
        return len(self._buffer)

    @property
    def in_waiting(self) -> int:
        return self.inWaiting()

    def reset_input_buffer(self) -> None:
        self.chip.take(time.monotonic())
        self._buffer.clear()

    flushInput = reset_input_buffer  # noqa: N815 - pyserial's name

    def flushOutput(self) -> None:  # noqa: N802 - pyserial's name
        pass

    def isOpen(self) -> bool:  # noqa: N802 - pyserial's name
        return self.is_open

    def open(self) -> None:
        self.is_open = True
        self._check()

    def close(self) -> None:
        self.is_open = False

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"esptool asked for {name}, which this port has not got")

    def _check(self) -> None:
        self.chip.take  # noqa: B018
        if not self.chip.connected:
            raise serial.SerialException("the port is gone")
