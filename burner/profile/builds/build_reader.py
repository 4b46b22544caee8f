"""Reads a firmware build: finds its kind, reads its files, and names each by its place in flash."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, refuse
from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.image import AppImage
from burner.flash.partition_table import PartitionTable, parse_binary, parse_table
from burner.profile.builds import arduino, esp8266_nonos, esp_idf, esp_idf_make
from burner.profile.builds.build import Build, BuildFile
from burner.profile.builds.listing import Listing, read_files, several
from burner.profile.profile import TABLE, ChipName

__all__ = ["Build", "BuildFile", "read_build"]

CHIPS: Final[tuple[str, ...]] = get_args(ChipName)
LOOKED_FOR: Final = (
    "flasher_args.json (ESP-IDF, ESP8266_RTOS_SDK), firmware.bin (PlatformIO), *.ino.bin (Arduino) "
    "or eagle.flash.bin, *-0x00000.bin, a single .bin (ESP8266)"
)
_TABLE_MAGIC: Final = b"\xaa\x50"

ListingReader = Callable[[Path], Listing | None]


def read_build(folder: Path, readers: tuple[ListingReader, ...] = ()) -> Build:
    """Read a build from its output folder, or from the project around it.

    Args:
        folder: where to look.
        readers: which kinds of builds; all by default.

    Raises:
        BurnerError: E181 no build there, E182 to E184, E186, E189 one that cannot be used, E110
            and E111 its partition table.
    """
    readers = readers or (
        arduino.listing,
        esp_idf.listing,
        esp_idf_make.listing,
        esp8266_nonos.listing,
    )
    for level in _levels(folder):
        listings = [listing for place in level if (listing := _first(readers, place))]
        if len(listings) > 1:
            raise several(str(folder), [str(listing.folder) for listing in listings])
        if listings:
            return _assemble(listings[0])
    finding = Finding(Code.BUILD_NOT_FOUND, str(folder), "no build files found", LOOKED_FOR)
    raise BurnerError(Code.BUILD_NOT_FOUND, str(folder), (finding,))


def _levels(folder: Path) -> list[list[Path]]:
    """Folders that may hold the output: this one, and those that build systems use in a project."""
    inside = (folder / ".pio" / "build", folder / "build")
    levels = [[folder], [folder / "build"]]
    levels += [sorted(one for one in place.glob("*") if one.is_dir()) for place in inside]
    return levels


def _first(readers: tuple[ListingReader, ...], place: Path) -> Listing | None:
    return next((listing for reader in readers if (listing := reader(place))), None)


def _assemble(listing: Listing) -> Build:
    """Read every file, find the table among them, and take the rest from the images."""
    contents = read_files([listed.path for listed in listing.files])
    files = [
        BuildFile(listed.name, listed.path, listed.offset, data)
        for listed, data in zip(listing.files, contents, strict=True)
    ]
    table_file = next((file for file in files if _is_table(file)), None)
    table, csv = PartitionTable(()), None
    if table_file:
        table = parse_binary(table_file.data, str(table_file.path))
        csv = _csv(listing.folder, table, listing.chip, table_file.offset)
    named = _named([file for file in files if file is not table_file], table)
    images = {
        file.name: image
        for file in named
        if (where := table.at(file.offset)) is None or where.is_app
        if (image := file.image)
    }
    chip = _chip(listing, images)
    return Build(
        kind="ESP8266_RTOS_SDK" if (listing.kind, chip) == _RTOS else listing.kind,
        folder=listing.folder,
        chip=chip,
        flash_size=listing.flash_size or _header_size(named, images, chip),
        flash_mode=listing.flash_mode,
        flash_freq=listing.flash_freq,
        files=tuple(named),
        table_file=table_file,
        table=table,
        csv=csv,
        images=images,
    )


_RTOS: Final = ("ESP-IDF", "esp8266")


def _is_table(file: BuildFile) -> bool:
    return file.name in ("partition-table", "partition_table") or file.data[:2] == _TABLE_MAGIC


def _named(files: list[BuildFile], table: PartitionTable) -> list[BuildFile]:
    """The files, each with a valid and unique name for a profile."""
    starts = {partition.offset: partition for partition in table}
    named: list[BuildFile] = []
    taken = {TABLE}
    for file in files:
        where = starts.get(file.offset)
        # A file of data is best known by its partition's name.
        wanted = where.name if where and not where.is_app else file.name
        plain = re.sub(r"[^A-Za-z0-9_.-]", "-", wanted).lstrip("_.-")[:28] or "image"
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}-{number}", number + 1
        taken.add(name)
        named.append(replace(file, name=name))
    return named


def _chip(listing: Listing, images: Mapping[str, AppImage]) -> str:
    """The chip on which the build and all its images agree; empty where none names one.

    Raises:
        BurnerError: E186 they do not agree, or the chip is not known.
    """
    chip_of = {f"{listing.folder} {name}": image.chip for name, image in images.items()}
    if listing.chip:
        chip_of = {str(listing.folder): listing.chip, **chip_of}
    chips = dict.fromkeys(chip_of.values())
    wrong = [where for where, chip in chip_of.items() if len(chips) > 1 or chip not in CHIPS]
    refuse(
        [
            Finding(
                Code.BUILD_FILES_MISMATCHED,
                where,
                f"for {chip_of[where]}",
                f"one of {', '.join(CHIPS)}, the same in all",
            )
            for where in wrong
        ]
    )
    return next(iter(chips), "")


def _header_size(files: list[BuildFile], images: Mapping[str, AppImage], chip: str) -> int:
    """The flash size in the header of what the ROM starts."""
    starts = BOOTLOADER_OFFSETS.get(chip)
    sizes = [images[f.name].flash_size for f in files if f.name in images and f.offset == starts]
    return next(iter(sizes), 0)


def _csv(folder: Path, table: PartitionTable, chip: str, offset: int) -> Path | None:
    """The CSV beside the build, or in the project around it, that gives exactly this table."""
    for place in (folder, *folder.resolve().parents[:3]):
        for path in sorted(place.glob("*partition*.csv"))[:20]:
            try:
                (raw,) = read_files([path], limit=64 * 1024)
                made = parse_table(raw, str(path), chip or "esp32", offset)
            except BurnerError:
                continue
            if made.partitions == table.partitions:
                return path
    return None
