"""ESP8266_RTOS_SDK and ESP-IDF built by make: there is no description, but the names are fixed.

`bootloader/bootloader.bin`, a binary table named like its CSV, and the application, all in one
folder. The table's offset is in the project's `sdkconfig`. What else is flashed goes to the
partition of its kind.
"""

import re
from pathlib import Path
from typing import Final

from burner.core.errors import BurnerError
from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.image import AppImage, parse_image
from burner.flash.partition_table import Partition, PartitionTable, parse_binary
from burner.profile.builds.listing import (
    DEFAULT_TABLE_OFFSET,
    Listed,
    Listing,
    read_files,
    several,
)

_TABLE_MAGIC: Final = b"\xaa\x50"
_OFFSET: Final = re.compile(r"^CONFIG_PARTITION_TABLE_OFFSET=(0x[0-9a-fA-F]{1,8})$", re.MULTILINE)
_FURTHER: Final = {"ota_data_initial.bin": "otadata", "phy_init_data.bin": "phy_init"}


def listing(folder: Path) -> Listing | None:
    """Read an output folder; None where make did not write it.

    Raises:
        BurnerError: E189 several applications or tables, E110 the table.
    """
    bootloader = folder / "bootloader" / "bootloader.bin"
    if not bootloader.is_file():
        return None
    paths = [path for path in sorted(folder.glob("*.bin")) if path.name not in _FURTHER]
    contents = dict(zip(paths, read_files(paths), strict=True))
    tables = [path for path, data in contents.items() if data[:2] == _TABLE_MAGIC]
    images = {path: image for path, data in contents.items() if (image := _image(data))}
    if not tables or not images:
        return None
    for candidates in (tables, list(images)):
        if len(candidates) > 1:
            raise several(str(folder), [path.name for path in candidates])
    application, image = next(iter(images.items()))
    table = parse_binary(contents[tables[0]], str(tables[0]))
    files = [
        Listed("bootloader", bootloader, BOOTLOADER_OFFSETS.get(image.chip, 0)),
        Listed("partition-table", tables[0], _table_offset(folder)),
    ]
    if slot := _first_slot(table):
        files.append(Listed("app", application, slot.offset))
    for name, partition in _FURTHER.items():
        if (folder / name).is_file() and (where := table.find(partition)):
            files.append(Listed(partition, folder / name, where.offset))
    ordered = tuple(sorted(files, key=lambda one: one.offset))
    return Listing("ESP-IDF", folder, ordered, image.chip)


def _image(data: bytes) -> AppImage | None:
    try:
        return parse_image(data)
    except BurnerError:
        return None


def _first_slot(table: PartitionTable) -> Partition | None:
    """The partition for the application of `make flash`: factory, else the first OTA slot."""
    applications = sorted((p for p in table if p.is_app), key=lambda p: (p.is_ota_slot, p.subtype))
    return next(iter(applications), None)


def _table_offset(folder: Path) -> int:
    try:
        (raw,) = read_files([folder.parent / "sdkconfig"], limit=1 << 20)
    except BurnerError:
        return DEFAULT_TABLE_OFFSET
    match = _OFFSET.search(raw.decode("utf-8", "replace"))
    return int(match[1], 16) if match else DEFAULT_TABLE_OFFSET
