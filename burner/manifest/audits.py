"""Samples drawn, and checks of units against their records: written down, and found again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, not_, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads, moment, utc
from burner.manifest.chain import Kind
from burner.manifest.claims import PASSED
from burner.manifest.database import Prepared
from burner.manifest.given import decided
from burner.manifest.reader import CHUNK, Reader
from burner.manifest.tables import RARE, chains, places, records
from burner.manifest.writer import Writer
from burner.model import Record


class PassedUnit(NamedTuple):
    """A unit that a batch counts as good."""

    unit_id: str
    device_name: str


class Checked(NamedTuple):
    """One check on record."""

    unit_id: str
    device_name: str
    good: bool
    at: datetime
    operator: str
    station: str
    seq: int
    findings: tuple[Mapping[str, str], ...]
    """`what`, `verdict`, `why` of each comparison."""


class Draw(NamedTuple):
    """A drawn sample on record."""

    at: datetime
    operator: str
    seed: str
    lot_size: int
    plan: Mapping[str, Any]
    """As `report.sampling.Plan` has it."""
    units: tuple[PassedUnit, ...]
    heads: tuple[Mapping[str, Any], ...] = ()
    """Where every chain stood; older draws do not say."""


class Window(NamedTuple):
    """Which of the units that passed."""

    since: datetime | None = None
    """Passed at or after this."""
    until: datetime | None = None
    """Passed before this."""
    after: Draw | None = None
    """Passed after this draw: no clock is asked, where it says how the chains stood."""


def record_draw(
    writer: Writer,
    batch: str,
    units: Iterable[PassedUnit],
    *,
    operator: str,
    seed: str,
    lot_size: int,
    plan: Mapping[str, Any],
    heads: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write down which units are to be pulled, before anybody has seen them.

    Args:
        writer: of the station (or desk) at which the sample was drawn.
        batch: of which.
        units: the sample.
        operator: who drew it.
        seed: from what.
        lot_size: of how many units.
        plan: how many are to be checked, and how many may differ.
        heads: where every chain stood when the units were counted.

    Raises:
        BurnerError: E731 without operator; E7.
    """
    decided(f"batch {batch}", operator)
    data = {
        "heads": [dict(head) for head in heads],
        "lot_size": lot_size,
        "operator": operator,
        "plan": dict(plan),
        "seed": seed,
        "units": [list(unit) for unit in units],
    }
    with writer.lock:
        writer.check_ready()
        writer.commit(
            f"draw {batch} after {writer.head.seq}",
            lambda connection: writer.add(connection, Kind.AUDIT, {"draw": data}, batch=batch),
        )


def record_check(
    writer: Writer,
    record: Record,
    *,
    good: bool,
    findings: Sequence[Mapping[str, str]],
    operator: str,
) -> None:
    """Write down the check of a unit.

    Args:
        writer: of the station at which it was checked.
        record: the unit's PASS that it was compared with.
        good: whether it is what its record says.
        findings: `what`, `verdict`, `why` of each comparison.
        operator: who checked it.

    Raises:
        BurnerError: E731 without operator; E7.
    """
    attempt = record.attempt
    decided(f"unit {attempt.unit_id}", operator)
    of = {"seq": record.seq, "station": attempt.station}
    data = {"findings": [*map(dict, findings)], "good": good, "of": of, "operator": operator}
    head = {
        "batch": attempt.batch,
        "device_name": attempt.device_name,
        "product_id": attempt.product_id,
        "unit_id": attempt.unit_id,
    }
    with writer.lock:
        writer.check_ready()
        writer.commit(
            f"check {attempt.unit_id} after {writer.head.seq}",
            lambda connection: writer.add(connection, Kind.AUDIT, {"check": data}, **head),
        )


def passed_units(
    reader: Reader,
    batch: str,
    window: Window = Window(),  # noqa: B008 - frozen
) -> Iterator[PassedUnit]:
    """Every unit that holds a place of a batch by PASS, by one in the window only."""
    query = (
        select(places.c.unit_id, records.c.device_name)
        .join(
            records,
            (records.c.chain == places.c.chain)
            & (records.c.intent == places.c.seq)
            & (records.c.kind == Kind.OUTCOME.value),
        )
        .where(places.c.batch == batch, places.c.state == PASSED)
        .order_by(places.c.unit_id)
    )
    if window.since is not None:
        query = query.where(records.c.at >= utc(window.since))
    if window.until is not None:
        query = query.where(records.c.at < utc(window.until))
    if window.after is not None:
        query = query.join(chains, chains.c.chain == records.c.chain)
        query = query.where(_after(window.after))
    with reader.connection() as connection:
        for row in connection.execution_options(yield_per=CHUNK).execute(query):
            yield PassedUnit(row.unit_id, row.device_name)


def _after(draw: Draw) -> ColumnElement[bool]:
    if not draw.heads:
        return records.c.at > utc(draw.at)
    seen = [
        (chains.c.manifest == head["manifest"])
        & (chains.c.station == head["station"])
        & (records.c.seq <= head["seq"])
        for head in draw.heads
    ]
    return not_(or_(*seen))


def checks(reader: Reader, batch: str) -> list[Checked]:
    """Every check of a unit of a batch, first to last."""
    return [_checked(audit) for audit in _of_batch(reader, batch) if "check" in audit.data]


def draws(reader: Reader, batch: str) -> list[Draw]:
    """Every sample of a batch that was drawn and recorded, first to last."""
    return [_draw(audit) for audit in _of_batch(reader, batch) if "draw" in audit.data]


def ask_checks(connection: Connection, unit_id: str) -> Any:
    """Ask for every check of a unit; the answer is for `checks_in`."""
    return _OF_UNIT.run(connection, of_unit=unit_id)


def checks_in(answer: Any) -> list[Checked]:
    """Every check, first to last, from what `ask_checks` gave."""
    return [_checked(audit) for audit in map(_audit, answer.fetchall()) if "check" in audit.data]


class _Audit(NamedTuple):
    """A record of an audit."""

    at: str
    seq: int
    unit_id: str
    device_name: str
    station: str
    data: dict[str, Any]


_AUDITS = (
    select(records.c.at, records.c.seq, records.c.unit_id, records.c.device_name)
    .add_columns(chains.c.station, records.c.body)
    .join(chains, chains.c.chain == records.c.chain)
    .where(records.c.kind == Kind.AUDIT.value)
    .order_by(records.c.at, records.c.chain, records.c.seq)
)
_OF_UNIT = Prepared(_AUDITS.where(records.c.unit_id == bindparam("of_unit")))


def _of_batch(reader: Reader, batch: str) -> Iterator[_Audit]:
    own = chains.c.manifest == reader.manifest
    query = _AUDITS.where(RARE, records.c.batch == batch, own)
    with reader.connection() as connection:
        for row in connection.execution_options(yield_per=CHUNK).execute(query):
            yield _audit(row)


def _audit(row: Any) -> _Audit:
    at, seq, unit_id, device_name, station, body = row
    return _Audit(at, seq, unit_id, device_name, station, loads(body)["data"])


def _checked(audit: _Audit) -> Checked:
    check = audit.data["check"]
    return Checked(
        audit.unit_id,
        audit.device_name,
        check["good"],
        moment(audit.at),
        check["operator"],
        audit.station,
        audit.seq,
        tuple(check["findings"]),
    )


def _draw(audit: _Audit) -> Draw:
    data = audit.data["draw"]
    return Draw(
        moment(audit.at),
        data["operator"],
        data["seed"],
        data["lot_size"],
        data["plan"],
        tuple(PassedUnit(*unit) for unit in data["units"]),
        tuple(data.get("heads", ())),
    )
