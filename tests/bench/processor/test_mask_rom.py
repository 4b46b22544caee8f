"""What the ROM prints about the image at 0x0, and whether it starts it."""

import pytest

from burner.bench.processor import mask_rom
from burner.bench.processor.chip_memory import DATA, ChipMemory
from burner.bench.processor.not_executable import NotExecutableError
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.unit.unit_spec import UnitSpec
from tests.bench.processor.programs import CODE, HELLO, boot_image

UNLOADABLE = "Invalid image block, can't boot."
GOOD = boot_image(*HELLO)


def load(image: bytes) -> mask_rom.RomStart:
    cells = NorFlash(UnitSpec())
    cells.program(0, image)
    return mask_rom.load(cells, ChipMemory())


def test_a_good_image_is_started() -> None:
    start = load(GOOD)
    assert start.entry == CODE
    assert start.lines[-1] == f"entry {CODE:#010x}"


@pytest.mark.parametrize(
    ("image", "last"),
    [
        (b"", "invalid header: 0xffffffff"),
        (b"\x7fELF", "invalid header: 0x464c457f"),
        (
            boot_image(*HELLO, chip_id=0),
            "Invalid chip id. Expected 5 read 0. Bootloader for wrong chip?",
        ),
        (boot_image(*HELLO, header={1: 17}), "Invalid image block count: 17 (max 16)"),
        (boot_image(*HELLO, header={1: 0}), "Checksum failure. Calculated 0xef stored 0x00"),
        (boot_image(*HELLO, header={2: 11}), "invalid header: 0x2f0b01e9"),
        (boot_image(*HELLO, header={3: 0x23}), "invalid header: 0x230201e9"),
        (boot_image(*HELLO, header={3: 0xFE}), "invalid header: 0xfe0201e9"),
        (GOOD[:30] + b"\xff" + GOOD[31:], UNLOADABLE),  # longer than the flash
        (boot_image(*HELLO, more=[(0x3FC80001, 64)]), UNLOADABLE),
        (boot_image(*HELLO, more=[(0x3FC80002, 64)]), UNLOADABLE),
        (boot_image(*HELLO, more=[(0x3FC80000, 63)]), UNLOADABLE),
        (boot_image(*HELLO, more=[(0x3FCDE121, 0x100)]), UNLOADABLE),
        (
            boot_image(*HELLO, more=[(0x3FCDE000, 0x400)]),
            "region 0x3fcde000-0x3fcde400 overlaps 0x3fcde160-0x3fcdf650, can't load",
        ),
        (
            boot_image(*HELLO, more=[(0x3FCDF64C, 0x40)]),
            "region 0x3fcdf64c-0x3fcdf68c overlaps 0x3fcde160-0x3fcdf650, can't load",
        ),
        (GOOD[:8], "Invalid chip id. Expected 5 read 65535. Bootloader for wrong chip?"),
        (boot_image(*HELLO, spoil=1), "Checksum failure. Calculated 0xf4 stored 0xf5"),
    ],
)
def test_an_image_that_the_rom_refuses_is_named_by_its_last_line(image: bytes, last: str) -> None:
    start = load(image)
    assert start.entry is None
    assert start.lines[-1] == last


@pytest.mark.parametrize(
    "image",
    [
        *(boot_image(*HELLO, header={2: mode}) for mode in range(11)),
        *(boot_image(*HELLO, header={3: 0xF0 | frequency}) for frequency in (0, 1, 2, 0xF)),
        *(boot_image(*HELLO, header={3: size << 4 | 0xF}) for size in range(16)),
        *(boot_image(*HELLO, header={23: digest}) for digest in (0, 1, 2, 0xFF)),
        boot_image(*HELLO, more=[(0x3FC80000, 0x21000)]),
        boot_image(*HELLO, more=[(0x3FC80000, 0x4E000)]),
        boot_image(*HELLO, more=[(0x3FCDE120, 0x40), (0x50001FC0, 0x40), (0x3FC80000, 0)]),
        boot_image(*HELLO, more=[(0x4037FFF0, 0x10)] * 15),
    ],
)
def test_what_the_rom_of_a_real_chip_starts_is_started_here(image: bytes) -> None:
    start = load(image)
    assert start.entry == CODE
    assert "SHA-256 comparison failed:" not in start.lines


def test_a_digest_is_compared_whatever_the_header_says_of_it() -> None:
    start = load(boot_image(*HELLO, digest=False))
    assert start.entry == CODE
    assert f"Expected: {'ff' * 32}" in start.lines


def test_a_wrong_digest_does_not_stop_the_rom() -> None:
    start = load(GOOD[:-1] + bytes((GOOD[-1] ^ 1,)))
    assert start.entry == CODE
    assert "SHA-256 comparison failed:" in start.lines


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (boot_image(*HELLO, address=0x3FFE8000), "the boot image has a segment at 0x3ffe8000"),
        (
            boot_image(*HELLO, more=[(0x50001FF0, 0x40)]),
            "the boot image has a segment at 0x50001ff0",
        ),
        *(
            (
                boot_image(*HELLO, more=[(over, 0x40)]),
                f"the boot image has a segment at {over:#x}, over data of the mask ROM",
            )
            for over in (0x3FCDF650, 0x3FCDFFC0, 0x403DE500, 0x403DFFC0)
        ),
        (
            boot_image(*HELLO, entry=0x40380000),
            "the boot image begins at 0x40380000, where it loads nothing",
        ),
        (
            boot_image(0x0000006F, *HELLO),
            "the boot image is a stand-in: it begins with an endless loop",
        ),
    ],
)
def test_an_image_that_the_rom_would_start_and_the_bench_cannot(image: bytes, why: str) -> None:
    with pytest.raises(NotExecutableError) as caught:
        load(image)
    assert str(caught.value) == why


def test_nothing_behind_2_mb_is_read_before_the_rom_knows_how_large_the_flash_is() -> None:
    flash, memory = NorFlash(UnitSpec(flash_size=4 << 20)), ChipMemory()
    flash.program(0x1F0000, b"there")
    rom = mask_rom.FlashFunctions(flash, memory)
    reading = (0x1F0000, DATA.start, 0x20000)
    assert rom.call(mask_rom.SPIFLASH_READ, reading) == 1
    assert rom.call(mask_rom.SPIFLASH_CONFIG_PARAM, (0, 4 << 20, 0)) == 0
    assert rom.call(mask_rom.SPIFLASH_READ, reading) == 0
    assert memory.read(DATA.start, 5) == b"there"
    assert rom.call(0x40000138, reading) is None


@pytest.mark.parametrize("to", [0x3FCDE700, 0x403DE710, 0x3FCDF000])
def test_the_flash_is_not_read_into_the_data_of_the_rom(to: int) -> None:
    rom = mask_rom.FlashFunctions(NorFlash(UnitSpec()), ChipMemory())
    with pytest.raises(NotExecutableError, match=f"reads the flash to {to:#x}"):
        rom.call(mask_rom.SPIFLASH_READ, (0, to, 0x20))
