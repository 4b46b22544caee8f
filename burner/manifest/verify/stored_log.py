"""A log of the database, folded again: our own, or an imported one."""

from collections.abc import Callable, Iterator

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, kind_of
from burner.manifest.fold.memory import Foreign, MemoryState
from burner.manifest.fold.rows import AttemptRow
from burner.manifest.store.bodies import body_of
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import TABLES, records
from burner.manifest.verify.replay import Replay

CHUNK = 500
"""Records read at once: more would not stay in the cache of a processor."""

RecordsChecked = Callable[[int], None]
"""Told how many more records were checked."""

_RECORDS = Prepared(
    select(*(records.c[name] for name in ("number", "kind", "batch", "unit_id", "leaf", "body")))
    .where(records.c.log == bindparam("of_log"))
    .where(records.c.number >= bindparam("first"), records.c.number < bindparam("below"))
    .order_by(records.c.number)
)
_attempts = TABLES[AttemptRow].c
_ENDED = Prepared(
    select(*[column for column in _attempts if column.name != "log"])
    .where(_attempts.log == bindparam("of_log"))
    .where(_attempts.ended >= bindparam("first"), _attempts.ended < bindparam("below"))
    .order_by(_attempts.ended)
)


class StoredLog(Replay):
    """See `Replay`. Rows of attempts that ended are compared on the way, and not kept."""

    def __init__(
        self, connection: Connection, log: int, foreign: Foreign = lambda _origin, _size: None
    ) -> None:
        self._connection, self._log = connection, log
        self._due: list[AttemptRow] = []
        super().__init__(MemoryState(foreign, self._due.append))
        self.ended = 0
        """Attempts that ended."""
        self.wrong = ""
        """The first row that the records do not say; empty: there is none so far."""

    def follow(self, size: int, progress: RecordsChecked = lambda _: None) -> Iterator[AnyEntry]:
        """Fold on, up to a size.

        Raises:
            BurnerError: E713 a record is gone, or not the one that was signed; E714 it breaks a
                rule.
        """
        for first in range(self.frontier.size, size, CHUNK):
            where = {"of_log": self._log, "first": first, "below": min(first + CHUNK, size)}
            rows = _RECORDS.run(self._connection, **where).fetchall()
            for number, kind, batch, unit_id, leaf, body in rows:
                if number != self.frontier.size:
                    break
                entry = self.take(number, body_of(number, leaf, body), leaf)
                if (kind, batch, unit_id) != (kind_of(type(entry)), entry.batch, entry.unit_id):
                    self.wrong = self.wrong or f"the columns of record {number}"
                yield entry
            if self.frontier.size != where["below"]:
                raise BurnerError(
                    Code.MANIFEST_NOT_AS_SIGNED, f"record {self.frontier.size} is gone"
                )
            self._compare(_ENDED.run(self._connection, **where).fetchall())
            progress(where["below"] - first)

    def _compare(self, there: list[tuple[object, ...]]) -> None:
        """Compare rows of attempts that ended with those that follow from the records."""
        due = self._due
        if there != due and not self.wrong:
            place = next(
                (at for at, row in enumerate(due) if there[at : at + 1] != [row]), len(due)
            )
            self.wrong = f"attempts: {shown((*due[place:], *there[place:])[0])}"
        self.ended += len(due)
        due.clear()


def shown(row: tuple[object, ...]) -> str:
    """How a row is named to people."""
    return " ".join(map(str, row[:4]))
