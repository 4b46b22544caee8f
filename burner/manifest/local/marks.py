"""How far a station has seen each manifest go, kept outside the manifest.

A restored old copy is a perfect chain that is merely shorter: only something that was not
restored with it can tell. So each commit leaves its number and hash in the user's state folder
(`BURNER_STATE` overrides). The file is written in place and not synced: being behind is harmless,
only a database behind its mark is not.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from burner.errors import BurnerError
from burner.manifest.canonical import dumps
from burner.manifest.local.state import as_file_name, state_folder

WIDTH = 128
"""Bytes of a mark: it always overwrites itself wholly, within one sector of a disk."""


@dataclass(frozen=True)
class Mark:
    """The last record a station knows it wrote."""

    seq: int
    hash: str


class MarkFile:
    """The mark of one station in one manifest."""

    def __init__(self, manifest: str, station: str) -> None:
        self.path = _folder(manifest) / as_file_name(station)
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


@dataclass(frozen=True)
class Departure:
    """A chain that is not what this computer wrote."""

    mark: Mark
    """What it wrote."""
    words: str


def departure(head: Mark, marked: Mark, there: str | None, written: Mark) -> Departure | None:
    """Whether a chain is behind, or another than, what this computer wrote.

    Args:
        head: where the chain ends.
        marked: how far this computer wrote; number 0 = it does not know.
        there: hash of the chain's record of that number; None = there is none.
        written: how far this process wrote.
    """
    known = max(marked, written, key=lambda mark: mark.seq)
    if known.seq > head.seq:
        return Departure(known, f"it ends at record {head.seq}, this station wrote {known.seq}")
    if there not in (None, marked.hash):
        known = marked
    elif known.seq < head.seq or known.hash in ("", head.hash):
        return None
    return Departure(known, f"record {known.seq} is not the one that this station wrote")


def marks_of(manifest: str) -> dict[str, Mark]:
    """The marks of all stations of this computer in a manifest, by station."""
    files = sorted(_folder(manifest).glob("*"))
    marks = {unquote(file.name): MarkFile(manifest, unquote(file.name)).read() for file in files}
    return {station: mark for station, mark in marks.items() if mark}


def _folder(manifest: str) -> Path:
    return state_folder() / "marks" / as_file_name(manifest)
