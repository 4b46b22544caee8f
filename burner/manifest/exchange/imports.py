"""Another log comes in: checked as it is read, whole, in one transaction with a record that says
so. It keeps its own order beside ours; names and IDs are unique over all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, Doubled, LogImported, kind_of
from burner.manifest.exchange.log_file import Export, lines_of, read_export
from burner.manifest.fold.imports import doubled_in
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import AttemptRow, LogRow, NamedRow
from burner.manifest.fold.state import State
from burner.manifest.given import decided
from burner.manifest.ledger import Ledger
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import VerifierKey
from burner.manifest.log.tree import leaf_hash
from burner.manifest.store.state import log_number
from burner.manifest.store.tables import TABLES, imported, records
from burner.manifest.verify.replay import Replay
from burner.plural import counted

MANY = 500
"""Rows inserted at once."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Imported:
    """What came in."""

    origin: str
    records: int
    """That are new here."""
    known: int
    """That were here already."""
    doubled: tuple[Doubled, ...]
    """Names and IDs that units of both logs have."""


def import_log(
    ledger: Ledger,
    path: Path,
    origin: str,
    key: VerifierKey,
    *,
    operator: str,
    progress: Progress = lambda _: None,
) -> Imported:
    """Check an export of a whole log, and take it in.

    Args:
        ledger: of the station (or desk) at which it comes in.
        path: the file.
        origin: name of the other log, from whoever is trusted.
        key: its origin key, likewise.
        operator: who takes it in.
        progress: told how many more records were read.

    Raises:
        BurnerError: E713 and E714 it does not hold, E724 it is no export of a whole log, E725 it
            contradicts what is here of that log, E731 without operator, E752 it is of another
            log; E7.
    """
    decided(path.name, operator)
    result: list[Imported] = []

    def make(state: State) -> list[AnyEntry]:
        known = state.get(LogRow, origin)
        first = known.size if known else 0
        taking = _Taking(ledger.writer.connection, origin, first)
        with lines_of(path) as lines:
            export = read_export(lines)
            if export.batch:
                raise BurnerError("E724", f"{path}: an export of one batch")
            checkpoint, note = taking.run(export, key, progress)
        if checkpoint.size < first or taking.differs:
            raise BurnerError("E725", f"{origin}: {counted(first, 'record')} here, other ones")
        other = state.foreign(origin, checkpoint.size)
        doubled = doubled_in(state, origin, other) if other else ()
        result.append(Imported(origin, checkpoint.size - first, first, doubled))
        entry = ledger.entry(
            LogImported,
            checkpoint=note,
            doubled=doubled,
            first=first,
            key=str(key),
            operator=operator,
            origin=origin,
            root=checkpoint.root.hex(),
            size=checkpoint.size,
        )
        return [entry]

    with ledger.writer.lock:
        ledger.writer.check_ready()
        ledger.writer.commit(f"import {path} {ledger.writer.size}", make, keep=True)
    return result[-1]


class _Taking:
    """The rows of another log on their way into the tables."""

    def __init__(self, connection: Connection, origin: str, first: int) -> None:
        self._connection, self._origin, self._first = connection, origin, first
        self._attempts: list[AttemptRow] = []
        self._records: list[dict[str, object]] = []
        self._replay = Replay(MemoryState(ended=self._attempts.append))
        self._log = self._number()
        self.differs = False

    def run(self, export: Export, key: VerifierKey, progress: Progress) -> tuple[Checkpoint, str]:
        replay = self._replay
        for number, body in export.records:
            entry = replay.take(number, body)
            if number != replay.frontier.size - 1:
                raise BurnerError("E713", f"record {replay.frontier.size} is gone")
            if number == 0 and getattr(entry, "key", "") != str(key):
                raise BurnerError("E752", f"it is of another origin key than {key}")
            if number == self._first - 1:
                self._compare(number)
            if number >= self._first:
                self._add(number, entry, body)
            progress(1)
        if next(export.hashes(), None) is not None:
            raise BurnerError("E724", "a whole log has no hidden subtrees")
        note = export.note()
        replay.check_head(note, replay.frontier.size, replay.frontier.root)
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != self._origin:
            raise BurnerError("E752", f"its head is of {checkpoint.origin}")
        self._insert(records, self._records)
        self._rows()
        return checkpoint, str(note)

    def _number(self) -> int:
        known = log_number(self._connection, self._origin)
        if known is not None:
            return known
        most = self._connection.execute(select(func.max(imported.c.log))).scalar()
        self._connection.execute(insert(imported), {"log": (most or 0) + 1, "origin": self._origin})
        return int(most or 0) + 1

    def _compare(self, number: int) -> None:
        """What is here already must be the same: the root over it says so."""
        known = select(TABLES[LogRow].c.root).where(
            TABLES[LogRow].c.log == 0, TABLES[LogRow].c.origin == self._origin
        )
        root = self._connection.execute(known).scalar()
        self.differs = root != self._replay.frontier.root.hex() and number >= 0

    def _add(self, number: int, entry: AnyEntry, body: bytes) -> None:
        self._records.append(
            {
                "log": self._log,
                "number": number,
                "kind": kind_of(entry),
                "batch": entry.batch,
                "unit_id": entry.unit_id,
                "leaf": leaf_hash(body),
                "body": body.decode(),
            }
        )
        if len(self._records) >= MANY:
            self._insert(records, self._records)

    def _rows(self) -> None:
        """What follows from the log, anew."""
        for kind, table in TABLES.items():
            self._connection.execute(delete(table).where(table.c.log == self._log))
            rows = [*self._attempts] if kind is AttemptRow else []
            self._insert(table, map(self._row, [*rows, *self._replay.state.rows(kind)]))

    def _row(self, row: NamedRow) -> dict[str, object]:
        return {"log": self._log, **row._asdict()}

    def _insert(self, table: "object", rows: Iterable[dict[str, object]]) -> None:
        some = list(rows)
        for at in range(0, len(some), MANY):
            self._connection.execute(insert(table), some[at : at + MANY])  # type: ignore[arg-type]
        if isinstance(rows, list):
            rows.clear()
