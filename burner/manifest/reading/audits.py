"""Audits on record: drawn samples, checks of units, and the units that may be drawn."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from burner.manifest.entries.kinds import NamedUnit, SampleDrawn, UnitChecked, kind_of
from burner.manifest.entries.values import moment, utc
from burner.manifest.fold.rows import PASS, AttemptRow, MemberRow, UnitRow
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.store.bodies import entry_of
from burner.manifest.store.tables import OWN, RARE, TABLES, records


class RecordedCheck(NamedTuple):
    """The check of a unit, as recorded."""

    number: int
    unit_id: str
    device_name: str
    good: bool
    at: datetime
    operator: str
    station: str
    findings: tuple[Mapping[str, str], ...]
    """`what`, `verdict`, `why` of each comparison."""


class PassWindow(NamedTuple):
    """Which PASS attempts count, by time or by a draw."""

    since: datetime | None = None
    """Passed at or after this, by the station's clock."""
    until: datetime | None = None
    """Passed before this."""
    after: SampleDrawn | None = None
    """Passed after this draw, in the order of the log."""


_attempts, _members, _units = TABLES[AttemptRow], TABLES[MemberRow], TABLES[UnitRow]
_OF_BATCH = (
    select(records.c.number, records.c.body)
    .where(RARE, records.c.log == OWN, records.c.kind == bindparam("of_kind"))
    .where(records.c.batch == bindparam("of_batch"))
    .order_by(records.c.number)
)


def passed_units(
    reader: ManifestReader,
    batch: str,
    window: PassWindow = PassWindow(),  # noqa: B008 - frozen
) -> Iterator[NamedUnit]:
    """The units that are PASS in a batch, where that attempt is in the window."""
    end = records.alias("end")
    query = (
        select(_attempts.c.unit_id, _attempts.c.device_name, end.c.body)
        .join(_members, (_members.c.log == OWN) & (_members.c.unit_id == _attempts.c.unit_id))
        .join(_units, (_units.c.log == OWN) & (_units.c.passed == _attempts.c.number))
        .join(end, (end.c.log == OWN) & (end.c.number == _attempts.c.ended))
        .where(_members.c.batch == batch, _members.c.status == PASS)
        .where(_attempts.c.log == OWN, _attempts.c.batch == batch)
        .order_by(_attempts.c.unit_id)
    )
    if window.after is not None:
        query = query.where(_attempts.c.ended >= window.after.size)
    with reader.connection() as connection:
        for unit, name, body in connection.execution_options(yield_per=CHUNK).execute(query):
            if window.since or window.until:
                at = entry_of(body).at
                early = window.since and at < utc(window.since)
                if early or (window.until and at >= utc(window.until)):
                    continue
            yield NamedUnit(unit_id=unit, device_name=name)


def recorded_checks(reader: ManifestReader, batch: str) -> list[RecordedCheck]:
    """All checks of units of a batch of our log, oldest first."""
    checks = []
    for number, entry in _of_batch(reader, batch, UnitChecked):
        findings = tuple(
            {"what": f.what, "verdict": f.verdict, "why": f.why} for f in entry.findings
        )
        name = _name_of(reader, entry.of)
        checks.append(
            RecordedCheck(
                number,
                entry.unit_id,
                name,
                entry.good,
                moment(entry.at),
                entry.operator,
                entry.station,
                findings,
            )
        )
    return checks


def recorded_draws(reader: ManifestReader, batch: str) -> list[SampleDrawn]:
    """All recorded draws of a batch of our log, oldest first."""
    return [entry for _, entry in _of_batch(reader, batch, SampleDrawn)]


def _of_batch(reader: ManifestReader, batch: str, kind: Any) -> list[tuple[int, Any]]:
    where = {"of_kind": kind_of(kind), "of_batch": batch}
    with reader.connection() as connection:
        rows = connection.execute(_OF_BATCH, where).all()
    return [(number, entry_of(body)) for number, body in rows]


def _name_of(reader: ManifestReader, intent: int) -> str:
    query = select(_attempts.c.device_name).where(
        _attempts.c.log == OWN, _attempts.c.number == intent
    )
    with reader.connection() as connection:
        return str(connection.execute(query).scalar() or "")
