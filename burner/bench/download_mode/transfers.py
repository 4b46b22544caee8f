"""Transfers of the stub over several packets: writing flash, reading flash."""

import zlib
from hashlib import md5

from burner.bench.silicon.nor_flash import BLOCK, SECTOR
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import FaultKind

DICTIONARY = 0x8000
"""Inflated data is written in pieces of this size, and at the end of the stream."""


class FlashWrite:
    """A write to flash in progress, raw or compressed; it erases just before it writes."""

    def __init__(self, silicon: SimSilicon, offset: int, size: int, packed: bool) -> None:
        self._flash = silicon.flash
        self._offset = offset
        self.remaining = size
        self._inflater = zlib.decompressobj() if packed else None
        self._inflated = bytearray()
        self._erased_to = offset // SECTOR * SECTOR
        self._end = -(-(offset + size) // SECTOR) * SECTOR
        # The ESP8266's stub erases blank sectors like any other.
        self._dirty = silicon.target.name == "esp8266"

    def take(self, body: bytes) -> tuple[float, bool]:
        """Write an acknowledged block; the seconds it takes, and whether it could be inflated."""
        if self._inflater is None:
            return self._write(body[: self.remaining]), True
        try:
            self._inflated += self._inflater.decompress(body)
        except zlib.error:
            return 0.0, False
        size = len(self._inflated)
        ready = size if self._inflater.eof else size // DICTIONARY * DICTIONARY
        seconds = self._write(bytes(self._inflated[:ready]))
        del self._inflated[:ready]
        return seconds, True

    def _write(self, data: bytes) -> float:
        fits = data[: max(self.remaining, 0)]
        self.remaining -= len(data)
        seconds = 0.0
        while self._erased_to < self._offset + len(fits):
            seconds += self.erase_next()
        seconds += self._flash.program(self._offset, fits)
        self._offset += len(fits)
        return seconds

    def erase_next(self) -> float:
        """Erase the next sector, or 64 KB where the write covers them; returns seconds.

        Blank sectors are left alone until the first dirty one.
        """
        start = self._erased_to
        if start >= self._end:
            return 0.0
        self._dirty = self._dirty or not self._flash.is_blank(start)
        whole_block = start % BLOCK == 0 and start + BLOCK <= self._end
        step = BLOCK if whole_block and self._dirty else SECTOR
        self._erased_to += step
        return self._flash.erase(start, step) if self._dirty else 0.0


class FlashRead:
    """READ_FLASH in progress: a frame for each acknowledgement, and a digest at the end."""

    def __init__(self, silicon: SimSilicon, offset: int, size: int, block: int) -> None:
        self._data = silicon.flash.read(offset, size)
        self._block = block
        self._sent = 0
        self._wrong = silicon.faults.meets(FaultKind.WRONG_MD5)

    def frame(self) -> bytes:
        """The next block."""
        block = self._data[self._sent : self._sent + self._block]
        self._sent += len(block)
        return block

    def digest(self) -> bytes:
        """The MD5 of all that was sent."""
        digest = md5(self._data[: self._sent], usedforsecurity=False).digest()
        return digest[::-1] if self._wrong else digest

    @property
    def done(self) -> bool:
        """Whether only the digest is left to send."""
        return self._sent >= len(self._data)
