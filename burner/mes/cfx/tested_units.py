"""Tests and measurements of a unit in the form of `UnitsTested`."""

from math import isfinite

from burner.core.good_values import is_number, number_of
from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.mes.cfx.envelope import Body, derived_id

RESULTS = {
    TestOutcome.PASS: "Passed",
    TestOutcome.FAIL: "Failed",
    TestOutcome.ERROR: "Error",
}
"""A test that did not run is left out: the standard lists tests that were performed."""


def test_of(result: TestResult, attempt: str) -> Body:
    """`Test`. What is bad stands with the symptom that it caused, all else in `Measurements`."""
    bad: list[Body] = []
    good: list[Body] = []
    for number, measurement in enumerate(result.measurements, 1):
        body = _measurement(measurement, number, attempt, result.name)
        (good if measurement.good else bad).append(body)
    failed = result.outcome is TestOutcome.FAIL
    return performed_test(
        result.name,
        RESULTS[result.outcome],
        attempt,
        code=result.code,
        detail=result.detail,
        bad=bad if failed else [],
        good=good if failed else good + bad,
    )


def performed_test(
    name: str,
    outcome: str,
    attempt: str,
    *,
    code: str,
    detail: str,
    bad: list[Body] | None = None,
    good: list[Body] | None = None,
) -> Body:
    """`Test` of any check of the unit, with the symptom of a failure or the text of an error."""
    symptom: Body = {
        "UniqueIdentifier": derived_id(attempt, "symptom", name),
        "SymptomCode": code,
        "Description": detail or None,
        "ComponentsOfInterest": [],
        "Priority": 1,
        "RelatedMeasurements": bad or [],
    }
    return {
        "UniqueIdentifier": derived_id(attempt, "test", name),
        "TestName": name,
        "TestConditions": [],
        "Result": outcome,
        "Error": ": ".join(filter(None, (code, detail))) if outcome == "Error" else None,
        "SymptomsFound": [symptom] if outcome == "Failed" else [],
        "DefectsFound": [],
        "Measurements": good or [],
    }


def overall_result(passed: bool, tests: tuple[TestResult, ...]) -> str:
    """`OverallResult` of a unit: a unit that no test found bad is not Failed."""
    if passed:
        return "Passed"
    outcomes = {test.outcome for test in tests}
    for outcome in (TestOutcome.FAIL, TestOutcome.ERROR):
        if outcome in outcomes:
            return RESULTS[outcome]
    return "Aborted"


def _measurement(measurement: Measurement, number: int, attempt: str, test: str) -> Body:
    """A number with a unit or limits is a number; all else stays a text, to its last digit."""
    value = _double(measurement.value)
    common: Body = {
        "UniqueIdentifier": derived_id(attempt, "measurement", test, measurement.name),
        "MeasurementName": measurement.name,
        "TimeRecorded": None,
        "Sequence": number,
        "Result": "Passed" if measurement.good else "Failed",
    }
    if value is None or not is_number(measurement):
        return {
            "$type": "CFX.Structures.TextMeasurement, CFX",
            "Value": measurement.value,
            "ExpectedValue": measurement.text or measurement.pattern or None,
            **common,
        }
    low, high = _double(measurement.low), _double(measurement.high)
    unit = measurement.unit or None
    return {
        "$type": "CFX.Structures.NumericMeasurement, CFX",
        "MeasuredValue": {
            "Value": value,
            "ValueUnits": unit,
            "ExpectedValue": None,
            "ExpectedValueUnits": None,
            "MinimumAcceptableValue": low,
            "MinimumAcceptableValueUnits": unit if low is not None else None,
            "MaximumAcceptableValue": high,
            "MaximumAcceptableValueUnits": unit if high is not None else None,
        },
        **common,
    }


def _double(text: str) -> float | None:
    """A number as the double of the standard; None where it is none, or too large for one."""
    number = number_of(text)
    value = None if number is None else float(number)
    return value if value is not None and isfinite(value) else None
