"""Import of another log: checked while it is read, all in one transaction with its record. It keeps
its own order beside our log; names and IDs are unique over all logs.
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
from burner.manifest.entries.kinds import AnyEntry, LogImported, is_simulated
from burner.manifest.exchange.check_file import check_file
from burner.manifest.fold.imports import doubled_in
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import AttemptRow, LogRow
from burner.manifest.log.note import VerifierKey
from burner.manifest.store.bodies import entry_at, row_of_record
from burner.manifest.store.table_state import TableState, log_number
from burner.manifest.store.tables import TABLES, imported, records
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_operator_and_reason

CHUNK = 500
"""Rows inserted at once."""


def import_log(
    ledger: Ledger, path: Path, origin: str, key: VerifierKey, *, operator: str
) -> LogImported:
    """Check an export of a whole log, and import it.

    Args:
        ledger: of the station (or desk) that imports it.
        path: the file.
        origin: name of the other log, from a trusted source.
        key: its origin key, likewise.
        operator: who imports it.

    Returns:
        The record of the import.

    Raises:
        BurnerError: E713 and E714 it is false, E724 it is no export of a whole log, E725 it
            contradicts an earlier import, E731 without operator, E752 it is of another log, E753
            real and simulated units would mix; E7.
    """
    require_operator_and_reason(path.name, operator)
    result: list[LogImported] = []

    def make(state: TableState) -> list[AnyEntry]:
        known = state.get(LogRow, origin)
        first = known.size if known else 0
        rows = _Rows(state.connection, origin, first)
        checked = check_file(
            path, origin, key, sizes=(first,), ended=rows.attempts.append, on_record=rows.add
        )
        if checked.code:
            raise BurnerError(checked.code, f"{path}: {checked.place}")
        if checked.batch:
            raise BurnerError(Code.EXPORT_INVALID, f"{path}: an export of one batch")
        if rows.are_simulated != is_simulated(entry_at(state.connection, 0)):
            of = "a simulated bench" if rows.are_simulated else "real units"
            raise BurnerError(Code.SIMULATED_AND_REAL_MIXED, f"{path}: of {of}")
        if checked.size < first or (known and checked.roots[first] != known.root):
            detail = f"{origin}: {counted(first, 'record')} here, which differ"
            raise BurnerError(Code.EXPORT_CONTRADICTS_MANIFEST, detail)
        rows.insert_all(checked.state)
        other = state.foreign(origin, checked.size)
        doubled = doubled_in(state, origin, other) if other else ()
        entry = ledger.new_entry(
            LogImported,
            checkpoint=checked.note,
            doubled=doubled,
            first=first,
            key=str(key),
            operator=operator,
            origin=origin,
            root=checked.root,
            size=checked.size,
        )
        result.append(entry)
        return [entry]

    ledger.append(make)
    return result[-1]


class _Rows:
    """Inserts the rows of an imported log."""

    def __init__(self, connection: Connection, origin: str, first: int) -> None:
        self._connection, self._first = connection, first
        self._log = _number_of(connection, origin)
        self._records: list[dict[str, object]] = []
        self.attempts: list[AttemptRow] = []
        """Ended attempts, which the state does not keep."""
        self.are_simulated = False
        """Whether the log is that of a simulated bench."""

    def add(self, number: int, entry: AnyEntry) -> None:
        """Add a record of the file; earlier imported ones are skipped."""
        if number == 0:
            self.are_simulated = is_simulated(entry)
        if number >= self._first:
            self._records.append(row_of_record(self._log, number, entry, write(entry)))
        if len(self._records) >= CHUNK:
            self._insert(records, self._records)
            self._records.clear()

    def insert_all(self, state: MemoryState) -> None:
        """Insert the last records, and replace all rows that follow from the log."""
        self._insert(records, self._records)
        for kind, table in TABLES.items():
            self._connection.execute(delete(table).where(table.c.log == self._log))
            ended = self.attempts if kind is AttemptRow else []
            rows = ({"log": self._log, **r._asdict()} for r in (*ended, *state.rows(kind)))
            self._insert(table, rows)

    def _insert(self, table: Table, rows: Iterable[dict[str, object]]) -> None:
        remaining = iter(rows)
        while chunk := list(islice(remaining, CHUNK)):
            self._connection.execute(insert(table), chunk)


def _number_of(connection: Connection, origin: str) -> int:
    """The number of an imported log; a new one at its first import."""
    number = log_number(connection, origin)
    if number is None:
        number = 1 + (connection.execute(select(func.max(imported.c.log))).scalar() or 0)
        connection.execute(insert(imported), {"log": number, "origin": origin})
    return number
