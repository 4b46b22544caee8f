"""The manifest in its database against itself: a table of named checks, each with what it covered.

One pass over the records feeds most of them; memory holds what the rules must remember.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
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
from burner.manifest.store.hashes import tile_hashes
from burner.manifest.store.head import HeadRow, existing_head
from burner.manifest.store.opening import unsigned
from burner.manifest.store.refusals import guarded
from burner.manifest.store.tables import OWN, TABLES, checkpoints, cosignatures
from burner.manifest.verify.checks import ManifestCheck, Verification
from burner.manifest.verify.foreign import ForeignLogs
from burner.manifest.verify.rows import wrong_rows
from burner.manifest.verify.stored_log import RecordsChecked, StoredLog
from burner.manifest.verify.structure import changed


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
        progress: RecordsChecked,
        witnesses: tuple[VerifierKey, ...],
    ) -> None:
        self._connection, self._progress = connection, progress
        self._witnesses, self._cosignatures = witnesses, 0
        self._foreign = ForeignLogs(connection)
        self._log = StoredLog(connection, OWN, self._foreign.state)
        self._tiles = tile_hashes(connection)
        self._known = {log.size: log for log in known}
        self._met: set[int] = set()
        self._due = 0
        """Size at which a kept checkpoint must stand."""
        rows = connection.execute(select(checkpoints).order_by(checkpoints.c.size)).all()
        self._kept = {row.size: row.note for row in rows}
        self._known_sizes = self._kept.keys() | self._known.keys()
        self._cosigned: dict[int, str] = {}
        for size, line in connection.execute(select(cosignatures)):
            self._cosigned[size] = self._cosigned.get(size, "") + str(line)
        self.found = Verification()

    def run(self, *, thorough: bool) -> Verification:
        found = self.found
        try:
            stored = existing_head(self._connection)
        except BurnerError as error:
            found.fail(ManifestCheck.HEADS, error.code, error.detail)
            return found
        found.origin, found.size = stored.checkpoint.origin, stored.checkpoint.size
        found.root = stored.checkpoint.root.hex()
        for what in changed(self._connection, found.size, thorough=thorough):
            found.fail(ManifestCheck.DATABASE, Code.MANIFEST_INCONSISTENT, what)
        found.results[ManifestCheck.DATABASE].covered = "tables, constraints, indexes, guards"
        if behind := unsigned(self._connection, found.size):
            found.fail(ManifestCheck.HEADS, Code.RECORDS_UNSIGNED, behind)
        try:
            with guarded("the database"):
                whole = self._walk(found.size)
                if whole:
                    self._head(stored)
                self._tables(whole=whole)
                self._covered(whole=whole)
        except BurnerError as error:
            if (
                error.code != Code.DATABASE_REFUSED
                or not found.results[ManifestCheck.DATABASE].code
            ):
                raise
        return found

    def _walk(self, size: int) -> bool:
        """Fold all records; False when it had to stop."""
        try:
            for entry in self._log.follow(size, self._progress):
                for tile in self._log.tiles:
                    if next(self._tiles[tile.level], None) != tile.hash:
                        place = f"level {tile.level}, tile {tile.position}"
                        self.found.fail(ManifestCheck.TREE, Code.MANIFEST_NOT_AS_SIGNED, place)
                if self._due or type(entry) in KEPT_KINDS:
                    self._kept_behind(entry)
                if self._log.frontier.size in self._known_sizes:
                    self._checkpoints()
        except BurnerError as error:
            check = (
                ManifestCheck.RULES
                if error.code == Code.MANIFEST_INCONSISTENT
                else ManifestCheck.RECORDS
            )
            self.found.fail(check, error.code, error.detail)
            return False
        return True

    def _kept_behind(self, entry: AnyEntry) -> None:
        """Keys, batches and imports leave a kept checkpoint; keys of one commit one for all."""
        if self._due and not isinstance(entry, KeyEnrolled | KeyWithdrawn):
            self.found.fail(
                ManifestCheck.HEADS,
                Code.MANIFEST_NOT_AS_SIGNED,
                f"the checkpoint at {self._due} is gone",
            )
        size = self._log.frontier.size
        self._due = size if type(entry) in KEPT_KINDS and size not in self._kept else 0
        if isinstance(entry, LogImported):
            try:
                self._foreign.check(entry)
            except BurnerError as error:
                self.found.fail(ManifestCheck.IMPORTS, error.code, error.detail)

    def _checkpoints(self) -> None:
        size = self._log.frontier.size
        if note := self._kept.pop(size, None):
            self._head_at(str(note) + self._cosigned.pop(size, ""))
        if log := self._known.pop(size, None):
            self._met.add(size)
            if log.root != self._log.frontier.root.hex():
                place = f"not as known here: its first {counted(size, 'record')}"
                self.found.fail(ManifestCheck.COMPUTER, Code.MANIFEST_REPLACED, place)

    def _head_at(self, text: str) -> None:
        try:
            frontier = self._log.frontier
            note = SignedNote.parse(text.encode())
            self._log.check_head(note, frontier.size, frontier.root)
            self._cosignatures += len(check_cosignatures(note, self._witnesses))
        except NoteError as error:
            self.found.fail(
                ManifestCheck.HEADS,
                Code.MANIFEST_NOT_AS_SIGNED,
                f"the head at {frontier.size}: {error}",
            )
        except BurnerError as error:
            self.found.fail(ManifestCheck.HEADS, error.code, error.detail)

    def _head(self, stored: HeadRow) -> None:
        self._head_at(str(stored.note))
        if stored.frontier != self._log.frontier:
            self.found.fail(
                ManifestCheck.HEADS, Code.MANIFEST_NOT_AS_SIGNED, "the subtrees of the head"
            )
        if self._due:
            self.found.fail(
                ManifestCheck.HEADS,
                Code.MANIFEST_NOT_AS_SIGNED,
                f"the checkpoint at {self._due} is gone",
            )
        for size in self._kept:
            self.found.fail(
                ManifestCheck.HEADS, Code.MANIFEST_NOT_AS_SIGNED, f"a checkpoint at {size}"
            )
        for size in self._cosigned:
            self.found.fail(
                ManifestCheck.HEADS,
                Code.MANIFEST_NOT_AS_SIGNED,
                f"cosignatures at {size} without a kept checkpoint",
            )
        for size in self._known:
            place = f"it ends at record {self.found.size - 1}, known here is record {size - 1}"
            self.found.fail(ManifestCheck.COMPUTER, Code.MANIFEST_REPLACED, place)

    def _tables(self, *, whole: bool) -> None:
        logs = {OWN: self._log, **self._foreign.logs}
        wrong = next((log.wrong for log in logs.values() if log.wrong), None)
        if whole and not wrong and not self._foreign.damaged:
            wrong = next(wrong_rows(self._connection, logs), None)
        if wrong:
            self.found.fail(ManifestCheck.TABLES, Code.MANIFEST_INCONSISTENT, wrong)

    def _covered(self, *, whole: bool) -> None:
        results, size = self.found.results, self._log.frontier.size
        self.found.warnings = tuple(self._log.clocks.values())
        results[ManifestCheck.RECORDS].covered = results[ManifestCheck.RULES].covered = counted(
            size, "record"
        )
        if not whole:
            return
        results[ManifestCheck.TREE].covered = f"{size >> 8} tiles"
        cosigned = f", {counted(self._cosignatures, 'cosignature')}" if self._witnesses else ""
        results[ManifestCheck.HEADS].covered = f"the head and kept checkpoints{cosigned}"
        if not self._foreign.damaged:
            results[ManifestCheck.TABLES].covered = ", ".join(
                table.name for table in TABLES.values()
            )
        logs = self._foreign.logs.values()
        imported = counted(sum(log.frontier.size for log in logs), "record")
        results[ManifestCheck.IMPORTS].covered = f"{counted(len(logs), 'log')}, {imported}"
        results[ManifestCheck.COMPUTER].covered = counted(len(self._met), "head")
