"""The batches that a station may continue: of one release, open, and not full."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import BATCH_OPEN, AttemptRow, BatchRow
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import OWN, TABLES


@dataclass(frozen=True)
class OpenBatch:
    """An open batch with room for units."""

    batch: str
    planned: int | None
    """None: no limit."""
    passed: int
    last_used: datetime | None
    """When this station last began an attempt in it, by its clock; None: never."""


def open_batches(
    reader: ManifestReader, station: str, *, profile: str, release_digest: str, product_id: str
) -> tuple[OpenBatch, ...]:
    """The batches that this station used, latest first; then the others by id.

    Raises:
        BurnerError: E7.
    """
    attempts = TABLES[AttemptRow]
    batches: list[tuple[int, OpenBatch]] = []
    with reader.connection() as connection:
        rows = TableState(connection).rows(
            BatchRow, profile=profile, release_digest=release_digest, product_id=product_id
        )
        for row in rows:
            passed = row.taken - row.working
            if row.state != BATCH_OPEN or (row.planned is not None and passed >= row.planned):
                continue
            query = select(func.max(attempts.c.number)).where(attempts.c.log == OWN)
            here = query.where(attempts.c.batch == row.batch, attempts.c.station == station)
            number = connection.execute(here).scalar()
            latest = row.opened if number is None else number
            entry = entry_at(connection, latest)
            last_used = moment(entry.at) if entry.station == station else None
            batches.append((latest, OpenBatch(row.batch, row.planned, passed, last_used)))
    used = sorted((pair for pair in batches if pair[1].last_used), key=lambda pair: -pair[0])
    unused = (pair for pair in batches if not pair[1].last_used)
    return tuple(batch for _, batch in (*used, *unused))
