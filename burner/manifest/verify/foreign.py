"""Imported logs, folded again as far as each import says."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.entries.kinds import LogImported, kind_of
from burner.manifest.fold.memory import MemoryState
from burner.manifest.log.note import Note, NoteError
from burner.manifest.store.bodies import body_of
from burner.manifest.store.state import log_number
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import records
from burner.manifest.verify.replay import Replay

CHUNK = 2000
_RECORDS = Prepared(
    select(*(records.c[name] for name in ("number", "kind", "batch", "unit_id", "leaf", "body")))
    .where(records.c.log == bindparam("of_log"))
    .where(records.c.number >= bindparam("first"), records.c.number < bindparam("below"))
    .order_by(records.c.number)
)


class ForeignLogs:
    """The imported logs of a manifest."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.logs: dict[int, Replay] = {}
        """Number of the log → its replay."""

    def state(self, origin: str, size: int) -> MemoryState | None:
        """What follows from the first records of another log. Sizes only grow.

        Raises:
            BurnerError: E713, E714 its records are not whole, or break a rule.
        """
        log = log_number(self._connection, origin)
        if log is None:
            return None
        replay = self._replay(log)
        for first in range(replay.frontier.size, size, CHUNK):
            below = min(first + CHUNK, size)
            where = {"of_log": log, "first": first, "below": below}
            for row in _RECORDS.run(self._connection, **where).fetchall():
                self._take(origin, replay, row)
        if replay.frontier.size < size:
            raise BurnerError("E713", f"{origin}, record {replay.frontier.size} is gone")
        return replay.state

    def check(self, entry: LogImported) -> None:
        """Check an import against the records that came with it.

        Raises:
            BurnerError: E713, E755.
        """
        log = log_number(self._connection, entry.origin)
        if log is None:
            raise BurnerError("E713", f"the log {entry.origin} is gone")
        frontier = self._replay(log).frontier
        if frontier.root.hex() != entry.root:
            raise BurnerError("E713", f"{entry.origin}: its records are not those that came")
        try:
            note = Note.parse(entry.checkpoint.encode())
        except NoteError as error:
            raise BurnerError("E713", f"{entry.origin}: {error}") from None
        self._replay(log).check_head(note, entry.size, frontier.root)

    def _replay(self, log: int) -> Replay:
        if log not in self.logs:
            self.logs[log] = Replay()
        return self.logs[log]

    def _take(self, origin: str, replay: Replay, row: Any) -> None:
        number, kind, batch, unit_id, leaf, body = row
        if number != replay.frontier.size:
            raise BurnerError("E713", f"{origin}, record {replay.frontier.size} is gone")
        try:
            entry = replay.take(number, body_of(number, leaf, body))
        except BurnerError as error:
            raise BurnerError(error.code, f"{origin}, {error.detail}") from None
        if (kind, batch, unit_id) != (kind_of(type(entry)), entry.batch, entry.unit_id):
            raise BurnerError("E714", f"{origin}, the columns of record {number}")
