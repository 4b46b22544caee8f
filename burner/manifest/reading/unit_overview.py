"""Everything that a manifest holds of one unit, as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from burner.manifest.entries.cloud_kinds import Reconciled, RegistrationProved
from burner.manifest.entries.kinds import Correction, UnitChecked
from burner.manifest.fold.rows import AttemptRow
from burner.manifest.reading.attempt_json import attempt_json, part_json
from burner.manifest.reading.endorsers import approval_of_unit
from burner.manifest.reading.label_prints import label_prints
from burner.manifest.reading.unit_labels import find_label
from burner.manifest.reading.unit_on_platform import (
    confirmed_names_of,
    last_reconciliation_of_unit,
)
from burner.manifest.reading.unit_search import log_origins, unit_ids_matching
from burner.manifest.reading.unit_status import find_correction
from burner.manifest.store.bodies import entry_of
from burner.manifest.store.statements import Prepared
from burner.manifest.store.table_state import TableState, row_of
from burner.manifest.store.tables import RARE, TABLES, records

OF_REGISTRATION = (
    *("device_name", "platform", "host", "registered", "code", "credentials", "request_id"),
)
"""Fields of a registration that was proved."""

_attempts = TABLES[AttemptRow]
_OF_UNIT = Prepared(
    select(_attempts)
    .where(_attempts.c.unit_id == bindparam("of_unit"))
    .order_by(_attempts.c.log, _attempts.c.number)
)
_OTHER_RECORDS = Prepared(
    select(records.c.log, records.c.number, records.c.body)
    .where(RARE, records.c.unit_id == bindparam("of_unit"))
    .order_by(records.c.log, records.c.number)
)


def unit_overviews(connection: Connection, text: str) -> list[dict[str, Any]]:
    """Every unit with this MAC, name, IMEI, label or serial number.

    Returns:
        For each: `unit_id`, `names`, `fingerprints` (more than one: different boards had one MAC),
        `attempts` as in `list --json`, `corrections`, `checks` by an audit, `first_articles`:
        approvals of a first article that it belongs to, `confirmed_names`: its names that the
        cloud platform is known to have, `registrations` that proved one of them, and
        `reconciliation`: the last comparison with the platform that was of this unit too, with
        its `differences`; `unlisted`: how many differences the record has only as a count;
        `label_prints`: of its printed label.
    """
    return [_overview(connection, unit) for unit in unit_ids_matching(connection, text)]


def _overview(connection: Connection, unit_id: str) -> dict[str, Any]:
    log_names = log_origins(connection)
    rows = _OF_UNIT.run(connection, of_unit=unit_id).fetchall()
    attempts = [
        attempt_json(
            *(connection, attempt, log, log_names[log]),
            corrected=find_correction(state := TableState(connection, log), attempt),
            label=find_label(state, attempt),
        )
        for log, attempt in ((row[0], row_of(AttemptRow, row)) for row in rows)
    ]
    entries = [
        (log_names[log], number, entry_of(body))
        for log, number, body in _OTHER_RECORDS.run(connection, of_unit=unit_id).fetchall()
    ]
    batches = dict.fromkeys((row[0], row_of(AttemptRow, row).batch) for row in rows)
    approvals = (
        (batch, approval_of_unit(connection, batch, unit_id, log))
        for log, batch in batches
        if batch
    )
    return {
        "unit_id": unit_id,
        "names": list(dict.fromkeys(a["device_name"] for a in attempts if a["device_name"])),
        "fingerprints": _fingerprints(attempts),
        "attempts": attempts,
        "corrections": [
            {**_record_context(origin, number, entry), "what": entry.what, "reason": entry.reason}
            for origin, number, entry in entries
            if isinstance(entry, Correction)
        ],
        "checks": [
            {
                **_record_context(origin, number, entry),
                "good": entry.good,
                "findings": part_json(entry.findings),
            }
            for origin, number, entry in entries
            if isinstance(entry, UnitChecked)
        ],
        "confirmed_names": confirmed_names_of(connection, unit_id),
        "registrations": [
            {
                **_record_context(origin, number, entry),
                **{name: getattr(entry, name) for name in OF_REGISTRATION},
            }
            for origin, number, entry in entries
            if isinstance(entry, RegistrationProved)
        ],
        "label_prints": label_prints(connection, unit_id),
        "reconciliation": _reconciliation(connection, unit_id, log_names),
        "first_articles": [
            {
                "batch": batch,
                "name": approval.name,
                "fingerprint": approval.fingerprint,
                "at": approval.at,
                "note": approval.note,
            }
            for batch, approval in approvals
            if approval
        ],
    }


def _reconciliation(
    connection: Connection, unit_id: str, log_names: Mapping[int, str]
) -> dict[str, Any] | None:
    found = last_reconciliation_of_unit(connection, unit_id)
    if found is None:
        return None
    log, number, entry = found
    return {
        **_record_context(log_names[log], number, entry),
        "platform": entry.platform,
        "differences": [
            {"kind": difference.kind, "name": difference.name}
            for difference in entry.first
            if difference.unit_id == unit_id
        ],
        "unlisted": sum(entry.differences.values()) - len(entry.first),
    }


def _record_context(
    origin: str, number: int, entry: Correction | UnitChecked | RegistrationProved | Reconciled
) -> dict[str, Any]:
    """Where a record stands, when and by whom it was written."""
    return {
        "origin": origin,
        "number": number,
        "at": entry.at,
        "station": entry.station,
        "batch": entry.batch,
        "operator": entry.operator,
    }


def _fingerprints(attempts: Iterable[dict[str, Any]]) -> Sequence[str]:
    fingerprints = ((attempt["silicon"] or {}).get("fingerprint") for attempt in attempts)
    return list(dict.fromkeys(value for value in fingerprints if value))
