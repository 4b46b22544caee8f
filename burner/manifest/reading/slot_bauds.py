"""At which rate the slots of a station burned last."""

from collections.abc import Mapping

from sqlalchemy import func, select

from burner.manifest.fold.rows import PASS, AttemptRow
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.tables import OWN, TABLES

_attempts = TABLES[AttemptRow]


def slot_bauds(reader: ManifestReader, station: str) -> Mapping[str, int]:
    """By slot: bits per second of its last attempt that passed."""
    columns = _attempts.c
    last = (
        select(func.max(columns.number))
        .where(columns.log == OWN, columns.station == station)
        .where(columns.outcome == PASS, columns.baud > 0)
        .group_by(columns.slot)
    )
    query = select(columns.slot, columns.baud).where(columns.log == OWN, columns.number.in_(last))
    with reader.connection() as connection:
        return {slot: int(baud) for slot, baud in connection.execute(query)}
