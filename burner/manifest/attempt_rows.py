"""Attempts as reports count them: of each only what is counted, unit after unit.

Reports read every attempt of a batch, so this reads one body an attempt (the last one, which says
all of it) and lets the database bring a unit's attempts together: whoever counts needs to remember
one unit at a time.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads, moment, utc
from burner.manifest.chain import Kind
from burner.manifest.reader import ALL, Filter, Reader, ending, first, joined
from burner.manifest.tables import RARE, chains, records
from burner.model import Outcome

CHUNK = 2000

_before = records.alias("before")
_earlier = exists().where(
    _before.c.unit_id == first.c.unit_id,
    _before.c.unit_id != "",
    _before.c.product_id == first.c.product_id,
    _before.c.kind == Kind.INTENT.value,
    _before.c.at < first.c.at,
)
_claim = records.alias("claim")
_late_name = (
    select(_claim.c.device_name)
    .where(joined(_claim, Kind.CLAIM))
    .correlate(first)
    .scalar_subquery()
)
_ROWS = (
    select(
        first.c.at,
        first.c.unit_id,
        first.c.product_id,
        func.coalesce(ending.c.device_name, _late_name, first.c.device_name),
        func.coalesce(ending.c.outcome, first.c.outcome),
        first.c.kind,
        chains.c.station,
        func.coalesce(ending.c.body, first.c.body),
        _earlier,
    )
    .join(chains, chains.c.chain == first.c.chain)
    .outerjoin(ending, joined(ending, Kind.OUTCOME))
    .where(first.c.intent == first.c.seq)
    .where(first.c.kind.in_((Kind.INTENT.value, Kind.OUTCOME.value)))
    .order_by(first.c.unit_id, first.c.product_id, first.c.at, first.c.chain, first.c.seq)
)


class AttemptRow(NamedTuple):
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
    scrapped: bool
    """Whether a person has scrapped the unit since."""


class _Corrections:
    """When units were scrapped or voided: (unit, product) → moments."""

    def __init__(self, connection: Connection) -> None:
        self.scrapped: defaultdict[tuple[str, str], str] = defaultdict(str)
        self.voided: defaultdict[tuple[str, str], str] = defaultdict(str)
        query = select(records.c.at, records.c.unit_id, records.c.product_id, records.c.body)
        found = query.where(RARE, records.c.kind == Kind.CORRECTION.value).order_by(records.c.at)
        for at, unit, product, body in connection.execute(found):
            what = loads(body)["data"]["what"]
            moments = {"scrap": self.scrapped, "void": self.voided}.get(what)
            if moments is not None:
                moments[unit, product] = at


def attempt_rows(reader: Reader, wanted: Filter = ALL) -> Iterator[AttemptRow]:
    """Every attempt, those of a unit together and in order. Constant memory.

    Attempts that a correction voided are left out: they do not count.
    """
    since, until = (utc(each) if each else "" for each in (wanted.since, wanted.until))
    with reader.connection() as connection:
        corrections = _Corrections(connection)
        query = wanted.narrow(_ROWS)
        result = connection.execution_options(yield_per=CHUNK).execute(query)
        for chunk in result.partitions():
            for row in chunk:
                body = loads(row[7])["data"]
                started = body["attempt"]["started"]
                if started < since or (until and started >= until):
                    continue
                key = (row[1], row[2])
                if row[0] > corrections.voided.get(key, ""):
                    yield _row(row, body, corrections, key)


def _row(
    row: Any, body: Mapping[str, Any], corrections: _Corrections, key: tuple[str, str]
) -> AttemptRow:
    at, unit_id, product_id, device_name, outcome, kind, station, _, earlier = row
    attempt, result = body["attempt"], body.get("result") or {}
    return AttemptRow(
        unit_id,
        product_id,
        device_name,
        station,
        attempt["slot"],
        outcome or Outcome.OPEN.value,
        result.get("code", ""),
        moment(attempt["started"]).timestamp(),
        result.get("ms", 0),
        result.get("timings_ms", {}),
        attempt["try_number"],
        attempt["rework"],
        kind == Kind.INTENT,
        bool(earlier) and key not in corrections.voided,
        corrections.scrapped.get(key, "") > at,
    )
