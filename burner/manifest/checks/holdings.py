"""What the other tables say again, compared with the records that say it first.

The database compares by its indexes, so that none of it passes through here but what is wrong.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Table, and_, func, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import Flaw, Kind
from burner.manifest.checks.batch_check import wrong_batches, wrong_quotas
from burner.manifest.checks.name_holders import Excuses, wrong_names, wrongly_released
from burner.manifest.checks.witnesses import UNREADABLE
from burner.manifest.claims import PASSED, WORK
from burner.manifest.tables import chains, claims, ids, places, records
from burner.model import Outcome

_ending = records.alias("ending")
_newer = records.alias("newer")
_outcome = and_(
    _ending.c.chain == records.c.chain,
    _ending.c.intent == records.c.seq,
    _ending.c.kind == Kind.OUTCOME.value,
)
_standing = or_(_ending.c.outcome.is_(None), _ending.c.outcome == Outcome.PASS.value)
FREEING = (Kind.INTENT.value, Kind.CORRECTION.value)
"""Kinds after which an earlier attempt need not hold its place."""
REWORK = '%"what":"rework"%'
"""Of the data of a correction that takes nothing away."""


def compare(connection: Connection, manifest: str) -> list[Flaw]:
    """Everything that the database can compare by itself; the first is told."""
    return [
        *_strays(connection, manifest),
        *wrong_names(connection),
        *wrongly_released(connection, manifest, Excuses(connection, manifest)),
        *_by_hash(connection, _wrong_places),
        *_lost_places(connection, manifest),
        *wrong_batches(connection, manifest),
        *wrong_quotas(connection, manifest),
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
    followed = (
        select(_newer.c.seq)
        .where(_newer.c.unit_id == records.c.unit_id, _newer.c.batch == records.c.batch)
        # Sums, so that no database looks for them by chain and number: a unit has few records.
        .where(_newer.c.chain + 0 == records.c.chain, _newer.c.seq + 0 > records.c.seq)
        .where(_newer.c.kind.in_(FREEING))
        .where(or_(_newer.c.kind == Kind.INTENT.value, _newer.c.body.not_like(REWORK)))
    )
    query = (
        select(
            records.c.chain,
            records.c.seq,
            records.c.at,
            records.c.body,
            records.c.unit_id,
            records.c.batch,
            chains.c.station,
        )
        .join(chains, chains.c.chain == records.c.chain)
        .outerjoin(places, here)
        .outerjoin(_ending, _outcome)
        .where(records.c.intent == records.c.seq, records.c.kind == Kind.INTENT.value)
        .where(chains.c.manifest == manifest, records.c.batch != "", places.c.seq.is_(None))
        .where(_standing, ~followed.exists())
    )
    for row in connection.execute(query):
        if not _followed_elsewhere(connection, row, manifest):
            what = f"unit {row.unit_id} has lost its place in batch {row.batch}"
            yield Flaw(row.station, row.seq, what)
            return


def _followed_elsewhere(connection: Connection, row: Any, manifest: str) -> bool:
    """Whether another station of ours had a later word on the unit in this batch."""
    query = (
        select(_newer.c.kind, _newer.c.at, _newer.c.body)
        .join(chains, chains.c.chain == _newer.c.chain)
        .where(_newer.c.unit_id == row.unit_id, _newer.c.batch == row.batch)
        .where(_newer.c.chain != row.chain, chains.c.manifest == manifest)
        .where(_newer.c.kind.in_(FREEING))
    )
    return any(_follows(each, row) for each in connection.execute(query).all())


def _follows(each: Any, row: Any) -> bool:
    """Two stations' clocks are not compared where attempts are counted."""
    try:
        data, nth = loads(each.body)["data"], loads(row.body)["data"].get("nth", 0)
        intent = each.kind == Kind.INTENT.value
        if not intent and data["what"] == "rework":
            return False
        its = data.get("nth", 0)
        if not (nth and its):
            return bool(each.at >= row.at)
        return bool(its > nth or (its == nth and not intent))
    except UNREADABLE:
        return False


def _strays(connection: Connection, manifest: str) -> Iterator[Flaw]:
    """Rows of a chain that does not exist, which no walk along the chains would meet."""
    rows = connection.execute(select(chains)).all()
    if manifest not in {row.manifest for row in rows}:
        yield Flaw("", 0, f"no station wrote for manifest {manifest}: its chains are gone")
    known = {row.chain for row in rows}
    for table in (records, claims, places, ids):
        for chain in _distinct(connection, table):
            if chain not in known:
                yield Flaw("", 0, f"{table.name} of chain {chain}, which no station wrote")


def _distinct(connection: Connection, table: Table) -> Iterator[int]:
    """The chains that a table mentions, by hops along its index rather than a scan."""
    chain = connection.execute(select(func.min(table.c.chain))).scalar_one()
    while chain is not None:
        yield chain
        chain = connection.execute(
            select(func.min(table.c.chain)).where(table.c.chain > chain)
        ).scalar_one()
