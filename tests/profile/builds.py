"""Output folders of firmware builds, made for a test."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.partition_table import parse_csv
from tests.images import TABLE, app_image, descriptor, esp_image

SETTINGS = {"flash_mode": "dio", "flash_size": "4MB", "flash_freq": "40m"}


def table_image(csv: str = TABLE, chip: str = "esp32c3", offset: int = 0x8000) -> bytes:
    return parse_csv(csv, "table", chip, offset).to_binary()


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def idf_files(chip: str = "esp32c3", csv: str = TABLE) -> dict[str, bytes]:
    """Path → bytes, as ESP-IDF's CMake lays them out."""
    return {
        "bootloader/bootloader.bin": esp_image(chip=chip),
        "partition_table/partition-table.bin": table_image(csv, chip),
        "ota_data_initial.bin": b"\xff" * 0x2000,
        "blinky.bin": app_image(chip=chip),
    }


def idf_args(chip: str = "esp32c3") -> dict[str, Any]:
    """`flasher_args.json` as ESP-IDF 5 writes it."""
    at = {
        "bootloader": (f"{BOOTLOADER_OFFSETS[chip]:#x}", "bootloader/bootloader.bin"),
        "app": ("0x10000", "blinky.bin"),
        "partition-table": ("0x8000", "partition_table/partition-table.bin"),
        "otadata": ("0xd000", "ota_data_initial.bin"),
    }
    return {
        "write_flash_args": ["--flash_mode", "dio", "--flash_size", "4MB", "--flash_freq", "40m"],
        "flash_settings": SETTINGS,
        "flash_files": dict(at.values()),
        **{
            name: {"offset": offset, "file": file, "encrypted": "false"}
            for name, (offset, file) in at.items()
        },
        "extra_esptool_args": {
            "after": "hard_reset",
            "before": "default_reset",
            "stub": True,
            "chip": chip,
        },
    }


def write_idf_build(
    folder: Path, args: object = None, chip: str = "esp32c3", csv: str = TABLE, **files: bytes
) -> Path:
    """A build of ESP-IDF; `args` replaces its description, `files` some of its images by stem."""
    replaced = {
        name: files.get(Path(name).stem.replace("-", "_"), data)
        for name, data in idf_files(chip, csv).items()
    }
    write_files(folder, replaced)
    text = json.dumps(idf_args(chip) if args is None else args)
    (folder / "flasher_args.json").write_text(text, encoding="utf-8")
    return folder


RTOS_SDK_ARGS = {
    "write_flash_args": ["--flash_mode", "dio", "--flash_size", "2MB", "--flash_freq", "40m"],
    "flash_files": {
        "0x0000": "bootloader/bootloader.bin",
        "0x8000": "partition_table/partition-table.bin",
        "": "",
        "0x10000": "blinky.bin",
    },
    "bootloader": {"offset": "0x1000", "file": "bootloader/bootloader.bin"},
    "partition_table": {"offset": "0x8000", "file": "partition_table/partition-table.bin"},
    "otadata": {"offset": "", "file": ""},
    "app": {"offset": "0x10000", "file": "blinky.bin"},
}
"""Of an older ESP8266_RTOS_SDK: 0x1000 for a bootloader that goes to 0, pairs of empty texts."""


def esp8266_rtos_app(*texts: str) -> bytes:
    """An application as ESP8266_RTOS_SDK makes it: 8 bytes of header, and a SHA-256 at the end."""
    from hashlib import sha256

    strings = b"".join(text.encode() + b"\0" for text in ("/device/register", *texts))
    content = descriptor("kettle", "2.0")[:-8] + strings.ljust(-(-len(strings) // 4) * 4, b"\0")
    head = struct.pack("<BBBBI", 0xE9, 1, 2, 0x40, 0x40210000)
    head += struct.pack("<II", 0x40210010, len(content))
    checksum = 0xEF
    for byte in content:
        checksum ^= byte
    body = head + content
    whole = body.ljust(len(body) | 15, b"\0") + bytes([checksum])
    return whole + sha256(whole).digest()
