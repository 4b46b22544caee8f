"""What is on record of one unit and the cloud platform."""

from collections.abc import Mapping

from sqlalchemy import and_, case, exists, select
from sqlalchemy.engine import Connection

from burner.manifest.entries.cloud_kinds import Reconciled
from burner.manifest.entries.kinds import kind_of
from burner.manifest.fold.rows import (
    NEVER,
    AttemptRow,
    BatchRow,
    ConfirmedNameRow,
    NameRow,
    UnitRow,
)
from burner.manifest.reading.unit_search import log_origins
from burner.manifest.store.bodies import entry_of
from burner.manifest.store.tables import OWN, RARE, TABLES, records

_attempts, _units = TABLES[AttemptRow], TABLES[UnitRow]
_names, _confirmed = TABLES[NameRow], TABLES[ConfirmedNameRow]
_batches = TABLES[BatchRow]


def confirmed_names_of(connection: Connection, unit_id: str) -> list[str]:
    """The names that a unit has taken and the platform is known to have, sorted."""
    of_other_platform = exists().where(
        _attempts.c.unit_id == unit_id,
        _attempts.c.product_id == _confirmed.c.product_id,
        _attempts.c.device_name == _confirmed.c.device_name,
        _batches.c.log == _attempts.c.log,
        _batches.c.batch == _attempts.c.batch,
        _batches.c.platform.not_in(["", _confirmed.c.platform]),
    )
    query = (
        select(_names.c.device_name)
        .join(
            _confirmed,
            (_confirmed.c.product_id == _names.c.product_id)
            & (_confirmed.c.device_name == _names.c.device_name)
            & _confirmed.c.log.in_([*log_origins(connection)]),
        )
        .where(_names.c.unit_id == unit_id, ~of_other_platform)
        .distinct()
    )
    return sorted(connection.execute(query).scalars())


def last_reconciliation_of_unit(
    connection: Connection, unit_id: str
) -> tuple[int, int, Reconciled] | None:
    """Log, number and entry of the last comparison of all units, or of the unit's batch, of its
    product. Those of our own log come first.
    """
    batches = _batches_of_unit(connection, unit_id)
    query = (
        select(records.c.log, records.c.number, records.c.body)
        .where(RARE, records.c.log.in_([*log_origins(connection)]))
        .where(records.c.kind == kind_of(Reconciled))
        .order_by(records.c.log, records.c.number.desc())
    )
    for log, number, body in connection.execute(query):
        entry = entry_of(body)
        if not isinstance(entry, Reconciled):
            continue
        for (log_of_unit, product_id), batch in batches.items():
            is_known = log in (OWN, log_of_unit) and entry.product_id == product_id
            if is_known and entry.batch in ("", batch):
                return log, number, entry
    return None


def _batches_of_unit(connection: Connection, unit_id: str) -> Mapping[tuple[int, str], str]:
    """Log and product → the batch in which a unit passed; else that of its first attempt."""
    of_unit = (_attempts.c.log == _units.c.log, _attempts.c.unit_id == _units.c.unit_id)
    counted = case((_units.c.passed == NEVER, 0), else_=_units.c.passed)
    query = (
        select(_units.c.log, _units.c.product_id, _attempts.c.batch)
        .join(_attempts, and_(*of_unit, _attempts.c.product_id == _units.c.product_id))
        .where(_units.c.unit_id == unit_id, _attempts.c.number >= counted)
        .order_by(_attempts.c.number.desc())
    )
    rows = connection.execute(query)
    return {(log, product_id): batch for log, product_id, batch in rows}
