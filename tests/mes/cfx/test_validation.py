"""The question before a unit is touched, as IPC-CFX, and what counts as a yes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.errors import BurnerError
from burner.mes.cfx.validation import (
    RESPONSE,
    read_response,
    request_of,
    validation_request,
)
from burner.mes.destination import InterlockAnswer, MesAwayError
from tests.mes.cfx.examples import AT, UNIT, question

PASSED, FAILED = {"Result": "Passed"}, {"Result": "Failed", "FailureCode": 7, "Message": "route"}
DONE = {"Result": "Success", "ResultCode": 0, "Message": None}


def response(**body: Any) -> bytes:
    return json.dumps({"MessageName": RESPONSE, "RequestID": "r", "MessageBody": body}).encode()


def test_the_request_names_the_unit_its_slot_and_both_checks() -> None:
    made = validation_request(
        question(), "label", at=AT, source="burner.station.LINE-1", target="mes", request="r"
    )
    sent = json.loads(made.to_json())
    assert (sent["RequestID"], sent["Target"]) == ("r", "mes")
    body = sent["MessageBody"]
    assert body["Validations"] == ["UnitRouteValidation", "UnitStatusValidation"]
    assert (body["PrimaryIdentifier"], body["Units"][0]["PositionName"]) == ("SN-000123", "3")
    plain = validation_request(question(), "mac", at=AT, source="s", target="", request="r")
    assert json.loads(plain.to_json())["MessageBody"]["PrimaryIdentifier"] == UNIT


@pytest.mark.parametrize(
    "body",
    [
        {"Result": DONE, "PrimaryResult": PASSED, "ValidationResults": [PASSED]},
        {"Result": DONE, "PrimaryResult": PASSED, "ValidationResults": None},
        {"Result": DONE, "PrimaryResult": None, "ValidationResults": [PASSED]},
        {"Result": {"Result": "Warning"}, "PrimaryResult": PASSED},
    ],
)
def test_a_unit_is_allowed_if_all_of_the_answer_says_so(body: dict[str, Any]) -> None:
    assert read_response(response(**body)) == InterlockAnswer(True)


@pytest.mark.parametrize(
    "body",
    [
        {"Result": DONE, "PrimaryResult": FAILED},
        {"Result": DONE, "PrimaryResult": PASSED, "ValidationResults": [PASSED, FAILED]},
        {"Result": DONE, "PrimaryResult": {"Message": "route", "FailureCode": 7}},
        {"Result": DONE, "PrimaryResult": {**FAILED, "Result": "Skipped"}},
    ],
)
def test_a_unit_is_refused_in_the_words_of_the_mes(body: dict[str, Any]) -> None:
    assert read_response(response(**body)) == InterlockAnswer(False, "route (7)")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "no ValidateUnitsResponse"),
        (b"[]", "no ValidateUnitsResponse"),
        (b"[" * 100_000, "no ValidateUnitsResponse"),
        (b'{"MessageName": "CFX.WhoIsThereResponse", "MessageBody": {}}', "no ValidateUnits"),
        (response(PrimaryResult=PASSED), "no ValidateUnitsResponse"),
        (response(Result=DONE), "names no unit"),
        (response(Result=DONE, ValidationResults=[]), "names no unit"),
    ],
)
def test_an_answer_that_cannot_be_read_is_said_to_be_one(answer: bytes, says: str) -> None:
    with pytest.raises(BurnerError, match=says) as unreadable:
        read_response(answer)
    assert unreadable.value.code == "E473"


def test_an_answer_that_says_two_things_of_a_unit_allows_nothing() -> None:
    answer = response(Result=DONE, PrimaryResult={"Result": "Failed"})
    twice = answer.replace(b'"Failed"', b'"Failed", "Result": "Passed"')
    assert twice != answer
    with pytest.raises(BurnerError) as unreadable:
        read_response(twice)
    assert unreadable.value.code == "E473"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (response(Result={"Result": "Failed", "Message": "database"}), "check the unit: database"),
        (response(Result={}, PrimaryResult=PASSED), "could not check the unit"),
    ],
)
def test_a_mes_that_could_not_check_the_unit_gave_no_answer(answer: bytes, says: str) -> None:
    with pytest.raises(MesAwayError, match=says):
        read_response(answer)


def test_a_reason_is_one_short_printable_line() -> None:
    long = {"Result": "Failed", "Message": "\x1b[31m\n" + "x" * 5000}
    reason = read_response(response(Result=DONE, PrimaryResult=long)).reason
    assert reason.isprintable()
    assert len(reason) == 300


@pytest.mark.parametrize(
    ("answer", "request_id"),
    [
        (response(Result=DONE), "r"),
        (b"{}", ""),
        (b'{"RequestID": 5}', ""),
        (b"[1]", ""),
        (b"garbage", ""),
        (b"\xff", ""),
    ],
)
def test_an_answer_says_which_question_it_answers(answer: bytes, request_id: str) -> None:
    assert request_of(answer) == request_id


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("Passed"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(result=json_values, primary=json_values, units=json_values)
def test_no_garbage_is_a_yes(result: Any, primary: Any, units: Any) -> None:
    answer = response(Result=result, PrimaryResult=primary, ValidationResults=units)
    with pytest.raises(BurnerError):
        read_response(answer)
