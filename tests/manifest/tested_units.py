"""Units with results of tests, recorded by the ledger as a station does."""

from datetime import timedelta
from typing import Any

from burner.core.attempt import Outcome, Record
from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import START, a_result, an_attempt


def tx_power(value: str, *, good: bool = True, low: str = "10", high: str = "14") -> Measurement:
    return Measurement("tx_power", value, "dBm", low, high, good=good)


def rf_test(*measurements: Measurement, **changes: Any) -> TestResult:
    bad = any(not measured.good for measured in measurements)
    fields: dict[str, Any] = {
        "name": "rf",
        "kind": "run",
        "outcome": TestOutcome.FAIL if bad else TestOutcome.PASS,
        "code": "E501" if bad else "",
        "seconds": 1.2,
        "waited_s": 0.4,
        "resource": "rf-box",
        "measurements": measurements,
    }
    return TestResult(**{**fields, **changes})


def burned_with_tests(
    ledger: Ledger, unit: int, *tests: TestResult, at_s: float = 0, **changes: Any
) -> Record:
    """A unit that went through these tests; it passes if all of them did."""
    attempt = an_attempt(unit, **{"batch": "WO1", "station": ledger.writer.station, **changes})
    ledger.begin(attempt)
    passed = all(test.outcome is TestOutcome.PASS for test in tests)
    outcome = Outcome.PASS if passed else Outcome.FAIL
    ended = START + timedelta(seconds=at_s + 12)
    return ledger.finish(attempt, a_result(outcome, ended=ended, tests=tests))
