"""Another log comes in: checked as it is read, whole, in one transaction with a record that says
so. It keeps its own order beside ours; names and IDs are unique over all.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.entries.body import write
from burner.manifest.entries.kinds import AnyEntry, LogImported
from burner.manifest.exchange.check_file import check_file
from burner.manifest.fold.imports import doubled_in
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import AttemptRow, LogRow
from burner.manifest.log.note import VerifierKey
from burner.manifest.store.bodies import row_of_record
from burner.manifest.store.state import TableState, log_number
from burner.manifest.store.tables import TABLES, imported, records
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_who_and_why

MANY = 500
"""Rows inserted at once."""


def import_log(
    ledger: Ledger, path: Path, origin: str, key: VerifierKey, *, operator: str
) -> LogImported:
    """Check an export of a whole log, and take it in.

    Args:
        ledger: of the station (or desk) at which it comes in.
        path: the file.
        origin: name of the other log, from whoever is trusted.
        key: its origin key, likewise.
        operator: who takes it in.

    Returns:
        The record of it.

    Raises:
        BurnerError: E713 and E714 it does not hold, E724 it is no export of a whole log, E725 it
            contradicts what is here of that log, E731 without operator, E752 it is of another
            log; E7.
    """
    require_who_and_why(path.name, operator)
    result: list[LogImported] = []

    def make(state: TableState) -> list[AnyEntry]:
        known = state.get(LogRow, origin)
        first = known.size if known else 0
        rows = _Rows(state.connection, origin, first)
        found = check_file(
            path, origin, key, sizes=(first,), ended=rows.attempts.append, on_record=rows.add
        )
        if found.code:
            raise BurnerError(found.code, f"{path}: {found.place}")
        if found.batch:
            raise BurnerError(Code.EXPORT_INVALID, f"{path}: an export of one batch")
        if found.size < first or (known and found.roots[first] != known.root):
            raise BurnerError(
                Code.EXPORT_CONTRADICTS_MANIFEST,
                f"{origin}: {counted(first, 'record')} here, which differ",
            )
        rows.insert_all(found.state)
        other = state.foreign(origin, found.size)
        doubled = doubled_in(state, origin, other) if other else ()
        entry = ledger.entry(
            LogImported,
            checkpoint=found.note,
            doubled=doubled,
            first=first,
            key=str(key),
            operator=operator,
            origin=origin,
            root=found.root,
            size=found.size,
        )
        result.append(entry)
        return [entry]

    ledger.append(make)
    return result[-1]


class _Rows:
    """The rows of another log on their way into the tables."""

    def __init__(self, connection: Connection, origin: str, first: int) -> None:
        self._connection, self._first = connection, first
        self._log = _number_of(connection, origin)
        self._records: list[dict[str, object]] = []
        self.attempts: list[AttemptRow] = []
        """Those that ended: the state does not keep them."""

    def add(self, number: int, entry: AnyEntry) -> None:
        """A record of the file; those that are here already are passed over."""
        if number >= self._first:
            self._records.append(row_of_record(self._log, number, entry, write(entry)))
        if len(self._records) >= MANY:
            self._insert(records, self._records)
            self._records.clear()

    def insert_all(self, state: MemoryState) -> None:
        """The last records; what follows from the log, anew."""
        self._insert(records, self._records)
        for kind, table in TABLES.items():
            self._connection.execute(delete(table).where(table.c.log == self._log))
            ended = self.attempts if kind is AttemptRow else []
            rows = ({"log": self._log, **r._asdict()} for r in (*ended, *state.rows(kind)))
            self._insert(table, rows)

    def _insert(self, table: Table, rows: Iterable[dict[str, object]]) -> None:
        waiting = iter(rows)
        while some := list(islice(waiting, MANY)):
            self._connection.execute(insert(table), some)


def _number_of(connection: Connection, origin: str) -> int:
    """The number of an imported log, a new one for one that is new here."""
    known = log_number(connection, origin)
    if known is None:
        known = 1 + (connection.execute(select(func.max(imported.c.log))).scalar() or 0)
        connection.execute(insert(imported), {"log": known, "origin": origin})
    return known
