"""Rules of tests: no unit of a release with tests passes without them."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from burner.core import regex
from burner.core.good_values import is_good
from burner.core.measurements import TestOutcome
from burner.core.words.plural import counted
from burner.manifest.entries.attempt_facts import TestFacts
from burner.manifest.entries.attempts import model_measurement
from burner.manifest.entries.body import canonical_json
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import OutcomeEntry
from burner.manifest.fold.rows import BatchRow

LIMITS = ("unit", "low", "high", "text", "pattern")
"""What a measurement is compared with."""


def tests_in(index: str) -> str:
    """The tests that each unit must pass, by the index of a release.

    Returns:
        Test → measurement → its limits, as canonical JSON; empty: none.

    Raises:
        BurnerError: E714 the index has tests that are none.
    """
    profile = json.loads(index)["profile"] if index else {}
    try:
        route = profile.get("route") or {}
        tests = (*profile.get("tests", ()), *route.get("tests", ()))
        required = {test["name"]: _measurements(test) for test in tests}
    except (AttributeError, KeyError, TypeError) as error:
        raise inconsistent("the index has tests that are none") from error
    return canonical_json(required) if required else ""


def _measurements(test: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Measurement → its limits."""
    named = {m["name"]: _limits(m) for m in test.get("measurements", ())}
    if not all(regex.is_pattern(limits["pattern"]) for limits in named.values()):
        raise TypeError
    return named


def _limits(measurement: Mapping[str, Any]) -> dict[str, str]:
    values = {name: measurement.get(name) for name in LIMITS}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def check_tests(row: BatchRow, entry: OutcomeEntry) -> None:
    """Refuse a PASS without every test of the release, passed, with all values good.

    Raises:
        BurnerError: E714.
    """
    for name, measurements in _parsed(row.tests).items():
        of_name = [test for test in entry.result.tests if test.name == name]
        if len(of_name) != 1 or (why := _why_no_pass(of_name[0], measurements)):
            why = why if len(of_name) == 1 else counted(len(of_name), "result")
            raise inconsistent(f"unit {entry.unit_id} passed without its test {name}: {why}")


@lru_cache(maxsize=16)
def _parsed(tests: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    parsed: dict[str, dict[str, dict[str, str]]] = json.loads(tests or "{}")
    return parsed


def _why_no_pass(test: TestFacts, measurements: Mapping[str, Mapping[str, str]]) -> str:
    """Why a result is none that a unit may pass with; empty: it is one."""
    if test.outcome is not TestOutcome.PASS:
        return f"its outcome is {test.outcome.value}"
    for name, limits in measurements.items():
        of_name = [m for m in test.measurements if m.name == name]
        if len(of_name) != 1:
            return f"{name} has {counted(len(of_name), 'value')}"
        if {limit: getattr(of_name[0], limit) for limit in LIMITS} != limits:
            return f"{name} was compared with other limits"
    bad = [m.name for m in test.measurements if not (m.good and is_good(model_measurement(m)))]
    return f"{bad[0]} is not good" if bad else ""
