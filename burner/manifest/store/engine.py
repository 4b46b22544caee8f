"""Opening the database of a manifest.

SQLite runs in WAL mode with synchronous=FULL: a commit that returned survives a power cut.
"""

import os
import sqlite3
from collections.abc import Callable
from logging import NullHandler, getLogger
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.store.database_errors import primary
from burner.manifest.store.place import ManifestPlace, place_exists
from burner.manifest.store.tables import RARE, rare_records

BUSY_TIMEOUT_S = 10
CONNECT_TIMEOUT_S = 5
KEEPALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Both ends give up a connection over a silent network after 20 s; by default it takes hours. Only
then the server releases the station's lock. In seconds, the last one in milliseconds.
"""
CHECKPOINT_PAGES = 4000
"""WAL pages between checkpoints: fewer pauses than SQLite's 1000, at most 16 MB of WAL."""

CACHE_KIB = 16 * 1024
"""KiB of pages that a connection may cache, and as much for sorting: the bound of our memory."""

MAPPED_SIZE = 1 << 36
"""Bytes that a reader may map, so that reading a whole manifest copies no page."""

DURABLE = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "fullfsync=ON",  # macOS; elsewhere fsync is enough
    f"wal_autocheckpoint={CHECKPOINT_PAGES}",
)
"""PRAGMAs of a writer."""
BESIDE_LOG = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    f"wal_autocheckpoint={CHECKPOINT_PAGES}",
)
"""PRAGMAs for what is beside the log, and may be done again after a power cut: no sync a commit."""


def writing_engine(where: ManifestPlace) -> Engine:
    """An engine of one connection for the writer; a SQLite file is made when it is missing."""
    if where.path is None:
        return _postgresql(where)
    path = where.path
    if not place_exists(where) and not path.parent.is_dir():
        raise BurnerError(Code.MANIFEST_WRITE_DENIED, f"the folder {path.parent} does not exist")
    return _sqlite(lambda: _attached(str(path), *DURABLE), "BEGIN IMMEDIATE")


def engine_beside_log(where: ManifestPlace) -> Engine:
    """An engine for what is beside the log of a manifest that exists, such as the outbox.

    Raises:
        BurnerError: E701 there is no such file.
    """
    if where.path is None:
        return _postgresql(where)
    path = where.path
    if not place_exists(where):
        raise BurnerError(Code.MANIFEST_MISSING, str(where))
    return _sqlite(lambda: _attached(str(path), *BESIDE_LOG), "BEGIN")


def reading_engine(where: ManifestPlace) -> Engine:
    """An engine that cannot write, for a manifest that must exist.

    Raises:
        BurnerError: E701 when there is no such file.
    """
    if where.path is None:
        return _postgresql(where, read_only=True)
    path = where.path
    if not place_exists(where):
        raise BurnerError(Code.MANIFEST_MISSING, str(where))
    return _sqlite(lambda: read_only(path, f"mmap_size={MAPPED_SIZE}"), "BEGIN")


def read_only(path: Path, *pragmas: str) -> sqlite3.Connection:
    """Open a SQLite file for reading, on any medium. Raises errors of the driver."""
    path = Path(os.path.realpath(path))  # SQLite's other files are beside it
    uri = file_uri(path)
    try:
        return _attached(f"{uri}?mode=ro", *pragmas, uri=True)
    except sqlite3.OperationalError as error:
        wal = path.with_name(path.name + "-wal")
        refused = primary(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not refused or (wal.exists() and wal.stat().st_size):
            raise
        # On a read-only medium the -shm file cannot be made; with an empty WAL none is needed.
        return _attached(f"{uri}?mode=ro&immutable=1", *pragmas, uri=True)


def file_uri(path: PurePath) -> str:
    """An absolute path as a URI for SQLite: the name of a server is part of the path."""
    uri = path.as_uri()
    return uri if uri.startswith("file:///") else uri.replace("file://", "file:////", 1)


def is_lost(connection: Connection) -> bool:
    """Whether the server has closed a connection."""
    return connection.invalidated or bool(
        getattr(connection.connection.dbapi_connection, "closed", False)
    )


def _attached(path: str, *pragmas: str, uri: bool = False) -> sqlite3.Connection:
    """Raises sqlite3.Error where the file cannot be read or a PRAGMA cannot be set."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, uri=uri
    )
    try:
        for pragma in ("foreign_keys=ON", f"cache_size=-{CACHE_KIB}", *pragmas):
            connection.execute(f"PRAGMA {pragma}")
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


def _postgresql(where: ManifestPlace, read_only: bool = False) -> Engine:
    try:
        import psycopg  # noqa: F401 - SQLAlchemy loads it by name
    except ImportError as error:
        detail = "PostgreSQL needs: pip install burner[postgres]"
        raise BurnerError(Code.DATABASE_KIND_UNKNOWN, detail) from error
    rare_records.dialect_options["postgresql"]["where"] = RARE
    # A lost connection is reported as E711; a line on stderr would disturb the board.
    getLogger("psycopg").addHandler(NullHandler())
    options = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        **KEEPALIVE,
        "prepare_threshold": 1,
        # Cursors are read to their end; a JIT compiler does not pay off.
        "options": f"-c lock_timeout={BUSY_TIMEOUT_S}s -c timezone=UTC"
        " -c cursor_tuple_fraction=1 -c jit=off"
        + "".join(f" -c tcp_{key.removeprefix('tcp_')}={n}" for key, n in KEEPALIVE.items())
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
