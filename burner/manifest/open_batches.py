"""The batches that a station may go on with: of one release, open, and not full."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.manifest.claims import OPEN, PASSED
from burner.manifest.reader import Reader
from burner.manifest.tables import batches, chains, places, records


@dataclass(frozen=True)
class OpenBatch:
    """A batch that wants units."""

    batch: str
    planned: int | None
    """None: no limit."""
    passed: int
    last: datetime | None
    """When this station last began something in it; None: never."""


def open_batches(
    reader: Reader, station: str, *, profile: str, release_digest: str, product_id: str
) -> tuple[OpenBatch, ...]:
    """Those that this station used last come first, then those of other stations by their ids.

    Raises:
        BurnerError: E7.
    """
    facts = {"profile": profile, "release_digest": release_digest, "product_id": product_id}
    wanted = select(batches).where(batches.c.state == OPEN)
    for column, value in facts.items():
        wanted = wanted.where(batches.c[column] == value)
    with reader.connection() as connection:
        rows = connection.execute(wanted.order_by(batches.c.batch)).all()
        found = [*_wanting(connection, rows, reader.manifest, station)]
    used = sorted((each for each in found if each.last), key=_used, reverse=True)
    return (*used, *(each for each in found if not each.last))


def _wanting(connection: Connection, rows: Any, manifest: str, station: str) -> Iterator[OpenBatch]:
    for row in rows:
        passed = select(func.count()).where(places.c.batch == row.batch, places.c.state == PASSED)
        count = int(connection.execute(passed).scalar_one())
        if row.planned is None or count < row.planned:
            yield OpenBatch(
                row.batch, row.planned, count, _last(connection, row, manifest, station)
            )


def _last(connection: Connection, row: Any, manifest: str, station: str) -> datetime | None:
    """By the index of attempts by batch: the opening of a batch stands there too."""
    last = (
        select(records.c.at)
        .join(chains, chains.c.chain == records.c.chain)
        .where(records.c.batch == row.batch, records.c.intent == records.c.seq)
        .where(chains.c.manifest == manifest, chains.c.station == station)
        .order_by(records.c.at.desc())
        .limit(1)
    )
    at = connection.execute(last).scalar()
    return datetime.fromisoformat(at) if at else None


def _used(batch: OpenBatch) -> datetime:
    assert batch.last is not None  # noqa: S101 - asked by the caller
    return batch.last
