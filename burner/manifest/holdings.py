"""What the other tables say again, compared with the records that say it first.

The database compares by its indexes, so that none of it passes through here but what is wrong.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Table, and_, func, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import Flaw, Kind
from burner.manifest.claims import CLOSED, OPEN, PASSED, WORK
from burner.manifest.quotas import units
from burner.manifest.tables import RARE, batches, chains, claims, ids, places, quotas, records
from burner.model import Outcome

_ending = records.alias("ending")
_newer = records.alias("newer")
_outcome = and_(
    _ending.c.chain == records.c.chain,
    _ending.c.intent == records.c.seq,
    _ending.c.kind == Kind.OUTCOME.value,
)
_standing = or_(_ending.c.outcome.is_(None), _ending.c.outcome == Outcome.PASS.value)


def compare(connection: Connection, manifest: str) -> list[Flaw]:
    """Everything that the database can compare by itself; the first is told."""
    return [
        *_strays(connection, manifest),
        *_wrong_names(connection),
        *_by_hash(connection, _wrong_places),
        *_lost_places(connection, manifest),
        *_wrong_batches(connection, manifest),
        *_wrong_quotas(connection, manifest),
    ]


def _by_hash(
    connection: Connection, query: Callable[[Connection], Iterator[Flaw]]
) -> Iterator[Flaw]:
    """PostgreSQL takes tables it has not analysed yet for small, and loops over them."""
    server = connection.dialect.name == "postgresql"
    if server:
        connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
    yield from query(connection)
    if server:
        connection.exec_driver_sql("SET LOCAL enable_nestloop = on")


def _wrong_names(connection: Connection) -> Iterator[Flaw]:
    """Claims that no record took."""
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


def lost_names(connection: Connection, claimed: Mapping[int, int]) -> Iterator[Flaw]:
    """Records whose claims are gone without a word.

    Args:
        connection: a snapshot.
        claimed: chain → how many of its records took a name.
    """
    counts = select(claims.c.chain, func.count()).group_by(claims.c.chain)
    held = {row[0]: row[1] for row in connection.execute(counts)}
    for chain, count in claimed.items():
        if count != held.get(chain, 0):
            yield from _lost_names_of(connection, chain)


def _lost_names_of(connection: Connection, chain: int) -> Iterator[Flaw]:
    """Asked only where the counts differ: a void, an import, or an edit."""
    excused = _excused(connection)
    here = and_(claims.c.chain == records.c.chain, claims.c.seq == records.c.seq)
    query = (
        select(
            records.c.seq,
            records.c.device_name,
            records.c.product_id,
            records.c.unit_id,
            chains.c.station,
        )
        .join(chains, chains.c.chain == records.c.chain)
        .outerjoin(claims, here)
        .where(records.c.chain == chain, records.c.claims == 1, claims.c.seq.is_(None))
        .order_by(records.c.seq)
    )
    for row in connection.execute(query):
        if (row.device_name, row.product_id, row.unit_id) not in excused:
            what = f"its claim of {row.device_name} is not in the table of claims"
            yield Flaw(row.station, row.seq, what)


def _excused(connection: Connection) -> set[tuple[str, str, str]]:
    """(name, ProductID, unit) that a correction released, or an import met held by others."""
    query = select(records.c.kind, records.c.product_id, records.c.unit_id, records.c.body).where(
        RARE, records.c.kind.in_((Kind.CORRECTION.value, Kind.IMPORTED.value))
    )
    found: set[tuple[str, str, str]] = set()
    for row in connection.execute(query):
        data = loads(row.body)["data"]
        found |= {(name, row.product_id, row.unit_id) for name in data.get("released", ())}
        found |= {
            (each["device_name"], each["product_id"], each["unit_id"])
            for each in data.get("duplicates", ())
        }
    return found


def _wrong_places(connection: Connection) -> Iterator[Flaw]:
    """Places whose attempt says something else."""
    same = and_(
        records.c.chain == places.c.chain,
        records.c.seq == places.c.seq,
        records.c.kind == Kind.INTENT.value,
        records.c.batch == places.c.batch,
        records.c.unit_id == places.c.unit_id,
    )
    agrees = or_(
        and_(places.c.state == PASSED, _ending.c.outcome == Outcome.PASS.value),
        and_(places.c.state == WORK, _ending.c.outcome.is_(None)),
    )
    query = (
        select(places, records.c.seq.label("intent"), chains.c.station)
        .join(chains, chains.c.chain == places.c.chain)
        .outerjoin(records, same)
        .outerjoin(_ending, _outcome)
        .where(or_(records.c.seq.is_(None), func.coalesce(agrees, False).is_(False)))
        .order_by(places.c.chain, places.c.seq)
        .limit(1)
    )
    for row in connection.execute(query):
        if row.intent is None:
            what = f"did not take the place of {row.unit_id} in batch {row.batch}"
        else:
            what = f"ended otherwise than the place of {row.unit_id} in batch {row.batch} says"
        yield Flaw(row.station, row.seq, what)


def _lost_places(connection: Connection, manifest: str) -> Iterator[Flaw]:
    """Attempts of ours that must hold a place (PASS, OPEN, the unit's last word) and do not."""
    here = and_(places.c.chain == records.c.chain, places.c.seq == records.c.seq)
    followed = select(_newer.c.seq).where(
        _newer.c.unit_id == records.c.unit_id,
        _newer.c.batch == records.c.batch,
        _newer.c.kind.in_((Kind.INTENT.value, Kind.CORRECTION.value)),
        _newer.c.at >= records.c.at,
        or_(_newer.c.chain != records.c.chain, _newer.c.seq > records.c.seq),
    )
    query = (
        select(records.c.seq, records.c.unit_id, records.c.batch, chains.c.station)
        .join(chains, chains.c.chain == records.c.chain)
        .outerjoin(places, here)
        .outerjoin(_ending, _outcome)
        .where(records.c.intent == records.c.seq, records.c.kind == Kind.INTENT.value)
        .where(chains.c.manifest == manifest, records.c.batch != "", places.c.seq.is_(None))
        .where(_standing, ~followed.exists())
        .limit(1)
    )
    for row in connection.execute(query):
        what = f"unit {row.unit_id} has lost its place in batch {row.batch}"
        yield Flaw(row.station, row.seq, what)


def _strays(connection: Connection, manifest: str) -> Iterator[Flaw]:
    """Rows of a chain that does not exist, which no walk along the chains would meet."""
    rows = connection.execute(select(chains)).all()
    if rows and manifest not in {row.manifest for row in rows}:
        yield Flaw("?", 0, f"no station wrote for manifest {manifest}")
    known = {row.chain for row in rows}
    for table in (records, claims, places, ids):
        for chain in _distinct(connection, table):
            if chain not in known:
                yield Flaw("?", 0, f"{table.name} of chain {chain}, which no station wrote")


def _wrong_batches(connection: Connection, manifest: str) -> Iterator[Flaw]:
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


def _wrong_quotas(connection: Connection, manifest: str) -> Iterator[Flaw]:
    """Limits of releases that say or count something else than batches and places."""
    query = (
        select(records.c.seq, records.c.body, chains.c.station)
        .join(chains, chains.c.chain == records.c.chain)
        .where(RARE, records.c.kind == Kind.BATCH.value, chains.c.manifest == manifest)
        .order_by(records.c.at, records.c.chain, records.c.seq)
    )
    held = {row.release_digest: row for row in connection.execute(select(quotas))}
    said = set()
    for row in connection.execute(query).all():
        data = loads(row.body)["data"]
        digest, allowed = data["release_digest"], data.get("quantity")
        if allowed is not None and digest not in said:
            said.add(digest)
            if wrong := _wrong_quota(connection, held.get(digest), digest, allowed):
                yield Flaw(row.station, row.seq, f"release {digest[:16]} {wrong}")
    for digest in sorted(held.keys() - said):
        yield Flaw("?", 0, f"release {digest[:16]} has a limit that no station set")


def _wrong_quota(connection: Connection, held: Any, digest: str, allowed: int) -> str:
    if held is None:
        return "has lost its limit"
    if held.allowed != allowed:
        return f"may make {allowed} units, not {held.allowed}"
    count = units(connection, digest)
    return "" if count == held.taken else f"counts {held.taken} units, {count} hold places"


def _distinct(connection: Connection, table: Table) -> Iterator[int]:
    """The chains that a table mentions, by hops along its index rather than a scan."""
    chain = connection.execute(select(func.min(table.c.chain))).scalar_one()
    while chain is not None:
        yield chain
        chain = connection.execute(
            select(func.min(table.c.chain)).where(table.c.chain > chain)
        ).scalar_one()


BATCH_FACTS = ("product_id", "profile", "release_digest", "planned")
