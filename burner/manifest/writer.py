"""The writer's connection and the head of its chain: one transaction, one record at a time.

It knows what it wrote last. Whenever it is unsure (just opened, a commit that failed, a server
that went away) it reads the head again before the next record, and finds out whether the doubtful
record is there.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any, NamedTuple, Self

from sqlalchemy import Integer, Select, bindparam, desc, exc, exists, insert, or_, select
from sqlalchemy import Row as DbRow
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import tables
from burner.manifest.canonical import VERSION, dumps, moment, utc
from burner.manifest.chain import Head, Kind, Row, digest, genesis, link
from burner.manifest.database import Place, Prepared, guarded
from burner.manifest.local.marks import Mark, MarkFile, departure
from burner.manifest.session import Session

Clock = Callable[[], datetime]

BACKWARDS = timedelta(seconds=2)
"""How far the clock may step back unremarked: a time server's usual correction."""

_columns = tables.records.c
_before = tables.records.alias("before")
_INSERT = Prepared(
    # Only behind the record that we wrote last: an old copy put back under us takes no more.
    insert(tables.records).from_select(
        [column.name for column in _columns],
        select(*(bindparam(column.name, type_=column.type) for column in _columns)).where(
            or_(
                bindparam("last_seq", type_=Integer) == 0,
                exists().where(
                    _before.c.chain == bindparam("of_chain"),
                    _before.c.seq == bindparam("last_seq"),
                    _before.c.hash == bindparam("last_hash"),
                ),
            )
        ),
    )
)
_LAST = (
    select(tables.records.c.seq, tables.records.c.hash, tables.records.c.at, tables.records.c.body)
    .where(tables.records.c.chain == bindparam("of_chain"))
    .order_by(desc(tables.records.c.seq))
    .limit(2)
)


class Doubt(NamedTuple):
    """A record whose commit may or may not have reached the disk."""

    key: str
    row: Row


class Writer:
    """The only writer of one station's chain. Thread-safe."""

    def __init__(
        self,
        where: Place,
        station: str,
        clock: Clock | None = None,
        *,
        accept_old: bool = False,
        accept_new: bool = False,
        remembers: bool = True,
    ) -> None:
        """Nothing is opened yet.

        Args:
            where: the manifest.
            station: whose chain is written.
            clock: now, for tests.
            accept_old: take a copy that is behind what this computer wrote; `lost` tells.
            accept_new: take another manifest than this computer wrote here.
            remembers: whether the place counts as one where this computer writes that manifest;
                not for a simulated bench.
        """
        self.where, self.station = where, station
        self.lock = RLock()
        self.lost: Mark | None = None
        """The last record that a restored copy does not have, when it was accepted."""
        self._accept_old = accept_old
        self._clock = clock or (lambda: datetime.now(UTC))
        self.session = Session(where, station, accept_new=accept_new, remembers=remembers)
        self._connection: Connection | None = None
        self._head = Mark(0, "")
        self._last_at = ""
        self._doubt: Doubt | None = None
        self._settled: dict[str, Row] = {}
        """Doubtful records that turned out to be there, until their writers ask again."""
        self._inserted: Any = None
        """The cursor of the last insert: its rowcount says whether our head was still there."""
        self._sure = False
        self._trouble: BurnerError | None = None
        self._mark: MarkFile | None = None
        self._closed = False

    def open(self) -> None:
        """Take the station's lock, make or migrate the tables, find the head.

        Raises:
            BurnerError: any of E702 to E711, E717.
        """
        self.session.take()
        try:
            with self.lock, guarded(self.where):
                self._ready()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the database and of the station's lock, for good."""
        with self.lock:
            self._closed = True
            if self._mark:
                self._mark.close()
            self.session.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def manifest(self) -> str:
        """Identity of the manifest."""
        return self.session.manifest

    @property
    def chain(self) -> int:
        """Number of the station's chain in the tables."""
        return self.session.chain

    @property
    def next_seq(self) -> int:
        """Inside a transaction: the number of the record about to be written."""
        return self._head.seq + 1

    @property
    def head(self) -> Mark:
        """The last record known to be written."""
        return self._head

    def check_ready(self) -> None:
        """What must hold before a unit is touched.

        Raises:
            BurnerError: E709 the clock went backwards, E710 the file is another one, E717 the
                mark cannot be written.
        """
        if self._trouble:
            self._leave_mark()
        if self._trouble:
            raise self._trouble
        if self.session.was_replaced():
            raise BurnerError("E710", f"{self.where} was removed or replaced under the station")
        if ahead := self.ahead():
            now = utc(self._clock())
            raise BurnerError("E709", f"it is {now}, the last record is of {ahead}")

    def ahead(self) -> str:
        """The moment of the last record, where the clock is behind it; else empty."""
        behind = self._last_at and self._clock() < moment(self._last_at) - BACKWARDS
        return self._last_at if behind else ""

    def commit(self, key: str, write: Callable[[Connection], Row]) -> Row:
        """Run `write` in one durable transaction; it adds exactly one record with `add`.

        Args:
            key: names this record: when the same is asked again after a commit of unknown fate
                that did succeed, the record is not written twice.
            write: adds the record and whatever goes with it.

        Raises:
            BurnerError: E704 another program writes for this station; E710 somebody put an old
                copy back while we were running; E7 from the database, or whatever `write` raises;
                then nothing is written.
        """
        with self.lock, guarded(self.where):
            connection = self._ready()
            if key in self._settled:
                return self._settled.pop(key)
            self._sure = False
            self._doubt = None
            with self._alone(connection), connection.begin():
                row = write(connection)
                if self._inserted.rowcount != 1:
                    raise BurnerError("E710", f"{self.where}: record {self._head.seq} is gone")
                self._doubt = Doubt(key, row)
            self._adopt(row)
            return row

    @contextmanager
    def _alone(self, connection: Connection) -> Iterator[None]:
        """Where no lock held (its files were removed), the database refuses a number twice."""
        try:
            yield
        except (exc.IntegrityError, sqlite3.IntegrityError) as error:
            with connection.begin():
                last = connection.execute(_LAST, {"of_chain": self.chain}).first()
            if last is None or last.seq <= self._head.seq:
                raise
            what = f"record {last.seq} of station {self.station} is another program's"
            raise BurnerError("E704", f"{self.where}: {what}") from error

    def look(self, query: Select[Any]) -> Sequence[DbRow[Any]]:
        """Read on the writer's own connection, so that its last record is seen."""
        with self.lock, guarded(self.where):
            connection = self._ready()
            with connection.begin():
                return connection.execute(query).all()

    def add(self, connection: Connection, kind: Kind, data: dict[str, Any], **head: Any) -> Row:
        """Insert the next record of the chain. `head` gives what is not empty."""
        now = utc(self._clock())
        if kind is not Kind.CLOCK:
            now = max(now, self._last_at)
        filled = Head(
            at=now,
            batch=head.get("batch", ""),
            claims=int(head.get("claims", False)),
            device_name=head.get("device_name", ""),
            intent=head.get("intent", head.get("seq", self.next_seq)),
            kind=kind.value,
            manifest=self.manifest,
            outcome=head.get("outcome", ""),
            product_id=head.get("product_id", ""),
            seq=head.get("seq", self.next_seq),
            station=self.station,
            unit_id=head.get("unit_id", ""),
        )
        body = dumps({"data": data, "head": {**filled._asdict(), "v": VERSION}})
        row = Row(filled, body, link(self._head.hash, digest(body)))
        columns = filled._asdict()
        del columns["manifest"], columns["station"]
        before = {"of_chain": self.chain, "last_seq": self._head.seq, "last_hash": self._head.hash}
        written = {"chain": self.chain, **columns, "body": body, "hash": row.hash}
        self._inserted = _INSERT.run(connection, **written, **before)
        return row

    # -- being sure ------------------------------------------------------------------------------

    def _ready(self) -> Connection:
        """A connection whose chain ends where we think it does."""
        if self._closed:
            raise BurnerError("E716", "the manifest was closed")
        connection = self.session.connection()
        if connection is not self._connection:
            self._connection, self._sure = connection, False
            self._mark = self._mark or MarkFile(self.manifest, self.station)
        if not self._sure:
            self._settle(connection)
        return connection

    def _settle(self, connection: Connection) -> None:
        """Find the head, and whether the doubtful record is it."""
        marked = (self._mark.read() if self._mark else None) or Mark(0, "")
        there = select(_columns.hash).where(
            _columns.chain == self.chain, _columns.seq == marked.seq
        )
        with connection.begin():
            rows = connection.execute(_LAST, {"of_chain": self.chain}).all()
            hash_ = connection.execute(there).scalar() if marked.seq else None
        start = genesis(self.manifest, self.station)
        head = Mark(rows[0].seq, rows[0].hash) if rows else Mark(0, start)
        if rows:
            before = rows[1].hash if len(rows) > 1 else start
            if link(before, digest(rows[0].body)) != head.hash:
                raise BurnerError(
                    "E708", f"{self.where}: station {self.station}, record {head.seq}"
                )
        if self._doubt and self._doubt.row.hash == head.hash:
            self._settled[self._doubt.key] = self._doubt.row
        self._doubt = None
        if missed := departure(head, marked, hash_, self._head):
            if not self._accept_old:
                raise BurnerError("E710", f"{self.where}: {missed.words}")
            self.lost = missed.mark
        self._head, self._last_at, self._sure = head, rows[0].at if rows else "", True
        if head.seq and not self.lost:
            self._leave_mark()  # tells before the first unit when it cannot be left

    def _adopt(self, row: Row) -> None:
        self._head, self._last_at, self._sure = Mark(row.head.seq, row.hash), row.head.at, True
        self._doubt = None
        self._leave_mark()

    def _leave_mark(self) -> None:
        try:
            if self._mark:
                self._mark.write(self._head)
            self._trouble = None
        except BurnerError as error:
            # The record is safe; without a mark the next unit must not begin.
            self._trouble = error
