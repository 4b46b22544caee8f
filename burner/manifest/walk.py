"""One stretch of one chain, recomputed: what most of the time of verify goes into.

A stretch needs only the hash before it, so those of a long chain can be walked side by side.
"""

from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import LargeBinary, Select, cast, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import COLUMNS, ChainCheck, Columns, Flaw
from burner.manifest.claims import other_ids
from burner.manifest.database import stream
from burner.manifest.tables import ids, records

CHUNK = 2000
STRETCH = 50_000
"""Records a stretch."""

NAMING = ("intent", "claim")
"""Kinds that bring IDs."""


@dataclass(frozen=True)
class Stretch:
    """Records of a chain with numbers from `first` to `last`."""

    chain: int
    manifest: str
    station: str
    first: int
    last: int


@dataclass(frozen=True)
class Walked:
    """What a walk along a stretch found."""

    stretch: Stretch
    records: int
    claimed: int
    """Records that took a name."""
    at: str
    flaw: Flaw | None
    """Where the chain is broken."""
    contradiction: Flaw | None
    """The first record whose IDs are not in the table of IDs."""


def cut(stretch: Stretch) -> list[Stretch]:
    """Stretches of a size worth a process."""
    starts = range(stretch.first, max(stretch.last, stretch.first) + 1, STRETCH)
    return [
        Stretch(
            stretch.chain,
            stretch.manifest,
            stretch.station,
            start,
            min(start + STRETCH - 1, stretch.last),
        )
        for start in starts
    ]


def walk(connection: Connection, stretch: Stretch) -> Walked:
    """Check every record of a stretch, up to the first bad one."""
    before, seq = _before(connection, stretch)
    check = ChainCheck(stretch.manifest, stretch.station, before, seq)
    count = claimed = 0
    flaw: Flaw | None = None
    known = _Ids(connection, stretch)
    with closing(stream(connection, _rows(connection, stretch), CHUNK)) as chunks:
        for row in chain.from_iterable(chunks):
            if wrong := check.take(row):
                flaw = Flaw(stretch.station, row[8], wrong)
                break
            count += 1
            claimed += row[2]
            if row[5] in NAMING:
                known.take(row)
    contradiction = None if flaw else known.end()
    return Walked(stretch, count, claimed, check.at, flaw, contradiction)


def _before(connection: Connection, stretch: Stretch) -> tuple[str, int]:
    earlier = (
        select(records.c.hash, records.c.seq)
        .where(records.c.chain == stretch.chain, records.c.seq < stretch.first)
        .order_by(records.c.seq.desc())
        .limit(1)
    )
    # Before the first record there is none; a row with such a number is met as one out of order.
    row = connection.execute(earlier).first() if stretch.first > 1 else None
    return (row.hash, row.seq) if row else ("", 0)


def _rows(connection: Connection, stretch: Stretch) -> Select[Any]:
    columns: list[Any] = [records.c[name] for name in COLUMNS]
    if connection.dialect.name == "sqlite":
        columns[COLUMNS.index("body")] = cast(records.c.body, LargeBinary)
    query = select(*columns).where(records.c.chain == stretch.chain, records.c.seq <= stretch.last)
    if stretch.first > 1:
        query = query.where(records.c.seq >= stretch.first)
    return query.order_by(records.c.seq)


class _Ids:
    """The table of IDs, followed along the records in the same order."""

    def __init__(self, connection: Connection, stretch: Stretch) -> None:
        self._station = stretch.station
        query = select(ids.c.seq, ids.c.value, ids.c.unit_id).where(
            ids.c.chain == stretch.chain, ids.c.seq <= stretch.last
        )
        if stretch.first > 1:
            query = query.where(ids.c.seq >= stretch.first)
        with closing(stream(connection, query.order_by(ids.c.seq, ids.c.value), CHUNK)) as chunks:
            self._rows = chain.from_iterable(list(chunks))
        self._next = next(self._rows, None)
        self._flaw: Flaw | None = None

    def take(self, row: Columns) -> None:
        """A record that may bring IDs. Most bring the MAC alone, which is not in the table."""
        seq, unit, body = row[8], row[9], row[10]
        text = body if isinstance(body, bytes) else body.encode()
        if b'"ids":{"mac":"%b"}' % unit.encode() in text:
            return
        for value in other_ids(loads(text)["data"]["attempt"].get("ids", {})):
            if self._next == (seq, value, unit):
                self._next = next(self._rows, None)
            elif self._flaw is None:
                self._flaw = Flaw(self._station, seq, f"its ID {value} is not in the table of IDs")

    def end(self) -> Flaw | None:
        """After the last record: what did not fit, or was left over."""
        if self._flaw is None and self._next is not None:
            seq, value, unit = self._next
            self._flaw = Flaw(self._station, seq, f"does not have the ID {value} of {unit}")
        return self._flaw
