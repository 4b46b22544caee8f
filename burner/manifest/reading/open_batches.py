"""The batches that a station may go on with: of one release, open, and not full."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import BATCH_OPEN, AttemptRow, BatchRow
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.state import TableState
from burner.manifest.store.tables import OWN, TABLES


@dataclass(frozen=True)
class OpenBatch:
    """A batch that wants units."""

    batch: str
    planned: int | None
    """None: no limit."""
    passed: int
    last: datetime | None
    """When this station last began something in it, by its clock; None: never."""


def open_batches(
    reader: ManifestReader, station: str, *, profile: str, release_digest: str, product_id: str
) -> tuple[OpenBatch, ...]:
    """Those that this station used last come first, then those of other stations by their ids.

    Raises:
        BurnerError: E7.
    """
    attempts = TABLES[AttemptRow]
    found: list[tuple[int, OpenBatch]] = []
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
            where = row.opened if number is None else number
            entry = entry_at(connection, where)
            last = moment(entry.at) if entry.station == station else None
            found.append((where, OpenBatch(row.batch, row.planned, passed, last)))
    used = sorted((pair for pair in found if pair[1].last), key=lambda pair: -pair[0])
    return tuple(each for _, each in [*used, *(pair for pair in found if not pair[1].last)])
