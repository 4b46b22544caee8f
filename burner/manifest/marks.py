"""How far a station has seen each manifest go, kept outside the manifest.

A restored old copy is a perfect chain that is merely shorter: only something that was not
restored with it can tell. So each commit leaves its number and hash in the user's state folder
(`BURNER_STATE` overrides). The file is written in place and not synced: being behind is harmless,
only a database behind its mark is not.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from burner.errors import BurnerError
from burner.manifest.canonical import dumps

WIDTH = 128
"""Bytes of a mark: it always overwrites itself wholly, within one sector of a disk."""


@dataclass(frozen=True)
class Mark:
    """The last record a station knows it wrote."""

    seq: int
    hash: str


def state_folder() -> Path:
    """Where this user keeps what burner must remember between runs."""
    if own := os.environ.get("BURNER_STATE"):
        return Path(own)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "burner"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "burner"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "burner"


class MarkFile:
    """The mark of one station in one manifest."""

    def __init__(self, manifest: str, station: str) -> None:
        self.path = state_folder() / "marks" / manifest / quote(station, safe="")
        self._file: BinaryIO | None = None

    def read(self) -> Mark | None:
        """None where there is none, or a power cut left none that can be read."""
        try:
            data = json.loads(self.path.read_text(encoding="ascii"))
            return Mark(int(data["seq"]), str(data["hash"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, mark: Mark) -> None:
        """Remember a record.

        Raises:
            BurnerError: E717 when the state folder cannot be written.
        """
        text = dumps({"hash": mark.hash, "seq": mark.seq})
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch()
                self._file = self.path.open("r+b", buffering=0)
            self._file.seek(0)
            self._file.write(f"{text:<{WIDTH - 1}}\n".encode("ascii"))
        except OSError as error:
            raise BurnerError("E717", f"{self.path}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
