"""What this computer knows of a log, outside the manifest: its origin, its key, its last head.

An old copy of a manifest is a valid log that is shorter. Only a note outside the manifest shows
it. The file is written in place and not synced: an older head in it does no harm.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.state_folder import as_file_name, state_folder

WIDTH = 512
"""Bytes of the file: each write replaces all of it, within one sector of a disk."""


@dataclass(frozen=True)
class KnownLog:
    """The largest head of a log that was seen here."""

    origin: str
    key: str
    """Verifier key of the origin."""
    size: int
    root: str
    """As hex."""
    key_records: int = 0
    """How many of its records are about keys: a hidden one is noticed."""


class KnownLogFile:
    """The file in which a station of this computer keeps what it knows of a log."""

    def __init__(self, origin: str, station: str) -> None:
        self.path = _folder(origin) / as_file_name(station)
        self._file: BinaryIO | None = None

    def write(self, known: KnownLog) -> None:
        """Remember a head.

        Raises:
            BurnerError: E717 when the state folder cannot be written.
        """
        text = json.dumps(asdict(known), separators=(",", ":"))
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch()
                self._file = self.path.open("r+b", buffering=0)
            self._file.seek(0)
            self._file.write(f"{text:<{WIDTH - 1}}\n".encode("ascii"))
        except OSError as error:
            raise BurnerError(
                Code.STATE_FOLDER_UNWRITABLE, f"{self.path}: {error.strerror}"
            ) from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def known_log(origin: str) -> KnownLog | None:
    """The largest head that any station of this computer knows; None: it knows none."""
    return max(known_logs(origin), key=lambda log: log.size, default=None)


def known_logs(origin: str) -> list[KnownLog]:
    """The last head of each station of this computer."""
    return [log for path in _folder(origin).glob("*") if (log := _read(path))]


def _read(path: Path) -> KnownLog | None:
    """None: not readable, as after a power cut."""
    try:
        data = json.loads(path.read_text(encoding="ascii"))
        origin, key, root = (str(data[name]) for name in ("origin", "key", "root"))
        return KnownLog(origin, key, int(data["size"]), root, int(data.get("key_records", 0)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _folder(origin: str) -> Path:
    return state_folder() / "logs" / as_file_name(origin)
