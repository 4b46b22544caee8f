"""Attempts as reports count them: those of a unit together and in order, voided ones left out."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import AttemptRow, UnitRow
from burner.manifest.reading.attempt_filter import ALL_ATTEMPTS, AttemptFilter
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.reading.unit_status import CORRECTIONS, select_with_words
from burner.manifest.store.statements import stream
from burner.manifest.store.tables import OWN, TABLES

_attempts, _units = TABLES[AttemptRow], TABLES[UnitRow]
_COLUMNS = (
    *("unit_id", "product_id", "device_name", "station", "slot", "outcome", "code", "started"),
    *("ms", "timings_ms", "try_number", "rework", "began", "nth"),
)


class CountedAttempt(NamedTuple):
    """One attempt, as much of it as is counted."""

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
    """The reason given for burning a known unit again."""
    began: bool
    """Whether the unit may have been written: an intent is on record."""
    earlier: bool
    """Whether the unit was tried before, under this product, in whatever batch or time."""
    word: str
    """The present word on the unit, as `batch status` says it. Where only a part of the time is
    counted: a correction, or empty."""


def counted_attempts(
    reader: ManifestReader, wanted: AttemptFilter = ALL_ATTEMPTS
) -> Iterator[CountedAttempt]:
    """Every attempt that counts; constant memory."""
    windowed = wanted.since or wanted.until
    query = (
        select_with_words(*(_attempts.c[name] for name in _COLUMNS))
        .where(*wanted.where())
        .where(_units.c.voided.is_(None) | (_units.c.voided < _attempts.c.number))
        .order_by(_attempts.c.product_id, _attempts.c.unit_id)
        .order_by(_attempts.c.log == OWN, _attempts.c.log, _attempts.c.number)
    )
    with reader.connection() as connection:
        for rows in stream(connection, query, CHUNK):
            for row in rows:
                names = dict(zip(_COLUMNS, row, strict=False))
                in_batch, of_unit, _ = row[len(_COLUMNS) :]
                word = in_batch if wanted.batch else of_unit
                nth, began = names.pop("nth"), bool(names["began"])
                names |= {
                    "started": moment(names["started"]).timestamp(),
                    "timings_ms": json.loads(names["timings_ms"]),
                    "began": began,
                    "earlier": nth > began,
                    "word": word if word in CORRECTIONS or (word and not windowed) else "",
                }
                yield CountedAttempt(**names)
