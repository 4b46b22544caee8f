"""Files and locks of `restore`: no other restore, no station at the copy, the new log moved in."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from glob import escape
from os.path import realpath
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from sqlalchemy import text

from burner.core.atomic_file import sync_folder
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.known_log import KnownLog
from burner.manifest.local.station_lock import lock_file, station_at_server
from burner.manifest.reading.empty_database import is_empty
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.database_errors import translated_errors
from burner.manifest.store.head import read_head
from burner.manifest.store.place import ManifestPlace, manifest_place, place_exists
from burner.manifest.store.session import CREATION_LOCK

NEW = "new.db"
"""The new log in the work folder, until it is whole."""

_SHARING_VIOLATION = 32
"""Windows: the file is open elsewhere."""


def log_at_place(where: ManifestPlace) -> KnownLog | None:
    """The log at a place; None: there is none."""
    if not place_exists(where) or is_empty(where):
        return None
    with ManifestReader(where) as reader:
        key = reader.origin_key()
        with reader.connection() as connection:
            head = read_head(connection)
    if head is None:
        return None
    return KnownLog(reader.origin, key, head.checkpoint.size, head.checkpoint.root.hex())


def require_unchanged(where: ManifestPlace, copy: KnownLog | None) -> None:
    """Refuse to continue where a station has written meanwhile.

    Raises:
        BurnerError: E707.
    """
    if log_at_place(where) != copy:
        raise BurnerError(Code.MANIFEST_LOCKED, f"{where}: another program writes into it")


def set_aside_path(path: Path, origin: str) -> Path:
    """Where the file of a replaced log is moved."""
    return path.with_name(f"{path.name}.{origin.rpartition('/')[2]}.old")


def interrupted_set_aside(path: Path, expected: str) -> Path | None:
    """The file that an interrupted `restore` set aside; None: there is none.

    Args:
        path: of the manifest; no file is there now.
        expected: the log that this computer wrote there; empty: none.
    """
    if expected:
        aside = set_aside_path(path, expected)
        return aside if aside.is_file() else None
    if not (_work_folder(path) / NEW).is_file():
        return None
    candidates = list(path.parent.glob(f"{escape(path.name)}.*.old"))
    return candidates[0] if len(candidates) == 1 else None


@contextmanager
def exclusive_restore(where: ManifestPlace) -> Iterator[None]:
    """Keep other runs of `restore` away from this place. A server does so by itself.

    Raises:
        BurnerError: E706 no permission, E707 another one is running.
    """
    with ExitStack() as held:
        if where.path:
            real = Path(realpath(where.path))
            if not real.parent.is_dir():
                raise BurnerError(
                    Code.MANIFEST_WRITE_DENIED, f"the folder {real.parent} does not exist"
                )
            lock = real.with_name(f".{real.name}.restore.lock")
            try:
                held.callback(
                    lock_file(
                        lock, busy=Code.MANIFEST_LOCKED, refused=Code.MANIFEST_WRITE_DENIED
                    ).release
                )
            except BurnerError as error:
                if error.code == Code.MANIFEST_LOCKED:
                    raise BurnerError(
                        Code.MANIFEST_LOCKED, f"{where}: another restore is at work"
                    ) from error
                raise
        yield


@contextmanager
def work_folder(where: ManifestPlace) -> Iterator[Path]:
    """A temporary folder, on the disk of the manifest where that is a file.

    Raises:
        BurnerError: E706 it cannot be made.
    """
    if where.path is None:
        with TemporaryDirectory() as temporary:
            yield Path(temporary)
        return
    folder = _work_folder(where.path)
    try:
        rmtree(folder, ignore_errors=True)  # of one that was interrupted
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise BurnerError(Code.MANIFEST_WRITE_DENIED, f"{folder}: {error.strerror}") from error
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@contextmanager
def stations_excluded(source: ManifestPlace, *, is_moved: bool) -> Iterator[None]:
    """Keep stations away from the older copy.

    Args:
        source: where it is.
        is_moved: it is a file that the new log replaces; its journal is merged into it. Any
            other copy is only read.

    Raises:
        BurnerError: E707 a station has it open.
    """
    with ExitStack() as held:
        if source.path is None:
            held.enter_context(_server_held(source))
        elif is_moved:
            held.enter_context(_file_held(source.path))
        else:
            for lock in source.path.parent.glob(f"{escape(source.path.name)}.*.lock"):
                _hold_station_lock(held, lock)
        yield


def replace_log(new: Path, path: Path, aside: Path | None, copy: KnownLog | None) -> None:
    """Move the new log to its place, and set the older copy aside.

    Windows moves no open file, so no lock is held during the move. A station that wrote meanwhile
    is noticed after it; then everything is moved back.

    Raises:
        BurnerError: E706 no permission, E707 a station has opened the copy.
    """
    with _file_held(new):
        pass  # its journal is merged into the file
    try:
        if aside is None:
            _take_place(new, path)
        else:
            path.rename(aside)
            try:
                with _file_held(aside):
                    require_unchanged(manifest_place(aside), copy)
                    _take_place(new, path)
            except BaseException:
                _put_back(aside, path)
                raise
        sync_folder(path.parent)
    except OSError as error:
        is_open = getattr(error, "winerror", None) == _SHARING_VIOLATION
        code = Code.MANIFEST_LOCKED if is_open else Code.MANIFEST_WRITE_DENIED
        raise BurnerError(code, f"{path}: {error.strerror}") from error


def _take_place(new: Path, path: Path) -> None:
    require_unchanged(
        manifest_place(path), None
    )  # written by a station that does not know the old log
    new.replace(path)


def _put_back(aside: Path, path: Path) -> None:
    if path.exists():
        return
    aside.rename(path)
    for ending in ("-wal", "-shm"):  # made by reading it
        with suppress(OSError):
            aside.with_name(aside.name + ending).unlink()


def _work_folder(path: Path) -> Path:
    return path.with_name(f".{path.name}.restore")


def _hold_station_lock(held: ExitStack, lock: Path) -> None:
    try:
        held.callback(
            lock_file(lock, busy=Code.MANIFEST_LOCKED, refused=Code.MANIFEST_WRITE_DENIED).release
        )
    except BurnerError as error:
        if error.code == Code.MANIFEST_LOCKED:
            raise
        # No permission, or a read-only medium: no station of this account writes there.


@contextmanager
def _file_held(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as held:
        with translated_errors(manifest_place(path)):
            held.execute("PRAGMA journal_mode=DELETE")  # refused where it is open elsewhere
            held.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def _server_held(where: ManifestPlace) -> Iterator[None]:
    """Hold the lock that every station takes when it connects."""
    take = text("SELECT pg_try_advisory_xact_lock(:key)")
    with ManifestReader(where) as reader, reader.connection() as connection:
        alone = connection.execute(take, {"key": CREATION_LOCK}).scalar_one()
        if not alone or station_at_server(connection):
            raise BurnerError(Code.MANIFEST_LOCKED, f"{where}: a station has it open")
        yield
