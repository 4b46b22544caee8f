"""Where a manifest is, how it is opened, and what its database's refusals mean.

A place is a path (SQLite) or a URL (`postgresql+psycopg://…`, `sqlite:///…`). SQLite runs in WAL
mode with synchronous=FULL: a commit that returned survives a power cut. Every exception of the
database leaves as a BurnerError of E7.
"""

import os
import platform
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from logging import NullHandler, getLogger
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy import ClauseElement, Engine, Table, create_engine, event, exc, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.pool import StaticPool

from burner.errors import BurnerError
from burner.files import is_plain
from burner.manifest.store import tables
from burner.manifest.store.refusals import code_of, primary, server_code, sqlite_code, words

BUSY_TIMEOUT_S = 10
CONNECT_TIMEOUT_S = 5
NOTICED = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Seconds (the last one milliseconds, as PostgreSQL has it) until either end gives up a connection
over a network that went silent: 20 s. The server frees the station's lock only then; left to
itself it takes hours.
"""
CHECKPOINT_PAGES = 4000
"""WAL pages between checkpoints: rarer pauses than SQLite's 1000, 16 MB of WAL at most."""

CACHE_KIB = 16 * 1024
"""KiB a connection may keep of pages, and again of what it sorts: what bounds our memory."""

CHUNKED_ROWS = 170000
"""The version of PostgreSQL's client library that takes rows some at a time (its release notes)."""

WHOLE = {"render_postcompile": True}
"""Lists of an IN are part of the text."""

MAPPED_SIZE = 1 << 36
"""Bytes a reader may map: reading all of a manifest copies no page then."""


@dataclass(frozen=True)
class Place:
    """A manifest's place: a file of SQLite, or a server's URL."""

    url: str
    path: Path | None

    def __str__(self) -> str:
        return str(self.path) if self.path else make_url(self.url).render_as_string()

    @property
    def name(self) -> str:
        """What it is remembered by: a file on this computer, or a database without its user."""
        if self.path:
            return f"{platform.node()}:{os.path.normcase(self.path.absolute())}"
        url = make_url(self.url)
        plain = URL.create(
            url.drivername, host=url.host, port=url.port, database=url.database, query=url.query
        )
        return plain.render_as_string()


def place(url_or_path: str | Path) -> Place:
    """Read a path or URL.

    Raises:
        BurnerError: E720 for a URL of a database that burner does not speak.
    """
    text = str(url_or_path)
    if "://" not in text:
        path = Path(text)
        return Place(f"sqlite:///{path}", path)
    try:
        url = make_url(text)
    except exc.ArgumentError as error:
        raise BurnerError("E720", str(error)) from error
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return Place(text, Path(url.database))
    if url.get_backend_name() == "postgresql":
        return Place(url.set(drivername="postgresql+psycopg").render_as_string(False), None)
    raise BurnerError("E720", url.render_as_string())


def writing(where: Place) -> Engine:
    """An engine of one connection for the writer; a SQLite file is made when it is missing."""
    if where.path is None:
        return _postgresql(where)
    path = where.path
    if not is_there(where) and not path.parent.is_dir():
        raise BurnerError("E706", f"the folder {path.parent} does not exist")
    engine = _sqlite(lambda: _attached(str(path)), "BEGIN IMMEDIATE")

    @event.listens_for(engine, "connect")
    def _durable(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS; elsewhere fsync reaches the disk anyway
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")

    return engine


def reading(where: Place) -> Engine:
    """An engine that cannot write, for a manifest that must exist.

    Raises:
        BurnerError: E701 when there is no such file.
    """
    if where.path is None:
        return _postgresql(where, read_only=True)
    path = where.path
    if not is_there(where):
        raise BurnerError("E701", str(where))
    engine = _sqlite(lambda: read_only(path), "BEGIN")

    @event.listens_for(engine, "connect")
    def _mapped(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA mmap_size={MAPPED_SIZE}")

    return engine


def is_there(where: Place) -> bool:
    """Whether the file is there; a server's database is taken to be.

    What is no file is refused: SQLite would wait for a pipe, and make its journal beside a device.

    Raises:
        BurnerError: E702 it is no file, E706 this account may not look.
    """
    try:
        return where.path is None or is_plain(where.path)
    except PermissionError as error:
        raise BurnerError("E706", f"{where}: {error.strerror}") from error
    except OSError as error:
        raise BurnerError("E702", f"{where}: {error.strerror}") from error


def read_only(path: Path) -> sqlite3.Connection:
    """A SQLite file as it is read without writing, on any medium; the driver's own errors."""
    path = Path(os.path.realpath(path))  # beside which SQLite keeps its other files
    uri = file_uri(path)
    try:
        return _attached(f"{uri}?mode=ro", uri=True)
    except sqlite3.OperationalError as error:
        wal = path.with_name(path.name + "-wal")
        refused = primary(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not refused or (wal.exists() and wal.stat().st_size):
            raise
        # On a read-only medium the -shm file of a WAL database cannot be made; without anything
        # in the WAL none is needed.
        return _attached(f"{uri}?mode=ro&immutable=1", uri=True)


def file_uri(path: PurePath) -> str:
    """An absolute path as SQLite takes it: a server's name in it belongs to the path."""
    uri = path.as_uri()
    return uri if uri.startswith("file:///") else uri.replace("file://", "file:////", 1)


class Prepared:
    """A statement compiled once for each kind of database: the way of a unit runs a few of them
    thousands of times, and compiling again costs more than executing.
    """

    def __init__(self, clause: Callable[[str], ClauseElement] | ClauseElement) -> None:
        self._clause = clause
        self._compiled: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def run(self, connection: Connection, **values: Any) -> Any:
        """Execute with these values, by the driver itself: a third of the time. Its cursor."""
        text, defaults = self._compiled.get(connection.dialect.name) or self._compile(connection)
        cursor = connection.connection.cursor()
        cursor.execute(text, {**defaults, **values})
        return cursor

    def _compile(self, connection: Connection) -> tuple[str, Mapping[str, Any]]:
        name = connection.dialect.name
        clause = self._clause(name) if callable(self._clause) else self._clause
        compiled = clause.compile(dialect=connection.dialect, compile_kwargs=WHOLE)
        self._compiled[name] = str(compiled), compiled.params
        return self._compiled[name]


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Prepared statements that a server gets at once: their results are there when this ends.

    A server far away is waited for once then, not once a statement.
    """
    driver: Any = connection.connection.dbapi_connection
    with driver.pipeline() if connection.dialect.name == "postgresql" else nullcontext():
        yield


def insert_unless_there(table: Table) -> Prepared:
    """An INSERT that does nothing where the primary key is taken."""

    def clause(dialect: str) -> ClauseElement:
        make = postgresql.insert if dialect == "postgresql" else sqlite.insert
        return make(table).on_conflict_do_nothing(index_elements=table.primary_key)

    return Prepared(clause)


def stream(
    connection: Connection, query: ClauseElement, chunk: int
) -> Generator[Sequence[Any], None, None]:
    """Rows as the driver gives them, some at a time: constant memory, and half the time of Core's.

    Nothing else can be asked of the connection meanwhile. Close it before the connection.
    """
    compiled = query.compile(dialect=connection.dialect, compile_kwargs=WHOLE)
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            yield from _sent(cursor, str(compiled), compiled.params, chunk)
            return
        cursor.execute(str(compiled), compiled.params)
        while rows := cursor.fetchmany(chunk):
            yield rows
    finally:
        cursor.close()


def _sent(cursor: Any, text: str, values: Any, chunk: int) -> Generator[Sequence[Any], None, None]:
    """Rows that the server sends on while we work on the last ones."""
    from psycopg import pq

    several = chunk if pq.version() >= CHUNKED_ROWS else 1
    with closing(cursor.stream(text, values, size=several)) as rows:
        while some := list(islice(rows, chunk)):
            yield some


@contextmanager
def guarded(where: Place | str) -> Iterator[None]:
    """Turn what a database throws into E7.

    Raises:
        BurnerError: E702, E705, E706, E707, E708, E711, E718.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise BurnerError(code_of(error), f"{where}: {words(error.orig)}") from error
    except sqlite3.Error as error:
        raise BurnerError(sqlite_code(error), f"{where}: {words(error)}") from error
    except exc.SQLAlchemyError as error:
        raise BurnerError("E718", f"{where}: {words(error)}") from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "psycopg":
            raise
        raise BurnerError(server_code(error), f"{where}: {words(error)}") from error


def is_lost(connection: Connection) -> bool:
    """Whether the server's end of a connection is gone."""
    return connection.invalidated or bool(
        getattr(connection.connection.dbapi_connection, "closed", False)
    )


def facts(connection: Connection) -> dict[str, str]:
    """What the manifest says about itself; empty where there is no manifest yet."""
    if not connection.dialect.has_table(connection, "about"):
        return {}
    return {row.key: row.value for row in connection.execute(select(tables.about))}


def check_version(where: Place, known: dict[str, str]) -> int:
    """The schema version of a manifest.

    Raises:
        BurnerError: E702 not a manifest, E703 made by a newer burner, E708 of no version.
    """
    if "schema" not in known:
        raise BurnerError("E702", str(where))
    try:
        version = int(known["schema"])
    except ValueError as error:
        raise BurnerError("E708", f"{where}: of version {known['schema']!r}") from error
    if version > tables.SCHEMA:
        detail = f"{where}: version {version}, this burner knows {tables.SCHEMA}"
        raise BurnerError("E703", detail)
    return version


def _attached(path: str, uri: bool = False) -> sqlite3.Connection:
    """Raises: sqlite3.Error: the file cannot be read."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, uri=uri
    )
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        if uri:
            connection.execute("SELECT count(*) FROM sqlite_master")  # the file is opened here
    except BaseException:
        connection.close()
        raise
    return connection


def _sqlite(connect: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool, paramstyle="named")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.connection.cursor().execute(begin)

    return engine


def _postgresql(where: Place, read_only: bool = False) -> Engine:
    try:
        import psycopg  # noqa: F401 - SQLAlchemy loads it by name
    except ImportError as error:
        raise BurnerError("E720", "PostgreSQL needs: pip install burner[postgres]") from error
    # What it would print about a lost connection is told as E711, without spoiling the board.
    getLogger("psycopg").addHandler(NullHandler())
    options = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        **NOTICED,
        "prepare_threshold": 1,
        # Cursors are read to their end, and no query is worth a compiler.
        "options": f"-c lock_timeout={BUSY_TIMEOUT_S}s -c timezone=UTC"
        " -c cursor_tuple_fraction=1 -c jit=off"
        + "".join(f" -c tcp_{key.removeprefix('tcp_')}={n}" for key, n in NOTICED.items())
        + (" -c default_transaction_read_only=on" if read_only else ""),
    }
    level: Any = "REPEATABLE READ" if read_only else "READ COMMITTED"
    return create_engine(
        where.url,
        connect_args=options,
        isolation_level=level,
        pool_size=1,
        max_overflow=1,
    )
