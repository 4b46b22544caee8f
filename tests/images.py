"""Small firmware images and profiles, made for a test."""

import struct
from functools import reduce
from hashlib import sha256
from operator import xor
from pathlib import Path
from textwrap import dedent

from burner.flash.chips import BOOTLOADER_OFFSETS, CHIP_IDS

PRODUCT_ID = "S3EUVBRJLB"
SECRET = "8XzjN8rfgFVGDTNTUGau4snA"


def descriptor(project: str = "blinky", version: str = "1.0") -> bytes:
    """An application descriptor, 256 bytes."""
    fields = struct.pack(
        "<II8x32s32s16s16s32s32s", 0xABCD5432, 0, version.encode(), project.encode(), *[b""] * 4
    )
    return fields.ljust(256, b"\0")


def esp_image(
    *contents: bytes,
    chip: str = "esp32c3",
    flash_size: int | None = None,
    min_revision: int = 0,
    digest: bool = True,
) -> bytes:
    """A whole image with these segments; `flash_size` is the header's nibble, 4 MB by default."""
    if flash_size is None:
        flash_size = 0x4 if chip == "esp8266" else 0x2
    segments = contents or (b"\x6f\0\0\0",)
    head = struct.pack("<BBBBI", 0xE9, len(segments), 2, flash_size << 4, 0x40380000)
    if chip != "esp8266":
        head += struct.pack("<B3xHBHH4xB", 0xEE, CHIP_IDS[chip], 0, min_revision, 0, digest)
    for number, content in enumerate(segments):
        head += struct.pack("<II", 0x3FFE8000 + (number << 16), len(content)) + content
    whole = head.ljust(len(head) | 15, b"\0") + bytes([reduce(xor, b"".join(segments), 0xEF)])
    return whole + (sha256(whole).digest() if digest and chip != "esp8266" else b"")


def app_image(*texts: str, chip: str = "esp32c3", min_revision: int = 0) -> bytes:
    """An application that knows how to register, with these texts in it."""
    strings = b"".join(text.encode() + b"\0" for text in ("/device/register", *texts))
    return esp_image(descriptor() + strings, chip=chip, min_revision=min_revision)


TABLE = """\
nvs,      data, nvs,   0x9000,  0x4000
otadata,  data, ota,   0xd000,  0x2000
phy_init, data, phy,   0xf000,  0x1000
ota_0,    app,  ota_0, 0x10000, 1M
ota_1,    app,  ota_1, ,        1M
fctry,    data, nvs,   ,        0x4000
store,    data, fat,   ,        64K
"""


def write_product(
    folder: Path, *, table: str = TABLE, chip: str = "esp32c3", **replaced: str | bytes
) -> Path:
    """A product that passes `profile check` without a word, but for what is replaced.

    `app` and `bootloader` replace images; every other keyword a top-level field of the profile.
    """
    files = {"bootloader": esp_image(chip=chip), "app": app_image(chip=chip)}
    for name, usual in files.items():
        content = replaced.pop(name, usual)
        assert isinstance(content, bytes)
        (folder / f"{name}.bin").write_bytes(content)
    (folder / "partitions.csv").write_text(table, encoding="utf-8")
    secret = folder / "secret.txt"
    secret.write_text(SECRET, encoding="utf-8")
    secret.chmod(0o600)
    fields = {
        "burner": "1",
        "product": f"{{name: blinky, version: 1.2.0, id: {PRODUCT_ID}, secret: file:secret.txt}}",
        "chip": f"{{type: {chip}}}",
        "flash": "{size: 4MB}",
        "partition_table": "{file: partitions.csv}",
        "images": dedent(f"""
            - {{name: bootloader, file: bootloader.bin, offset: {BOOTLOADER_OFFSETS[chip]:#x}}}
            - {{name: app, file: app.bin, partition: ota_0}}"""),
        "blank": "[nvs, otadata]",
        "carrier": "{kind: nvs, preset: esp-qcloud}",
        **replaced,
    }
    path = folder / "product.yaml"
    lines = (f"{name}: {value!s}" for name, value in fields.items() if value)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
