"""ESP-IDF and ESP8266_RTOS_SDK: `flasher_args.json`, in every form that versions have written.

`flash_files` is what `idf.py flash` writes. The entries beside it (`app`, `bootloader`, …) give
names, and mark what is for flash encryption. Where both differ, `flash_files` is right: up to 3.2
ESP8266_RTOS_SDK named 0x1000 for a bootloader that it flashes to 0. The same versions leave pairs
of empty texts for what a project does not have.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, refuse
from burner.core.yaml_schema import parse_size
from burner.profile.builds.listing import Listed, Listing, read_files

FILE: Final = "flasher_args.json"
MAX_SIZE: Final = 256 * 1024
"""Bytes; real ones have one or two thousand."""


@dataclass
class _FlasherArgs:
    """One file, with a finding for every mistake in it."""

    folder: Path
    data: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)

    def add_finding(self, key: str, found: str, allowed: str) -> None:
        self.findings.append(
            Finding(
                Code.BUILD_DESCRIPTION_UNREADABLE, f"{self.folder / FILE} {key}", found, allowed
            )
        )

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.data.get(key, {})
        if isinstance(value, dict):
            return value
        self.add_finding(key, "is not an object", "as the build wrote it")
        return {}

    def entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """`app`, `bootloader`, `partition-table` and all that components added."""
        for key, value in self.data.items():
            if isinstance(value, dict) and isinstance(value.get("file"), str) and value["file"]:
                yield key, value

    def files(self) -> tuple[Listed, ...]:
        names = {entry["file"]: key for key, entry in self.entries()}
        pairs = self.mapping("flash_files") or {
            entry.get("offset", ""): entry["file"] for _, entry in self.entries()
        }
        listed = []
        for offset, file in pairs.items():
            if offset == "" and file == "":
                continue
            try:
                if not isinstance(file, str) or not file or "\0" in file:
                    raise ValueError("a path from this folder")
                name = names.get(file, Path(file).stem)
                listed.append(Listed(name, self.folder / file, parse_size(offset)))
            except ValueError as error:
                self.add_finding(
                    "flash_files", f"found {offset!s:.40} and {file!s:.80}", str(error)
                )
        if not listed and not self.findings:
            self.add_finding("flash_files", "contains no file", "offsets and files")
        return tuple(sorted(listed, key=lambda one: one.offset))

    def settings(self) -> dict[str, str]:
        """Mode, size and frequency. Newer builds have them twice, older ones only as arguments."""
        settings: dict[str, str] = {}
        words = self.data.get("write_flash_args", [])
        words = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
        for option, value in pairwise([*words, ""]):
            if option.startswith("--"):
                settings[_plain(option)] = "" if value.startswith("--") else value
        for key, value in self.mapping("flash_settings").items():
            if isinstance(value, str):
                settings[_plain(key)] = value
        return settings

    def encrypted(self) -> list[str]:
        """The files that the build wants encrypted in flash."""
        return [
            key for key, entry in self.entries() if str(entry.get("encrypted")).lower() == "true"
        ]


def listing(folder: Path) -> Listing | None:
    """Read `flasher_args.json`; None where there is none.

    Raises:
        BurnerError: E182 it is not as a build writes it, E184 the build is for flash encryption.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    reader = _FlasherArgs(folder, _load(path))
    files, settings = reader.files(), reader.settings()
    chip = _chip(reader)
    size = _flash_size(reader, settings.get("flash_size", ""))
    refuse(reader.findings)
    if encrypted := reader.encrypted() or (["all"] if "encrypt" in settings else []):
        finding = Finding(
            Code.BUILD_NEEDS_FLASH_ENCRYPTION,
            str(path),
            f"encrypted: {', '.join(encrypted)}",
            "plain images",
        )
        raise BurnerError(Code.BUILD_NEEDS_FLASH_ENCRYPTION, str(path), (finding,))
    mode, freq = settings.get("flash_mode", ""), settings.get("flash_freq", "")
    return Listing("ESP-IDF", folder, files, chip, size, mode, freq)


def _load(path: Path) -> dict[str, Any]:
    (raw,) = read_files([path], MAX_SIZE)
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        finding = Finding(
            Code.BUILD_DESCRIPTION_UNREADABLE,
            str(path),
            "is not a JSON object",
            "the file as the build wrote it",
        )
        raise BurnerError(Code.BUILD_DESCRIPTION_UNREADABLE, str(path), (finding,))
    return data


def _chip(reader: _FlasherArgs) -> str:
    """`ESP32-C3` and `esp32c3` → `esp32c3`; empty for `auto` and in builds before ESP-IDF 4.2."""
    chip = reader.mapping("extra_esptool_args").get("chip", "")
    if not isinstance(chip, str) or not re.fullmatch(r"[A-Za-z0-9-]{0,20}", chip):
        reader.add_finding("extra_esptool_args.chip", "is not a chip", "such as esp32c3")
        return ""
    plain = chip.lower().replace("-", "")
    return "" if plain == "auto" else plain


def _flash_size(reader: _FlasherArgs, text: str) -> int:
    """Bytes; 0 for `detect` and `keep`, where the bootloader's header decides."""
    if text in ("", "detect", "keep"):
        return 0
    try:
        return parse_size(text)
    except ValueError:
        reader.add_finding("flash_settings.flash_size", f"found {text[:20]!r}", "such as 4MB")
        return 0


def _plain(option: str) -> str:
    """`--flash_mode`, `--flash-mode`, `flash_mode` → `flash_mode`."""
    return option.lstrip("-").replace("-", "_")
