"""The writer's connection: the station's lock, the tables, and whether this is the manifest that
belongs here. Made again when a server went away.
"""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import and_, exc, insert, select, text
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import migrations, tables
from burner.manifest.database import Place, check_version, facts, is_lost, writing
from burner.manifest.local.remembered import Remembered
from burner.manifest.local.station_lock import FileStationLock, take_server_lock

SCHEMA_LOCK = 0x6275726E6572
"""PostgreSQL advisory lock while tables are made or changed."""


class Session:
    """One station's way into a manifest."""

    def __init__(
        self, where: Place, station: str, *, accept_new: bool = False, remembers: bool = True
    ) -> None:
        self.where, self.station = where, station
        self.manifest = ""
        self.chain = 0
        self.instead_of = ""
        """The manifest that this computer wrote here, when another was accepted."""
        self._accept_new = accept_new
        self._remembered = Remembered(where) if remembers else None
        self._file_lock = FileStationLock(where.path, station) if where.path else None
        self._file: tuple[int, int] | None = None
        self._engine = writing(where)
        self._connection: Connection | None = None

    def take(self) -> None:
        """Take the station's lock, where it is a file.

        Raises:
            BurnerError: E704, E706; E710 the manifest that was written here is gone.
        """
        if self.where.path and not _identity(self.where.path):
            self._recognise("")  # before SQLite makes a file
        if self._file_lock:
            self._file_lock.take()

    def connection(self) -> Connection:
        """The connection, a new one when the server's end of the last one is gone.

        Raises:
            BurnerError: E702, E703, E704, E710, E717; the database's own come as they are.
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

    def was_replaced(self) -> bool:
        """Whether another file, or none, stands where ours did."""
        return self.where.path is not None and _identity(self.where.path) != self._file

    def settle_here(self) -> None:
        """Remember the manifest that was accepted as the one of this place.

        Raises:
            BurnerError: E717 when the state folder cannot be written.
        """
        if self._remembered:
            self._remembered.keep(self.manifest)
        self.instead_of = ""

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
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": SCHEMA_LOCK})
            known = facts(connection)
            self._recognise(known.get("manifest", ""))
            if not known:
                self._refuse_foreign(connection)
                migrations.make(connection)
                known = facts(connection)
            migrations.migrate(connection, check_version(self.where, known))
            self.manifest = known["manifest"]
            self.chain = self._find_chain(connection)
        if self._file_lock:
            self._file_lock.take_of(self.manifest)
        else:
            take_server_lock(connection, self.manifest, self.station)
            connection.commit()
        if not self.instead_of:
            self.settle_here()
        self._file = _identity(self.where.path) if self.where.path else None

    def _recognise(self, found: str) -> None:
        """Refuse another manifest, or none, where this computer has written one."""
        if self._remembered is None:
            return
        expected = self._remembered.manifest()
        if expected in ("", found):
            return
        if not self._accept_new:
            raise self._remembered.refusal(found)
        self.instead_of = expected

    def _refuse_foreign(self, connection: Connection) -> None:
        """A SQLite file that holds something else is not ours to fill."""
        if connection.dialect.name == "sqlite" and connection.dialect.get_table_names(connection):
            raise BurnerError("E702", str(self.where))

    def _find_chain(self, connection: Connection) -> int:
        chains = tables.chains
        mine = and_(chains.c.manifest == self.manifest, chains.c.station == self.station)
        found = connection.execute(select(chains.c.chain).where(mine)).scalar_one_or_none()
        if found is None:
            row = {"manifest": self.manifest, "station": self.station}
            connection.execute(insert(chains), row)
            found = connection.execute(select(chains.c.chain).where(mine)).scalar_one()
        return int(found)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path; None = none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
