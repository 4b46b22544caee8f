"""What is on record of one unit and the cloud platform."""

from sqlalchemy import select
from sqlalchemy.engine import Connection

from burner.manifest.entries.cloud_kinds import Reconciled
from burner.manifest.entries.kinds import kind_of
from burner.manifest.fold.rows import ConfirmedNameRow, NameRow
from burner.manifest.reading.unit_search import log_origins
from burner.manifest.store.bodies import entry_of
from burner.manifest.store.tables import RARE, TABLES, records

_names, _confirmed = TABLES[NameRow], TABLES[ConfirmedNameRow]


def confirmed_names_of(connection: Connection, unit_id: str) -> list[str]:
    """The names that a unit has taken and the platform is known to have, sorted."""
    query = (
        select(_names.c.device_name)
        .join(
            _confirmed,
            (_confirmed.c.product_id == _names.c.product_id)
            & (_confirmed.c.device_name == _names.c.device_name)
            & _confirmed.c.log.in_([*log_origins(connection)]),
        )
        .where(_names.c.unit_id == unit_id)
        .distinct()
    )
    return sorted(connection.execute(query).scalars())


def reconciliation_of_unit(
    connection: Connection, unit_id: str
) -> tuple[int, int, Reconciled] | None:
    """Log, number and entry of the last comparison that names a unit as a difference."""
    query = (
        select(records.c.log, records.c.number, records.c.body)
        .where(RARE, records.c.log.in_([*log_origins(connection)]))
        .where(records.c.kind == kind_of(Reconciled), records.c.body.contains(unit_id))
        .order_by(records.c.log, records.c.number.desc())
    )
    for log, number, body in connection.execute(query):
        entry = entry_of(body)
        if isinstance(entry, Reconciled) and any(d.unit_id == unit_id for d in entry.first):
            return log, number, entry
    return None
