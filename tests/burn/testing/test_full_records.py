"""The record of a unit has room for the results of its tests."""

from burner.burn.testing.answer import TestAnswer
from burner.core.attempt import Outcome
from burner.release.lint.unit_tests import check_unit_tests
from tests.burn.one_slot import PASSED, Line, ended
from tests.burn.testing.programs import Script, ScriptedPrograms, unit_test, values
from tests.burn.testing.tested_line import POWER, device, stored_tests, with_tests


def test_a_unit_has_no_more_values_than_a_record_can_hold(line: Line) -> None:
    many = values(**{f"v{n}": "1" for n in range(100)})
    tests = [unit_test(name) for name in "abcd"]
    programs = ScriptedPrograms(a=many, b=many, c=many, d=values(v="1"))
    record = with_tests(line, *tests, programs=programs).burn(device())
    assert (*ended(record), record.result.detail) == (
        *(Outcome.ERROR, "E656", "d: more than 300 values, or 45000 bytes, of one unit"),
    )


def test_a_bad_unit_keeps_the_reason_where_its_values_have_no_room(line: Line) -> None:
    many = values(**{f"v{n}": "1" for n in range(100)})
    tests = [*(unit_test(name) for name in "abc"), unit_test("d", measurements=[POWER])]
    programs = ScriptedPrograms(a=many, b=many, c=many, d=values(tx_power="15"))
    record = with_tests(line, *tests, programs=programs).burn(device())
    why = "d: tx_power is 15 dBm, good is 10 … 14 dBm"
    assert (*ended(record), record.result.detail) == (
        *(Outcome.FAIL, "E655", f"{why}; more than 300 values, or 45000 bytes, of one unit"),
    )


def test_a_good_unit_of_a_profile_that_checks_clean_has_room_on_record(line: Line) -> None:
    limits = {"unit": "mA", "low": 0, "high": "9" * 30}
    tests = [
        unit_test(name, measurements=[{"name": f"m{n}", **limits} for n in range(count)])
        for name, count in (("a", 100), ("b", 100), ("c", 70))
    ]
    number = "9" * 28 + "." + "0" * 11
    answers: dict[str, Script | list[Script]] = {
        t.name: values(**{m.name: number for m in t.measurements}) for t in tests
    }
    record = with_tests(line, *tests, programs=ScriptedPrograms(**answers)).burn(device())
    assert [*check_unit_tests(line.job.release.profile)] == []
    assert ended(record) == PASSED


def test_a_record_has_room_for_whatever_fixtures_say(line: Line) -> None:
    tests = [unit_test(f"t{n}", go_on=True, tries=10) for n in range(50)]
    long = {f"v{n}": "超" * 200 for n in range(6)}
    answers: dict[str, Script] = {
        t.name: TestAnswer(long, code="E655", detail="坏" * 1000) for t in tests
    }
    record = with_tests(line, *tests, programs=ScriptedPrograms(**answers)).burn(device())
    assert ended(record) == (Outcome.FAIL, "E655")
    assert [test.outcome for test in record.result.tests] == ["fail"] * 50
    assert len(stored_tests(line)) == 50
