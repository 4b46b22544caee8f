"""Batches and limits of releases, compared with the records that opened and closed them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import Flaw, Kind
from burner.manifest.checks.witnesses import UNREADABLE
from burner.manifest.claims import CLOSED, OPEN
from burner.manifest.quotas import units
from burner.manifest.tables import RARE, batches, chains, places, quotas, records

FACTS = ("product_id", "profile", "release_digest", "planned")


def wrong_batches(connection: Connection, manifest: str) -> Iterator[Flaw]:
    """Batches that say or count something else than their records and places."""
    query = (
        select(batches, records.c.body, chains.c.station)
        .outerjoin(records, (records.c.chain == batches.c.chain) & (records.c.seq == batches.c.seq))
        .outerjoin(chains, chains.c.chain == batches.c.chain)
        .order_by(batches.c.batch)
    )
    for row in connection.execute(query).all():
        try:
            wrong = _wrong_batch(connection, row, manifest)
        except UNREADABLE:
            wrong = "was opened or closed by a record that cannot be read"
        if wrong:
            yield Flaw(row.station or "", row.seq, f"batch {row.batch} {wrong}")
    nowhere = records.c.batch.not_in(select(batches.c.batch))
    for row in connection.execute(_said(manifest).where(nowhere)):
        yield Flaw(row.station, row.seq, f"batch {row.batch} is not in the table of batches")


def wrong_quotas(connection: Connection, manifest: str) -> Iterator[Flaw]:
    """Limits of releases that say or count something else than batches and places."""
    held = {row.release_digest: row for row in connection.execute(select(quotas))}
    said = set()
    in_order = _said(manifest).order_by(records.c.at, records.c.chain, records.c.seq)
    for row in connection.execute(in_order).all():
        try:
            data = loads(row.body)["data"]
            digest, allowed = data["release_digest"], data.get("quantity")
            if allowed is None or digest in said:
                continue
            said.add(digest)
            if wrong := _wrong_quota(connection, held.get(digest), digest, allowed):
                yield Flaw(row.station, row.seq, f"release {digest[:16]} {wrong}")
        except UNREADABLE:
            yield Flaw(row.station, row.seq, "a batch that cannot be read")
    for digest in sorted(held.keys() - said, key=str):
        yield Flaw("", 0, f"release {digest[:16]} has a limit that no station set")


def _said(manifest: str) -> Any:
    """What stations of this manifest said of batches; an imported one keeps its own."""
    return (
        select(records.c.seq, records.c.batch, records.c.body, chains.c.station)
        .join(chains, chains.c.chain == records.c.chain)
        .where(RARE, records.c.kind == Kind.BATCH.value, chains.c.manifest == manifest)
    )


def _wrong_batch(connection: Connection, row: Any, manifest: str) -> str:
    body = loads(row.body) if row.body else {"head": {}, "data": {}}
    if body["head"].get("batch") != row.batch or body["data"].get("op") != OPEN:
        return "was not opened there"
    if any(body["data"].get(key) != getattr(row, key) for key in FACTS):
        return "was opened for something else"
    said = connection.execute(_said(manifest).where(records.c.batch == row.batch))
    ops = {loads(each.body)["data"]["op"] for each in said}
    if row.state != (CLOSED if CLOSED in ops else OPEN):
        return f"is not {row.state} by its records"
    held = select(func.count()).select_from(places).where(places.c.batch == row.batch)
    count = connection.execute(held).scalar_one()
    return "" if count == row.taken else f"counts {row.taken} places, its units hold {count}"


def _wrong_quota(connection: Connection, held: Any, digest: str, allowed: int) -> str:
    if held is None:
        return "has lost its limit"
    if held.allowed != allowed:
        return f"may make {allowed} units, not {held.allowed}"
    count = units(connection, digest)
    return "" if count == held.taken else f"counts {held.taken} units, {count} hold places"
