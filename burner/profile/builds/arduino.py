"""PlatformIO and Arduino: what is flashed where follows from names and chip.

Both write a bootloader, a partition table at 0x8000 and an application; `boot_app0.bin`, where
they keep a copy of it, names the first slot in otadata (an erased otadata means the same). On
ESP8266 Arduino has one image that starts at 0. Offsets: arduino-esp32's `platform.txt`, and the
flash images of PlatformIO's platform-espressif32.
"""

from pathlib import Path
from typing import Final

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.image import parse_image
from burner.flash.partition_table import DATA, SUBTYPES, PartitionTable, parse_binary
from burner.profile.builds.listing import (
    DEFAULT_TABLE_OFFSET,
    Listed,
    Listing,
    read_files,
    several,
)

_FILE_SYSTEMS: Final = {
    "littlefs.bin": ("littlefs", "spiffs"),
    "spiffs.bin": ("spiffs",),
    "fatfs.bin": ("fat",),
}
"""An image of PlatformIO's → subtypes of partitions it may be for."""


def listing(folder: Path) -> Listing | None:
    """Read an output folder; None where it holds no application of theirs.

    Raises:
        BurnerError: E183 a file is missing or no image, E189 several sketches, E110 the table.
    """
    application, kind = folder / "firmware.bin", "PlatformIO"
    if not application.is_file():
        sketches = sorted(folder.glob("*.ino.bin"))
        if not sketches:
            return None
        if len(sketches) > 1:
            raise several(str(folder), [sketch.name for sketch in sketches])
        application, kind = sketches[0], "Arduino"
    chip = _chip(application)
    stem = application.name.removesuffix(".bin")
    bootloader = _either(folder, f"{stem}.bootloader.bin", "bootloader.bin")
    table = _either(folder, f"{stem}.partitions.bin", "partitions.bin")
    if chip == "esp8266" and not table.is_file():
        return Listing(kind, folder, (Listed("app", application, 0),), chip)
    _, raw = read_files([bootloader, table])
    files = [
        Listed("bootloader", bootloader, BOOTLOADER_OFFSETS.get(chip, 0)),
        Listed("partition-table", table, DEFAULT_TABLE_OFFSET),
        *_further(folder, application, parse_binary(raw, str(table))),
    ]
    return Listing(kind, folder, tuple(sorted(files, key=lambda one: one.offset)), chip)


def _chip(application: Path) -> str:
    (data,) = read_files([application])
    try:
        return parse_image(data).chip
    except BurnerError as error:
        finding = Finding(
            Code.BUILD_FILE_UNUSABLE, str(application), error.detail, "the .bin file of the build"
        )
        raise BurnerError(Code.BUILD_FILE_UNUSABLE, str(application), (finding,)) from None


def _either(folder: Path, *names: str) -> Path:
    """The first file that exists; else the last one, so that the error names it."""
    paths = [folder / name for name in names]
    return next((path for path in paths if path.is_file()), paths[-1])


def _further(folder: Path, application: Path, table: PartitionTable) -> list[Listed]:
    """The application, otadata and file systems, where the table has a partition for each."""
    files = []
    selector = folder / "boot_app0.bin"
    slots = sorted((p for p in table if p.is_ota_slot), key=lambda p: p.subtype)
    started = [p for p in table if p.is_app and not p.is_ota_slot] + slots
    if selector.is_file() and table.otadata and slots:
        files.append(Listed("otadata", selector, table.otadata.offset))
        started = slots
    if not started:
        finding = Finding(
            Code.BUILD_FILES_MISMATCHED,
            str(folder),
            "the table has no app partition",
            "one of type app",
        )
        raise BurnerError(Code.BUILD_FILES_MISMATCHED, str(folder), (finding,))
    files.append(Listed("app", application, started[0].offset))
    for name, kinds in _FILE_SYSTEMS.items():
        subtypes = [SUBTYPES[DATA][kind] for kind in kinds]
        places = [p for p in table if p.type == DATA and p.subtype in subtypes]
        if (folder / name).is_file() and len(places) == 1:
            files.append(Listed(places[0].name, folder / name, places[0].offset))
    return files
