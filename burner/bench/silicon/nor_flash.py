"""SPI NOR flash: erasing sets 4 KB at a time to 0xFF, programming can only clear bits."""

import mmap
from pathlib import Path

from burner.bench.unit.unit_spec import FaultKind, SimFault, Timing, UnitSpec
from burner.core.code import Code
from burner.core.errors import BurnerError

SECTOR = 0x1000
BLOCK = 0x10000
PAGE = 0x100
_BLANK_SECTOR = b"\xff" * SECTOR


class NorFlash:
    """The cells of one flash, in memory or in a file that outlives the process.

    The file is mapped, so everything programmed is kept after a kill -9, as real flash keeps it
    after a power cut. `erase` and `program` return how many seconds the part needs.
    """

    def __init__(self, unit: UnitSpec) -> None:
        self.size = unit.flash_size
        self._timing: Timing = unit.timing
        slow = unit.fault(FaultKind.SLOW_ERASE)
        self._erase_factor = slow.factor if slow else 1.0
        self._stuck = unit.fault(FaultKind.STUCK_SECTOR)
        self._flip = unit.fault(FaultKind.BIT_FLIP)
        self._places: dict[FaultKind, int] = {}
        self._cells: bytearray | mmap.mmap = (
            _mapped(unit.flash_file, self.size)
            if unit.flash_file
            else bytearray(b"\xff" * self.size)
        )

    def read(self, offset: int, size: int) -> bytes:
        """Bytes of flash; 0xFF beyond its end."""
        return bytes(self._cells[offset : offset + size]).ljust(size, b"\xff")

    def is_blank(self, offset: int, size: int = SECTOR) -> bool:
        """Whether every byte of the stretch is 0xFF."""
        data = self._cells[offset : offset + size]
        return data == (_BLANK_SECTOR if size == SECTOR else b"\xff" * len(data))

    def erase(self, offset: int, size: int) -> float:
        """Erase every sector that the stretch touches; returns seconds."""
        start = offset // SECTOR * SECTOR
        end = min(-(-(offset + size) // SECTOR) * SECTOR, self.size)
        if start >= end:
            return 0.0
        if (start, end) == (0, self.size):
            self._set(start, b"\xff" * self.size)
            return self._timing.chip_erase_s * self._erase_factor
        self._set(start, b"\xff" * (end - start))
        first_block, last_block = -(-start // BLOCK), end // BLOCK
        blocks = max(last_block - first_block, 0)
        sectors = (end - start - blocks * BLOCK) // SECTOR
        seconds = blocks * self._timing.block_erase_s + sectors * self._timing.sector_erase_s
        return seconds * self._erase_factor

    def program(self, offset: int, data: bytes) -> float:
        """Clear the bits that are 0 in `data`; returns seconds. Bytes beyond the end are lost."""
        data = data[: max(self.size - offset, 0)]
        if not data:
            return 0.0
        old = self._cells[offset : offset + len(data)]
        if old.count(0xFF) != len(old):
            both = int.from_bytes(old, "little") & int.from_bytes(data, "little")
            data = both.to_bytes(len(data), "little")
        self._set(offset, data)
        self._flip_bit(offset, len(data))
        return -(-len(data) // PAGE) * self._timing.page_program_s

    def close(self) -> None:
        """Close the file."""
        if isinstance(self._cells, mmap.mmap):
            self._cells.close()

    def _set(self, offset: int, data: bytes) -> None:
        if self._stuck is None:
            self._cells[offset : offset + len(data)] = data
            return
        sector = self._place(self._stuck, offset) // SECTOR * SECTOR
        kept = self._cells[sector : sector + SECTOR]
        self._cells[offset : offset + len(data)] = data
        self._cells[sector : sector + SECTOR] = kept

    def _flip_bit(self, offset: int, size: int) -> None:
        if self._flip is None:
            return
        place = self._place(self._flip, offset)
        if offset <= place < offset + size:
            self._cells[place] ^= 1
            if self._flip.once:
                self._flip = None

    def _place(self, fault: SimFault, first: int) -> int:
        """The address of a fault; without one, where the first write lands."""
        if fault.address is not None:
            return fault.address
        return self._places.setdefault(fault.kind, first)


def _mapped(path: Path, size: int) -> mmap.mmap:
    """The file as memory, made blank at its first use.

    Raises:
        BurnerError: E192, the file is not one of a flash of this size.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff" * size)
    if path.stat().st_size != size:
        raise BurnerError(
            Code.BENCH_REQUEST_IMPOSSIBLE,
            f"{path} holds {path.stat().st_size} bytes, the flash {size}",
        )
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), size)
