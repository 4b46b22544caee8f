"""The parts of esptool that the worker uses, its version, and two patches."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import esptool.loader
import esptool.reset
from esp_pylib.serial_reset import uses_hardware_flow_control
from esptool import cmds
from esptool.loader import StubFlasher
from esptool.targets import CHIP_DEFS
from esptool.util import FatalError, UnsupportedCommandError, flash_size_bytes

__all__ = [
    "CHIP_DEFS",
    "EspLoader",
    "FatalError",
    "StubFlasher",
    "UnsupportedCommandError",
    "checksum",
    "cmds",
    "flash_size_bytes",
    "patch_esptool",
    "reset",
    "uses_hardware_flow_control",
    "versions",
]

EspLoader = Any
"""esptool's ESPLoader, ROM or stub: a package without types."""

reset = esptool.reset


def patch_esptool() -> None:
    """Patch two slow spots of esptool 5.6.0, where they are still there.

    Every packet is formatted as a hex dump though tracing is off (15 ms of CPU for 16 KB), and
    the checksum of a block is a loop over its bytes (0.6 ms for 16 KB).
    """
    if hasattr(esptool.loader, "HexFormatter"):
        esptool.loader.HexFormatter = lambda *_args, **_kwargs: ""
    if hasattr(esptool.loader.ESPLoader, "checksum"):
        esptool.loader.ESPLoader.checksum = staticmethod(checksum)


def checksum(data: bytes, state: int = 0xEF) -> int:
    """XOR of all bytes and the state, by folding one big integer in halves."""
    size = 1 << max(len(data) - 1, 0).bit_length()
    value = int.from_bytes(data, "little")
    while size > 1:
        size //= 2
        value = (value >> (8 * size)) ^ (value & ((1 << (8 * size)) - 1))
    return value ^ state


def _stub_version() -> str:
    """The release of the stubs esptool carries, from the note beside them; empty if it is gone."""
    note = Path(StubFlasher.STUB_DIR) / "2" / "README.md"
    try:
        tag = re.search(r"esp-flasher-stub/releases/tag/v([\w.]+)", note.read_text("utf-8"))
    except OSError:
        return ""
    return tag[1].rstrip(".") if tag else ""


def versions() -> dict[str, str]:
    """The versions that a record names."""
    return {"esptool": version("esptool"), "stub": _stub_version(), "pyserial": version("pyserial")}
