"""Who holds a name, compared with who took it and what became of it since.

A name is held from the record that took it until a void releases it. Inside a chain the numbers
of records say what came first; across chains no clock is asked, the counts must fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.engine import Connection

from burner.manifest.chain import Flaw, Kind
from burner.manifest.checks.attempt_check import Name
from burner.manifest.checks.walk import unheld
from burner.manifest.checks.witnesses import UNREADABLE, told
from burner.manifest.claims import carried_in
from burner.manifest.tables import chains, claims, records

Key = tuple[str, str, str]
"""Name, ProductID, unit."""
Where = tuple[int, int]
"""Chain and number of a record."""


class Carried(NamedTuple):
    """A name in an attempt that did not take it."""

    manifest: str
    station: str
    name: Name


class Excuses:
    """Why a record's name may be held by nobody, or by another: read once, when it is needed."""

    def __init__(self, connection: Connection, manifest: str) -> None:
        self.releases: dict[Key, list[Where]] = {}
        """Voids that released a name."""
        self.doubles: set[Key] = set()
        """Names that an import found held by others."""
        self.flaws: list[Flaw] = []
        self._ours: set[int] = set()
        """Chains of our own manifest. What another one says releases none of our names."""
        for each in told(connection, Kind.CORRECTION):
            try:
                product, unit = each.product_id, each.unit_id
                if each.manifest == manifest:
                    self._ours.add(each.chain)
                for name in each.data.get("released", ()):
                    where = (each.chain, each.seq)
                    self.releases.setdefault((name, product, unit), []).append(where)
            except UNREADABLE:
                self.flaws.append(Flaw(each.station, each.seq, "a correction that cannot be read"))
        for each in told(connection, Kind.IMPORTED):
            try:
                for double in each.data.get("duplicates", ()):
                    name, product = double["device_name"], double["product_id"]
                    self.doubles.add((name, product, double["unit_id"]))
            except UNREADABLE:
                self.flaws.append(Flaw(each.station, each.seq, "an import that cannot be read"))

    def cover(self, key: Key, *, ours: bool) -> bool:
        """Whether a unit may carry a name that it does not hold now."""
        return bool(self._released(key, ours=ours)) or (not ours and key in self.doubles)

    def cover_claim(self, key: Key, where: Where, *, ours: bool) -> bool:
        """Whether the name that a record took may be gone."""
        chain, seq = where
        later = (at[0] != chain or at[1] > seq for at in self._released(key, ours=ours))
        return any(later) or (not ours and key in self.doubles)

    def _released(self, key: Key, *, ours: bool) -> list[Where]:
        found = self.releases.get(key, [])
        return [where for where in found if where[0] in self._ours] if ours else found


def wrong_names(connection: Connection) -> Iterator[Flaw]:
    """Names in the table that no record took."""
    same = and_(
        records.c.chain == claims.c.chain,
        records.c.seq == claims.c.seq,
        records.c.claims == 1,
        records.c.device_name == claims.c.device_name,
        records.c.product_id == claims.c.product_id,
        records.c.unit_id == claims.c.unit_id,
    )
    query = (
        select(claims, chains.c.station)
        .join(chains, chains.c.chain == claims.c.chain)
        .outerjoin(records, same)
        .where(records.c.seq.is_(None))
        .order_by(claims.c.chain, claims.c.seq)
        .limit(1)
    )
    for row in connection.execute(query):
        what = f"did not take the name {row.device_name} for {row.unit_id}"
        yield Flaw(row.station, row.seq, what)


def wrongly_released(connection: Connection, manifest: str, excuses: Excuses) -> Iterator[Flaw]:
    """Names that a void released: who holds them must fit how often they were taken."""
    yield from excuses.flaws
    for key, releases in excuses.releases.items():
        taken = _takers(connection, key)
        held = _holding(connection, key)
        if held is not None and not _kept(connection, key, manifest):
            station, chain, seq = held
            after = [at for at in releases if at[0] == chain and at[1] > seq]
            if after:
                what = f"its name {key[0]} was released by record {after[0][1]} and is held again"
                yield Flaw(station, seq, what)
                continue
        # An import does not say which of its claims found their unit holding the name already.
        wanted = len(taken) - len(releases)
        if all(row.manifest == manifest for row in taken) and wanted != (held is not None):
            yield _miscounted(key, taken, wanted)


def _kept(connection: Connection, key: Key, manifest: str) -> bool:
    """Whether an attempt of ours carries a name that an import took and released."""
    query = select(claims.c.seq).join(chains, chains.c.chain == claims.c.chain)
    query = query.where(_of(key), chains.c.manifest != manifest, carried_in(manifest))
    return connection.execute(query).first() is not None


def _of(key: Key) -> ColumnElement[bool]:
    name, product, unit = key
    return and_(
        claims.c.device_name == name, claims.c.product_id == product, claims.c.unit_id == unit
    )


def _miscounted(key: Key, taken: list[Any], wanted: int) -> Flaw:
    name, _, unit = key
    if not taken:
        return Flaw("", 0, f"the name {name} of unit {unit} was released and never taken")
    if wanted > 0:
        what = f"its claim of {name} is not in the table of claims"
    else:
        what = f"its name {name} was released and is held again"
    return Flaw(taken[-1].station, taken[-1].seq, what)


def _takers(connection: Connection, key: Key) -> list[Any]:
    """Records in which a unit took a name."""
    name, product, unit = key
    query = (
        select(records.c.seq, chains.c.station, chains.c.manifest)
        .join(chains, chains.c.chain == records.c.chain)
        .where(records.c.unit_id == unit, records.c.claims == 1)
        .where(records.c.device_name == name, records.c.product_id == product)
        .order_by(records.c.chain, records.c.seq)
    )
    return [*connection.execute(query).all()]


def _holding(connection: Connection, key: Key) -> tuple[str, int, int] | None:
    """Station, chain and number of the record by which a unit holds a name."""
    query = (
        select(chains.c.station, claims.c.chain, claims.c.seq)
        .join(chains, chains.c.chain == claims.c.chain)
        .where(_of(key))
    )
    row = connection.execute(query).first()
    return (row.station, row.chain, row.seq) if row else None


def lost_names(
    connection: Connection, manifest: str, claimed: Mapping[int, int], excuses: Excuses
) -> Iterator[Flaw]:
    """Records whose claims are gone without a word.

    Args:
        connection: a snapshot.
        manifest: our own.
        claimed: chain → how many of its records took a name.
        excuses: of that snapshot.
    """
    counts = select(claims.c.chain, func.count()).group_by(claims.c.chain)
    held = {row[0]: row[1] for row in connection.execute(counts)}
    for chain, count in claimed.items():
        if count != held.get(chain, 0):
            yield from _lost_names_of(connection, chain, manifest, excuses)


def _lost_names_of(
    connection: Connection, chain: int, manifest: str, excuses: Excuses
) -> Iterator[Flaw]:
    """Asked only where the counts differ: a void, an import, or an edit."""
    here = and_(claims.c.chain == records.c.chain, claims.c.seq == records.c.seq)
    query = (
        select(
            records.c.seq,
            records.c.device_name,
            records.c.product_id,
            records.c.unit_id,
            chains.c.station,
            chains.c.manifest,
        )
        .join(chains, chains.c.chain == records.c.chain)
        .outerjoin(claims, here)
        .where(records.c.chain == chain, records.c.claims == 1, claims.c.seq.is_(None))
        .order_by(records.c.seq)
    )
    for row in connection.execute(query):
        key = (row.device_name, row.product_id, row.unit_id)
        ours = row.manifest == manifest
        if excuses.cover_claim(key, (chain, row.seq), ours=ours):
            continue
        # One unit may have been made in two manifests, under one name.
        if not ours and _holding(connection, key):
            continue
        what = f"its claim of {row.device_name} is not in the table of claims"
        yield Flaw(row.station, row.seq, what)


def borrowed(
    connection: Connection, manifest: str, carried: Sequence[Carried], excuses: Excuses
) -> Iterator[Flaw]:
    """Attempts under a name that another unit holds, or nobody, without a word.

    Args:
        connection: a snapshot.
        manifest: our own.
        carried: names that attempts carry and did not take.
        excuses: of that snapshot.
    """
    still = set(unheld(connection, [each.name for each in carried]))
    for each in carried:
        seq, name, product, unit = each.name
        key, ours = (name, product, unit), each.manifest == manifest
        if each.name in still and not excuses.cover(key, ours=ours):
            yield Flaw(each.station, seq, f"carries the name {name}, which is not its unit's")
