"""How a batch stands with the cloud platform: its preflight, and the names that are there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.engine import Connection

from burner.manifest.fold.rows import (
    AttemptRow,
    BatchRow,
    ConfirmedNameRow,
    MemberRow,
    UnitRow,
)
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.attempt_json import part_json
from burner.manifest.reading.cloud_records import awaited_names_in, preflight_on_record
from burner.manifest.reading.unit_search import log_origins
from burner.manifest.store.tables import OWN, TABLES
from burner.profile.registration import NameCreation

_attempts, _units, _members = TABLES[AttemptRow], TABLES[UnitRow], TABLES[MemberRow]
_confirmed = TABLES[ConfirmedNameRow]

CREATED_BY_PEOPLE = (NameCreation.CREATED_BEFORE, NameCreation.CREATED_AFTER)
"""The platform creates the names of these products by request only."""


@dataclass(frozen=True)
class PreflightStatus:
    """The last preflight of a batch."""

    number: int
    """Of its record."""
    at: str
    platform: str
    source: str
    """`api`, `checklist`."""
    endpoint: str
    """That answered, where it is not the platform's own."""
    operator: str
    note: str
    checks: tuple[Mapping[str, str], ...]
    """`check`, `verdict`, `code`, `found` of each."""
    good: bool
    quantity: int | None
    """Units that the batch may have by it; None: not known."""
    key: str
    """Fingerprint of the product key that was compared; empty: none was."""
    begun_before: int
    """Attempts of the batch that were begun before it: where a good preflight is required, each
    under a good one."""
    begun_since: int


@dataclass(frozen=True)
class CloudStatus:
    """What a batch asks of the cloud platform, and what is on record of it."""

    preflight_required: bool
    preflight: PreflightStatus | None
    """None: there was none."""
    name_creation: str
    """When the platform gets the names, as `NameCreation`; empty: not known."""
    confirmed_names: int
    """Names of the product that the platform is known to have, over all batches."""
    confirmed_elsewhere: Mapping[str, int]
    """Endpoint → how many of them it confirmed, where it is not the platform's own."""
    awaited_names: tuple[str, ...]
    """Names of units that were refused, because the platform is not known to have them."""

    def __bool__(self) -> bool:
        """Whether anything is known or asked for."""
        return bool(self.preflight_required or self.preflight or self.name_creation)


def cloud_status(connection: Connection, row: BatchRow, log: int = OWN) -> CloudStatus:
    """How a batch stands with the cloud platform."""
    recorded = preflight_on_record(connection, row, log)
    preflight = None
    if recorded is not None:
        number, entry = recorded
        before, since = _count_begun(connection, row.batch, number, log)
        preflight = PreflightStatus(
            number=number,
            at=entry.at,
            platform=entry.platform,
            source=entry.source,
            endpoint=entry.endpoint,
            operator=entry.operator,
            note=entry.note,
            checks=tuple(map(part_json, entry.checks)),
            good=not entry.failures,
            quantity=entry.quantity,
            key=entry.key,
            begun_before=before,
            begun_since=since,
        )
    return CloudStatus(
        preflight_required=row.preflight_required,
        preflight=preflight,
        name_creation=row.name_creation,
        confirmed_names=_count_confirmed(connection, row) if row.name_creation else 0,
        confirmed_elsewhere=_count_elsewhere(connection, row) if row.name_creation else {},
        awaited_names=tuple(
            awaited_names_in(connection, row.product_id, row.platform, row.batch, log)
        ),
    )


def count_names_not_confirmed(connection: Connection, row: BatchRow, log: int = OWN) -> int | None:
    """Units that passed in a batch, and whose name the platform is not known to have.

    None: the platform creates names by itself, or it is not known how it gets them.
    """
    if row.name_creation not in CREATED_BY_PEOPLE:
        return None
    is_confirmed = exists().where(
        _confirmed.c.log.in_([*log_origins(connection)]),
        _confirmed.c.product_id == row.product_id,
        _confirmed.c.platform == row.platform,
        _confirmed.c.device_name == _attempts.c.device_name,
    )
    query = (
        select(func.count())
        .select_from(_members)
        .join(_units, (_units.c.log == _members.c.log) & (_units.c.unit_id == _members.c.unit_id))
        .join(_attempts, (_attempts.c.log == log) & (_attempts.c.number == _units.c.passed))
        .where(_members.c.log == log, _members.c.batch == row.batch, _members.c.passed)
        .where(_units.c.product_id == row.product_id, ~is_confirmed)
    )
    return int(connection.execute(query).scalar_one())


def _count_begun(connection: Connection, batch: str, number: int, log: int) -> tuple[int, int]:
    """Attempts that were begun before and since a record."""
    is_later = case((_attempts.c.number > number, 1), else_=0)
    query = select(func.count(), func.coalesce(func.sum(is_later), 0)).where(
        *AttemptFilter(batch=batch, log=log).where(), _attempts.c.began
    )
    all_of_it, since = map(int, connection.execute(query).one())
    return all_of_it - since, since


def _count_confirmed(connection: Connection, row: BatchRow) -> int:
    query = select(func.count(_confirmed.c.device_name.distinct()))
    return int(connection.execute(query.where(*_of_product(connection, row))).scalar_one())


def _count_elsewhere(connection: Connection, row: BatchRow) -> Mapping[str, int]:
    names = func.count(_confirmed.c.device_name.distinct())
    query = (
        select(_confirmed.c.endpoint, names)
        .where(*_of_product(connection, row), _confirmed.c.endpoint != "")
        .group_by(_confirmed.c.endpoint)
        .order_by(_confirmed.c.endpoint)
    )
    return {endpoint: int(count) for endpoint, count in connection.execute(query)}


def _of_product(connection: Connection, row: BatchRow) -> Iterator[ColumnElement[bool]]:
    """Confirmed names of the product of a batch, in all logs."""
    yield _confirmed.c.log.in_([*log_origins(connection)])
    yield _confirmed.c.product_id == row.product_id
    yield _confirmed.c.platform == row.platform
