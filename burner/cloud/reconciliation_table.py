"""Differences and spare names as a table: CSV for people, plain values for scripts. Pure."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from burner.cloud.listed_device import ListedDevice
from burner.cloud.reconciliation import NameDifference, NameOnRecord, Reconciliation
from burner.core.spreadsheet import text_cell

Values = Mapping[str, str | bool | None]
COLUMNS: Final = (
    *("kind", "device_name", "unit_id", "batch", "burned", "passed", "name_on_platform"),
    *("registered", "active", "activated", "created", "enabled", "why"),
)
"""Append-only, so that an import by position stays right."""


def difference_values(one: NameDifference) -> Values:
    """A difference, by the names of the columns; times are UTC. None: it is not known."""
    return _values(one.kind.value, one.name, one.record, one.device, one.why)


def spare_values(device: ListedDevice) -> Values:
    """A name on the platform that no unit has, and that nobody registered as far as is known."""
    kind = "unknown" if device.in_use is None else "unused"
    return _values(kind, device.name, None, device)


def _values(
    kind: str, name: str, record: NameOnRecord | None, device: ListedDevice | None, why: str = ""
) -> Values:
    return {
        "kind": kind,
        "device_name": name,
        "unit_id": record.unit_id if record else "",
        "batch": record.batch if record else "",
        "burned": _moment(record.burned if record else None),
        "passed": _moment(record.passed if record else None),
        "name_on_platform": device.name if device else "",
        "registered": device.registered if device else None,
        "active": device.active if device else None,
        "activated": _moment(device.activated if device else None),
        "created": _moment(device.created if device else None),
        "enabled": device.enabled if device else None,
        "why": why,
    }


def differences_csv(result: Reconciliation) -> bytes:
    """All differences, then the spare names, with a header."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for values in (*map(difference_values, result.differences), *map(spare_values, result.spare)):
        writer.writerow(map(_cell, values.values()))
    return file.getvalue().encode()


def _cell(value: str | bool | None) -> str:
    if isinstance(value, str):
        return text_cell(value)
    return "" if value is None else "yes" if value else "no"


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
