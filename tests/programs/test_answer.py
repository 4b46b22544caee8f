"""The answer of a program: what is one, and what never passes for one."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from burner.core.code import Code
from burner.core.good_values import NAME
from burner.core.measurements import TestOutcome
from burner.core.record_limits import MAX_DETAIL, MAX_NUMBER, MAX_VALUE
from burner.programs import answer
from burner.programs.answer import ProgramAnswer, answer_at_exit

PASS, FAIL, ERROR = TestOutcome.PASS, TestOutcome.FAIL, TestOutcome.ERROR


def refusal(output: bytes, status: int = 0) -> str:
    ended = answer_at_exit(status, output)
    assert (ended.outcome, ended.code, dict(ended.values)) == (ERROR, Code.TEST_ANSWER_INVALID, {})
    return ended.detail


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        (0, PASS, ""),
        (1, FAIL, Code.TEST_PROGRAM_FAILED_UNIT),
        (2, ERROR, Code.TEST_PROGRAM_REPORTED_ERROR),
        (0xC0000005, ERROR, Code.TEST_PROGRAM_REPORTED_ERROR),
        (-9, ERROR, Code.TEST_PROGRAM_DIED),
    ],
)
@pytest.mark.parametrize("output", [b"", b" \r\n"])
def test_a_program_that_says_nothing_is_judged_by_its_exit_status(
    status: int, outcome: TestOutcome, code: str, output: bytes
) -> None:
    ended = answer_at_exit(status, output)
    assert (ended.outcome, ended.code) == (outcome, code)


@pytest.mark.parametrize(
    ("said", "status", "outcome"),
    [
        ("pass", 0, PASS),
        ("fail", 0, FAIL),
        ("error", 0, ERROR),
        ("fail", 1, FAIL),
        ("error", 1, ERROR),
        ("pass", 3, ERROR),
        ("fail", 3, ERROR),
    ],
)
def test_an_outcome_that_was_said_counts_unless_the_program_then_crashed(
    said: str, status: int, outcome: TestOutcome
) -> None:
    ended = answer_at_exit(status, json.dumps({"outcome": said, "measurements": {"u": 3}}).encode())
    assert (ended.outcome, dict(ended.values)) == (outcome, {"u": "3"})


def test_pass_with_the_exit_status_of_a_failure_is_a_contradiction() -> None:
    assert refusal(b'{"outcome": "pass"}', 1) == "outcome pass with exit status 1"


@pytest.mark.parametrize("output", [b"", b'{"measurements": {}}', b'{"measu'])
def test_a_python_program_that_crashes_does_not_fail_the_unit_by_its_exit_status(
    output: bytes,
) -> None:
    ended = answer_at_exit(1, output, "ImportError: no visa", crashed=True)
    assert (ended.outcome, ended.code) == (ERROR, Code.TEST_PROGRAM_REPORTED_ERROR)
    assert ended.detail == "exit status 1: ImportError: no visa"


def test_what_a_failing_program_wrote_last_is_the_detail_where_it_gave_none() -> None:
    assert answer_at_exit(1, b"", "no carrier").detail == "no carrier"
    assert answer_at_exit(1, b'{"detail": "weak"}', "no carrier").detail == "weak"
    assert answer_at_exit(0, b"", "DEBUG done").detail == ""


@pytest.mark.parametrize("number", ["12.30", "-0", "1E5", "0.1000000000000000055511151231257827"])
def test_a_number_stays_the_text_that_was_sent(number: str) -> None:
    ended = answer_at_exit(0, f'{{"measurements": {{"tx": {number}}}}}'.encode())
    assert dict(ended.values) == {"tx": number}


@given(
    st.dictionaries(
        st.from_regex(NAME, fullmatch=True),
        st.decimals(allow_nan=False, allow_infinity=False, places=6, max_value=10**12),
        max_size=5,
    )
)
def test_every_decimal_comes_back_to_the_last_digit(values: dict[str, Decimal]) -> None:
    pairs = ", ".join(f'"{name}": {value:f}' for name, value in values.items())
    ended = answer_at_exit(0, f'{{"measurements": {{{pairs}}}}}'.encode())
    assert ended.outcome is PASS or any(len(f"{v:f}") > MAX_NUMBER for v in values.values())
    assert all(Decimal(ended.values[name]) == values[name] for name in ended.values)


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (b"tx power 12 dBm", "line 1, column 1; it begins with 'tx power 12 dBm'"),
        (b'{"outcome": "pass"}\n{"outcome": "pass"}', "not one JSON object: line 2, column 1"),
        (b'{"measurements": {"a": 1}', "standard output is not one JSON object"),
        (b"[]", "a list in place of an object"),
        (b"null", "null in place of an object"),
        (b"1", "a number in place of an object"),
        (b'"pass"', "text in place of an object"),
        (b'{"measurement": {}}', "unknown field 'measurement'"),
        (b'{"": 1}', "unknown field ''"),
        (b'{"outcome": "pass", "outcome": "fail"}', "'outcome' occurs twice"),
        (b'{"measurements": {"a": 1, "a": 2}}', "'a' occurs twice"),
        (b'{"measurements": []}', "measurements: a list in place of an object"),
        (b'{"measurements": {"a": NaN}}', "NaN is no number"),
        (b'{"measurements": {"a": -Infinity}}', "-Infinity is no number"),
        (b'{"measurements": {"a": 1e999999}}', "a: a number that is too long or too large"),
        (b'{"measurements": {"a": 1' + b"0" * 50 + b"}}", "a number that is too long"),
        (b'{"measurements": {"a": true}}', "a: true or false in place of a number or text"),
        (b'{"measurements": {"a": null}}', "a: null in place of a number or text"),
        (b'{"measurements": {"a": [1]}}', "a: a list in place of a number or text"),
        (b'{"measurements": {"a": {"b": 1}}}', "a: an object in place of a number or text"),
        (b'{"measurements": {"a b": 1}}', "'a b' is no name of a measurement"),
        (b'{"measurements": {"a": "x\\u0000"}}', "a: character 2 cannot be seen"),
        (b'{"measurements": {"a": "\\ud800"}}', "a: character 1 cannot be seen"),
        (b'{"measurements": {"a": "x\ty"}}', "standard output is not one JSON object"),
        (b'{"measurements": {"a": "' + b"x" * 201 + b'"}}', "a: more than 200 characters"),
        (b'{"outcome": "PASS"}', "outcome is not pass, fail or error"),
        (b'{"outcome": "not-run"}', "outcome is not pass, fail or error"),
        (b'{"outcome": null}', "outcome is not pass, fail or error"),
        (b'{"outcome": ["pass"]}', "outcome is not pass, fail or error"),
        (b'{"detail": 3}', "detail: a number in place of text"),
        (b'{"detail": {}}', "detail: an object in place of text"),
        (b"\xff\xfe{\x00}\x00", "byte 1 is not UTF-8"),
        (b'{"detail": "\xe4"}', "byte 13 is not UTF-8"),
        (b"\xef\xbb\xbf{}", "standard output is not one JSON object"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"measurements":' * 10_000, "nested too deeply"),
        (b" " * (answer.MAX_OUTPUT + 1), "more than 256 KB"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(output: bytes, why: str) -> None:
    assert why in refusal(output)


def test_more_measurements_than_a_record_takes_are_refused() -> None:
    many: dict[str, Any] = {"measurements": {f"m{n}": n for n in range(301)}}
    assert refusal(json.dumps(many).encode()) == "more than 300 measurements"


def test_a_detail_is_one_visible_line_and_not_too_long() -> None:
    said = json.dumps({"detail": "\x1b[31mbad\n" + "x" * 1000}).encode()
    detail = answer_at_exit(0, said).detail
    assert detail.startswith("\\u001b[31mbad\\u000axxx")
    assert len(detail) == MAX_DETAIL


@given(st.binary(max_size=60), st.integers(-20, 300), st.booleans())
@example(b"{}", 0, False)
def test_bytes_of_any_kind_pass_only_with_exit_status_0(
    output: bytes, status: int, crashed: bool
) -> None:
    ended = answer_at_exit(status, output, crashed=crashed)
    assert ended.outcome in (PASS, FAIL, ERROR)
    assert (ended.outcome is PASS) == (not ended.code)
    assert status == 0 or ended.outcome is not PASS
    assert status in (0, 1) or ended.outcome is ERROR


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["measurements", "outcome", "detail", "x"]), JSON))
def test_json_of_any_kind_gives_an_answer_that_a_record_takes(content: dict[str, Any]) -> None:
    ended: ProgramAnswer = answer_at_exit(0, json.dumps(content).encode())
    assert ended.outcome is not PASS or content.get("outcome", "pass") == "pass"
    assert len(ended.detail) <= MAX_DETAIL
    assert ended.detail.isprintable()
    assert all(len(value) <= MAX_VALUE for value in ended.values.values())
