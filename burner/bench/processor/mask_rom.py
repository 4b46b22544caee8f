"""What the mask ROM of an ESP32-C3 does: it loads the image at 0x0, and reads the flash.

A model. The texts are those that the chip's own ROM prints; the addresses of its functions are
those of ESP-IDF's linker script of the ROM (`esp32c3.rom.ld`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from burner.bench.processor.chip_memory import DATA, ChipMemory, range_of
from burner.bench.processor.not_executable import NotExecutableError
from burner.bench.silicon.nor_flash import NorFlash
from burner.core.errors import BurnerError
from burner.flash import image
from burner.flash.chips import CHIP_IDS

CHIP = "esp32c3"
LARGEST_IMAGE = 0x20000
SPIFLASH_READ = 0x40000130
"""`esp_rom_spiflash_read(address, to, size)`: 0, or 1 where it fails."""
SPIFLASH_CONFIG_PARAM = 0x40000134
"""`esp_rom_spiflash_config_param(device, size, …)`: 0. It says how large the flash is."""
FLASH_SIZE_AT_RESET = 0x200000
"""For so large the ROM takes every flash until it is told otherwise."""
STACK_TOP = 0x3FCDE710
"""The stack of the ROM, on which it starts the program."""
_HEADER_SIZE = 24
_MODES = ("QIO", "QOUT", "DIO", "DOUT")
_CLOCK_DIVIDERS = {0x0: 2, 0x1: 3, 0x2: 4, 0xF: 1}
_ENDLESS_LOOPS = (b"\x6f\x00\x00\x00", b"\x01\xa0")
"""`j .` in 32 and in 16 bits."""


@dataclass(frozen=True)
class RomStart:
    """What the ROM printed, and where it starts the program."""

    lines: tuple[str, ...]
    entry: int | None
    """None: it starts nothing, the last line says why."""


def load(flash: NorFlash, memory: ChipMemory) -> RomStart:
    """Load the image at 0x0 into memory, as the ROM does after a reset.

    Raises:
        NotExecutableError: the ROM would start it, the bench cannot.
    """
    header = flash.read(0, _HEADER_SIZE)
    if header[0] != image.MAGIC:
        return RomStart((f"invalid header: 0x{header[3::-1].hex()}",), None)
    chip_id = int.from_bytes(header[12:14], "little")
    if chip_id != CHIP_IDS[CHIP]:
        wrong = f"Invalid chip id. Expected {CHIP_IDS[CHIP]} read {chip_id}."
        return RomStart((f"{wrong} Bootloader for wrong chip?",), None)
    data = flash.read(0, LARGEST_IMAGE)
    try:
        parsed = image.parse_image(data)
    except BurnerError:
        return RomStart(("Invalid image block, can't boot.",), None)
    loads = (f"load:{part.address:#010x},len:{part.size:#x}" for part in parsed.segments)
    lines = [*_settings(header), *loads]
    checksum, *digest = parsed.checksums
    if not checksum.ok:
        calculated, stored = checksum.computed.hex(), checksum.stored.hex()
        lines.append(f"Checksum failure. Calculated 0x{calculated} stored 0x{stored}")
        return RomStart(tuple(lines), None)
    if not all(found.ok for found in digest):
        lines += ["SHA-256 comparison failed:", "Attempting to boot anyway..."]
    for segment in parsed.segments:
        if not memory.write(segment.address, data[segment.offset : segment.end]):
            raise NotExecutableError(f"the boot image has a segment at {segment.address:#x}")
    _check_entry(parsed)
    if memory.read(parsed.entry, 4).startswith(_ENDLESS_LOOPS):
        raise NotExecutableError("the boot image is a stand-in: it begins with an endless loop")
    return RomStart((*lines, f"entry {parsed.entry:#010x}"), parsed.entry)


def _settings(header: bytes) -> tuple[str, str]:
    """The lines about the flash, from the header."""
    mode, divider = header[2], _CLOCK_DIVIDERS.get(header[3] & 0xF, 1)
    name = _MODES[mode] if mode < len(_MODES) else "DIO"
    return "SPIWP:0xee", f"mode:{name}, clock div:{divider}"


def _check_entry(parsed: image.AppImage) -> None:
    """Refuse an image that begins outside of what it loads.

    Raises:
        NotExecutableError: it does.
    """
    entry = parsed.entry
    if not any(s.address <= entry < s.address + s.size for s in parsed.segments):
        raise NotExecutableError(f"the boot image begins at {entry:#x}, where it loads nothing")


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
        if not self._memory.write(to, self._flash.read(address, size)):
            raise NotExecutableError(f"reads the flash to {to:#x}")
        return 0


def refuse_call(address: int) -> NotExecutableError:
    """The error for a call of any other function."""
    place = range_of(address)
    return NotExecutableError(f"calls {place.name if place else 'nothing'} at {address:#x}")
