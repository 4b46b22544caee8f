"""Reading the manifest: one unit, a stream of attempts, the bodies of a chain. Never writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, Self

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, true
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import quotas
from burner.manifest.bodies import Data, Life, element, fingerprints
from burner.manifest.canonical import loads, utc
from burner.manifest.chain import Kind
from burner.manifest.claims import PASSED
from burner.manifest.database import Place, check_version, facts, guarded, place, reading
from burner.manifest.tables import SCHEMA, batches, claims, ids, places, records
from burner.model import Attempt, Outcome, Record

WITHDRAWING = ("scrap", "void")
"""Corrections after which an earlier PASS does not count."""

CHUNK = 500
"""Rows fetched at once: constant memory, few round trips."""

first = records.alias("first")
_claim = records.alias("claim")
ending = records.alias("ending")
_next = records.alias("next")


def joined(alias: Any, kind: Kind) -> ColumnElement[bool]:
    """A later record of the same attempt as `first`."""
    return and_(
        alias.c.chain == first.c.chain,
        alias.c.intent == first.c.seq,
        alias.c.seq != first.c.seq,
        alias.c.kind == kind.value,
    )


_successor = (
    select(_next.c.body)
    .where(_next.c.unit_id == first.c.unit_id, _next.c.product_id == first.c.product_id)
    .where(_next.c.kind == Kind.INTENT.value)
    .where(
        or_(
            _next.c.at > first.c.at,
            and_(_next.c.at == first.c.at, _next.c.chain == first.c.chain)
            & (_next.c.seq > first.c.seq),
        )
    )
    .order_by(_next.c.at, _next.c.seq)
    .limit(1)
    .correlate(first)
    .scalar_subquery()
)
_is_open = and_(ending.c.body.is_(None), first.c.kind == Kind.INTENT.value)

_ATTEMPTS = (
    select(
        first.c.body.label("first"),
        _claim.c.body.label("claim"),
        ending.c.body.label("ending"),
        case((_is_open, _successor)).label("successor"),
    )
    .outerjoin(_claim, joined(_claim, Kind.CLAIM))
    .outerjoin(ending, joined(ending, Kind.OUTCOME))
    .where(first.c.intent == first.c.seq)
    .where(first.c.kind.in_((Kind.INTENT.value, Kind.OUTCOME.value)))
)
_ORDER = (first.c.at, first.c.chain, first.c.seq)


@dataclass(frozen=True)
class UnitHistory:
    """What the manifest knows of one unit under one product."""

    last: Record | None = None
    """The latest attempt."""
    passed: Record | None = None
    """The latest PASS, unless the unit was scrapped or voided since."""
    open: Record | None = None
    """The latest attempt, when it has no outcome."""
    fingerprints: tuple[str, ...] = ()
    """Second IDs of the part in these attempts; more than one: more than one board."""


@dataclass(frozen=True)
class Filter:
    """Which attempts. Empty = all; `since` and `until` are about their start, until excluded."""

    since: datetime | None = None
    until: datetime | None = None
    batch: str = ""
    product: str = ""
    outcome: str = ""
    unit: str = ""

    def narrow(self, query: Select[Any]) -> Select[Any]:
        """The part that the database can decide by its indexes."""
        if self.since:
            # A record is written after its attempt started; `keeps` decides exactly.
            query = query.where(first.c.at >= utc(self.since))
        if self.batch:
            query = query.where(first.c.batch == self.batch)
        if self.product:
            query = query.where(first.c.product_id == self.product)
        if self.unit:
            query = query.where(first.c.unit_id == self.unit)
        if self.outcome == Outcome.OPEN:
            query = query.where(_is_open)
        elif self.outcome:
            query = query.where(func.coalesce(ending.c.outcome, first.c.outcome) == self.outcome)
        return query

    def keeps(self, life: Life) -> bool:
        """What only the body tells."""
        started = life.attempt["started"]
        since, until = (utc(each) if each else "" for each in (self.since, self.until))
        return bool(started >= since and (not until or started < until))


ALL = Filter()


class Reader:
    """A manifest that exists, opened for reading. One thread at a time for streams."""

    def __init__(self, where: Place) -> None:
        self.where = where
        self._lock = RLock()
        self._engine = reading(where)
        try:
            with self.connection() as connection:
                known = facts(connection)
            version = check_version(where, known)
            if version < SCHEMA:
                raise BurnerError("E719", f"{where}: version {version}, this burner has {SCHEMA}")
        except BaseException:
            self._engine.dispose()
            raise
        self.manifest = known["manifest"]

    @classmethod
    def open(cls, url_or_path: str | Path) -> Self:
        """Open an existing manifest.

        Raises:
            BurnerError: E701 there is none, E702 it is something else, E703 newer, E719 older;
                other E7.
        """
        return cls(place(url_or_path))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A read transaction: everything read in it is of one moment."""
        with (
            self._lock,
            guarded(self.where),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            yield connection

    # -- attempts --------------------------------------------------------------------------------

    def lives(self, wanted: Filter = ALL) -> Iterator[tuple[Life, Data | None]]:
        """Every attempt in order of its first record, and who superseded it; constant memory."""
        query = wanted.narrow(_ATTEMPTS).order_by(*_ORDER)
        with self.connection() as connection:
            rows = connection.execution_options(yield_per=CHUNK).execute(query)
            for row in rows:
                life = _life(row)
                if wanted.keeps(life):
                    yield life, _superseded_by(row)

    def elements(self, wanted: Filter = ALL) -> Iterator[Data]:
        """The same as `list --json` prints them."""
        for life, successor in self.lives(wanted):
            yield element(life, successor)

    def count(self, wanted: Filter = ALL) -> int:
        """How many attempts the database would have to look at, for a progress bar."""
        with self.connection() as connection:
            query = wanted.narrow(_ATTEMPTS).with_only_columns(func.count())
            return int(connection.execute(query).scalar_one())

    def unit(self, unit_id: str, product_id: str = "") -> UnitHistory:
        """The latest attempt, the latest PASS, and whether the latest is OPEN."""
        if not unit_id:
            return UnitHistory()
        with self.connection() as connection:
            last, good = last_and_passed(connection, unit_id, product_id)
            if good and good.last["at"] <= withdrawn(connection, unit_id, product_id):
                good = None
        if last is None:
            return UnitHistory()
        record = last.record()
        return UnitHistory(
            last=record,
            passed=good.record() if good else None,
            open=record if record.result.outcome is Outcome.OPEN else None,
            fingerprints=fingerprints(life for life in (good, last) if life),
        )

    def find(self, text: str) -> tuple[str, ...]:
        """UnitIds for a MAC, a device name, an IMEI, a label or a serial number."""
        plain = text.strip()
        mac = plain.replace("-", "").replace(":", "").lower()
        as_mac = ":".join(mac[i : i + 2] for i in range(0, 12, 2)) if len(mac) == 12 else plain
        queries = (
            select(records.c.unit_id).where(records.c.unit_id.in_((plain, as_mac))).limit(1),
            select(claims.c.unit_id).where(claims.c.device_name == plain),
            select(ids.c.unit_id).where(ids.c.value == plain),
        )
        with self.connection() as connection:
            found = [unit for query in queries for unit in connection.execute(query).scalars()]
        return tuple(dict.fromkeys(found))

    def newest(self) -> datetime | None:
        """When the last record was written; None for an empty manifest."""
        with self.connection() as connection:
            at = connection.execute(select(func.max(records.c.at))).scalar_one()
        return datetime.fromisoformat(at) if at else None

    def corrections(self, unit_id: str) -> list[Data]:
        """What people said of a unit, first to last."""
        query = (
            select(records.c.body)
            .where(records.c.unit_id == unit_id, records.c.kind == Kind.CORRECTION.value)
            .order_by(records.c.at, records.c.chain, records.c.seq)
        )
        with self.connection() as connection:
            bodies = [loads(body) for body in connection.execute(query).scalars()]
        return [
            {key: body["head"][key] for key in ("seq", "at", "station", "batch")} | body["data"]
            for body in bodies
        ]

    def batch(self, batch: str) -> Row[Any] | None:
        """The row of a batch: planned, taken, state, release."""
        with self.connection() as connection:
            return connection.execute(select(batches).where(batches.c.batch == batch)).first()

    def quota(self, release_digest: str) -> Row[Any] | None:
        """How many units a release may make and has made; None without a limit."""
        with self.connection() as connection:
            return quotas.quota(connection, release_digest)

    def passed_in(self, batch: str) -> int:
        """How many places of a batch are taken for good."""
        query = select(func.count()).where(places.c.batch == batch, places.c.state == PASSED)
        with self.connection() as connection:
            return int(connection.execute(query).scalar_one())

    def made_before(self, profile: str, product_id: str) -> tuple[Attempt, ...]:
        """One passed attempt of every batch that was opened for a profile, name and version."""
        of_profile = (
            select(batches.c.batch)
            .where(batches.c.profile == profile, batches.c.product_id == product_id)
            .order_by(batches.c.batch)
        )
        with self.connection() as connection:
            passed = (
                Filter(batch=batch, outcome=Outcome.PASS).narrow(_ATTEMPTS).limit(1)
                for batch in connection.execute(of_profile).scalars().all()
            )
            rows = [connection.execute(query).first() for query in passed]
        return tuple(_life(row).record().attempt for row in rows if row)


def last_and_passed(
    connection: Connection, unit_id: str, product_id: str
) -> tuple[Life | None, Life | None]:
    """A unit's latest attempt and its latest PASS, whatever a person said of it since."""
    query = Filter(unit=unit_id, product=product_id).narrow(_ATTEMPTS)
    newest = query.order_by(*(column.desc() for column in _ORDER)).limit(1)
    row = connection.execute(newest).first()
    last = _life(row) if row else None
    if last is None or last.outcome is Outcome.PASS:
        return last, last
    row = connection.execute(newest.where(ending.c.outcome == Outcome.PASS.value)).first()
    return last, _life(row) if row else None


def withdrawn(connection: Connection, unit_id: str, product_id: str) -> str:
    """When a unit was last scrapped or voided; empty = never."""
    query = (
        select(records.c.at, records.c.body)
        .where(records.c.unit_id == unit_id, records.c.kind == Kind.CORRECTION.value)
        .where(records.c.product_id == product_id if product_id else true())
        .order_by(records.c.at.desc())
    )
    for row in connection.execute(query):
        if loads(row.body)["data"]["what"] in WITHDRAWING:
            return str(row.at)
    return ""


def _life(row: Row[Any]) -> Life:
    return Life([body for body in (row.first, row.claim, row.ending) if body is not None])


def _superseded_by(row: Row[Any]) -> Data | None:
    if row.successor is None:
        return None
    head = loads(row.successor)["head"]
    return {"seq": head["seq"], "station": head["station"]}
