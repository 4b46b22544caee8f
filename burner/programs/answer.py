"""What a program answers, read strictly. Pure.

A program says how the test ended by one JSON object on its standard output, or by its exit status
alone. Whatever is neither is an error of the fixture: never a PASS, and never the unit's fault.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from burner.core.code import Code
from burner.core.good_values import NAME
from burner.core.measurements import TestOutcome
from burner.core.record_limits import MAX_MEASURED, MAX_NUMBER, MAX_VALUE, cut_detail
from burner.core.unique_keys import RepeatedKeyError, unique_keys
from burner.core.words.visible_text import in_one_line, invisible_at

MAX_OUTPUT: Final = 256 * 1024
"""Bytes on standard output."""

PASSED, UNIT_FAILED = 0, 1
"""Exit statuses; every other one is an error of the fixture."""

_LARGE_EXPONENT: Final = re.compile(r"[eE][+-]?0*[1-9]\d{3,}$")
_FIELDS: Final = ("measurements", "outcome", "detail")
_OUTCOMES: Final = (TestOutcome.PASS, TestOutcome.FAIL, TestOutcome.ERROR)
_CODES: Final[Mapping[TestOutcome, str]] = {
    TestOutcome.PASS: "",
    TestOutcome.FAIL: Code.TEST_PROGRAM_FAILED_UNIT,
    TestOutcome.ERROR: Code.TEST_PROGRAM_REPORTED_ERROR,
}
_CRASHED: Final = "Traceback (most recent call last)"
"""A Python program that crashes exits with 1, which else is the unit's fault."""


@dataclass(frozen=True)
class ProgramAnswer:
    """How a program or a function has ended."""

    outcome: TestOutcome
    """PASS, FAIL or ERROR. The values are not judged yet."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What was measured, by name; a number as the text that was sent."""
    code: str = ""
    """Why it is no PASS."""
    detail: str = ""
    printed: str = ""
    """What it wrote to standard error, as far as that was kept, without the product secret."""


class AnswerRefusedError(Exception):
    """The answer is not one; the text says why."""


def fixture_error(code: str, detail: str = "") -> ProgramAnswer:
    """The answer in place of one that is missing."""
    return ProgramAnswer(TestOutcome.ERROR, code=code, detail=shown(detail))


def shown(text: str) -> str:
    """A detail in one visible line, not too long for a record."""
    return cut_detail(in_one_line(text.strip()))


def answer_at_exit(
    status: int, output: bytes, last_line: str = "", *, crashed: bool = False
) -> ProgramAnswer:
    """How a program has ended that was not cut short.

    Args:
        status: its exit status; negative: the signal that ended it.
        output: all that it wrote to standard output.
        last_line: of its standard error.
        crashed: whether standard error has the traceback of a Python program.
    """
    if status < 0:
        return fixture_error(Code.TEST_PROGRAM_DIED, _joined(f"signal {-status}", last_line))
    try:
        answer = read_answer(output)
    except AnswerRefusedError as refused:
        if status not in (PASSED, UNIT_FAILED) or crashed:
            return _by_status(status, last_line)
        return fixture_error(Code.TEST_ANSWER_INVALID, str(refused))
    if status not in (PASSED, UNIT_FAILED) or (crashed and status):
        said = answer.detail if answer else ""
        return _with_values(_by_status(status, said or last_line), answer)
    if answer is None or answer.said is None:
        outcome = TestOutcome.FAIL if status else TestOutcome.PASS
    elif status and answer.said is TestOutcome.PASS:
        return fixture_error(Code.TEST_ANSWER_INVALID, f"outcome pass with exit status {status}")
    else:
        outcome = answer.said
    detail = answer.detail if answer else ""
    if outcome is not TestOutcome.PASS:
        detail = detail or last_line
    return ProgramAnswer(outcome, answer.values if answer else {}, _CODES[outcome], shown(detail))


def is_crash(errors: str) -> bool:
    """Whether standard error has the traceback of a Python program."""
    return _CRASHED in errors


@dataclass(frozen=True)
class AnswerObject:
    """The JSON object that a program wrote."""

    values: Mapping[str, str]
    said: TestOutcome | None
    detail: str


def read_answer(output: bytes) -> AnswerObject | None:
    """The object in the output; None: there is nothing but white space.

    Raises:
        AnswerRefusedError: it is anything else.
    """
    if len(output) > MAX_OUTPUT:
        raise AnswerRefusedError(f"more than {MAX_OUTPUT // 1024} KB")
    try:
        text = output.decode()
    except UnicodeDecodeError as error:
        raise AnswerRefusedError(f"byte {error.start + 1} is not UTF-8") from None
    if not text.strip():
        return None
    return _object(_parsed(text))


class _Number(str):
    """A number, as the text that was sent."""

    __slots__ = ()


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_no_number,
            object_pairs_hook=unique_keys,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        begins = f"{place}; it begins with {_quoted(text.strip())}"
        raise AnswerRefusedError(f"standard output is not one JSON object: {begins}") from None
    except RepeatedKeyError as error:
        raise AnswerRefusedError(f"{_quoted(error.key)} occurs twice") from None
    except RecursionError:
        raise AnswerRefusedError("nested too deeply") from None


def _no_number(name: str) -> Any:
    raise AnswerRefusedError(f"{name} is no number")


def _object(answer: Any) -> AnswerObject:
    if not isinstance(answer, dict):
        raise AnswerRefusedError(f"{_kind(answer)} in place of an object")
    if unknown := next((name for name in answer if name not in _FIELDS), None):
        raise AnswerRefusedError(f"unknown field {_quoted(unknown)}")
    if "" in answer:
        raise AnswerRefusedError("unknown field ''")
    return AnswerObject(
        values=_values(answer.get("measurements", {})),
        said=_said(answer["outcome"]) if "outcome" in answer else None,
        detail=shown(_text(answer.get("detail", ""), "detail")),
    )


def _values(measurements: Any) -> dict[str, str]:
    if not isinstance(measurements, dict):
        raise AnswerRefusedError(f"measurements: {_kind(measurements)} in place of an object")
    if len(measurements) > MAX_MEASURED:
        raise AnswerRefusedError(f"more than {MAX_MEASURED} measurements")
    return {_name(name): _value(name, value) for name, value in measurements.items()}


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise AnswerRefusedError(
            f"{_quoted(name)} is no name of a measurement: up to 32 letters, digits, - and _; "
            "a letter first"
        )
    return name


def _value(name: str, value: Any) -> str:
    if isinstance(value, _Number):
        if len(value) > MAX_NUMBER or _LARGE_EXPONENT.search(value):
            raise AnswerRefusedError(f"{name}: a number that is too long or too large")
        return str(value)
    text = _text(value, name)
    if len(text) > MAX_VALUE:
        raise AnswerRefusedError(f"{name}: more than {MAX_VALUE} characters")
    if place := invisible_at(text):
        raise AnswerRefusedError(f"{name}: character {place} cannot be seen")
    return text


def _said(outcome: Any) -> TestOutcome:
    if outcome not in _OUTCOMES or isinstance(outcome, _Number):
        raise AnswerRefusedError("outcome is not pass, fail or error")
    return TestOutcome(outcome)


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or (isinstance(value, _Number) and place == "detail"):
        allowed = "text" if place == "detail" else "a number or text"
        raise AnswerRefusedError(f"{place}: {_kind(value)} in place of {allowed}")
    return value


def _kind(value: Any) -> str:
    kinds = ((bool, "true or false"), (_Number, "a number"), (str, "text"), (list, "a list"))
    if value is None:
        return "null"
    return next((name for kind, name in kinds if isinstance(value, kind)), "an object")


def _quoted(text: str) -> str:
    return f"'{in_one_line(text[:32])}'"


def _by_status(status: int, why: str) -> ProgramAnswer:
    return fixture_error(Code.TEST_PROGRAM_REPORTED_ERROR, _joined(f"exit status {status}", why))


def _with_values(answer: ProgramAnswer, said: AnswerObject | None) -> ProgramAnswer:
    values = said.values if said else {}
    return ProgramAnswer(answer.outcome, values, answer.code, answer.detail)


def _joined(*parts: str) -> str:
    return ": ".join(part for part in parts if part)
