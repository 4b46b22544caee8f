"""Errors of a database as errors of burner: its own code → a code of E7."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.store.place import ManifestPlace

_SQLITE = {
    sqlite3.SQLITE_FULL: Code.DISK_FULL,
    sqlite3.SQLITE_IOERR: Code.DISK_FULL,
    sqlite3.SQLITE_READONLY: Code.MANIFEST_WRITE_DENIED,
    sqlite3.SQLITE_CANTOPEN: Code.MANIFEST_WRITE_DENIED,
    sqlite3.SQLITE_PERM: Code.MANIFEST_WRITE_DENIED,
    sqlite3.SQLITE_AUTH: Code.MANIFEST_WRITE_DENIED,
    sqlite3.SQLITE_BUSY: Code.MANIFEST_LOCKED,
    sqlite3.SQLITE_LOCKED: Code.MANIFEST_LOCKED,
    sqlite3.SQLITE_CORRUPT: Code.MANIFEST_DAMAGED,
    sqlite3.SQLITE_NOTADB: Code.NOT_A_MANIFEST,
}


@contextmanager
def translated_errors(where: ManifestPlace | str) -> Iterator[None]:
    """Translate errors of the database into E7.

    Raises:
        BurnerError: E702, E705, E706, E707, E708, E711, E718.
    """
    try:
        yield
    except exc.DBAPIError as error:
        lost = error.connection_invalidated and not isinstance(error.orig, sqlite3.Error)
        code = Code.DATABASE_UNREACHABLE if lost else _code_of(error.orig)
        raise BurnerError(code, f"{where}: {_first_line(error.orig)}") from error
    except exc.SQLAlchemyError as error:
        raise BurnerError(Code.DATABASE_REFUSED, f"{where}: {_first_line(error)}") from error
    except Exception as error:
        driver = type(error).__module__.partition(".")[0]
        if driver not in ("sqlite3", "psycopg"):
            raise
        raise BurnerError(_code_of(error), f"{where}: {_first_line(error)}") from error


def _code_of(error: BaseException | None) -> str:
    """By SQLite's result code, or by SQLSTATE (PostgreSQL manual, appendix A); without one, the
    connection failed.
    """
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(primary(error), Code.DATABASE_REFUSED)
    state = getattr(error, "sqlstate", None) or ""
    if state in ("53100", "53200"):
        return Code.DISK_FULL
    if state in ("25006", "42501", "28000", "28P01"):
        return Code.MANIFEST_WRITE_DENIED
    if state in ("55P03", "40P01", "57014"):
        return Code.MANIFEST_LOCKED
    lost = not state or state[:2] in ("08", "57")
    return (
        Code.DATABASE_UNREACHABLE
        if lost and type(error).__name__ != "DataError"
        else Code.DATABASE_REFUSED
    )


def primary(error: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _first_line(error: BaseException | None) -> str:
    """The first line of its message, which has no parameters."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0]
