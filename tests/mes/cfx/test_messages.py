"""Events of burner as messages of IPC-CFX."""

import json
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burner.core.code import Code
from burner.core.errors import table
from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.mes.cfx.envelope import derived_id
from burner.mes.cfx.messages import envelopes
from burner.mes.events import FaultOccurred, MesEvent, UnitsTested, WorkCompleted
from tests.mes.cfx.examples import ATTEMPT, CURRENT, EVENTS, IDS, MESSAGE_ID, UNIT, WORK, message

GOLDEN = Path(__file__).parents[2] / "golden" / "cfx.json"

texts = st.text(max_size=30)
decimals = st.from_regex(r"-?[0-9]{1,30}(\.[0-9]{1,20})?(e[0-9]{1,3})?", fullmatch=True)
measurements = st.builds(
    Measurement,
    name=texts,
    value=texts | decimals,
    unit=st.sampled_from(("", "mA")),
    low=st.just("") | decimals,
    high=st.just("") | decimals,
    text=texts,
    good=st.booleans(),
)
results = st.builds(
    TestResult,
    name=texts,
    kind=st.just("run"),
    outcome=st.sampled_from(TestOutcome),
    code=texts,
    detail=texts,
    measurements=st.lists(measurements, max_size=4).map(tuple),
)


def sent(event: MesEvent, **choice: Any) -> list[dict[str, Any]]:
    made = envelopes(message(event), "burner.station", choice.get("identifier", "mac"))
    return [json.loads(envelope.to_json()) for envelope in made]


def body(event: MesEvent, **choice: Any) -> dict[str, Any]:
    whole: dict[str, Any] = sent(event, **choice)[-1]["MessageBody"]
    return whole


def unit_after(*tests: TestResult, passed: bool = False) -> dict[str, Any]:
    unit: dict[str, Any] = body(UnitsTested(**WORK, passed=passed, tests=tests))["TestedUnits"][0]
    return unit


def test_every_event_is_sent_as_on_file() -> None:
    made = [envelope for event in EVENTS for envelope in sent(event)]
    assert made == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_there_is_an_example_of_every_event() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(MesEvent))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_message_that_is_sent_again_is_the_same_to_the_byte(event: MesEvent) -> None:
    first, again = (envelopes(message(event), "h", "mac") for _ in range(2))
    assert [e.to_json() for e in first] == [e.to_json() for e in again]
    assert first[-1].id == MESSAGE_ID


def test_the_type_of_a_message_stands_first_in_its_body() -> None:
    """The reader of IPC's SDK looks for it nowhere else."""
    for event in EVENTS:
        assert next(iter(body(event))) == "$type"
    (number,) = unit_after(TestResult("t", "run", TestOutcome.PASS, measurements=(CURRENT,)))[
        "Tests"
    ][0]["Measurements"]
    assert next(iter(number)) == "$type"


def test_why_a_unit_failed_is_sent_as_a_test_before_its_work_is_completed() -> None:
    failed = WorkCompleted(**WORK, outcome="FAIL", code="E601", detail="0x9000", step="verify")
    first, last = sent(failed)
    assert first["MessageName"] == "CFX.Production.TestAndInspection.UnitsTested"
    assert first["UniqueID"] == derived_id(MESSAGE_ID, first["MessageName"])
    assert last["UniqueID"] == MESSAGE_ID
    (test,) = first["MessageBody"]["TestedUnits"][0]["Tests"]
    assert (test["TestName"], test["Result"]) == ("verify", "Failed")
    assert test["SymptomsFound"][0]["SymptomCode"] == "E601"
    assert test["SymptomsFound"][0]["Description"].endswith("(0x9000)")


def test_a_unit_that_failed_a_test_of_its_own_is_not_said_twice() -> None:
    failed = WorkCompleted(**WORK, outcome="FAIL", code="E640", step="test")
    assert [e["MessageName"] for e in sent(failed)] == ["CFX.Production.WorkCompleted"]


def test_a_broken_station_makes_no_bad_unit() -> None:
    first, last = sent(WorkCompleted(**WORK, outcome="ERROR", code="E302", step="write"))
    assert first["MessageBody"]["TestedUnits"][0]["OverallResult"] == "Error"
    assert last["MessageBody"]["Result"] == "Aborted"
    assert "Status" not in last["MessageBody"]["Units"][0]


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("mac", UNIT),
        ("label", "SN-000123"),
        ("device_name", "plug_0f3c"),
        ("serial", UNIT),
    ],
)
def test_a_unit_is_called_as_the_mes_knows_it(identifier: str, name: str) -> None:
    completed = WorkCompleted(**WORK, ids=IDS, outcome="PASS")
    assert body(completed, identifier=identifier)["PrimaryIdentifier"] == name


def test_a_fault_says_what_happened_in_both_languages() -> None:
    row = table()[Code.PORT_MISSING]
    fault = body(FaultOccurred(fault="a", slot="left", code=row.code, detail="slot left"))["Fault"]
    assert fault["Description"] == f"{row.says} (slot left)"
    assert fault["DescriptionTranslations"] == {"zh-CN": row.says_zh}
    assert (fault["Cause"], fault["Stage"]["StageName"]) == ("ElectricalFailure", "left")


def test_a_unit_in_rework_is_not_disqualified() -> None:
    (scrap,) = (event for event in EVENTS if type(event).__name__ == "UnitsDisqualified")
    assert sent(scrap)
    assert sent(type(scrap)(**{**vars(scrap), "disposition": "rework"})) == []


@pytest.mark.parametrize(("identifier", "name"), [("mac", UNIT), ("label", "SN-000123")])
def test_a_scrapped_unit_is_called_as_the_mes_knows_it(identifier: str, name: str) -> None:
    (scrap,) = (event for event in EVENTS if type(event).__name__ == "UnitsDisqualified")
    scrapped = body(type(scrap)(**{**vars(scrap), "ids": IDS}), identifier=identifier)
    assert scrapped["PrimaryIdentifier"] == scrapped["Units"][0]["UnitIdentifier"] == name


@pytest.mark.parametrize(("value", "number"), [(".5", 0.5), ("5.", 5.0), ("+5", 5.0)])
def test_what_is_a_number_to_the_engine_is_one_to_the_mes(value: str, number: float) -> None:
    result = TestResult("t", "run", TestOutcome.PASS, measurements=(Measurement("v", value, "mA"),))
    (measurement,) = unit_after(result)["Tests"][0]["Measurements"]
    assert measurement["MeasuredValue"]["Value"] == number


@pytest.mark.parametrize("value", ["NaN", "1e999", "1_0", "１２", "0x10", "12 mA", ""])
def test_what_is_no_number_is_sent_as_text(value: str) -> None:
    result = TestResult("t", "run", TestOutcome.PASS, measurements=(Measurement("v", value, "mA"),))
    (measurement,) = unit_after(result)["Tests"][0]["Measurements"]
    assert measurement["Value"] == value


def test_digits_without_unit_and_limits_stay_to_the_last_one() -> None:
    serial = Measurement("serial", "00123456789012345678901234567890")
    result = TestResult("t", "run", TestOutcome.PASS, measurements=(serial,))
    assert unit_after(result)["Tests"][0]["Measurements"][0]["Value"] == serial.value


@settings(max_examples=40)
@given(tests=st.lists(results, max_size=3).map(tuple), passed=st.booleans())
def test_whatever_was_measured_arrives_once_and_as_json(
    tests: tuple[TestResult, ...], passed: bool
) -> None:
    unit = unit_after(*tests, passed=passed)
    performed = [test for test in tests if test.outcome is not TestOutcome.NOT_RUN]
    assert [test["TestName"] for test in unit["Tests"]] == [test.name for test in performed]
    for test, result in zip(unit["Tests"], performed, strict=True):
        UUID(test["UniqueIdentifier"])
        related = [m for s in test["SymptomsFound"] for m in s["RelatedMeasurements"]]
        names = sorted(m["MeasurementName"] for m in test["Measurements"] + related)
        assert names == sorted(m.name for m in result.measurements)
        assert all(m["Result"] == "Failed" for m in related)


@given(identifier=texts)
def test_every_id_becomes_a_uuid(identifier: str) -> None:
    assert UUID(derived_id(identifier, "a")) != UUID(derived_id(identifier, "b"))
    assert str(UUID(ATTEMPT)) == body(WorkCompleted(**WORK, outcome="PASS"))["TransactionID"]
