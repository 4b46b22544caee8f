"""Tests that are tried again: the last try counts, and those before it are on record."""

from dataclasses import replace

from burner.burn.testing.answer import TestAnswer
from burner.burn.testing.record_room import LEFT_OUT
from burner.core.attempt import Outcome
from burner.core.measurements import Measurement, TestOutcome, TestTry
from tests.burn.one_slot import PASSED, Line, ended
from tests.burn.testing.programs import Script, ScriptedPrograms, unit_test, values
from tests.burn.testing.tested_line import POWER, device, stored_tests, with_tests


def test_a_test_is_tried_until_it_passes_and_the_record_has_the_tries_before(line: Line) -> None:
    tries: list[Script] = [
        values(tx_power="14.9"),
        TestAnswer({"tx_power": "14.90"}, code="E644", detail="cable"),
        values(tx_power="10"),
    ]
    programs = ScriptedPrograms(rf=tries)
    test = unit_test(measurements=[POWER], tries=3)
    record = with_tests(line, test, programs=programs).burn(device())
    (result,) = record.result.tests
    assert (ended(record), result.tries, result.detail) == (PASSED, 3, "")
    assert [m.value for m in result.measurements] == ["10"]
    first, second = result.earlier
    assert first == TestTry(
        *(1, TestOutcome.FAIL, "E655", "tx_power is 14.9 dBm, good is 10 … 14 dBm"),
        seconds=first.seconds,
        measurements=(Measurement("tx_power", "14.9", "dBm", "10", "14", good=False),),
    )
    assert (second.number, second.outcome, second.code) == (2, TestOutcome.ERROR, "E644")
    assert (second.detail, second.measurements[0].value) == ("cable", "14.90")
    assert [replace(tried, seconds=0) for tried in stored_tests(line)[0].earlier] == [
        replace(tried, seconds=0) for tried in result.earlier
    ]
    assert [question.tried for question in programs.questions] == [1, 2, 3]


def test_a_test_that_never_passes_is_tried_as_often_as_it_may(line: Line) -> None:
    programs = ScriptedPrograms(rf=TestAnswer(code="E655"))
    record = with_tests(line, unit_test(tries=3), programs=programs).burn(device())
    (result,) = record.result.tests
    assert (result.tries, len(programs.asked)) == (3, 3)
    assert [tried.number for tried in result.earlier] == [1, 2]


def test_values_of_earlier_tries_never_cost_a_unit_its_pass(line: Line) -> None:
    many = {f"v{n}": "1" for n in range(100)}
    tests = [unit_test(name, tries=2) for name in "abc"]
    bad = TestAnswer(many, code="E655", detail="noisy")
    answers: dict[str, Script | list[Script]] = {n: [bad, TestAnswer(many)] for n in "abc"}
    record = with_tests(line, *tests, programs=ScriptedPrograms(**answers)).burn(device())
    assert ended(record) == PASSED
    assert [len(test.measurements) for test in record.result.tests] == [100] * 3
    earlier = [test.earlier[0] for test in record.result.tests]
    assert [(t.code, t.detail, t.measurements) for t in earlier] == [("E655", LEFT_OUT, ())] * 3


def test_the_tries_before_the_one_that_a_person_stopped_are_on_record(line: Line) -> None:
    stop: list[str] = []

    def stopped() -> TestAnswer:
        stop.append("now")
        return TestAnswer(code="E902")

    programs = ScriptedPrograms(rf=[values(tx_power="9"), stopped])
    test = unit_test(measurements=[POWER], tries=3)
    record = with_tests(line, test, programs=programs).burn(device(), aborted=stop)
    assert ended(record) == (Outcome.ABORTED, "E458")
    (result,) = stored_tests(line)
    assert (result.outcome, result.tries) == (TestOutcome.NOT_RUN, 2)
    assert [tried.measurements[0].value for tried in result.earlier] == ["9"]
