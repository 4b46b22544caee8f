"""Makes the images of sensor-esp32 from its `source.toml`: `python firmware/build.py`.

The images are whole and valid, and do nothing: every stretch of code begins with an endless loop,
and the rest of it is noise that compresses about as well as machine code does. They stand in for
a firmware; to a burn line there is no difference. Same source, same bytes, on any computer.
"""

import struct
import sys
import tomllib
from functools import reduce
from hashlib import sha256, shake_256
from operator import xor
from pathlib import Path
from typing import Any

CHIP_IDS = {"esp32": 0, "esp32c3": 5, "esp32s3": 9}
FLASH_SIZES = {"2MB": 0x10, "4MB": 0x20}
FLASH_FREQUENCIES = {"40m": 0x00, "80m": 0x0F}
FLASH_MODES = {"dio": 2}
LOOPS = {"esp32": b"\x06\xff\xff", "esp32c3": b"\x6f\x00\x00\x00", "esp32s3": b"\x06\xff\xff"}
"""A jump to itself: Xtensa `j .`, RISC-V `j .`."""
APP_MAGIC = 0xABCD5432
SYMBOLS = (bytes(range(0, 250, 10)) * 11)[:256]
"""Byte → one of 25 values: noise of these compresses to 0.62, as application images do."""


def build(folder: Path) -> dict[str, bytes]:
    """Every image that a product's folder describes: file name → bytes."""
    source = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8"))
    return {f"{name}.bin": image(source, name) for name in ("bootloader", "app")}


def image(source: dict[str, Any], name: str) -> bytes:
    """Header, segments, checksum, SHA-256, as the ROM and the bootloader read them."""
    parts = source[name]["segments"]
    body = b"".join(
        struct.pack("<II", part["address"], part["size"]) + content(source, name, number)
        for number, part in enumerate(parts)
    )
    whole = header(source, name) + body
    whole = whole.ljust(len(whole) | 15, b"\0")
    checksum = 0xEF
    for number in range(len(parts)):
        checksum = reduce(xor, content(source, name, number), checksum)
    whole += bytes([checksum])
    return whole + sha256(whole).digest()


def header(source: dict[str, Any], name: str) -> bytes:
    """24 bytes; the last one says that a SHA-256 follows the checksum."""
    chip, part = source["chip"], source[name]
    flash = FLASH_SIZES[source["flash_size"]] | FLASH_FREQUENCIES[source["flash_frequency"]]
    return struct.pack(
        "<BBBBIB3xHBHH4xB",
        0xE9,
        len(part["segments"]),
        FLASH_MODES[source["flash_mode"]],
        flash,
        part["entry"],
        0xEE,
        CHIP_IDS[chip],
        0,
        source["min_revision"],
        source["max_revision"],
        1,
    )


def content(source: dict[str, Any], name: str, number: int) -> bytes:
    """What stands in a segment: what it must begin with, then noise up to its size."""
    part = source[name]["segments"][number]
    begin = {"descriptor": descriptor, "code": code, "data": data}[part["holds"]](source, name)
    seed = f"{source['project']} {source['version']} {name} {number}".encode()
    return begin + noise(seed, part["size"] - len(begin))


def descriptor(source: dict[str, Any], name: str) -> bytes:
    """`esp_app_desc_t`, 256 bytes; then the texts. No time: a build does not know when it is."""
    texts = b"".join(text.encode() + b"\0" for text in source[name].get("texts", ()))
    fields = struct.pack(
        "<II8x32s32s16s16s32s32s72x",
        APP_MAGIC,
        0,
        source["version"].encode(),
        source["project"].encode(),
        b"",
        b"",
        b"none",
        sha256(f"{source['project']} {source['version']}".encode()).digest(),
    )
    return fields.ljust(256, b"\0") + texts


def code(source: dict[str, Any], name: str) -> bytes:  # noqa: ARG001 - one signature for all
    """An endless loop."""
    return LOOPS[source["chip"]]


def data(source: dict[str, Any], name: str) -> bytes:
    """The texts of an image without a descriptor."""
    return b"" if name == "app" else source[name]["says"].encode() + b"\0"


def noise(seed: bytes, size: int) -> bytes:
    """Bytes that follow from the seed alone."""
    return shake_256(seed).digest(size).translate(SYMBOLS)


def main() -> None:
    """Write the images of every product beside their source."""
    for source in sorted(Path(__file__).parent.glob("*/source.toml")):
        for name, whole in build(source.parent).items():
            (source.parent / name).write_bytes(whole)
            sys.stdout.write(f"{source.parent.name}/{name} {len(whole)} bytes\n")


if __name__ == "__main__":
    main()
