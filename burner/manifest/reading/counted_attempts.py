"""Attempts as reports count them: by unit, in the order of the log, without voided ones."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import AttemptRow, UnitRow
from burner.manifest.reading.attempt_filter import ALL_ATTEMPTS, AttemptFilter
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.reading.unit_status import CORRECTIONS, select_with_unit_status
from burner.manifest.store.statements import stream
from burner.manifest.store.tables import OWN, TABLES

_attempts, _units = TABLES[AttemptRow], TABLES[UnitRow]
_COLUMNS = (
    *("unit_id", "product_id", "device_name", "station", "slot", "outcome", "code", "started"),
    *("ms", "timings_ms", "try_number", "rework", "began", "baud", "batch"),
    "nth",
)


class CountedAttempt(NamedTuple):
    """The fields of an attempt that reports count."""

    unit_id: str
    """Empty when no unit was identified."""
    product_id: str
    device_name: str
    station: str
    slot: str
    outcome: str
    """OPEN when it has none."""
    code: str
    started: float
    """Seconds since 1970."""
    ms: int
    """Milliseconds from start to end; 0 when OPEN."""
    timings_ms: Mapping[str, int]
    """Milliseconds by step."""
    try_number: int
    """Above 1: the station tried again by itself."""
    rework: str
    """Reason of a rework; empty: it was none."""
    baud: int
    """Bits per second of the line; 0: not known."""
    began: bool
    """Whether the unit may have been written: an intent is on record."""
    tried_before: bool
    """Whether the unit had an earlier attempt under this product, in any batch."""
    status: str
    """The present status of the unit, as in `batch status`. Where only a part of the time is
    counted: a correction, or empty."""
    batch: str = ""


def counted_attempts(
    reader: ManifestReader, chosen: AttemptFilter = ALL_ATTEMPTS
) -> Iterator[CountedAttempt]:
    """All attempts that count, in constant memory."""
    in_time_window = chosen.since or chosen.until
    query = (
        select_with_unit_status(*(_attempts.c[name] for name in _COLUMNS))
        .where(*chosen.where())
        .where(_units.c.voided.is_(None) | (_units.c.voided < _attempts.c.number))
        .order_by(_attempts.c.product_id, _attempts.c.unit_id)
        .order_by(_attempts.c.log == OWN, _attempts.c.log, _attempts.c.number)
    )
    with reader.connection() as connection:
        for rows in stream(connection, query, CHUNK):
            for row in rows:
                fields = dict(zip(_COLUMNS, row, strict=False))
                in_batch, of_unit, _ = row[len(_COLUMNS) :]
                status = (in_batch if chosen.batch else of_unit) or ""
                nth, began = fields.pop("nth"), bool(fields["began"])
                fields |= {
                    "started": moment(fields["started"]).timestamp(),
                    "timings_ms": json.loads(fields["timings_ms"]),
                    "began": began,
                    "tried_before": nth > began,
                    "status": status if status in CORRECTIONS or not in_time_window else "",
                }
                yield CountedAttempt(**fields)
