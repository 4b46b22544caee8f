"""A manifest of any size within minutes: records folded in memory, and written as rows.

It is what stations would have left behind, to the byte: `verify` agrees.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.engine import Connection

from burner.manifest.entries.body import write
from burner.manifest.entries.kinds import KEPT_KINDS, AnyEntry
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import AttemptRow
from burner.manifest.fold.rules import apply
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import NoteSigner, sign
from burner.manifest.log.tree import leaf_hash
from burner.manifest.store.bodies import body_at, row_of_record
from burner.manifest.store.engine import writing_engine
from burner.manifest.store.place import manifest_place
from burner.manifest.store.tables import OWN, TABLES, checkpoints, head, records, tiles
from burner.manifest.store.writer import KEEP_EVERY
from burner.manifest.verify.replay import Replay
from burner.manifest.writing.ledger import Ledger

AT_ONCE = 5000
"""Rows of one INSERT."""


class _Filling:
    def __init__(self, connection: Connection, origin: str, signer: NoteSigner) -> None:
        self._connection, self._origin, self._signer = connection, origin, signer
        self._attempts: list[AttemptRow] = []
        self._replay = Replay(MemoryState(ended=self._attempts.append))
        self._rows: dict[Any, list[dict[str, Any]]] = {records: [], tiles: [], checkpoints: []}
        body = body_at(connection, 0)
        self._replay.take(0, body, leaf_hash(body))

    def take(self, entry: AnyEntry) -> None:
        replay, body = self._replay, write(entry)
        number, leaf = replay.frontier.size, leaf_hash(body)
        replay.state.update(apply(replay.state, number, entry))
        replay.state.count_record(entry.batch, leaf)
        replay.frontier, stored = replay.frontier.append(leaf)
        self._rows[records].append(row_of_record(OWN, number, entry, body))
        self._rows[tiles] += [tile._asdict() for tile in stored]
        if isinstance(entry, KEPT_KINDS) or (number + 1) % KEEP_EVERY == 0:
            self._rows[checkpoints].append({"size": number + 1, "note": self._note()})
        if len(self._rows[records]) >= AT_ONCE:
            self._flush()

    def end(self) -> None:
        """What follows from the records, and the head."""
        self._flush()
        for kind, table in TABLES.items():
            if kind is not AttemptRow:
                self._connection.execute(delete(table))
                self._insert(table, ({"log": OWN, **r._asdict()} for r in self._rows_of(kind)))
        frontier = self._replay.frontier
        values = {"size": frontier.size, "subtrees": b"".join(frontier.subtrees)}
        self._connection.execute(head.update().values(**values, note=self._note()))

    def _rows_of(self, kind: Any) -> Iterable[Any]:
        found: Iterable[Any] = self._replay.state.rows(kind)
        return found

    def _note(self) -> str:
        frontier = self._replay.frontier
        return str(sign(Checkpoint(self._origin, frontier.size, frontier.root).text, self._signer))

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            self._insert(table, rows)
            rows.clear()
        attempts = TABLES[AttemptRow]
        self._insert(attempts, ({"log": OWN, **row._asdict()} for row in self._attempts))
        self._attempts.clear()

    def _insert(self, table: Any, rows: Iterable[dict[str, Any]]) -> None:
        some = list(rows)
        for first in range(0, len(some), AT_ONCE):
            self._connection.execute(insert(table), some[first : first + AT_ONCE])


def fill(path: Path, station: str, entries: Iterable[AnyEntry]) -> None:
    """Make a SQLite manifest of these records, behind the one that begins the log."""
    with Ledger.open(path, station) as ledger:
        origin, signer = ledger.origin, ledger.writer.key.signer
    engine = writing_engine(manifest_place(path))
    with engine.connect() as connection, connection.begin():
        filling = _Filling(connection, origin, signer)
        for entry in entries:
            filling.take(entry)
        filling.end()
    engine.dispose()
