"""The prints of the label of a unit, as they stand on record."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.engine import Connection

from burner.core.unit_labels import LabelPrintEnd
from burner.manifest.entries.kinds import kind_of
from burner.manifest.entries.unit_label_kinds import UnitLabelEnded, UnitLabelStarted
from burner.manifest.reading.unit_search import log_origins
from burner.manifest.store.bodies import entry_of
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import records

KINDS = (UnitLabelStarted, UnitLabelEnded)

_OF_UNIT = Prepared(
    select(records.c.log, records.c.number, records.c.body)
    .where(records.c.unit_id == bindparam("of_unit"))
    .where(records.c.kind.in_([literal_column(f"'{kind_of(kind)}'") for kind in KINDS]))
    .order_by(records.c.log, records.c.number)
)


def label_prints(connection: Connection, unit_id: str) -> list[dict[str, Any]]:
    """Every print of the label of a unit, over all logs, in their order.

    `result` is how it ended, empty while that is not on record; `scanned` whether its label was
    scanned back.
    """
    names = log_origins(connection)
    prints: dict[tuple[int, int], dict[str, Any]] = {}
    for log, number, body in _OF_UNIT.run(connection, of_unit=unit_id).fetchall():
        entry = entry_of(body)
        if isinstance(entry, UnitLabelStarted):
            prints[log, number] = _begun(names, log, number, entry)
        elif isinstance(entry, UnitLabelEnded) and (found := prints.get((log, entry.started))):
            if entry.result is LabelPrintEnd.CONFIRMED:
                found["scanned"] = True
            else:
                found |= {
                    "result": entry.result.value,
                    "code": entry.code,
                    "detail": entry.detail,
                }
    return list(prints.values())


def _begun(
    names: Mapping[int, str], log: int, number: int, entry: UnitLabelStarted
) -> dict[str, Any]:
    return {
        "origin": names[log],
        "number": number,
        "at": entry.at,
        "station": entry.station,
        "batch": entry.batch,
        "printer": entry.printer,
        "operator": entry.operator,
        "reason": entry.reason,
        "result": "",
        "scanned": False,
        "code": "",
        "detail": "",
    }
