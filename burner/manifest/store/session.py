"""The writer's connection, with the station's lock and the tables. It is made again after a server
was away.
"""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import exc, text
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.station_lock import FileStationLock, take_server_lock
from burner.manifest.store import tables
from burner.manifest.store.engine import is_lost, writing_engine
from burner.manifest.store.place import ManifestPlace, check_expected_log, place_exists

CREATION_LOCK = 0x6275726E6572
"""PostgreSQL advisory lock, held while tables are made or a log is begun."""


class WriterSession:
    """The connection of one station to a manifest."""

    def __init__(self, where: ManifestPlace, station: str, *, remembers: bool = True) -> None:
        self.where, self.station = where, station
        self._remembers = remembers
        self._file_lock = FileStationLock(where.path, station) if where.path else None
        self._file: tuple[int, int] | None = None
        self._engine = writing_engine(where)
        self._connection: Connection | None = None

    def take(self) -> None:
        """Take the station's lock, where it is a file.

        Raises:
            BurnerError: E702, E704, E706; E710 the manifest that was written here is gone.
        """
        if self._remembers and not place_exists(self.where):
            check_expected_log(self.where, "")
        if self._file_lock:
            self._file_lock.take()

    def connection(self) -> Connection:
        """The connection; a new one when the server has closed the last one.

        Raises:
            BurnerError: E702, E703, E704; the errors of the database are not translated.
        """
        if self._connection is not None and is_lost(self._connection):
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def close(self) -> None:
        """Release the database and the lock."""
        if self._connection is not None:
            with suppress(exc.SQLAlchemyError):
                self._connection.close()
            self._connection = None
        self._engine.dispose()
        if self._file_lock:
            self._file_lock.release()

    def lock_log(self, origin: str) -> None:
        """Take the station's lock of the log too: it holds for any path to the log.

        Raises:
            BurnerError: E704, E717.
        """
        if self._file_lock:
            self._file_lock.take_of(origin)

    def was_replaced(self) -> bool:
        """Whether the file was removed or replaced."""
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
            lock_creation(connection)
            if not tables.schema_version(connection, self.where):
                dialect = connection.dialect
                if dialect.name == "sqlite" and dialect.get_table_names(connection):
                    raise BurnerError(
                        Code.NOT_A_MANIFEST, str(self.where)
                    )  # it holds something else
                tables.create(connection)
        if self.where.path is None:
            take_server_lock(connection, self.station)
            connection.commit()
        self._file = _identity(self.where.path) if self.where.path else None


def lock_creation(connection: Connection) -> None:
    """Let nobody else make tables or begin a log until the transaction ends.

    On SQLite a transaction of the writer locks the whole file anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": CREATION_LOCK})


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file is at a path; None: none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
