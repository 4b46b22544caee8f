"""A unit's whole life: every attempt on it, under every product, across rework."""

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.engine import Connection

from burner.manifest.attempts import ATTEMPTS, ORDER, first, life_of, superseded_by
from burner.manifest.audits import Checked, ask_checks, checks_in
from burner.manifest.bodies import Data, element, fingerprints
from burner.manifest.canonical import utc
from burner.manifest.database import Prepared, together
from burner.manifest.history import ask_corrections, corrections_in, find
from burner.manifest.order import in_order
from burner.manifest.reader import Reader

_ATTEMPTS = Prepared(ATTEMPTS.where(first.c.unit_id == bindparam("of_unit")).order_by(*ORDER))


def lives_of(reader: Reader, text: str) -> list[Data]:
    """Every unit that answers to a MAC, name, IMEI, label or serial number.

    Returns:
        For each: `unit_id`, `names`, `fingerprints` (more than one: more than one board under one
        MAC), `attempts` as in `list --json`, `corrections`, and `checks` of it by an audit.
    """
    with reader.connection() as connection:
        return [_life_of(connection, unit) for unit in find(connection, text)]


def _life_of(connection: Connection, unit_id: str) -> Data:
    with together(connection):
        tried = _ATTEMPTS.run(connection, of_unit=unit_id)
        said = ask_corrections(connection, unit_id)
        checked = ask_checks(connection, unit_id)
    rows = in_order(
        [(life_of(row), superseded_by(row)) for row in tried.fetchall()], lambda row: row[0].body
    )
    attempts = [element(life, successor) for life, successor in rows]
    names = (attempt["device_name"] for attempt in attempts)
    return {
        "unit_id": unit_id,
        "names": list(dict.fromkeys(name for name in names if name)),
        "fingerprints": list(fingerprints(life for life, _ in rows)),
        "attempts": attempts,
        "corrections": [_correction(body) for body in corrections_in(said)],
        "checks": [_check(check) for check in checks_in(checked)],
    }


def _correction(body: Data) -> Data:
    said: dict[str, Any] = body["data"]
    return {key: body["head"][key] for key in ("seq", "at", "station", "batch")} | said


def _check(check: Checked) -> Data:
    return {**check._asdict(), "at": utc(check.at), "findings": list(check.findings)}
