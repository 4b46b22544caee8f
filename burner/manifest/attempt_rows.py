"""Attempts as reports count them: of each only what is counted, unit after unit.

Reports read every attempt of a batch, so this reads one body an attempt (the last one, which says
all of it), in the order of an index, as they come. Attempts of a unit are brought together here:
only those wait that another one follows, and most units have one.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

import orjson
from sqlalchemy import exists, func, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.attempts import IS_ATTEMPT, ORDER, ending, first, joined
from burner.manifest.canonical import loads, moment, utc
from burner.manifest.chain import Kind
from burner.manifest.database import stream
from burner.manifest.reader import ALL, Filter, Reader
from burner.manifest.tables import RARE, chains, records
from burner.model import Outcome

CHUNK = 200
"""Rows at once: few enough that a server finds the next ones while these are counted."""

_other = records.alias("other")
_of_same_unit = exists().where(
    _other.c.unit_id == first.c.unit_id,
    _other.c.unit_id != "",
    _other.c.product_id == first.c.product_id,
)
_earlier = _of_same_unit.where(_other.c.kind == Kind.INTENT.value, _other.c.at < first.c.at)
_more = _of_same_unit.where(
    _other.c.intent == _other.c.seq,
    _other.c.at >= first.c.at,
    or_(_other.c.chain != first.c.chain, _other.c.seq != first.c.seq),
)
"""Too often true is harmless: the attempt waits until all are read."""

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
        first.c.chain,
        func.coalesce(ending.c.body, first.c.body),
        _earlier,
        _more,
    )
    .outerjoin(ending, joined(ending, Kind.OUTCOME))
    .where(IS_ATTEMPT)
    .order_by(*ORDER)
)
_NO_RESULT = {"code": "", "ms": 0, "timings_ms": {}}


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


Moments = dict[tuple[str, str], str]
"""(unit, product) → when."""


def attempt_rows(reader: Reader, wanted: Filter = ALL) -> Iterator[AttemptRow]:
    """Every attempt, those of a unit together and in order.

    Attempts that a correction voided are left out: they do not count. Memory holds the attempts
    that wait for a later one of their unit.
    """
    waiting: dict[tuple[str, str], list[AttemptRow]] = {}
    for row, more in _in_time(reader, wanted):
        unit = row[:2]
        if more:
            waiting.setdefault(unit, []).append(row)
            continue
        if unit in waiting:
            yield from waiting.pop(unit)
        yield row
    for rows in waiting.values():
        yield from rows


def _in_time(reader: Reader, wanted: Filter) -> Iterator[tuple[AttemptRow, bool]]:
    """Attempts in the order of their first records, each with whether its unit has a later one."""
    since, until = (utc(each) if each else "" for each in (wanted.since, wanted.until))
    with reader.connection() as connection:
        scrapped, voided = _corrections(connection)
        named = connection.execute(select(chains.c.chain, chains.c.station))
        stations = {row.chain: row.station for row in named}
        with closing(stream(connection, wanted.narrow(_ROWS), CHUNK)) as chunks:
            for chunk in chunks:
                for at, unit, product, name, outcome, kind, chain, body, earlier, more in chunk:
                    data, key = orjson.loads(body)["data"], (unit, product)
                    attempt, result = data["attempt"], data.get("result", _NO_RESULT)
                    started = attempt["started"]
                    if started < since or (until and started >= until):
                        continue
                    if key in voided and at <= voided[key]:
                        continue
                    row = AttemptRow(
                        unit,
                        product,
                        name,
                        stations[chain],
                        attempt["slot"],
                        outcome or Outcome.OPEN.value,
                        result["code"],
                        moment(started).timestamp(),
                        result["ms"],
                        result["timings_ms"],
                        attempt["try_number"],
                        attempt["rework"],
                        kind == "intent",
                        bool(earlier) and key not in voided,
                        key in scrapped and scrapped[key] > at,
                    )
                    yield row, bool(more)


def _corrections(connection: Connection) -> tuple[Moments, Moments]:
    """When units were last scrapped, and last voided."""
    moments: dict[str, Moments] = {"scrap": {}, "void": {}}
    query = select(records.c.at, records.c.unit_id, records.c.product_id, records.c.body)
    found = query.where(RARE, records.c.kind == Kind.CORRECTION.value).order_by(records.c.at)
    for at, unit, product, body in connection.execute(found):
        what = loads(body)["data"]["what"]
        if what in moments:
            moments[what][unit, product] = at
    return moments["scrap"], moments["void"]
