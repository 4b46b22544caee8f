"""The manifest in its database against itself: a table of named checks, each with what it covered.

One pass over the records feeds most of them; memory holds what the rules must remember.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.entries.kinds import (
    AnyEntry,
    BatchChanged,
    BatchClosed,
    BatchOpened,
    KeyEnrolled,
    KeyWithdrawn,
    LogBegun,
    LogImported,
    kind_of,
)
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import NEVER, AttemptRow
from burner.manifest.local.known_log import KnownLog
from burner.manifest.log.checkpoint import check_cosignatures
from burner.manifest.log.note import Note, NoteError, VerifierKey
from burner.manifest.store.hashes import tile_hashes
from burner.manifest.store.head import HeadRow, read_head
from burner.manifest.store.opening import unsigned
from burner.manifest.store.refusals import guarded
from burner.manifest.store.state import row_of
from burner.manifest.store.statements import Prepared, stream
from burner.manifest.store.tables import OWN, TABLES, checkpoints, cosignatures, records
from burner.manifest.verify.checks import Check, Verification
from burner.manifest.verify.extra_rows import extra_rows
from burner.manifest.verify.foreign import ForeignLogs
from burner.manifest.verify.replay import Replay
from burner.manifest.verify.structure import changed
from burner.plural import counted

CHUNK = 2000
"""Records read at once."""

KEPT_KINDS = (
    *(LogBegun, KeyEnrolled, KeyWithdrawn, BatchOpened, BatchChanged, BatchClosed, LogImported),
)
"""Records behind which a checkpoint is kept for ever."""

Progress = Callable[[int], None]
"""Told how many more records were checked."""


_RECORDS = Prepared(
    select(*(records.c[name] for name in ("number", "kind", "batch", "unit_id", "leaf", "body")))
    .where(records.c.log == OWN)
    .where(records.c.number >= bindparam("first"), records.c.number < bindparam("below"))
    .order_by(records.c.number)
)
_attempts = TABLES[AttemptRow]
_ENDED = Prepared(
    select(_attempts)
    .where(_attempts.c.log == OWN)
    .where(_attempts.c.ended >= bindparam("first"), _attempts.c.ended < bindparam("below"))
    .order_by(_attempts.c.ended)
)
_OPEN = (
    select(_attempts)
    .where(_attempts.c.log == OWN, _attempts.c.ended == NEVER)
    .order_by(_attempts.c.number)
)


def verify(
    connection: Connection,
    known: Sequence[KnownLog] = (),
    progress: Progress = lambda _: None,
    *,
    witnesses: tuple[VerifierKey, ...] = (),
    thorough: bool = False,
) -> Verification:
    """Check a manifest.

    Args:
        connection: a transaction that sees one moment.
        known: heads that this computer, or somebody else, knows of this log.
        progress: told how many more records were checked.
        witnesses: keys of witnesses whose cosignatures count.
        thorough: have SQLite compare every index with its table, also of a large manifest.
    """
    return _Verify(connection, known, progress, witnesses).run(thorough=thorough)


class _Verify:
    def __init__(
        self,
        connection: Connection,
        known: Sequence[KnownLog],
        progress: Progress,
        witnesses: tuple[VerifierKey, ...],
    ) -> None:
        self._connection, self._progress = connection, progress
        self._witnesses, self._cosignatures = witnesses, 0
        self._ended: list[AttemptRow] = []
        self._foreign = ForeignLogs(connection)
        self._replay = Replay(MemoryState(self._foreign.state, self._ended.append))
        self._tiles = tile_hashes(connection)
        self._known = {log.size: log for log in known}
        self._met: set[int] = set()
        self._ended_count = 0
        self._due = 0
        """Size at which a kept checkpoint must stand."""
        rows = connection.execute(select(checkpoints).order_by(checkpoints.c.size)).all()
        self._kept = {row.size: row.note for row in rows}
        self._cosigned: dict[int, str] = {}
        for size, line in connection.execute(select(cosignatures)):
            self._cosigned[size] = self._cosigned.get(size, "") + str(line)
        self.found = Verification()

    def run(self, *, thorough: bool) -> Verification:
        found = self.found
        try:
            stored = read_head(self._connection)
        except BurnerError as error:
            found.fail(Check.HEADS, error.code, error.detail)
            return found
        if stored is None:
            found.fail(Check.HEADS, "E713", "there is no head")
            return found
        found.origin, found.size = stored.checkpoint.origin, stored.checkpoint.size
        found.root = stored.checkpoint.root.hex()
        for what in changed(self._connection, found.size, thorough=thorough):
            found.fail(Check.DATABASE, "E714", what)
        found.results[Check.DATABASE].covered = "tables, constraints, indexes, guards"
        if behind := unsigned(self._connection, found.size):
            found.fail(Check.HEADS, "E756", behind)
        try:
            with guarded("the database"):
                whole = self._walk(found.size)
                if whole:
                    self._behind_records(stored)
                self._covered(whole=whole)
        except BurnerError as error:
            if error.code != "E718" or not found.results[Check.DATABASE].code:
                raise
        return found

    def _behind_records(self, stored: HeadRow) -> None:
        self._head(stored)
        self._tables()
        foreign = [*self._foreign.logs.values()]
        for place in extra_rows(self._connection, self._replay, self._ended_count, foreign):
            self.found.fail(Check.TABLES, "E714", place)

    def _walk(self, size: int) -> bool:
        """Fold all records; False when it had to stop."""
        for first in range(0, size, CHUNK):
            below = min(first + CHUNK, size)
            rows = _RECORDS.run(self._connection, first=first, below=below).fetchall()
            for row in rows:
                if not self._record(row):
                    return False
            if self._replay.frontier.size != below:
                number = self._replay.frontier.size
                self.found.fail(Check.RECORDS, "E713", f"record {number} is gone")
                return False
            self._attempts(first, below)
            self._progress(below - first)
        return True

    def _record(self, row: Any) -> bool:
        number, kind, batch, unit_id, leaf, body = row
        replay, found = self._replay, self.found
        if number != replay.frontier.size:
            found.fail(Check.RECORDS, "E713", f"record {replay.frontier.size} is gone")
            return False
        try:
            entry = replay.take(number, body.encode() if isinstance(body, str) else b"")
        except BurnerError as error:
            check = Check.RULES if error.code == "E714" else Check.RECORDS
            found.fail(check, error.code, error.detail)
            return False
        for stored in replay.stored:
            if stored.level == 0 and stored.hash != leaf:
                found.fail(Check.RECORDS, "E713", f"record {number} is not the one that was signed")
                return False
            if stored.level and next(self._tiles[stored.level], None) != stored.hash:
                found.fail(Check.TREE, "E713", f"level {stored.level}, tile {stored.position}")
        if (kind, batch, unit_id) != (kind_of(type(entry)), entry.batch, entry.unit_id):
            found.fail(Check.TABLES, "E714", f"the columns of record {number}")
        if isinstance(entry, LogImported):
            self._imported(entry)
        self._kept_behind(entry)
        self._checkpoints()
        return True

    def _imported(self, entry: LogImported) -> None:
        try:
            self._foreign.check(entry)
        except BurnerError as error:
            self.found.fail(Check.IMPORTS, error.code, error.detail)

    def _kept_behind(self, entry: AnyEntry) -> None:
        """Keys, batches and imports leave a kept checkpoint; keys of one commit one for all."""
        if self._due and not isinstance(entry, KeyEnrolled | KeyWithdrawn):
            self.found.fail(Check.HEADS, "E713", f"the checkpoint at {self._due} is gone")
        size = self._replay.frontier.size
        self._due = size if isinstance(entry, KEPT_KINDS) and size not in self._kept else 0

    def _checkpoints(self) -> None:
        size = self._replay.frontier.size
        if note := self._kept.pop(size, None):
            self._head_at(str(note) + self._cosigned.pop(size, ""))
        if log := self._known.pop(size, None):
            self._met.add(size)
            if log.root != self._replay.frontier.root.hex():
                place = f"not as known here: its first {counted(size, 'record')}"
                self.found.fail(Check.COMPUTER, "E710", place)

    def _head_at(self, text: str) -> None:
        try:
            frontier = self._replay.frontier
            note = Note.parse(text.encode())
            self._replay.check_head(note, frontier.size, frontier.root)
            self._cosignatures += len(check_cosignatures(note, self._witnesses))
        except NoteError as error:
            self.found.fail(Check.HEADS, "E713", f"the head at {frontier.size}: {error}")
        except BurnerError as error:
            self.found.fail(Check.HEADS, error.code, error.detail)

    def _head(self, stored: HeadRow) -> None:
        self._head_at(str(stored.note))
        if stored.frontier != self._replay.frontier:
            self.found.fail(Check.HEADS, "E713", "the subtrees of the head")
        if self._due:
            self.found.fail(Check.HEADS, "E713", f"the checkpoint at {self._due} is gone")
        for size in self._kept:
            self.found.fail(Check.HEADS, "E713", f"a checkpoint at {size}")
        for size in self._cosigned:
            self.found.fail(Check.HEADS, "E713", f"cosignatures at {size}, of no kept checkpoint")
        for size in self._known:
            place = f"it ends at record {self.found.size - 1}, known here is record {size - 1}"
            self.found.fail(Check.COMPUTER, "E710", place)

    def _attempts(self, first: int, below: int) -> None:
        there = _ENDED.run(self._connection, first=first, below=below).fetchall()
        rows = [row_of(AttemptRow, row) for row in there]
        if rows != self._ended:
            place = _first_difference(rows, self._ended)
            self.found.fail(Check.TABLES, "E714", f"attempts: {place}")
        self._ended_count += len(self._ended)
        self._ended.clear()

    def _tables(self) -> None:
        there = [row_of(AttemptRow, row) for row in self._connection.execute(_OPEN)]
        if there != sorted(self._replay.state.rows(AttemptRow)):
            self.found.fail(Check.TABLES, "E714", "attempts: those that are OPEN")
        for kind, table in TABLES.items():
            if kind is not AttemptRow:
                self._table(kind, table, OWN, self._replay.state)
        for log, replay in self._foreign.logs.items():
            for kind, table in TABLES.items():
                self._table(kind, table, log, replay.state)

    def _table(self, kind: Any, table: Any, log: int, state: MemoryState) -> None:
        count = 0
        for rows in stream(self._connection, select(table).where(table.c.log == log), CHUNK):
            for values in rows:
                row = row_of(kind, values)
                count += 1
                if not state.holds(row):
                    self.found.fail(Check.TABLES, "E714", f"{table.name}: {_shown(row)}")
                    return
        if count != state.count(kind):
            self.found.fail(Check.TABLES, "E714", f"{table.name}: {counted(count, 'row')}")

    def _covered(self, *, whole: bool) -> None:
        results, size = self.found.results, self._replay.frontier.size
        self.found.warnings = tuple(self._replay.clocks.values())
        results[Check.RECORDS].covered = counted(size, "record")
        results[Check.RULES].covered = counted(size, "record")
        if not whole:
            return
        results[Check.TREE].covered = f"{size >> 8} tiles"
        cosigned = f", {counted(self._cosignatures, 'cosignature')}" if self._witnesses else ""
        results[Check.HEADS].covered = f"the head and kept checkpoints{cosigned}"
        results[Check.TABLES].covered = ", ".join(table.name for table in TABLES.values())
        logs = self._foreign.logs.values()
        imported = sum(replay.frontier.size for replay in logs)
        results[
            Check.IMPORTS
        ].covered = f"{counted(len(logs), 'log')}, {counted(imported, 'record')}"
        results[Check.COMPUTER].covered = counted(len(self._met), "head")


def _first_difference(there: list[AttemptRow], expected: list[AttemptRow]) -> str:
    for here, due in zip(there, expected, strict=False):
        if here != due:
            return _shown(due)
    longer = max(there, expected, key=len)
    return _shown(longer[min(len(there), len(expected))])


def _shown(row: Any) -> str:
    return " ".join(str(value) for value in row[:4])
