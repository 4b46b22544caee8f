"""A log in the database, folded again: our own or an imported one."""

from collections.abc import Callable, Iterator
from itertools import zip_longest

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from burner.manifest.entries.errors import not_as_signed
from burner.manifest.entries.kinds import AnyEntry, kind_of
from burner.manifest.fold.memory import Foreign, MemoryState
from burner.manifest.fold.rows import AttemptRow
from burner.manifest.store.bodies import body_of
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import TABLES, records
from burner.manifest.verify.replay import Replay

CHUNK = 500
"""Records read at once: more would not fit in the cache of a processor."""

RecordsChecked = Callable[[int], None]
"""Gets the number of further records that were checked."""

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
    """A `Replay` that compares rows of ended attempts on the way, and does not keep them."""

    def __init__(
        self, connection: Connection, log: int, foreign: Foreign = lambda _origin, _size: None
    ) -> None:
        self._connection, self._log = connection, log
        self._expected: list[AttemptRow] = []
        super().__init__(MemoryState(foreign, self._expected.append))
        self.ended = 0
        """Attempts that ended."""
        self.wrong = ""
        """The first row that does not follow from the records; empty: none so far."""

    def follow(self, size: int, progress: RecordsChecked = lambda _: None) -> Iterator[AnyEntry]:
        """Fold further records, up to a size.

        Raises:
            BurnerError: E713 a record is missing or not as signed; E714 it breaks a rule.
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
                raise not_as_signed(f"record {self.frontier.size} is gone")
            self._compare(_ENDED.run(self._connection, **where).fetchall())
            progress(where["below"] - first)

    def _compare(self, rows: list[tuple[object, ...]]) -> None:
        """Compare the rows of ended attempts with those that follow from the records."""
        expected = self._expected
        if rows != expected and not self.wrong:
            pairs = zip_longest(expected, rows)
            row, stored = next(pair for pair in pairs if pair[0] != pair[1])
            self.wrong = f"attempts: {shown(row or stored)}"
        self.ended += len(expected)
        expected.clear()


def shown(row: tuple[object, ...]) -> str:
    """The first values of a row, for people."""
    return " ".join(map(str, row[:4]))
