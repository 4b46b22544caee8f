"""esptool, imported once and cured: our logger, our settings, no hex dumps nobody reads.

Measured with esptool 5.6.0:
* its settings file is looked for in the current folder unless ESPTOOL_CFGFILE names one that has
  an `[esptool]` section, and it is read while importing;
* objects made while importing keep the logger they find, so ours is there first;
* every packet is formatted as a hex dump though tracing is off: 15 ms of CPU for 16 KB.
"""

# ruff: noqa: E402 - the order of the imports is the point of this file
import logging
import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["ESPTOOL_CFGFILE"] = str(Path(__file__).with_name("esptool.cfg"))

from esp_pylib.logger import EspLog, EspLogBase

_chatter = logging.getLogger("esptool")
_MARKUP = re.compile(r"\[/?[a-z][a-z #0-9]*\]")


class _Chatter(EspLogBase):  # type: ignore[misc, unused-ignore]
    """esptool's words go to the slot's log; its progress bars go nowhere."""

    def print(self, *args: Any, **_: Any) -> None:
        text = _MARKUP.sub("", " ".join(str(a) for a in args)).strip(" .\n")
        if text:
            _chatter.info("%s", text)

    def err(self, *args: Any, suggestion: str | None = None) -> None:  # noqa: ARG002
        self.print(*args)

    def warn(self, *args: Any, suggestion: str | None = None) -> None:  # noqa: ARG002
        self.print(*args)

    def note(self, *args: Any) -> None:
        self.print(*args)

    def hint(self, *args: Any) -> None:
        """Hints are for people at a terminal."""

    def debug(self, *args: Any) -> None:
        """Not wanted."""

    def set_verbosity(self, mode: int | str) -> None:
        """One level only."""

    def progress_bar(self, *args: Any, **kwargs: Any) -> None:
        """Progress goes up the pipe, not here."""

    warning = warn
    error = err


EspLog.set_logger(_Chatter())

import esptool.loader
import esptool.reset
from esptool import cmds
from esptool.targets import CHIP_DEFS
from esptool.util import FatalError, UnsupportedCommandError, flash_size_bytes

__all__ = [
    "CHIP_DEFS",
    "Esp",
    "FatalError",
    "UnsupportedCommandError",
    "cmds",
    "flash_size_bytes",
    "reset",
    "versions",
]

Esp = Any
"""esptool's ESPLoader, ROM or stub: a package without types."""

reset = esptool.reset


def _cure_hex_dumps() -> None:
    """Make the formatting of packets free where it is still done eagerly."""
    if hasattr(esptool.loader, "HexFormatter"):
        esptool.loader.HexFormatter = lambda *_args, **_kwargs: ""


def _cure_checksum() -> None:
    """XOR of a block by folding one big integer: 20 µs for 16 KB instead of 600."""
    if not hasattr(esptool.loader.ESPLoader, "checksum"):
        return

    def checksum(data: bytes, state: int = 0xEF) -> int:
        size = 1 << max(len(data) - 1, 0).bit_length()
        value = int.from_bytes(data, "little")
        while size > 1:
            size //= 2
            value = (value >> (8 * size)) ^ (value & ((1 << (8 * size)) - 1))
        return value ^ state

    esptool.loader.ESPLoader.checksum = staticmethod(checksum)


_cure_hex_dumps()
_cure_checksum()


def _stub_version() -> str:
    """The release of the stubs esptool carries, from the note beside them; empty if it is gone."""
    note = Path(esptool.loader.StubFlasher.STUB_DIR) / "2" / "README.md"
    try:
        found = re.search(r"esp-flasher-stub/releases/tag/v([\w.]+)", note.read_text("utf-8"))
    except OSError:
        return ""
    return found[1].rstrip(".") if found else ""


def versions() -> dict[str, str]:
    """What a record must name of the tools below us."""
    return {"esptool": version("esptool"), "stub": _stub_version(), "pyserial": version("pyserial")}
