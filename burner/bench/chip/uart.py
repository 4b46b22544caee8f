"""The wire between host and chip: how long bytes take, and what differing rates do to them."""

from collections import Counter, deque
from typing import NamedTuple

from burner.bench.unit.unit_spec import USUAL_BAUD, FaultKind, UnitSpec

TOLERANCE = 0.03
"""A UART still reads bytes whose rate differs from its own by this much."""
NOISE = bytes((byte * 7 + 0x35 & 0x7F) for byte in range(256))
"""What a UART reads at a wrong rate: a fixed mapping to bytes without SLIP ends."""


class BytesOnWire(NamedTuple):
    """Bytes on the wire: when the last one arrives, and the rate they are sent at."""

    due: float
    data: bytes
    baud: int


class Uart:
    """Both directions. Nothing sleeps: each piece carries its time of arrival."""

    def __init__(self, unit: UnitSpec) -> None:
        self._timing = unit.timing
        self._usb = unit.timing.usb_bytes_per_s > 0
        self._garble = unit.fault(FaultKind.GARBLE)
        self._noise = unit.fault(FaultKind.NOISE)
        self._counted = 0
        self.host_baud = USUAL_BAUD
        self.to_chip: deque[BytesOnWire] = deque()
        self.to_host: deque[BytesOnWire] = deque()
        self._to_chip_free = 0.0
        self._to_host_free = 0.0
        self.carried: dict[str, Counter[int]] = {"to_chip": Counter(), "to_host": Counter()}
        """Bytes put on the wire so far, each way, by the rate they were sent at."""

    def clear(self) -> None:
        """Drop all bytes on the wire."""
        self.to_chip.clear()
        self.to_host.clear()
        self._to_chip_free = self._to_host_free = 0.0

    def host_sends(self, data: bytes, now: float) -> None:
        """The host's bytes leave at `now`, or as soon as the wire is free."""
        seconds = len(data) * self._timing.byte_s(self.host_baud)
        self._to_chip_free = max(self._to_chip_free, now) + seconds
        self.to_chip.append(BytesOnWire(self._to_chip_free, data, self.host_baud))
        self.carried["to_chip"][self.host_baud] += len(data)

    def chip_sends(self, data: bytes, baud: int, now: float) -> None:
        """The chip's bytes leave at `now`, or as soon as the wire is free."""
        self._to_host_free = max(self._to_host_free, now) + len(data) * self._timing.byte_s(baud)
        self.to_host.append(BytesOnWire(self._to_host_free + self._timing.latency_s, data, baud))
        self.carried["to_host"][baud] += len(data)

    def host_takes(self, now: float) -> bytes:
        """Everything that is with the host by `now`, as its UART reads it."""
        taken = []
        while self.to_host and self.to_host[0].due <= now:
            _, data, baud = self.to_host.popleft()
            taken.append(data if self._fits(baud, self.host_baud) else data.translate(NOISE))
        return b"".join(taken)

    def as_received(self, sent: BytesOnWire, baud: int) -> bytes:
        """The bytes as the chip's UART reads them at `baud`; empty when the rate is wrong."""
        if not self._fits(sent.baud, baud):
            return b""
        if self._noise is None or sent.baud <= self._noise.baud:
            return sent.data
        return self._with_a_wrong_byte(sent.data, self._noise.every)

    def _with_a_wrong_byte(self, data: bytes, every: int) -> bytes:
        hit = every - 1 - self._counted % every
        self._counted += len(data)
        if hit >= len(data):
            return data
        return data[:hit] + bytes((data[hit] ^ 0x10,)) + data[hit + 1 :]

    def _fits(self, sent: int, received: int) -> bool:
        """Whether bytes sent at one rate are read whole at another."""
        if self._usb:
            return True
        if self._garble and sent > self._garble.baud:
            return False
        return abs(sent - received) <= TOLERANCE * received
