"""The memory of an ESP32-C3, and what lies at an address.

Addresses: Espressif's technical reference manual of the chip, chapter "System and Memory".
"""

from collections.abc import Iterator
from typing import NamedTuple

UNSET = b"\xa5"
"""Memory holds this after power-on: real SRAM holds anything, seldom zeros."""


class AddressRange(NamedTuple):
    """Addresses from `start` to below `end`."""

    start: int
    end: int
    name: str

    def holds(self, address: int, size: int = 1) -> bool:
        """Whether so many bytes from an address on lie in it."""
        return self.start <= address and address + size <= self.end


PAGE = 0x1000
CODE = AddressRange(0x40380000, 0x403DF000, "SRAM, to execute from")
DATA = AddressRange(0x3FC80000, 0x3FCDF000, "SRAM")
"""The same memory as CODE. Behind both, up to SRAM_END, lie data of the mask ROM."""
SRAM_END = 0x3FCE0000
_TO_DATA = DATA.start - CODE.start
CACHE_SRAM = AddressRange(0x4037C000, 0x40380000, "SRAM of the cache")
RTC_FAST = AddressRange(0x50000000, 0x50002000, "RTC memory")
MASK_ROM = AddressRange(0x40000000, 0x40060000, "the mask ROM")
WRITABLE = (CODE, DATA, CACHE_SRAM, RTC_FAST)
NOT_MODELLED = (
    MASK_ROM,
    AddressRange(CODE.end, SRAM_END - _TO_DATA, "data of the mask ROM"),
    AddressRange(DATA.end, SRAM_END, "data of the mask ROM"),
    AddressRange(0x3FF00000, 0x3FF20000, "data of the mask ROM"),
    AddressRange(0x3C000000, 0x3C800000, "flash through the cache"),
    AddressRange(0x42000000, 0x42800000, "flash through the cache"),
    AddressRange(0x60000000, 0x60100000, "registers"),
)
"""They exist on the chip; a program that uses them cannot be executed here."""


def data_address(address: int) -> int:
    """The address for data of SRAM that has this one for code; any other address as it is."""
    return address + _TO_DATA if CODE.start <= address < SRAM_END - _TO_DATA else address


def range_of(address: int) -> AddressRange | None:
    """What lies there without being modelled; None where the chip has nothing."""
    return next((held for held in NOT_MODELLED if held.holds(address)), None)


class ChipMemory:
    """The content of every memory that a program can write."""

    def __init__(self) -> None:
        sram = bytearray(UNSET * (DATA.end - DATA.start))
        self._blocks = {
            CODE: sram,
            DATA: sram,
            CACHE_SRAM: bytearray(UNSET * (CACHE_SRAM.end - CACHE_SRAM.start)),
            RTC_FAST: bytearray(UNSET * (RTC_FAST.end - RTC_FAST.start)),
        }

    def blocks(self) -> Iterator[tuple[AddressRange, bytearray]]:
        """Every range with its bytes; CODE and DATA share theirs."""
        yield from self._blocks.items()

    def copy(self, other: "ChipMemory") -> None:
        """Take over the content of another one."""
        for (_, block), (_, content) in zip(self.blocks(), other.blocks(), strict=True):
            block[:] = content

    def write(self, address: int, data: bytes) -> bool:
        """False, and nothing is written, where they do not lie in one memory."""
        for place, block in self._blocks.items():
            if place.holds(address, len(data)):
                block[address - place.start : address - place.start + len(data)] = data
                return True
        return False

    def read(self, address: int, size: int) -> bytes:
        """Bytes of memory; empty where they do not lie in one memory."""
        for place, block in self._blocks.items():
            if place.holds(address, size):
                return bytes(block[address - place.start : address - place.start + size])
        return b""
