"""At which rate the slots of a station burned last."""

from collections.abc import Mapping

from sqlalchemy import func, select

from burner.manifest.fold.rows import PASS, AttemptRow
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.tables import OWN, TABLES

_attempts = TABLES[AttemptRow]


LAST = 20
"""Attempts that count: one of a slower product, or a noisy board, is no rate of the slot."""


def slot_bauds(reader: ManifestReader, station: str) -> Mapping[str, int]:
    """By slot: bits per second of the fastest of its last attempts that passed."""
    columns = _attempts.c
    age = func.row_number().over(partition_by=columns.slot, order_by=columns.number.desc())
    passed = (
        select(columns.slot, columns.baud, age.label("age"))
        .where(columns.log == OWN, columns.station == station)
        .where(columns.outcome == PASS, columns.baud > 0)
        .subquery()
    )
    query = (
        select(passed.c.slot, func.max(passed.c.baud))
        .where(passed.c.age <= LAST)
        .group_by(passed.c.slot)
    )
    with reader.connection() as connection:
        return {slot: int(baud) for slot, baud in connection.execute(query)}
