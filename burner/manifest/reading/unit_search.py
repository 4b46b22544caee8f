"""Units by any of their IDs or names, over our log and the imported ones."""

from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.fold.rows import AttemptRow, IdRow, LogRow, UnitRow
from burner.manifest.store.state import TableState
from burner.manifest.store.tables import OWN, TABLES, imported

_attempts = TABLES[AttemptRow]


def found_units(
    connection: Connection, text: str, product_id: str = ""
) -> list[tuple[str, UnitRow]]:
    """Units that answer to any of their IDs: of our log, or, where it knows none, of the first
    imported log that does, each with the origin of that (empty: ours).
    """
    units = units_by(connection, text)
    for log, origin in sorted(origins(connection).items()):
        state = TableState(connection, log)
        rows = (row for unit_id in units for row in state.rows(UnitRow, unit_id=unit_id))
        found = [row for row in rows if product_id in ("", row.product_id)]
        if found:
            return [("" if log == OWN else origin, row) for row in found]
    return []


def only_imported(row: UnitRow, origin: str) -> BurnerError:
    """What is said of a unit that only an imported log knows."""
    return BurnerError(
        Code.UNIT_ONLY_IMPORTED, f"{row.unit_id}: {row.word} in the imported log {origin}"
    )


def origins(connection: Connection) -> dict[int, str]:
    """Names of the logs by number; ours is 0."""
    own = next(iter(TableState(connection).rows(LogRow, own=True)), None)
    rows = connection.execute(select(imported)).all()
    return {OWN: own.origin if own else "", **{row.log: row.origin for row in rows}}


def units_by(connection: Connection, text: str) -> tuple[str, ...]:
    """UnitIds for a MAC, a device name, an IMEI, a label or a serial number, over all logs."""
    wanted = text.strip()
    if not wanted:
        return ()
    mac = wanted.replace("-", "").replace(":", "").lower()
    as_mac = ":".join(mac[i : i + 2] for i in range(0, 12, 2)) if len(mac) == 12 else wanted
    ids, logs = TABLES[IdRow], [OWN, *connection.execute(select(imported.c.log)).scalars()]
    queries: tuple[Select[Any], ...] = (
        select(_attempts.c.unit_id).where(
            or_(_attempts.c.unit_id == wanted, _attempts.c.unit_id == as_mac)
        ),
        select(_attempts.c.unit_id).where(_attempts.c.device_name == wanted),
        select(ids.c.unit_id).where(ids.c.log.in_(logs), ids.c.value == wanted),
    )
    found = {unit for query in queries for unit in connection.execute(query.distinct()).scalars()}
    return tuple(sorted(found - {""}))
