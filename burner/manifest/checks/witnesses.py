"""What others saw of the chains: this computer's marks, the closes of batches, imports.

A chain proves itself only from the inside. That one is missing altogether, or was written anew to
its end, can be told by what was written of it elsewhere.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import Flaw, Kind
from burner.manifest.checks.answered import ANSWERS, answer
from burner.manifest.claims import CLOSED
from burner.manifest.local.marks import Mark
from burner.manifest.signing.seals import HeadOfChain
from burner.manifest.tables import RARE, chains, records

UNREADABLE = (TypeError, ValueError, KeyError, AttributeError)


class Told(NamedTuple):
    """What a record says that is no part of an attempt."""

    chain: int
    manifest: str
    station: str
    seq: int
    product_id: str
    unit_id: str
    data: Any
    """None when the body cannot be read."""


class Sighting(NamedTuple):
    """A record that names heads of chains."""

    by: Told
    what: str
    heads: tuple[HeadOfChain, ...]


def told(connection: Connection, kind: Kind, manifest: str | None = None) -> Iterator[Told]:
    """Records of a kind outside attempts, chain by chain; of one manifest, or of all."""
    of = select(chains).order_by(chains.c.chain)
    if manifest is not None:
        of = of.where(chains.c.manifest == manifest)
    for chain in connection.execute(of).all():
        # Chain by chain: so SQLite finds them by the index of the rare ones.
        query = (
            select(records.c.seq, records.c.product_id, records.c.unit_id, records.c.body)
            .where(RARE, records.c.chain == chain.chain, records.c.kind == kind.value)
            .order_by(records.c.seq)
        )
        for seq, product, unit, body in connection.execute(query):
            try:
                data = loads(body)["data"]
            except UNREADABLE:
                data = None
            yield Told(chain.chain, chain.manifest, chain.station, seq, product, unit, data)


def sightings(connection: Connection, manifest: str) -> Iterator[Sighting | Flaw]:
    """Where records of this manifest say that chains stood; a flaw for one that cannot be read."""
    for kind in (Kind.BATCH, Kind.IMPORTED):
        for each in told(connection, kind, manifest):
            try:
                if kind is Kind.BATCH and each.data["op"] != CLOSED:
                    continue
                seen = tuple(HeadOfChain(**head) for head in each.data.get("heads", ()))
                what = "the close of a batch" if kind is Kind.BATCH else "an import"
                yield Sighting(each, f"{what} ({each.station} {each.seq})", seen)
            except UNREADABLE:
                yield Flaw(each.station, each.seq, f"a {kind} that cannot be read")


def unlike(connection: Connection, seen: Sighting) -> Iterator[Flaw]:
    """Heads that are not, or no more, what a record saw."""
    for head in seen.heads:
        query = (
            select(records.c.hash)
            .join(chains, chains.c.chain == records.c.chain)
            .where(chains.c.manifest == head.manifest, chains.c.station == head.station)
            .where(records.c.seq == head.seq)
        )
        found = connection.execute(query).scalar()
        if found is None:
            yield Flaw(head.station, head.seq, f"is gone: {seen.what} saw it")
        elif found != head.hash:
            yield Flaw(head.station, head.seq, f"is not what {seen.what} saw: written anew")


def unmarked(remembered: Mapping[str, Mark], here: Container[str]) -> Iterator[Flaw]:
    """Chains that this computer wrote and that are not there at all.

    Args:
        remembered: station → what this computer wrote last.
        here: stations whose chains are there.
    """
    for station, mark in sorted(remembered.items()):
        if station not in here and mark.seq:
            what = f"the whole chain is gone: this computer wrote up to record {mark.seq}"
            yield Flaw(station, 1, what)


def unaccounted(connection: Connection, manifest: str, counts: Mapping[str, int]) -> Iterator[Flaw]:
    """Chains of other manifests that no import brought, or of which some are gone.

    Args:
        connection: a snapshot.
        manifest: our own.
        counts: manifest → records in its chains.
    """
    brought = 0
    for each in told(connection, Kind.IMPORTED, manifest):
        try:
            brought += int(each.data["records"])
        except UNREADABLE:
            yield Flaw(each.station, each.seq, "an import that cannot be read")
    there = sum(count for other, count in counts.items() if other != manifest)
    if there != brought:
        what = f"imports brought {brought} records of other manifests, there are {there}"
        yield Flaw("", 0, what)


def answered(connection: Connection) -> Iterator[str | Flaw]:
    """What a person answered for and a reader should know; a flaw where it is not so."""
    for kind in ANSWERS:
        for each in told(connection, kind):
            before = select(func.max(records.c.seq)).where(
                records.c.chain == each.chain, records.c.seq < each.seq
            )
            last = connection.execute(before).scalar() or 0
            try:
                yield answer(kind, each.station, each.seq, last, each.data)
            except ValueError as error:
                yield Flaw(each.station, each.seq, str(error))
            except UNREADABLE:
                yield Flaw(each.station, each.seq, f"a {kind} that cannot be read")
