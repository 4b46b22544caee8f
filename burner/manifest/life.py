"""A unit's whole life: every attempt on it, under every product, across rework."""

from burner.manifest.audits import Checked, checks_of
from burner.manifest.bodies import Data, element, fingerprints
from burner.manifest.canonical import utc
from burner.manifest.order import in_order
from burner.manifest.reader import Filter, Reader


def lives_of(reader: Reader, text: str) -> list[Data]:
    """Every unit that answers to a MAC, name, IMEI, label or serial number.

    Returns:
        For each: `unit_id`, `names`, `fingerprints` (more than one: more than one board under one
        MAC), `attempts` as in `list --json`, `corrections`, and `checks` of it by an audit.
    """
    return [_life_of(reader, unit) for unit in reader.find(text)]


def _life_of(reader: Reader, unit_id: str) -> Data:
    lives = in_order(reader.lives(Filter(unit=unit_id)), lambda life: life[0].body)
    attempts = [element(life, successor) for life, successor in lives]
    names = (attempt["device_name"] for attempt in attempts)
    return {
        "unit_id": unit_id,
        "names": list(dict.fromkeys(name for name in names if name)),
        "fingerprints": list(fingerprints(life for life, _ in lives)),
        "attempts": attempts,
        "corrections": reader.corrections(unit_id),
        "checks": [_check(check) for check in checks_of(reader, unit_id)],
    }


def _check(check: Checked) -> Data:
    return {**check._asdict(), "at": utc(check.at), "findings": list(check.findings)}
