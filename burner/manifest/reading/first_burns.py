"""Since when units have their names: the start of the first attempt that wrote one."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import AttemptRow
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.store.statements import stream
from burner.manifest.store.tables import TABLES

_attempts = TABLES[AttemptRow]


class FirstBurn(NamedTuple):
    """A unit and one of its names."""

    started: datetime
    batch: str
    """Of the last attempt with this name."""


def first_burns(reader: ManifestReader, product_id: str) -> dict[tuple[str, str], FirstBurn]:
    """UnitId and name → when the unit was burned with it first, over all logs. An attempt that was
    voided later counts: the unit had the name.
    """
    columns = _attempts.c
    query = (
        select(columns.unit_id, columns.device_name, columns.started, columns.batch)
        .where(columns.product_id == product_id, columns.began, columns.device_name != "")
        .order_by(columns.log, columns.number)
    )
    found: dict[tuple[str, str], tuple[str, str]] = {}
    with reader.connection() as connection:
        for rows in stream(connection, query, CHUNK):
            for unit_id, name, started, batch in rows:
                before, _ = found.get((unit_id, name), (started, ""))
                found[unit_id, name] = min(before, started), batch
    return {key: FirstBurn(moment(started), batch) for key, (started, batch) in found.items()}
