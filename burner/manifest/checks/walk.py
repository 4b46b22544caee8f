"""One stretch of one chain, recomputed: what most of the time of verify goes into.

A stretch needs only the record before it, so those of a long chain can be walked side by side.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import LargeBinary, Select, cast, exc, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import COLUMNS, ChainCheck, Columns, Flaw
from burner.manifest.checks.attempt_check import MOST, AttemptCheck, Name, replay
from burner.manifest.claims import other_ids
from burner.manifest.database import stream
from burner.manifest.tables import claims, ids, records

CHUNK = 2000
STRETCH = 50_000
"""Records a stretch."""

MANY = 500
"""Names asked for at once."""

NAMING = ("intent", "claim")
"""Kinds that bring IDs."""

UNREADABLE = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError)
"""What comes of reading a record that burner did not write."""


@dataclass(frozen=True)
class Stretch:
    """Records of a chain behind number `after` (None = from its beginning) up to `last`."""

    chain: int
    manifest: str
    station: str
    after: int | None
    last: int


@dataclass(frozen=True)
class Walked:
    """What a walk along a stretch found."""

    stretch: Stretch
    records: int
    claimed: int
    """Records that took a name."""
    firsts: int
    """Records that begin an attempt, or stand alone."""
    rare: int
    """Records that are no part of an attempt."""
    ids: int
    """Rows of the table of IDs."""
    at: str
    flaw: Flaw | None
    """Where the chain is broken."""
    contradiction: Flaw | None
    """The first record that contradicts its attempt, or whose IDs are not in the table of IDs."""
    unheld: tuple[Name, ...]
    """Names that attempts carry, and that their units did not hold when the walk came by."""


def cut(connection: Connection, whole: Stretch) -> Iterator[Stretch]:
    """Stretches of a size worth a process. By rows, not by numbers: those may have any gaps."""
    after = whole.after
    while True:
        query = _numbers(whole.chain, after).offset(STRETCH - 1).limit(1)
        last = connection.execute(query).scalar()
        if last is None or last >= whole.last:
            break
        yield Stretch(whole.chain, whole.manifest, whole.station, after, last)
        after = last
    yield Stretch(whole.chain, whole.manifest, whole.station, after, whole.last)


def _numbers(chain_: int, after: int | None) -> Select[Any]:
    query = select(records.c.seq).where(records.c.chain == chain_).order_by(records.c.seq)
    return query if after is None else query.where(records.c.seq > after)


def walk(connection: Connection, stretch: Stretch) -> Walked:
    """Check every record of a stretch, up to the first bad one."""
    try:
        return _Walk(connection, stretch).run()
    except (sqlite3.OperationalError, exc.OperationalError) as error:
        if "decode" not in str(error):
            raise
    # Some column holds bytes that are no text: walk again to name the place.
    database: Any = connection.connection.dbapi_connection
    database.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return _Walk(connection, stretch).run()


class _Walk:
    def __init__(self, connection: Connection, stretch: Stretch) -> None:
        self._connection, self._stretch = connection, stretch
        self._check = _check_behind(connection, stretch)
        self._attempts = AttemptCheck()
        self._ids = _Ids(connection, stretch)
        self._records = self._claimed = 0
        self._flaw: Flaw | None = None
        self._contradiction: Flaw | None = None

    def run(self) -> Walked:
        query = _rows(self._connection, self._stretch)
        with closing(stream(self._connection, query, CHUNK)) as chunks:
            self._all(chain.from_iterable(chunks))
        unheld = () if self._flaw else self._end()
        return Walked(
            self._stretch,
            self._records,
            self._claimed,
            self._attempts.firsts,
            self._attempts.rare,
            self._ids.count,
            self._check.at,
            self._flaw,
            self._contradiction,
            unheld,
        )

    def _all(self, rows: Iterator[Columns]) -> None:
        take, follow, remember = self._check.take, self._attempts.take, self._ids.take
        count = claimed = 0
        for row in rows:
            try:
                if wrong := take(row):
                    self._flaw = self._at(row, wrong)
                    break
                count += 1
                claimed += row[2]
                if wrong := follow(row):
                    self._contradict(self._at(row, wrong))
                if row[5] in NAMING:
                    remember(row)
            except UNREADABLE:
                self._flaw = self._at(row, "cannot be read: burner never wrote it so")
                break
        self._records, self._claimed = count, claimed

    def _end(self) -> tuple[Name, ...]:
        self._contradict(self._ids.end())
        borrowed = self._attempts.borrowed
        for row in self._attempts.elsewhere:
            wrong, names = replay(_attempt_of(self._connection, self._stretch.chain, row), row)
            self._contradict(self._at(row, wrong) if wrong else None)
            borrowed += names
        return tuple(unheld(self._connection, borrowed))

    def _at(self, row: Columns, wrong: str) -> Flaw:
        seq: object = row[8]  # whatever stands there
        there = seq if isinstance(seq, int) else self._check.seq + 1
        return Flaw(self._stretch.station, there, wrong)

    def _contradict(self, flaw: Flaw | None) -> None:
        self._contradiction = self._contradiction or flaw


def unheld(connection: Connection, names: list[Name]) -> Iterator[Name]:
    """Those names that are not held by their units."""
    for start in range(0, len(names), MANY):
        some = names[start : start + MANY]
        wanted = claims.c.device_name.in_({name for _, name, _, _ in some})
        held = {
            (row.device_name, row.product_id): row.unit_id
            for row in connection.execute(select(claims).where(wanted))
        }
        yield from (each for each in some if held.get((each[1], each[2])) != each[3])


def _attempt_of(connection: Connection, chain_: int, row: Columns) -> Iterator[Columns]:
    """The first records of the attempt of a record, without their bodies."""
    columns: list[Any] = [records.c[name] for name in COLUMNS]
    columns[COLUMNS.index("body")] = records.c.hash
    query = (
        select(*columns)
        .where(records.c.chain == chain_, records.c.intent == row[4])
        .order_by(records.c.seq)
        .limit(MOST)
    )
    for each in connection.execute(query):
        at, batch, claimed, name, intent, kind, outcome, product, seq, unit, body, hash_ = each
        yield at, batch, claimed, name, intent, kind, outcome, product, seq, unit, body, hash_


def _check_behind(connection: Connection, stretch: Stretch) -> ChainCheck:
    """The check of a stretch, standing at the record before it."""
    check = ChainCheck(stretch.manifest, stretch.station)
    if stretch.after is not None:
        before = select(records.c.hash, records.c.seq, records.c.at).where(
            records.c.chain == stretch.chain, records.c.seq == stretch.after
        )
        check.hash, check.seq, check.at = connection.execute(before).one()
    return check


def _rows(connection: Connection, stretch: Stretch) -> Select[Any]:
    columns: list[Any] = [records.c[name] for name in COLUMNS]
    if connection.dialect.name == "sqlite":
        columns[COLUMNS.index("body")] = cast(records.c.body, LargeBinary)
    query = select(*columns).where(records.c.chain == stretch.chain, records.c.seq <= stretch.last)
    if stretch.after is not None:
        query = query.where(records.c.seq > stretch.after)
    return query.order_by(records.c.seq)


class _Ids:
    """The table of IDs, followed along the records in the same order."""

    def __init__(self, connection: Connection, stretch: Stretch) -> None:
        self._station = stretch.station
        query = select(ids.c.seq, ids.c.value, ids.c.unit_id).where(
            ids.c.chain == stretch.chain, ids.c.seq <= stretch.last
        )
        if stretch.after is not None:
            query = query.where(ids.c.seq > stretch.after)
        with closing(stream(connection, query.order_by(ids.c.seq), CHUNK)) as chunks:
            rows = [tuple(row) for row in chain.from_iterable(chunks)]
        # Not the database: each sorts text in its own way, and a value may be no text at all.
        rows.sort(key=lambda row: (row[0], str(row[1])))
        self.count = len(rows)
        self._rows = iter(rows)
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
