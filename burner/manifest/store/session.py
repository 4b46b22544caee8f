"""The writer's connection: the station's lock, the tables, and whether this is the log that
belongs here. Made again when a server went away.
"""

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from sqlalchemy import exc, text
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.local.state import state_folder, write_durably
from burner.manifest.local.station_lock import FileStationLock, take_server_lock
from burner.manifest.store import tables
from burner.manifest.store.engine import (
    Place,
    check_version,
    facts,
    is_lost,
    is_there,
    writing,
)

MAKING_LOCK = 0x6275726E6572
"""PostgreSQL advisory lock while tables are made and a log is begun."""


class Session:
    """One station's way into a manifest."""

    def __init__(self, where: Place, station: str, *, remembers: bool = True) -> None:
        self.where, self.station = where, station
        self._remembers = remembers
        self._file_lock = FileStationLock(where.path, station) if where.path else None
        self._file: tuple[int, int] | None = None
        self._engine = writing(where)
        self._connection: Connection | None = None

    def take(self) -> None:
        """Take the station's lock, where it is a file.

        Raises:
            BurnerError: E704, E706; E710 the manifest that was written here is gone.
        """
        missing = self.where.path is not None and not _identity(self.where.path)
        if self._remembers and missing and (gone := log_at(self.where)):
            raise BurnerError("E710", f"{self.where}: the log {gone} was here; now there is none")
        if self._file_lock:
            self._file_lock.take()

    def connection(self) -> Connection:
        """The connection, a new one when the server's end of the last one is gone.

        Raises:
            BurnerError: E702, E703, E704; the database's own come as they are.
        """
        if self._connection is not None and is_lost(self._connection):
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def close(self) -> None:
        """Let go of the database and of the lock."""
        if self._connection is not None:
            with suppress(exc.SQLAlchemyError):
                self._connection.close()
            self._connection = None
        self._engine.dispose()
        if self._file_lock:
            self._file_lock.release()

    def lock_log(self, origin: str) -> None:
        """Take the station's lock of the log too: it holds by whatever path the log is reached.

        Raises:
            BurnerError: E704, E717.
        """
        if self._file_lock:
            self._file_lock.take_of(origin)

    def was_replaced(self) -> bool:
        """Whether another file, or none, stands where ours did."""
        return self.where.path is not None and _identity(self.where.path) != self._file

    def _connect(self) -> Connection:
        connection = self._engine.connect()
        try:
            self._prepare(connection)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        return connection

    def _prepare(self, connection: Connection) -> None:
        with connection.begin():
            hold_making(connection)
            known = facts(connection)
            if not known:
                self._refuse_foreign(connection)
                tables.create(connection)
            else:
                check_version(self.where, known)
        if self.where.path is None:
            take_server_lock(connection, self.station)
            connection.commit()
        self._file = _identity(self.where.path) if self.where.path else None

    def _refuse_foreign(self, connection: Connection) -> None:
        """A SQLite file that holds something else is not ours to fill."""
        if connection.dialect.name == "sqlite" and connection.dialect.get_table_names(connection):
            raise BurnerError("E702", str(self.where))


def hold_making(connection: Connection) -> None:
    """Let nobody else make tables, or begin a log, until the transaction ends.

    A SQLite transaction of the writer holds the whole file anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": MAKING_LOCK})


def must_exist(where: Place) -> None:
    """What is no reason to make a manifest: whoever corrects, signs or withdraws means one.

    Raises:
        BurnerError: E701 there is none, E702 it is no file, E710 there was one that this
            computer wrote.
    """
    if where.path is None or is_there(where):
        return
    if gone := log_at(where):
        raise BurnerError("E710", f"{where}: the log {gone} was here; now there is none")
    raise BurnerError("E701", str(where))


def log_at(where: Place) -> str:
    """Origin of the log that this computer has written at a place; empty: none."""
    try:
        return str(json.loads(_note_of(where).read_text(encoding="utf-8"))["origin"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def settle_at(where: Place, origin: str) -> None:
    """Remember which log is written at a place.

    Raises:
        BurnerError: E717 when the state folder cannot be written.
    """
    if log_at(where) == origin:
        return
    path = _note_of(where)
    try:
        write_durably(path, json.dumps({"origin": origin, "place": where.name}).encode())
    except OSError as error:
        # Another station of this computer may be leaving the same note; Windows refuses then.
        if log_at(where) != origin:
            raise BurnerError("E717", f"{path}: {error.strerror}") from error


def _note_of(where: Place) -> Path:
    return state_folder() / "places" / f"{sha256(where.name.encode()).hexdigest()[:32]}.json"


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path; None = none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
