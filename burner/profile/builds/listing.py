"""The files that a build wants flashed, before their content is looked at."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, refuse
from burner.core.plain_file import read_plain

MAX_FILE_SIZE: Final = 128 * 1024 * 1024
"""Bytes; the largest flash there is."""
DEFAULT_TABLE_OFFSET: Final = 0x8000
"""Where ESP-IDF, ESP8266_RTOS_SDK and Arduino have the partition table unless told otherwise."""


@dataclass(frozen=True)
class Listed:
    """A file and its offset in bytes."""

    name: str
    """What the build calls it, or what it is: `bootloader`, `app`, …"""
    path: Path
    offset: int


@dataclass(frozen=True)
class Listing:
    """Every file of a build, and the settings that the build gives."""

    kind: str
    """What made it: `ESP-IDF`, `PlatformIO`, …"""
    folder: Path
    files: tuple[Listed, ...]
    chip: str = ""
    """esptool's name; empty where only the images tell."""
    flash_size: int = 0
    """Bytes; 0 where only the images tell."""
    flash_mode: str = ""
    flash_freq: str = ""


def read_files(paths: list[Path], limit: int = MAX_FILE_SIZE) -> list[bytes]:
    """The bytes of every file.

    Raises:
        BurnerError: E183 with a finding for each that is not there, or is not a plain file.
    """
    contents, findings = [], []
    for path in paths:
        try:
            contents.append(read_plain(path, limit))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "is not a path"
            findings.append(
                Finding(Code.BUILD_FILE_UNUSABLE, str(path), why, "build the firmware first")
            )
    refuse(findings)
    return contents


def several(what: str, candidates: list[str]) -> BurnerError:
    """The refusal of a folder with several candidates where there must be one."""
    names = ", ".join(candidates[:8])
    finding = Finding(
        Code.SEVERAL_BUILDS_FOUND, what, f"found {names}", "name the folder of one of them"
    )
    return BurnerError(Code.SEVERAL_BUILDS_FOUND, names, (finding,))
