"""What the mask ROM of an ESP32-C3 does: it loads the image at 0x0, and reads the flash.

A model. The texts are those that the chip's own ROM prints; the addresses of its functions are
those of ESP-IDF's linker script of the ROM (`esp32c3.rom.ld`).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from burner.bench.processor.chip_memory import (
    DATA,
    SRAM_END,
    AddressRange,
    ChipMemory,
    data_address,
)
from burner.bench.processor.not_executable import NotExecutableError
from burner.bench.silicon.nor_flash import NorFlash
from burner.flash import image
from burner.flash.chips import CHIP_IDS

CHIP = "esp32c3"
SPIFLASH_READ = 0x40000130
"""`esp_rom_spiflash_read(address, to, size)`: 0, or 1 where it fails."""
SPIFLASH_CONFIG_PARAM = 0x40000134
"""`esp_rom_spiflash_config_param(device, size, …)`: 0. It says how large the flash is."""
FLASH_SIZE_AT_RESET = 0x200000
"""For so large the ROM takes every flash until it is told otherwise."""
STACK_TOP = 0x3FCDE710
"""The stack of the ROM, on which it starts the program. Behind it lie its data."""
OWN_DATA = AddressRange(0x3FCDE160, 0x3FCDF650, "data of the mask ROM")
"""It loads nothing over this, as long as the segment has an address for data."""
_HEADER_SIZE = 24
_MOST_SEGMENTS = 16
_MODES = (
    *("QIO", "QOUT", "DIO", "DOUT", "FAST_RD", "SLOW_RD"),
    *("OPI_STR", "OPI_DTR", "OOUT", "OIO_STR", "OIO_DTR"),
)
_CLOCK_DIVIDERS = {0x0: 2, 0x1: 3, 0x2: 4, 0xF: 1}
_ENDLESS_LOOPS = (b"\x6f\x00\x00\x00", b"\x01\xa0")
"""`j .` in 32 and in 16 bits."""


@dataclass(frozen=True)
class RomStart:
    """What the ROM printed, and where it starts the program."""

    lines: tuple[str, ...]
    entry: int | None
    """None: it starts nothing, the last line says why."""


class _RefusedImageError(Exception):
    """The ROM does not start the image; the text is its last line."""


def load(flash: NorFlash, memory: ChipMemory) -> RomStart:
    """Load the image at 0x0 into memory, as the ROM does after a reset.

    Raises:
        NotExecutableError: the ROM would start it, the bench cannot.
    """
    lines = list[str]()
    try:
        lines += _settings(flash.read(0, _HEADER_SIZE))
        entry = _load_image(flash, memory, lines)
    except _RefusedImageError as refused:
        return RomStart((*lines, str(refused)), None)
    return RomStart((*lines, f"entry {entry:#010x}"), entry)


def _settings(header: bytes) -> tuple[str, str]:
    """The lines about the flash, from the header."""
    mode, divider = header[2], _CLOCK_DIVIDERS.get(header[3] & 0xF)
    if header[0] != image.MAGIC or mode >= len(_MODES) or divider is None:
        raise _RefusedImageError(f"invalid header: 0x{header[3::-1].hex()}")
    chip_id = int.from_bytes(header[12:14], "little")
    if chip_id != CHIP_IDS[CHIP]:
        wrong = f"Invalid chip id. Expected {CHIP_IDS[CHIP]} read {chip_id}."
        raise _RefusedImageError(f"{wrong} Bootloader for wrong chip?")
    if header[1] > _MOST_SEGMENTS:
        raise _RefusedImageError(f"Invalid image block count: {header[1]} (max {_MOST_SEGMENTS})")
    return "SPIWP:0xee", f"mode:{_MODES[mode]}, clock div:{divider}"


def _load_image(flash: NorFlash, memory: ChipMemory, lines: list[str]) -> int:
    """Load every segment, print what the ROM prints, and check the sums; where the image begins."""
    header = flash.read(0, _HEADER_SIZE)
    segments, at, checksum = list[tuple[int, bytes]](), _HEADER_SIZE, image.CHECKSUM_SEED
    for _ in range(header[1]):
        address, size = struct.unpack("<II", flash.read(at, 8))
        lines.append(f"load:{address:#010x},len:{size:#x}")
        _check_segment(address, size, at)
        segments.append((address, flash.read(at + 8, size)))
        checksum ^= image.xor_of_bytes(segments[-1][1])
        at += 8 + size
    checksum_at = at | 15
    stored = flash.read(checksum_at, 1)[0]
    if stored != checksum:
        failure = f"Calculated {checksum:#04x} stored {stored:#04x}"
        raise _RefusedImageError(f"Checksum failure. {failure}")
    lines += _digest_lines(flash.read(0, checksum_at + 1), flash.read(checksum_at + 1, 32))
    for address, data in segments:
        if not memory.write(address, data):
            raise NotExecutableError(f"the boot image has a segment at {address:#x}")
    return _entry(int.from_bytes(header[4:8], "little"), segments, memory)


def _check_segment(address: int, size: int, at: int) -> None:
    """Refuse what the ROM does not load, and what would overwrite its data all the same."""
    end = address + size
    if address % 4 or size % 4 or at + 8 + size > FLASH_SIZE_AT_RESET:
        raise _RefusedImageError("Invalid image block, can't boot.")
    if address < OWN_DATA.end and end > OWN_DATA.start:
        own = f"{OWN_DATA.start:#x}-{OWN_DATA.end:#x}"
        raise _RefusedImageError(f"region {address:#x}-{end:#x} overlaps {own}, can't load")
    as_data = data_address(address)
    if DATA.start <= as_data < SRAM_END and as_data + size > OWN_DATA.start:
        raise NotExecutableError(
            f"the boot image has a segment at {address:#x}, over {OWN_DATA.name}"
        )


def _digest_lines(hashed: bytes, stored: bytes) -> tuple[str, ...]:
    """What the ROM prints about the SHA-256; it compares it whatever the header says of it."""
    calculated = sha256(hashed).digest()
    if calculated == stored:
        return ()
    return (
        "SHA-256 comparison failed:",
        f"Calculated: {calculated.hex()}",
        f"Expected: {stored.hex()}",
        "Attempting to boot anyway...",
    )


def _entry(entry: int, segments: Sequence[tuple[int, bytes]], memory: ChipMemory) -> int:
    """Where the image begins.

    Raises:
        NotExecutableError: outside of what it loads, or it is a stand-in.
    """
    if not any(address <= entry < address + len(data) for address, data in segments):
        raise NotExecutableError(f"the boot image begins at {entry:#x}, where it loads nothing")
    if memory.read(entry, 4).startswith(_ENDLESS_LOOPS):
        raise NotExecutableError("the boot image is a stand-in: it begins with an endless loop")
    return entry


class FlashFunctions:
    """The functions of the ROM that a program may call."""

    def __init__(self, flash: NorFlash, memory: ChipMemory) -> None:
        self._flash, self._memory = flash, memory
        self._readable = FLASH_SIZE_AT_RESET

    def call(self, address: int, arguments: Sequence[int]) -> int | None:
        """What the function at this address gives; None: it is not modelled.

        Raises:
            NotExecutableError: a call whose effect is not known.
        """
        if address == SPIFLASH_READ:
            return self._read(*arguments)
        if address == SPIFLASH_CONFIG_PARAM:
            self._readable = arguments[1]
            return 0
        return None

    def _read(self, address: int, to: int, size: int) -> int:
        if to % 4 or size % 4 or not 0 <= size <= DATA.end - DATA.start:
            raise NotExecutableError(f"reads {size} bytes of flash to {to:#x}: whole words only")
        if address + size > min(self._readable, self._flash.size):
            return 1
        is_of_rom = STACK_TOP - size < data_address(to) < SRAM_END
        if is_of_rom or not self._memory.write(to, self._flash.read(address, size)):
            raise NotExecutableError(f"reads the flash to {to:#x}")
        return 0
