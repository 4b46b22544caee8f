"""Units by any of their IDs or names, over our log and the imported ones."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.fold.rows import AttemptRow, IdRow, LogRow, UnitRow
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import OWN, TABLES, imported

_attempts = TABLES[AttemptRow]


def find_units(
    connection: Connection, text: str, product_id: str = ""
) -> list[tuple[str, UnitRow]]:
    """Units with this ID or name: of our log, else of the first imported log that has some.

    Returns:
        Each with the origin of the imported log; empty: our log.
    """
    units = unit_ids_matching(connection, text)
    for log, origin in sorted(log_origins(connection).items()):
        state = TableState(connection, log)
        rows = (row for unit_id in units for row in state.rows(UnitRow, unit_id=unit_id))
        matches = [row for row in rows if product_id in ("", row.product_id)]
        if matches:
            return [("" if log == OWN else origin, row) for row in matches]
    return []


def find_one_unit(connection: Connection, text: str, product_id: str = "") -> UnitRow:
    """The only unit with this ID or name.

    Args:
        connection: to the manifest.
        text: any of the unit's IDs or names.
        product_id: its product; needed where the unit has several.

    Raises:
        BurnerError: E712 no unit, or several.
    """
    rows = [row for _, row in find_units(connection, text, product_id)]
    if len(rows) != 1:
        units = ", ".join(f"{row.unit_id} of {row.product_id}" for row in rows)
        raise BurnerError(Code.UNIT_UNKNOWN, f"{text}: {units}" if units else text)
    return rows[0]


def imported_unit_error(row: UnitRow, origin: str) -> BurnerError:
    """E762: only an imported log has records of this unit."""
    return BurnerError(
        Code.UNIT_ONLY_IMPORTED, f"{row.unit_id}: {row.status} in the imported log {origin}"
    )


def log_origins(connection: Connection) -> dict[int, str]:
    """Origin of each log by its number; our log is 0."""
    own = next(iter(TableState(connection).rows(LogRow, own=True)), None)
    rows = connection.execute(select(imported)).all()
    return {OWN: own.origin if own else "", **{row.log: row.origin for row in rows}}


def unit_ids_matching(connection: Connection, text: str) -> tuple[str, ...]:
    """UnitIds for a MAC, a device name, an IMEI, a label or a serial number, over all logs."""
    value = text.strip()
    if not value:
        return ()
    digits = value.replace("-", "").replace(":", "").lower()
    mac = ":".join(digits[i : i + 2] for i in range(0, 12, 2)) if len(digits) == 12 else value
    ids, logs = TABLES[IdRow], [OWN, *connection.execute(select(imported.c.log)).scalars()]
    queries: tuple[Select[Any], ...] = (
        select(_attempts.c.unit_id).where(_attempts.c.unit_id.in_((value, mac))),
        select(_attempts.c.unit_id).where(_attempts.c.device_name == value),
        select(ids.c.unit_id).where(ids.c.log.in_(logs), ids.c.value == value),
    )
    unit_ids = {
        unit for query in queries for unit in connection.execute(query.distinct()).scalars()
    }
    return tuple(sorted(unit_ids - {""}))
