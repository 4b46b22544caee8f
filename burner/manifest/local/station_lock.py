"""One writer per station id: two processes that number one chain would fork it."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.local.state import as_file_name

if TYPE_CHECKING:
    from filelock import BaseFileLock


class FileStationLock:
    """Held by a lock file beside the SQLite file; the system frees it when the process dies."""

    def __init__(self, manifest: Path, station: str) -> None:
        self.path = manifest.with_name(f"{manifest.name}.{as_file_name(station)}.lock")
        self._lock: BaseFileLock | None = None

    def take(self) -> None:
        """Raises: BurnerError: E704 held by another process, E706 no permission."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.path, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise BurnerError("E704", str(self.path)) from error
        except OSError as error:
            raise BurnerError("E706", f"{self.path}: {error.strerror}") from error
        self._lock = lock

    def release(self) -> None:
        """Let another process write for the station."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def take_server_lock(connection: Connection, manifest: str, station: str) -> None:
    """Hold the station's advisory lock for as long as the server keeps this session.

    Raises:
        BurnerError: E704 when another session holds it.
    """
    key = int.from_bytes(sha256(f"{manifest}/{station}".encode()).digest()[:8], "big", signed=True)
    held = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one()
    if not held:
        raise BurnerError("E704", f"station {station} on the server")
