"""Reading the manifest: one unit, a stream of attempts, the bodies of a chain. Never writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, Self

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import claims, quotas, twins
from burner.manifest.attempts import (
    ATTEMPTS,
    IS_OPEN,
    ORDER,
    ending,
    first,
    life_of,
    superseded_by,
)
from burner.manifest.bodies import Data, Life, element
from burner.manifest.canonical import loads, utc
from burner.manifest.chain import Kind
from burner.manifest.claims import PASSED
from burner.manifest.database import Place, check_version, facts, guarded, place, reading
from burner.manifest.history import UnitHistory, find, history
from burner.manifest.tables import SCHEMA, batches, chains, places, records
from burner.model import Outcome, Record
from burner.release_diff import Made

CHUNK = 500
"""Rows fetched at once: constant memory, few round trips."""


@dataclass(frozen=True)
class Filter:
    """Which attempts. Empty = all; `since` and `until` are about their start, until excluded."""

    since: datetime | None = None
    until: datetime | None = None
    batch: str = ""
    product: str = ""
    outcome: str = ""
    unit: str = ""
    manifest: str = ""
    """Only what its own stations wrote: an imported batch may have the same id as ours."""

    def narrow(self, query: Select[Any]) -> Select[Any]:
        """The part that the database can decide by its indexes."""
        if self.since:
            # A record is written after its attempt started; `keeps` decides exactly.
            query = query.where(first.c.at >= utc(self.since))
        if self.batch:
            query = query.where(first.c.batch == self.batch)
        if self.manifest:
            own = select(chains.c.chain).where(chains.c.manifest == self.manifest)
            query = query.where(first.c.chain.in_(own))
        if self.product:
            query = query.where(first.c.product_id == self.product)
        if self.unit:
            query = query.where(first.c.unit_id == self.unit)
        if self.outcome == Outcome.OPEN:
            query = query.where(IS_OPEN)
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

    def meant(self, wanted: Filter) -> Filter:
        """The same, but a batch that was opened here is that one: an import may bring its like.

        Raises:
            BurnerError: E733 no batch of that id was opened here or imported.
        """
        if wanted.batch and self.batch(wanted.batch):
            return replace(wanted, manifest=self.manifest)
        if wanted.batch and not self.count(Filter(batch=wanted.batch)):
            raise BurnerError("E733", wanted.batch)
        return wanted

    # -- attempts --------------------------------------------------------------------------------

    def lives(self, wanted: Filter = ALL) -> Iterator[tuple[Life, Data | None]]:
        """Every attempt in order of its first record, and who superseded it; constant memory."""
        query = wanted.narrow(ATTEMPTS).order_by(*ORDER)
        with self.connection() as connection:
            rows = connection.execution_options(yield_per=CHUNK).execute(query)
            for row in rows:
                life = life_of(row)
                if wanted.keeps(life):
                    yield life, superseded_by(row)

    def elements(self, wanted: Filter = ALL) -> Iterator[Data]:
        """The same as `list --json` prints them."""
        for life, successor in self.lives(wanted):
            yield element(life, successor)

    def count(self, wanted: Filter = ALL) -> int:
        """How many attempts the database would have to look at, for a progress bar."""
        with self.connection() as connection:
            query = wanted.narrow(ATTEMPTS).with_only_columns(func.count())
            return int(connection.execute(query).scalar_one())

    def unit(self, unit_id: str, product_id: str = "") -> UnitHistory:
        """The latest attempt, the latest PASS, and whether the latest is OPEN."""
        if not unit_id:
            return UnitHistory()
        with self.connection() as connection:
            return history(connection, unit_id, product_id)

    def holder(self, unit_id: str, product_id: str, serial: str = "", device_name: str = "") -> str:
        """Which other unit has this serial number or name on record; empty when none has."""
        with self.connection() as connection:
            if serial and (it := twins.holder(connection, unit_id, product_id, "serial", serial)):
                return it
            if not device_name:
                return ""
            return claims.holder(connection, unit_id, product_id, device_name)

    def find(self, text: str) -> tuple[str, ...]:
        """UnitIds for a MAC, a device name, an IMEI, a label or a serial number."""
        with self.connection() as connection:
            return find(connection, text)

    def newest(self) -> datetime | None:
        """When the last record was written; None for an empty manifest."""
        # Moments only grow along a chain: its last record is its newest.
        last = (
            select(records.c.at)
            .where(records.c.chain == chains.c.chain)
            .order_by(records.c.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        with self.connection() as connection:
            at = connection.execute(select(func.max(last)).select_from(chains)).scalar_one()
        return datetime.fromisoformat(at) if at else None

    def batch(self, batch: str) -> Row[Any] | None:
        """The row of a batch: planned, taken, state, release."""
        with self.connection() as connection:
            return connection.execute(select(batches).where(batches.c.batch == batch)).first()

    def data_of(self, chain: int, seq: int) -> Data:
        """The data of a record that is there."""
        place = (records.c.chain == chain, records.c.seq == seq)
        with self.connection() as connection:
            body = connection.execute(select(records.c.body).where(*place)).scalar_one()
        data: Data = loads(body)["data"]
        return data

    def quota(self, release_digest: str) -> Row[Any] | None:
        """How many units a release may make and has made; None without a limit."""
        with self.connection() as connection:
            return quotas.quota(connection, release_digest)

    def passed_in(self, batch: str) -> int:
        """How many places of a batch are taken for good."""
        query = select(func.count()).where(places.c.batch == batch, places.c.state == PASSED)
        with self.connection() as connection:
            return int(connection.execute(query).scalar_one())

    def key_of_good_units(self, batch: str) -> str:
        """Fingerprint of the product key that a batch's good units carry; empty = not known."""
        ends = and_(records.c.chain == places.c.chain, records.c.intent == places.c.seq)
        query = (
            select(records.c.body)
            .join_from(places, records, ends)
            .where(places.c.batch == batch, places.c.state == PASSED)
            .where(records.c.kind == Kind.OUTCOME.value)
            .limit(1)
        )
        with self.connection() as connection:
            body = connection.execute(query).scalar()
        return str(loads(body)["data"]["result"]["evidence"].get("key", "")) if body else ""

    def made_before(self, profile: str, product_id: str) -> tuple[Made, ...]:
        """How units were made in every batch of a profile, name and version, that has a PASS."""
        of_profile = (
            select(batches.c.batch, batches.c.release_digest, records.c.body)
            .where(batches.c.profile == profile, batches.c.product_id == product_id)
            .join(records, and_(records.c.chain == batches.c.chain, records.c.seq == batches.c.seq))
            .order_by(batches.c.batch)
        )
        with self.connection() as connection:
            found = [
                (row, connection.execute(passed).first())
                for row in connection.execute(of_profile).all()
                for passed in [
                    Filter(batch=row.batch, outcome=Outcome.PASS).narrow(ATTEMPTS).limit(1)
                ]
            ]
        return tuple(
            _made(row.batch, row.release_digest, loads(row.body)["data"], life_of(unit).record())
            for row, unit in found
            if unit
        )


def _made(batch: str, release_digest: str, opened: Data, unit: Record) -> Made:
    """From the record that opened a batch and a unit that passed in it."""
    index = opened.get("index", "")
    return Made(
        batch=batch,
        release_digest=release_digest,
        index=loads(index) if index else None,
        regions=unit.attempt.regions,
        key=str(unit.result.evidence.get("key", "") or opened.get("key", "")),
    )
