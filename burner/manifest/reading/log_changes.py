"""What is new in our log since it was read last: for views that follow it.

Everything is found by an index, so that to ask again each second costs stations nothing.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from burner.manifest.entries.kinds import OutcomeEntry
from burner.manifest.entries.values import utc
from burner.manifest.fold.rows import BATCH_OPEN, AttemptRow, BatchRow, StationRow
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.statements import Prepared
from burner.manifest.store.table_state import TableState, row_of
from burner.manifest.store.tables import OWN, TABLES, head

MOST_ATTEMPTS = 500_000
"""Attempts of a day that are looked at: one computer's memory is the bound."""

_attempts = TABLES[AttemptRow]
_SIZE = Prepared(select(head.c.size))
_OURS = select(_attempts).where(_attempts.c.log == OWN)
_BACKWARDS = Prepared(
    _OURS.where(_attempts.c.number < bindparam("below"))
    .order_by(_attempts.c.number.desc())
    .limit(CHUNK)
)
_BEGUN = Prepared(_OURS.where(_attempts.c.number >= bindparam("size")))
_ENDED = Prepared(_OURS.where(_attempts.c.ended >= bindparam("size")))
_ONE = Prepared(_OURS.where(_attempts.c.number == bindparam("number_of_one")))


class LogChanges(NamedTuple):
    """Our log now, and the attempts that changed since."""

    size: int
    """Its records."""
    attempts: tuple[AttemptRow, ...]
    """Begun, ended or superseded since, in the order of the log."""
    batches: tuple[BatchRow, ...]
    """That are open."""
    stations: tuple[StationRow, ...]


def log_size(reader: ManifestReader) -> int:
    """How many records our log has, from its head alone."""
    with reader.connection() as connection:
        return _size(connection)


def whole_log(reader: ManifestReader, since: datetime) -> LogChanges:
    """Our log, with the attempts that began at this moment or later.

    Clocks of stations differ: reading stops where many attempts in a row began before.
    """
    with reader.connection() as connection:
        found = list(_attempts_since(connection, utc(since)))
        return _changes(connection, reversed(found))


def changes_since(reader: ManifestReader, size: int, at_work: Collection[int]) -> LogChanges:
    """What changed since our log had this size.

    Args:
        reader: of the manifest.
        size: as it was read last.
        at_work: numbers of attempts that had no outcome then.
    """
    with reader.connection() as connection:
        found = {row[1]: row for row in _BEGUN.run(connection, size=size).fetchall()}
        found |= {row[1]: row for row in _ENDED.run(connection, size=size).fetchall()}
        for number in at_work:
            rows = _ONE.run(connection, number_of_one=number).fetchall()
            found |= {row[1]: row for row in rows}
        in_order = (row_of(AttemptRow, found[number]) for number in sorted(found))
        return _changes(connection, in_order)


def details_of(reader: ManifestReader, ended: Iterable[int]) -> dict[int, str]:
    """Number of an outcome → its detail, in English."""
    with reader.connection() as connection:
        entries = ((number, entry_at(connection, number)) for number in ended)
        return {n: e.result.detail for n, e in entries if isinstance(e, OutcomeEntry)}


def last_begun(reader: ManifestReader) -> AttemptRow | None:
    """The attempt that began last; None: there is none."""
    with reader.connection() as connection:
        rows = _BACKWARDS.run(connection, below=_size(connection)).fetchmany(1)
    return row_of(AttemptRow, rows[0]) if rows else None


def _changes(connection: Connection, attempts: Iterator[AttemptRow]) -> LogChanges:
    state = TableState(connection)
    return LogChanges(
        size=_size(connection),
        attempts=tuple(attempts),
        batches=tuple(state.rows(BatchRow, state=BATCH_OPEN)),
        stations=tuple(state.rows(StationRow)),
    )


def _size(connection: Connection) -> int:
    row = _SIZE.run(connection).fetchone()
    return int(row[0]) if row else 0


def _attempts_since(connection: Connection, since: str) -> Iterator[AttemptRow]:
    """The last one first."""
    below, count = _size(connection), 0
    while count < MOST_ATTEMPTS:
        rows = _BACKWARDS.run(connection, below=below).fetchall()
        recent = [row for row in (row_of(AttemptRow, r) for r in rows) if row.started >= since]
        yield from recent
        count += len(recent)
        if len(rows) < CHUNK or not recent:
            return
        below = rows[-1][1]
