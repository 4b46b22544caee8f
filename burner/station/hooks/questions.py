"""What a hook reads on its standard input. Pure."""

from collections.abc import Mapping
from typing import Any

from burner.core.attempt import Record
from burner.core.measurements import TestResult
from burner.programs.question import PROTOCOL


def about_unit(hook: str, record: Record) -> dict[str, Any]:
    """A unit that has ended."""
    attempt, result = record.attempt, record.result
    return {
        "burner": PROTOCOL,
        "hook": hook,
        "station": attempt.station,
        "slot": attempt.slot,
        "operator": attempt.operator,
        "batch": attempt.batch,
        "profile": attempt.profile,
        "release": attempt.release_digest,
        "unit_id": attempt.unit_id,
        "mac": str(attempt.silicon.mac) if attempt.silicon else "",
        "device_name": attempt.device_name,
        "ids": dict(attempt.ids),
        "attempt": attempt.id,
        "try": attempt.try_number,
        "record": record.seq,
        "outcome": result.outcome.value,
        "code": result.code,
        "detail": result.detail,
        "tests": [_test(test) for test in result.tests],
    }


def about_batch(hook: str, station: str, operator: str, batch: Mapping[str, Any]) -> dict[str, Any]:
    """A batch that was closed; `batch` has its id, its folder and its counts."""
    return {
        "burner": PROTOCOL,
        "hook": hook,
        "station": station,
        "operator": operator,
        **batch,
    }


def _test(test: TestResult) -> dict[str, Any]:
    return {
        "name": test.name,
        "outcome": test.outcome.value,
        "code": test.code,
        "measurements": {measured.name: measured.value for measured in test.measurements},
    }
