"""Records in the database: each body with its leaf hash."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from burner.manifest.entries.body import read
from burner.manifest.entries.errors import not_as_signed
from burner.manifest.entries.kinds import AnyEntry, kind_of
from burner.manifest.log.tree import leaf_hash
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import OWN, records

_BODIES = Prepared(
    select(records.c.number, records.c.leaf, records.c.body)
    .where(records.c.log == bindparam("of_log"))
    .where(records.c.number >= bindparam("first"), records.c.number < bindparam("below"))
    .order_by(records.c.number)
)


def row_of_record(log: int, number: int, entry: AnyEntry, body: bytes) -> dict[str, Any]:
    """The row of a record."""
    return {
        "log": log,
        "number": number,
        "kind": kind_of(type(entry)),
        "batch": entry.batch,
        "unit_id": entry.unit_id,
        "leaf": leaf_hash(body),
        "body": body.decode(),
    }


def stored_bodies(
    connection: Connection, first: int, below: int, log: int = OWN
) -> Sequence[tuple[int, Any, Any]]:
    """Number, leaf hash and body of a range of records, not checked."""
    cursor = _BODIES.run(connection, of_log=log, first=first, below=below)
    rows: Sequence[tuple[int, Any, Any]] = cursor.fetchall()
    return rows


def body_of(number: int, leaf: object, body: object) -> bytes:
    """The stored body of a record, checked. SQLite takes any type in any column.

    Raises:
        BurnerError: E713 it does not match its leaf hash.
    """
    raw = body.encode() if isinstance(body, str) else b""
    if leaf_hash(raw) != leaf:
        raise not_as_signed(f"record {number} is not the one that was signed")
    return raw


def body_at(connection: Connection, number: int, log: int = OWN) -> bytes:
    """The body of a record.

    Raises:
        BurnerError: E713 it is missing, or does not match its leaf hash.
    """
    rows = stored_bodies(connection, number, number + 1, log)
    if not rows:
        raise not_as_signed(f"record {number} is gone")
    return body_of(*rows[0])


def entry_at(connection: Connection, number: int, log: int = OWN) -> AnyEntry:
    """A record of a log.

    Raises:
        BurnerError: E713 it is missing, does not match its leaf hash, or is no record.
    """
    return read(body_at(connection, number, log), number)


def entry_of(body: object) -> AnyEntry:
    """The record of a stored body. SQLite takes any type in any column.

    Raises:
        BurnerError: E713 it is no record.
    """
    return read(body.encode() if isinstance(body, str) else b"")
