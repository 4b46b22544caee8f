"""A lock that lets only one process at a time write for a station id."""

import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.state_folder import as_file_name, state_folder

if TYPE_CHECKING:
    from filelock import BaseFileLock

_STATION_LOCK = text(
    "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 1"
    " AND CAST(classid AS bigint) = :of_manifest"
)


class FileStationLock:
    """Two lock files; the system releases them when the process dies.

    One is beside the SQLite file, where every account finds it. The other is in the state folder
    and named after the log: it holds for any path to the manifest, and when somebody removed the
    first one.
    """

    def __init__(self, manifest: Path, station: str) -> None:
        real = Path(os.path.realpath(manifest))
        self.path = real.with_name(f"{real.name}.{as_file_name(station)}.lock")
        self._station = station
        self._locks: dict[Path, BaseFileLock] = {}

    def take(self) -> None:
        """Take the lock beside the file, before that is made or opened.

        Raises:
            BurnerError: E704 held by another process, E706 no permission.
        """
        self._take(self.path, Code.MANIFEST_WRITE_DENIED)

    def take_of(self, manifest: str) -> None:
        """Take the lock of the log, once its origin is known.

        Raises:
            BurnerError: E704 held by another process, E717 the state folder cannot be written.
        """
        folder = state_folder() / "locks" / as_file_name(manifest)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BurnerError(
                Code.STATE_FOLDER_UNWRITABLE, f"{folder}: {error.strerror}"
            ) from error
        self._take(folder / f"{as_file_name(self._station)}.lock", Code.STATE_FOLDER_UNWRITABLE)

    def release(self) -> None:
        """Let another process write for the station."""
        while self._locks:
            self._locks.popitem()[1].release()

    def _take(self, path: Path, refused: str) -> None:
        if path not in self._locks:
            self._locks[path] = lock_file(path, busy=Code.STATION_IN_USE, refused=refused)


def lock_file(path: Path, *, busy: str, refused: str) -> "BaseFileLock":
    """Hold a lock file until it is released, or the process dies.

    Raises:
        BurnerError: `busy` held by another process, `refused` no permission.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BurnerError(busy, str(path)) from error
    except OSError as error:
        raise BurnerError(refused, f"{path}: {error.strerror}") from error
    return lock


def take_server_lock(connection: Connection, station: str) -> None:
    """Hold the station's advisory lock while the server keeps this session.

    The lock belongs to the database, whatever the URL; each schema has one manifest.

    Raises:
        BurnerError: E704 when another session holds it.
    """
    part = _of_manifest(connection) + sha256(station.encode()).digest()[:4]
    key = int.from_bytes(part, "big", signed=True)
    held = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one()
    if not held:
        raise BurnerError(Code.STATION_IN_USE, f"station {station} on the server")


def station_at_server(connection: Connection) -> bool:
    """Whether a session holds the lock of any station of this manifest."""
    key = int.from_bytes(_of_manifest(connection), "big")
    return connection.execute(_STATION_LOCK, {"of_manifest": key}).first() is not None


def _of_manifest(connection: Connection) -> bytes:
    """The first half of the keys of its stations' locks: no other program uses it."""
    schema = connection.execute(text("SELECT current_schema()")).scalar_one()
    return sha256(f"burner/{schema}".encode()).digest()[:4]
