"""What the other tables say again, followed along the records that say it first.

Names, places and IDs come in the order of the records that took them, so each chain is one merge
of sorted streams: constant memory, and nothing is looked up.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Select, Table, func, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import Columns, Flaw, Kind
from burner.manifest.claims import CLOSED, OPEN, PASSED, WORK, other_ids
from burner.manifest.tables import RARE, batches, chains, claims, ids, places, records
from burner.model import Outcome

CHUNK = 2000

FREEING = ("correction", "imported")
"""Kinds that explain a claim that is not there."""

NAMING = ("intent", "claim")
"""Kinds that bring IDs."""


def chunks(connection: Connection, query: Select[Any]) -> Generator[Sequence[Any], None, None]:
    """Rows as they stream in: constant memory."""
    with connection.execution_options(yield_per=CHUNK).execute(query) as result:
        yield from result.partitions()


class Freed:
    """Names that are not in the table of claims, and the records that say why, of all chains."""

    def __init__(self) -> None:
        self.missing: dict[tuple[str, str, str], Flaw] = {}
        """(name, ProductID, unit) → the record that took the name."""
        self._excused: set[tuple[str, str, str]] = set()

    def take(self, kind: str, unit: str, product: str, data: dict[str, Any]) -> None:
        """A correction that released names, or an import that met names held by others."""
        if kind == "correction":
            self._excused |= {(name, product, unit) for name in data.get("released", ())}
        else:
            self._excused |= {
                (each["device_name"], each["product_id"], each["unit_id"])
                for each in data["duplicates"]
            }

    def flaws(self) -> list[Flaw]:
        """Claims that are gone without a word."""
        return [flaw for claim, flaw in self.missing.items() if claim not in self._excused]


class Holdings:
    """Claims and places of one chain, followed along its records in the same order."""

    def __init__(
        self, connection: Connection, chain: int, station: str, *, own: bool, freed: "Freed"
    ) -> None:
        self._connection, self._chain, self._station = connection, chain, station
        self._own, self._freed = own, freed
        self._flaws: list[Flaw] = []
        c, p = claims.c, places.c
        self._claims = self._stream(
            select(c.seq, c.device_name, c.product_id, c.unit_id)
            .where(c.chain == chain)
            .order_by(c.seq)
        )
        self._places = self._stream(
            select(p.seq, p.batch, p.unit_id, p.state).where(p.chain == chain).order_by(p.seq)
        )
        self._ids = self._stream(
            select(ids.c.seq, ids.c.value, ids.c.unit_id)
            .where(ids.c.chain == chain)
            .order_by(ids.c.seq, ids.c.value)
        )
        self._claim, self._place = next(self._claims, None), next(self._places, None)
        self._id = next(self._ids, None)
        self._waiting: dict[int, str] = {}
        """Intent → state of its place, until the outcome comes."""
        self._without: dict[int, tuple[str, str, str]] = {}
        """Intent that holds no place, until an outcome says that it need not."""

    def take(self, row: Columns) -> None:
        """The next good record of the chain."""
        _, batch, claimed, name, intent, kind, outcome, product, seq, unit, body, _ = row
        if claimed:
            self._take_name(seq, (name, product, unit))
        if kind in FREEING:
            self._freed.take(kind, unit, product, loads(body)["data"])
        if kind in NAMING and f'"ids":{{"mac":"{unit}"}}' not in body:
            self._take_ids(seq, unit, body)
        if not batch or not self._own:
            return
        if kind == "intent":
            if self._place and self._place[0] == seq:
                self._take_place(seq, batch, unit)
            else:
                self._without[seq] = (batch, unit, row[0])
        elif kind == "outcome":
            self._settle(intent, outcome)

    def end(self) -> list[Flaw]:
        """After the last record: what was left over or is not there."""
        for claim in (self._claim, *self._claims) if self._claim else ():
            self._say(claim[0], f"did not take the name {claim[1]} for {claim[3]}")
        for place in (self._place, *self._places) if self._place else ():
            self._say(place[0], f"did not take the place of {place[2]} in batch {place[1]}")
        for found in (self._id, *self._ids) if self._id else ():
            self._say(found[0], f"does not have the ID {found[1]} of {found[2]}")
        for seq, state in self._waiting.items():
            if state != WORK:
                self._say(seq, "is OPEN, its place says that it passed")
        for seq, (batch, unit, at) in self._without.items():
            if not self._followed(seq, batch, unit, at):
                self._say(seq, f"unit {unit} has lost its place in batch {batch}")
        return self._flaws

    def _take_name(self, seq: int, claim: tuple[str, str, str]) -> None:
        held = self._claim
        if held and held[0] <= seq:
            self._claim = next(self._claims, None)
            if held != (seq, *claim):
                self._say(held[0], f"did not take the name {held[1]} for {held[3]}")
        else:
            flaw = Flaw(
                self._station, seq, f"its claim of {claim[0]} is not in the table of claims"
            )
            self._freed.missing.setdefault(claim, flaw)

    def _take_ids(self, seq: int, unit: str, body: str) -> None:
        for value in other_ids(loads(body)["data"]["attempt"].get("ids", {})):
            if self._id == (seq, value, unit):
                self._id = next(self._ids, None)
            else:
                self._say(seq, f"its ID {value} is not in the table of IDs")

    def _take_place(self, seq: int, batch: str, unit: str) -> None:
        assert self._place is not None  # noqa: S101 - asked by the caller
        if self._place[1:3] != (batch, unit):
            self._say(seq, f"does not give {self._place[2]} a place in batch {self._place[1]}")
        self._waiting[seq] = self._place[3]
        self._place = next(self._places, None)

    def _settle(self, intent: int, outcome: str) -> None:
        passed = outcome == Outcome.PASS
        state = self._waiting.pop(intent, None)
        if state is None:
            if not passed:
                self._without.pop(intent, None)
        elif (state == PASSED) is not passed:
            self._say(intent, f"ended {outcome}, its place says {state}")

    def _followed(self, seq: int, batch: str, unit: str, at: str) -> bool:
        """Whether a later attempt or a correction decided over the unit's place."""
        c = records.c
        later = (
            select(c.seq)
            .where(c.unit_id == unit, c.batch == batch, c.at >= at)
            .where(c.kind.in_((Kind.INTENT.value, Kind.CORRECTION.value)))
            .where(or_(c.chain != self._chain, c.seq > seq))
            .limit(1)
        )
        return self._connection.execute(later).first() is not None

    def close(self) -> None:
        """Let go of the streams."""
        for stream in (self._claims, self._places, self._ids):
            stream.close()

    def _stream(self, query: Select[Any]) -> Generator[Any, None, None]:
        with closing(chunks(self._connection, query)) as stream:
            for chunk in stream:
                yield from chunk

    def _say(self, seq: int, what: str) -> None:
        if len(self._flaws) < FEW:
            self._flaws.append(Flaw(self._station, seq, what))


def strays(connection: Connection, manifest: str) -> Iterator[Flaw]:
    """Rows of a chain that does not exist, which no walk along the chains would meet."""
    rows = connection.execute(select(chains)).all()
    if rows and manifest not in {row.manifest for row in rows}:
        yield Flaw("?", 0, f"no station wrote for manifest {manifest}")
    known = {row.chain for row in rows}
    for table in (records, claims, places, ids):
        for chain in _distinct(connection, table):
            if chain not in known:
                yield Flaw("?", 0, f"{table.name} of chain {chain}, which no station wrote")


def wrong_batches(connection: Connection, manifest: str) -> Iterator[Flaw]:
    """Batches that say or count something else than their records and places."""
    query = (
        select(batches, records.c.body, chains.c.station)
        .outerjoin(records, (records.c.chain == batches.c.chain) & (records.c.seq == batches.c.seq))
        .outerjoin(chains, chains.c.chain == batches.c.chain)
        .order_by(batches.c.batch)
    )
    for row in connection.execute(query).all():
        if wrong := _wrong_batch(connection, row):
            yield Flaw(str(row.station), row.seq, f"batch {row.batch} {wrong}")
    opened = select(records.c.seq, records.c.batch, chains.c.station).join(
        chains, chains.c.chain == records.c.chain
    )
    nowhere = records.c.batch.not_in(select(batches.c.batch))
    rare = opened.where(RARE, records.c.kind == Kind.BATCH.value, chains.c.manifest == manifest)
    for row in connection.execute(rare.where(nowhere)):
        yield Flaw(row.station, row.seq, f"batch {row.batch} is not in the table of batches")


def _wrong_batch(connection: Connection, row: Any) -> str:
    body = loads(row.body) if row.body else {"head": {}, "data": {}}
    if body["head"].get("batch") != row.batch or body["data"].get("op") != OPEN:
        return "was not opened there"
    if any(body["data"].get(key) != getattr(row, key) for key in BATCH_FACTS):
        return "was opened for something else"
    closed = select(records.c.body).where(
        RARE, records.c.batch == row.batch, records.c.kind == Kind.BATCH.value
    )
    ops = {loads(text)["data"]["op"] for text in connection.execute(closed).scalars()}
    if row.state != (CLOSED if CLOSED in ops else OPEN):
        return f"is not {row.state} by its records"
    held = select(func.count()).select_from(places).where(places.c.batch == row.batch)
    count = connection.execute(held).scalar_one()
    return "" if count == row.taken else f"counts {row.taken} places, its units hold {count}"


def _distinct(connection: Connection, table: Table) -> Iterator[int]:
    """The chains that a table mentions, by hops along its index rather than a scan."""
    chain = connection.execute(select(func.min(table.c.chain))).scalar_one()
    while chain is not None:
        yield chain
        chain = connection.execute(
            select(func.min(table.c.chain)).where(table.c.chain > chain)
        ).scalar_one()


FEW = 10
"""Contradictions kept of a chain: the first is told."""

BATCH_FACTS = ("product_id", "profile", "release_digest", "planned")
