"""ESP8266 images without a partition table: the NONOS SDK's, esptool's, or a single one.

Offsets: the NONOS SDK's "Getting Started Guide" (eagle.flash.bin 0, eagle.irom0text.bin 0x10000;
with updates boot.bin 0, user1.bin 0x1000; RF data 16 KB and 8 KB before the end of the flash), and
esptool's `elf2image`, which writes the offset into the name.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from burner.core.errors import BurnerError
from burner.flash.image import AppImage, parse_image
from burner.profile.builds.listing import Listed, Listing, read_files, several

_PAIRS: Final = (
    (("boot*.bin", 0x0), ("user1*.bin", 0x1000)),
    (("eagle.flash.bin", 0x0), ("eagle.irom0text.bin", 0x10000)),
)
_RF_DATA: Final = (("esp_init_data_default*.bin", 0x4000), ("blank.bin", 0x2000))
"""Name, and how far before the end of the flash."""
_OFFSET_IN_NAME: Final = re.compile(r"(.+)-0x([0-9a-fA-F]{5,7})\.bin")


def listing(folder: Path) -> Listing | None:
    """Read a folder of ESP8266 images; None where it holds none that are known.

    Raises:
        BurnerError: E189 images of several builds.
    """
    files = _pair(folder) or _named_by_offset(folder) or _single(folder)
    first = _image(files[0].path) if files else None
    if first is None or first.chip != "esp8266" or files[0].offset:
        return None
    files += _rf_data(folder, first.flash_size)
    return Listing("ESP8266 NONOS SDK", folder, tuple(files), "esp8266", first.flash_size)


def _pair(folder: Path) -> list[Listed]:
    for pair in _PAIRS:
        matches = [(sorted(folder.glob(pattern)), offset) for pattern, offset in pair]
        if all(paths for paths, _ in matches):
            if twice := [paths for paths, _ in matches if len(paths) > 1]:
                raise several(str(folder), [path.name for path in twice[0]])
            names = ("app", "app-rest") if pair[0][0].startswith("eagle") else ("boot", "app")
            return [
                Listed(name, paths[0], offset)
                for name, (paths, offset) in zip(names, matches, strict=True)
            ]
    return []


def _named_by_offset(folder: Path) -> list[Listed]:
    """`NAME-0x00000.bin`, `NAME-0x10000.bin`."""
    builds: dict[str, list[Listed]] = {}
    for path in sorted(folder.glob("*-0x*.bin")):
        if match := _OFFSET_IN_NAME.fullmatch(path.name):
            offset = int(match[2], 16)
            name = f"app-{offset:#x}" if offset else "app"
            builds.setdefault(match[1], []).append(Listed(name, path, offset))
    if len(builds) > 1:
        raise several(str(folder), list(builds))
    return sorted(next(iter(builds.values()), []), key=lambda one: one.offset)


def _single(folder: Path) -> list[Listed]:
    files = sorted(folder.glob("*.bin"))
    alone = len(files) == 1 and files[0].name != "bootloader.bin"
    return [Listed("app", files[0], 0)] if alone else []


def _rf_data(folder: Path, flash_size: int) -> Iterator[Listed]:
    for pattern, before_end in _RF_DATA:
        files = sorted(folder.glob(pattern))
        if len(files) == 1 and flash_size > before_end:
            yield Listed(files[0].stem, files[0], flash_size - before_end)


def _image(path: Path) -> AppImage | None:
    try:
        return parse_image(*read_files([path]))
    except BurnerError:
        return None
