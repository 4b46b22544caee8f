"""Differences as a table: CSV for people, plain values for scripts. Pure."""

import csv
import io
from datetime import UTC, datetime

from burner.cloud.reconciliation import NameDifference, Reconciliation
from burner.core.spreadsheet import text_cell

COLUMNS = (
    *("kind", "device_name", "unit_id", "batch", "burned", "passed", "name_on_platform"),
    *("registered", "active", "activated", "created", "enabled", "why"),
)
"""Append-only, so that an import by position stays right."""


def difference_values(one: NameDifference) -> dict[str, str | bool | None]:
    """A difference, by the names of the columns; times are UTC. None: it is not known."""
    record, device = one.record, one.device
    return {
        "kind": one.kind.value,
        "device_name": one.name,
        "unit_id": one.unit_id,
        "batch": record.batch if record else "",
        "burned": _moment(record.burned if record else None),
        "passed": _moment(record.passed if record else None),
        "name_on_platform": device.name if device else "",
        "registered": device.registered if device else None,
        "active": device.active if device else None,
        "activated": _moment(device.activated if device else None),
        "created": _moment(device.created if device else None),
        "enabled": device.enabled if device else None,
        "why": one.why,
    }


def differences_csv(result: Reconciliation) -> bytes:
    """All differences, with a header."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in result.differences:
        writer.writerow(_cell(value) for value in difference_values(one).values())
    return file.getvalue().encode()


def _cell(value: str | bool | None) -> str:
    if isinstance(value, str):
        return text_cell(value)
    return "" if value is None else "yes" if value else "no"


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
