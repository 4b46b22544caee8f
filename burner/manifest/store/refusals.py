"""What a database's refusal means: its own code → one of E7, and what it said."""

import sqlite3

from sqlalchemy import exc

_SQLITE = {
    sqlite3.SQLITE_FULL: "E705",
    sqlite3.SQLITE_IOERR: "E705",
    sqlite3.SQLITE_READONLY: "E706",
    sqlite3.SQLITE_CANTOPEN: "E706",
    sqlite3.SQLITE_PERM: "E706",
    sqlite3.SQLITE_AUTH: "E706",
    sqlite3.SQLITE_BUSY: "E707",
    sqlite3.SQLITE_LOCKED: "E707",
    sqlite3.SQLITE_CORRUPT: "E708",
    sqlite3.SQLITE_NOTADB: "E702",
}


def code_of(error: exc.DBAPIError) -> str:
    """Of what SQLAlchemy passes on."""
    if isinstance(error.orig, sqlite3.Error):
        return sqlite_code(error.orig)
    return "E711" if error.connection_invalidated else server_code(error.orig)


def server_code(error: BaseException | None) -> str:
    """By SQLSTATE (PostgreSQL manual, appendix A); without one, the connection failed."""
    state = getattr(error, "sqlstate", None) or ""
    if state in ("53100", "53200"):
        return "E705"
    if state in ("25006", "42501", "28000", "28P01"):
        return "E706"
    if state in ("55P03", "40P01", "57014"):
        return "E707"
    lost = not state or state[:2] in ("08", "57")
    return "E711" if lost and type(error).__name__ != "DataError" else "E718"


def sqlite_code(error: sqlite3.Error) -> str:
    """By SQLite's result code."""
    return _SQLITE.get(primary(error), "E718")


def primary(error: sqlite3.Error) -> int:
    """SQLite's result code without what it adds for the curious."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def words(error: BaseException | None) -> str:
    """The first line of what the database said; never its parameters."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0]
