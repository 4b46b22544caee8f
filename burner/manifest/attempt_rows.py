"""Attempts as reports count them: of each only what is counted, unit after unit.

Reports read every attempt of a batch, so this reads one body an attempt (the last one, which says
all of it), in the order of an index, as they come. Attempts of a unit are brought together here:
only those wait that another one follows, and most units have one.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import chain
from typing import NamedTuple

import orjson
from sqlalchemy import exists, func, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.attempts import IS_ATTEMPT, ORDER, ending, first, joined
from burner.manifest.bodies import Data
from burner.manifest.canonical import loads, moment, utc
from burner.manifest.chain import Kind
from burner.manifest.database import stream
from burner.manifest.order import follows, in_order
from burner.manifest.reader import ALL, Filter, Reader
from burner.manifest.tables import RARE, records
from burner.model import Outcome

CHUNK = 200
"""Rows at once: few enough that a server finds the next ones while these are counted."""

_other = records.alias("other")
_more = exists().where(
    _other.c.unit_id == first.c.unit_id,
    _other.c.unit_id != "",
    _other.c.product_id == first.c.product_id,
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
        func.coalesce(ending.c.body, first.c.body),
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


Corrections = dict[tuple[str, str], list[Data]]
"""(unit, product) → bodies."""


_Turn = tuple[Data, str, str, int]
"""Of an attempt: the head of its last record; moment, kind and `nth` (order.py) of its first."""


def attempt_rows(reader: Reader, wanted: Filter = ALL) -> Iterator[AttemptRow]:
    """Every attempt, those of a unit together and in order.

    Attempts that a correction voided are left out: they do not count. Memory holds the attempts
    that wait for a later one of their unit.
    """
    waiting: dict[tuple[str, str], list[tuple[AttemptRow, _Turn]]] = {}
    for row, turn, more in _in_time(reader, wanted):
        unit = row[:2]
        if more:
            waiting.setdefault(unit, []).append((row, turn))
        elif unit in waiting:
            yield from _in_order([*waiting.pop(unit), (row, turn)])
        else:
            yield row
    for rows in waiting.values():
        yield from _in_order(rows)


def _in_order(rows: list[tuple[AttemptRow, _Turn]]) -> Iterator[AttemptRow]:
    return (row for row, _ in in_order(rows, lambda pair: _first_body(pair[1])))


def _in_time(reader: Reader, wanted: Filter) -> Iterator[tuple[AttemptRow, _Turn, bool]]:
    """Attempts by the moments of their first records; of each where it stands among those of its
    unit, and whether there is a later one.
    """
    since, until = (utc(each) if each else "" for each in (wanted.since, wanted.until))
    with reader.connection() as connection:
        scraps, voids = _corrections(connection)
        with closing(stream(connection, wanted.narrow(_ROWS), CHUNK)) as chunks:
            rows = chain.from_iterable(chunks)
            for at, unit, product, name, outcome, kind, body, more in rows:
                parsed, key = orjson.loads(body), (unit, product)
                data, head = parsed["data"], parsed["head"]
                attempt, result = data["attempt"], data.get("result", _NO_RESULT)
                started = attempt["started"]
                if started < since or (until and started >= until):
                    continue
                turn = head, at, kind, data.get("nth", 0)
                if key in voids and _followed(turn, voids[key], reader.manifest):
                    continue
                row = AttemptRow(
                    unit,
                    product,
                    name,
                    head["station"],
                    attempt["slot"],
                    outcome or Outcome.OPEN.value,
                    result["code"],
                    moment(started).timestamp(),
                    result["ms"],
                    result["timings_ms"],
                    attempt["try_number"],
                    attempt["rework"],
                    kind == "intent",
                    turn[3] > (kind == "intent") and key not in voids,
                    key in scraps and _followed(turn, scraps[key], reader.manifest),
                )
                yield row, turn, bool(more)


def _first_body(turn: _Turn) -> Data:
    """As much of the body of an attempt's first record as says where it stands among others."""
    head, at, kind, nth = turn
    first_head = {**head, "at": at, "kind": kind, "seq": head["intent"]}
    return {"head": first_head, "data": {"nth": nth} if nth else {}}


def _followed(turn: _Turn, corrections: list[Data], manifest: str) -> bool:
    return any(follows(correction, _first_body(turn), manifest) for correction in corrections)


def _corrections(connection: Connection) -> tuple[Corrections, Corrections]:
    """Bodies that scrap units, and that void them."""
    found: dict[str, Corrections] = {"scrap": {}, "void": {}}
    said = select(records.c.unit_id, records.c.product_id, records.c.body)
    for unit, product, text in connection.execute(
        said.where(RARE, records.c.kind == Kind.CORRECTION.value)
    ):
        body = loads(text)
        if (what := body["data"]["what"]) in found:
            found[what].setdefault((unit, product), []).append(body)
    return found["scrap"], found["void"]
