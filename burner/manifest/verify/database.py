"""`verify`: all checks of a manifest in its database.

One pass over the records serves most checks. The state of the rules is in memory.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.entries.errors import inconsistent, not_as_signed
from burner.manifest.entries.kinds import (
    KEPT_KINDS,
    AnyEntry,
    KeyEnrolled,
    KeyWithdrawn,
    LogImported,
)
from burner.manifest.local.known_log import KnownLog
from burner.manifest.log.checkpoint import check_cosignatures
from burner.manifest.log.note import NoteError, SignedNote, VerifierKey
from burner.manifest.store.database_errors import translated_errors
from burner.manifest.store.hashes import tile_hashes
from burner.manifest.store.head import HeadRow, existing_head
from burner.manifest.store.opening import unsigned_records
from burner.manifest.store.tables import OWN, TABLES, checkpoints, cosignatures
from burner.manifest.verify.checks import ManifestCheck, Verification
from burner.manifest.verify.foreign import ForeignLogs
from burner.manifest.verify.rows import wrong_rows
from burner.manifest.verify.stored_log import RecordsChecked, StoredLog
from burner.manifest.verify.structure import structure_differences


def verify(
    connection: Connection,
    known: Sequence[KnownLog] = (),
    progress: RecordsChecked = lambda _: None,
    *,
    witnesses: tuple[VerifierKey, ...] = (),
    thorough: bool = False,
) -> Verification:
    """Check a manifest.

    Args:
        connection: a transaction with one snapshot.
        known: heads of this log that this computer, or a person, knows.
        progress: gets the number of further records that were checked.
        witnesses: keys of witnesses whose cosignatures count.
        thorough: let SQLite compare indexes with their tables, also of a large manifest.
    """
    return _Verify(connection, known, progress, witnesses).run(thorough=thorough)


class _Verify:
    def __init__(
        self,
        connection: Connection,
        known: Sequence[KnownLog],
        progress: RecordsChecked,
        witnesses: tuple[VerifierKey, ...],
    ) -> None:
        self._connection, self._progress = connection, progress
        self._witnesses, self._cosignatures = witnesses, 0
        self._foreign = ForeignLogs(connection)
        self._log = StoredLog(connection, OWN, self._foreign.state)
        self._tiles = tile_hashes(connection)
        self._known = {log.size: log for log in known}
        self._known_met: set[int] = set()
        self._checkpoint_due = 0
        """Size at which a checkpoint must be kept."""
        rows = connection.execute(select(checkpoints).order_by(checkpoints.c.size)).all()
        self._kept = {row.size: row.note for row in rows}
        self._known_sizes = self._kept.keys() | self._known.keys()
        self._cosigned: dict[int, str] = {}
        for size, line in connection.execute(select(cosignatures)):
            self._cosigned[size] = self._cosigned.get(size, "") + str(line)
        self.result = Verification()

    def run(self, *, thorough: bool) -> Verification:
        result = self.result
        try:
            stored = existing_head(self._connection)
        except BurnerError as error:
            result.fail(ManifestCheck.HEADS, error)
            return result
        result.origin, result.size = stored.checkpoint.origin, stored.checkpoint.size
        result.root = stored.checkpoint.root.hex()
        for what in structure_differences(self._connection, result.size, thorough=thorough):
            result.fail(ManifestCheck.DATABASE, inconsistent(what))
        result.results[ManifestCheck.DATABASE].covered = "tables, constraints, indexes, guards"
        if behind := unsigned_records(self._connection, result.size):
            result.fail(ManifestCheck.HEADS, BurnerError(Code.RECORDS_UNSIGNED, behind))
        try:
            with translated_errors("the database"):
                whole = self._fold_records(result.size)
                if whole:
                    self._check_current_head(stored)
                self._check_tables(whole=whole)
                self._note_coverage(whole=whole)
        except BurnerError as error:
            damaged = result.results[ManifestCheck.DATABASE].code
            if error.code != Code.DATABASE_REFUSED or not damaged:
                raise
        return result

    def _fold_records(self, size: int) -> bool:
        """Fold all records; False: it stopped at a failure."""
        try:
            for entry in self._log.follow(size, self._progress):
                for tile in self._log.tiles:
                    if next(self._tiles[tile.level], None) != tile.hash:
                        place = f"level {tile.level}, tile {tile.position}"
                        self.result.fail(ManifestCheck.TREE, not_as_signed(place))
                if self._checkpoint_due or type(entry) in KEPT_KINDS:
                    self._check_after(entry)
                if self._log.frontier.size in self._known_sizes:
                    self._check_kept_heads()
        except BurnerError as error:
            of_rules = error.code == Code.MANIFEST_INCONSISTENT
            self.result.fail(ManifestCheck.RULES if of_rules else ManifestCheck.RECORDS, error)
            return False
        return True

    def _check_after(self, entry: AnyEntry) -> None:
        """After records of keys, batches and imports a checkpoint is kept; one for several keys."""
        if self._checkpoint_due and not isinstance(entry, KeyEnrolled | KeyWithdrawn):
            self._bad_head(f"the checkpoint at {self._checkpoint_due} is gone")
        size = self._log.frontier.size
        self._checkpoint_due = size if type(entry) in KEPT_KINDS and size not in self._kept else 0
        if isinstance(entry, LogImported):
            try:
                self._foreign.check(entry)
            except BurnerError as error:
                self.result.fail(ManifestCheck.IMPORTS, error)

    def _check_kept_heads(self) -> None:
        size = self._log.frontier.size
        if note := self._kept.pop(size, None):
            self._check_head(str(note) + self._cosigned.pop(size, ""))
        if log := self._known.pop(size, None):
            self._known_met.add(size)
            if log.root != self._log.frontier.root.hex():
                place = f"not as known here: its first {counted(size, 'record')}"
                self.result.fail(ManifestCheck.COMPUTER, BurnerError(Code.MANIFEST_REPLACED, place))

    def _check_head(self, text: str) -> None:
        try:
            frontier = self._log.frontier
            note = SignedNote.parse(text.encode())
            self._log.check_head(note, frontier.size, frontier.root)
            self._cosignatures += len(check_cosignatures(note, self._witnesses))
        except NoteError as error:
            self._bad_head(f"the head at {frontier.size}: {error}")
        except BurnerError as error:
            self.result.fail(ManifestCheck.HEADS, error)

    def _check_current_head(self, stored: HeadRow) -> None:
        self._check_head(str(stored.note))
        if stored.frontier != self._log.frontier:
            self._bad_head("the subtrees of the head")
        if self._checkpoint_due:
            self._bad_head(f"the checkpoint at {self._checkpoint_due} is gone")
        for size in self._kept:
            self._bad_head(f"a checkpoint at {size}")
        for size in self._cosigned:
            self._bad_head(f"cosignatures at {size} without a kept checkpoint")
        for size in self._known:
            place = f"it ends at record {self.result.size - 1}, known here is record {size - 1}"
            self.result.fail(ManifestCheck.COMPUTER, BurnerError(Code.MANIFEST_REPLACED, place))

    def _bad_head(self, detail: str) -> None:
        self.result.fail(ManifestCheck.HEADS, not_as_signed(detail))

    def _check_tables(self, *, whole: bool) -> None:
        logs = {OWN: self._log, **self._foreign.logs}
        wrong = next((log.wrong for log in logs.values() if log.wrong), None)
        if whole and not wrong and not self._foreign.damaged:
            wrong = next(wrong_rows(self._connection, logs), None)
        if wrong:
            self.result.fail(ManifestCheck.TABLES, inconsistent(wrong))

    def _note_coverage(self, *, whole: bool) -> None:
        results, size = self.result.results, self._log.frontier.size
        self.result.warnings = tuple(self._log.clocks.values())
        for check in (ManifestCheck.RECORDS, ManifestCheck.RULES):
            results[check].covered = counted(size, "record")
        if not whole:
            return
        results[ManifestCheck.TREE].covered = f"{size >> 8} tiles"
        cosigned = f", {counted(self._cosignatures, 'cosignature')}" if self._witnesses else ""
        results[ManifestCheck.HEADS].covered = f"the head and kept checkpoints{cosigned}"
        if not self._foreign.damaged:
            results[ManifestCheck.TABLES].covered = ", ".join(t.name for t in TABLES.values())
        logs = self._foreign.logs.values()
        imported = counted(sum(log.frontier.size for log in logs), "record")
        results[ManifestCheck.IMPORTS].covered = f"{counted(len(logs), 'log')}, {imported}"
        results[ManifestCheck.COMPUTER].covered = counted(len(self._known_met), "head")
