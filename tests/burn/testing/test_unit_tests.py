"""The tests of a unit on its way: an ESP in memory, the real release, the real manifest."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from burner.burn.burn import burn
from burner.burn.job import AttemptRequest
from burner.burn.testing.answer import TestAnswer
from burner.burn.testing.equipment import TestEquipment
from burner.burn.testing.resources import Resources, Turn
from burner.core.attempt import Attempt, Outcome, Record, Step
from burner.core.errors import BurnerError
from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.core.silicon import Mac
from burner.core.unit_events import Finished, ResourceAwaited, TestEnded, TestStarted
from tests.burn.one_slot import NAME, PASSED, SECRET, UNIT, Line, boot_lines, ended
from tests.burn.testing.programs import ScriptedPrograms, unit_test, values
from tests.burn.testing.tested_line import POWER, device, stored_tests, with_tests
from tests.devices.esp_in_memory import FakeBoard, FakeDevice

LED = {
    "lines": [{"send": "led red\n", "expect": r"led=(?P<color>\w+)", "within_s": 0.05}],
}


def outcomes(record: Record) -> dict[str, str]:
    return {test.name: test.outcome.value for test in record.result.tests}


def test_a_unit_without_tests_goes_its_way_as_before(line: Line) -> None:
    record = line.burn(device())
    assert (ended(record), record.result.tests) == (PASSED, ())
    assert Step.TEST not in line.steps


def test_tests_run_before_the_write_and_after_the_proof(line: Line) -> None:
    before, after = unit_test("current", before="write"), unit_test("led", serial=LED)
    record = with_tests(line, after, before).burn(unit := device())
    assert ended(record) == PASSED
    steps = [Step.CLAIM, Step.TEST, Step.WRITE, Step.VERIFY, Step.RESET, Step.PROVE, Step.TEST]
    assert line.steps[3:-1] == steps
    assert [test.name for test in record.result.tests] == ["current", "led"]
    assert record.result.tests[1].measurements == (Measurement("color", "RED"),)
    assert unit.calls.count("identify") == 1, "a program that leaves the chip alone costs no reset"


def test_a_unit_that_a_program_has_reset_is_connected_again(line: Line) -> None:
    class Resetting(FakeDevice):
        def free_port(self) -> str:
            self.boot(0.0, lambda _: True)
            return super().free_port()

    unit = Resetting(FakeBoard(prints=boot_lines()))
    record = with_tests(line, unit_test(before="write")).burn(unit)
    assert ended(record) == PASSED
    assert unit.calls.count("identify") == 2


def test_a_chip_that_goes_on_with_another_mac_is_connected_again_and_not_written(
    line: Line,
) -> None:
    class Swapping(FakeDevice):
        def resume(self) -> Mac | None:
            self.insert(FakeBoard(mac="60:55:f9:00:00:02"))
            return Mac.parse("60:55:f9:00:00:02")

    record = with_tests(line, unit_test(before="write")).burn(Swapping(FakeBoard()))
    assert record.result.code == "E457"
    assert not record.result.written


def test_another_unit_in_the_slot_after_a_test_is_not_written(line: Line) -> None:
    class Swapping(FakeDevice):
        def free_port(self) -> str:
            self.insert(FakeBoard(mac="60:55:f9:00:00:02"))
            return super().free_port()

    record = with_tests(line, unit_test(before="write")).burn(Swapping(FakeBoard()))
    assert record.result.code == "E457"
    assert not record.result.written


def test_a_record_holds_values_to_the_last_digit_beside_their_limits(line: Line) -> None:
    test = unit_test(measurements=[POWER])
    programs = ScriptedPrograms(rf=values(tx_power="12.30", temperature="25"))
    record = with_tests(line, test, programs=programs).burn(device())
    assert record.result.tests == (
        TestResult(
            *("rf", "run", TestOutcome.PASS),
            seconds=record.result.tests[0].seconds,
            measurements=(
                Measurement("tx_power", "12.30", "dBm", "10", "14"),
                Measurement("temperature", "25"),
            ),
        ),
    )
    assert stored_tests(line) == [
        replace(record.result.tests[0], seconds=stored_tests(line)[0].seconds)
    ]


def test_a_value_outside_of_its_limits_fails_a_unit_whose_program_says_that_it_passed(
    line: Line,
) -> None:
    programs = ScriptedPrograms(rf=values(tx_power="14.000000000000000000001"))
    record = with_tests(line, unit_test(measurements=[POWER]), programs=programs).burn(device())
    assert ended(record) == (Outcome.FAIL, "E655")
    what = "rf: tx_power is 14.000000000000000000001 dBm, good is 10 … 14 dBm"
    assert record.result.detail == what
    assert record.result.step is Step.TEST
    assert not record.result.tests[0].measurements[0].good


def test_limits_of_yaml_are_the_digits_that_were_written() -> None:
    (measured,) = unit_test(measurements=[{"name": "x", "low": 0.1, "high": "0.30"}]).measurements
    assert (measured.low, str(measured.high)) == (Decimal("0.1"), "0.30")


@pytest.mark.parametrize(
    ("answer", "code", "detail"),
    [
        (values(tx_power="NaN"), "E656", "rf: tx_power is 'NaN', which is no number"),
        (values(tx_power="1" * 201), "E656", "rf: tx_power has 201 characters, at most 200"),
        (values(tx_power="12", **{"a b": "1"}), "E656", "rf: 'a b' is no name of a value"),
        (
            values(tx_power="12", **{f"v{n}": "1" for n in range(100)}),
            "E656",
            "rf: 101 values, at most 100",
        ),
        (values(other="1"), "E657", "rf: no value of tx_power"),
    ],
)
def test_values_that_cannot_be_used_are_the_fault_of_the_fixture(
    line: Line, answer: TestAnswer, code: str, detail: str
) -> None:
    programs = ScriptedPrograms(rf=answer)
    record = with_tests(line, unit_test(measurements=[POWER]), programs=programs).burn(device())
    assert (*ended(record), record.result.detail) == (Outcome.ERROR, code, detail)
    assert outcomes(record) == {"rf": "error"}


def test_a_program_that_could_not_run_is_the_fault_of_the_fixture(line: Line) -> None:
    programs = ScriptedPrograms(rf=BurnerError("E901", "boom"))
    record = with_tests(line, unit_test(measurements=[POWER]), programs=programs).burn(device())
    assert (ended(record), outcomes(record)) == ((Outcome.ERROR, "E901"), {"rf": "error"})


def test_values_on_record_hold_nothing_that_moves_a_terminal(line: Line) -> None:
    programs = ScriptedPrograms(rf=values(text="\x1b[2Jx\n"))
    record = with_tests(line, unit_test(), programs=programs).burn(device())
    assert record.result.tests[0].measurements[0].value == "\\u001b[2Jx\\u000a"


def test_a_unit_that_does_not_answer_a_dialogue_fails(line: Line) -> None:
    record = with_tests(line, unit_test("led", serial=LED)).burn(device(b"hello\n"))
    assert ended(record) == (Outcome.FAIL, "E658")
    assert record.result.detail.startswith("led: line 1: no line matched")


def test_after_a_failed_test_the_others_are_not_run(line: Line) -> None:
    tests = [unit_test(name) for name in ("a", "b", "c")]
    programs = ScriptedPrograms(b=TestAnswer(code="E655", detail="bad"))
    record = with_tests(line, *tests, programs=programs).burn(device())
    assert outcomes(record) == {"a": "pass", "b": "fail", "c": "not-run"}
    assert programs.asked == ["a", "b"]


def test_a_unit_that_fails_before_its_first_test_has_no_results(line: Line) -> None:
    record = with_tests(line, unit_test()).burn(FakeDevice(FakeBoard(chip="esp32")))
    assert record.result.tests == ()


def test_a_test_that_goes_on_lets_the_others_run_and_the_first_failure_counts(line: Line) -> None:
    tests = [unit_test("a", go_on=True), unit_test("b", go_on=True), unit_test("c")]
    programs = ScriptedPrograms(a=TestAnswer(code="E655"), b=TestAnswer(code="E656"))
    record = with_tests(line, *tests, programs=programs).burn(device())
    assert outcomes(record) == {"a": "fail", "b": "error", "c": "pass"}
    assert ended(record) == (Outcome.FAIL, "E655")


def test_a_failed_test_before_the_write_leaves_the_flash_as_it_was(line: Line) -> None:
    tests = [unit_test("a", before="write", go_on=True), unit_test("b", before="write")]
    programs = ScriptedPrograms(a=TestAnswer(code="E655"))
    unit = device()
    record = with_tests(line, *tests, programs=programs).burn(unit)
    assert (ended(record), record.result.written) == ((Outcome.FAIL, "E655"), False)
    assert programs.asked == ["a", "b"]
    assert not any(call.startswith("write") for call in unit.calls)


def test_a_program_is_told_the_unit_and_its_free_port(line: Line) -> None:
    programs = ScriptedPrograms()
    record = with_tests(line, unit_test(), programs=programs).burn(device())
    (question,) = programs.questions
    assert question.as_json() == {
        "burner": 1,
        "test": "rf",
        "try": 1,
        "slot": "1",
        "port": "memory",
        "unit_id": UNIT,
        "mac": UNIT,
        "device_name": NAME,
        "attempt": record.attempt.id,
        "batch": "",
        "profile": record.attempt.profile,
        "ids": {"mac": UNIT},
    }


def test_a_detail_is_as_long_as_a_record_may_have_it_and_has_no_secret(line: Line) -> None:
    detail = f"{SECRET.reveal().decode()} {'x' * 1000}"
    programs = ScriptedPrograms(rf=TestAnswer(code="E655", detail=detail))
    record = with_tests(line, unit_test(), programs=programs).burn(device())
    assert len(record.result.tests[0].detail) == 500
    assert SECRET.reveal().decode() not in record.result.tests[0].detail


def test_a_unit_that_failed_one_test_is_bad_whatever_an_earlier_fixture_says(line: Line) -> None:
    tests = [unit_test("a", go_on=True), unit_test("b")]
    programs = ScriptedPrograms(a=TestAnswer(code="E656"), b=TestAnswer(code="E655"))
    record = with_tests(line, *tests, programs=programs).burn(device())
    assert ended(record) == (Outcome.FAIL, "E655")


def test_events_tell_each_test_and_how_it_ended(line: Line) -> None:
    programs = ScriptedPrograms(rf=[TestAnswer(code="E655"), TestAnswer()])
    with_tests(line, unit_test(tries=2), unit_test("b"), programs=programs).burn(device())
    told = [event for event in line.events if isinstance(event, TestStarted | TestEnded)]
    names = [(e.test, e.number, e.total) for e in told if isinstance(e, TestStarted)]
    assert names == [("rf", 1, 2), ("rf", 1, 2), ("b", 2, 2)]
    assert [e.result.outcome for e in told if isinstance(e, TestEnded)] == ["pass", "pass"]


def test_a_known_unit_is_not_tested_again(line: Line) -> None:
    programs = ScriptedPrograms()
    unit = device()
    with_tests(line, unit_test(), programs=programs).burn(unit)
    line.burn(unit)
    assert (line.known, len(programs.asked)) == (True, 1)


def test_a_person_who_stops_the_station_ends_the_test(line: Line) -> None:
    stop: list[str] = []

    def stopped() -> TestAnswer:
        stop.append("now")
        return TestAnswer(code="E902")

    programs = ScriptedPrograms(rf=stopped)
    tests = unit_test(tries=3, go_on=True), unit_test("b")
    record = with_tests(line, *tests, programs=programs).burn(device(), aborted=stop)
    assert ended(record) == (Outcome.ABORTED, "E458")
    assert outcomes(record) == {"rf": "not-run", "b": "not-run"}
    assert len(programs.asked) == 1


def test_the_unit_waits_for_a_resource_that_another_slot_has(line: Line) -> None:
    with_tests(line, unit_test(resource="rf-box"))
    other = line.job.equipment.resources.turn("rf-box", "7")
    programs = line.job.equipment.programs
    assert isinstance(programs, ScriptedPrograms)

    events = []
    for event in burn(line.job, device(), line.ledger, AttemptRequest("1", 921600)):
        events.append(event)
        if isinstance(event, ResourceAwaited):
            assert programs.asked == []
            line.job.equipment.resources.end(other)
    assert ResourceAwaited("1", "rf-box", "7") in events
    assert programs.asked == ["rf"]
    assert line.job.equipment.resources.users("rf-box") == ()
    assert isinstance(events[-1], Finished)
    result = events[-1].record.result
    assert result.waited_s == pytest.approx(result.tests[0].waited_s, abs=0.0006)
    assert result.timings["wait"] == result.waited_s > 0
    assert result.seconds == pytest.approx(sum(result.timings.values()), abs=0.05)


@pytest.mark.parametrize("reason", ["stopped", "left"])
def test_a_wait_for_a_resource_ends_when_the_unit_left_or_a_person_stops(
    line: Line, reason: str
) -> None:
    with_tests(line, unit_test(resource="rf-box", before="write"))
    resources = line.job.equipment.resources
    other = resources.turn("rf-box", "7")
    stop: list[str] = []

    def has_left() -> bool:
        return reason == "left"

    if reason == "stopped":
        stop.append("now")
    record = line.burn(device(), aborted=stop, watch_board=lambda: has_left)
    expected = (Outcome.ABORTED, "E458") if stop else (Outcome.ERROR, "E308")
    assert ended(record) == expected
    resources.end(other)
    assert resources.turn("rf-box", "2").wait(), "nobody waits any more"


def test_each_wait_watches_the_board_anew(line: Line) -> None:
    """A test before may have started the board's program: it then answers no look."""
    tests = [unit_test(name, resource="rf-box", before="write") for name in ("a", "b")]
    resources = Resources()
    others = [resources.turn("rf-box", "7"), resources.turn("rf-box", "8")]
    line.with_profile(tests=tests)
    again: list[Turn] = []

    def used_again() -> TestAnswer:
        again.append(resources.turn("rf-box", "9"))  # comes before the second test
        return TestAnswer()

    programs = ScriptedPrograms(a=used_again)
    line.job = replace(line.job, equipment=TestEquipment(resources, programs))
    looks: list[int] = []

    def watch() -> Callable[[], bool]:
        looks.append(0)

        def has_left() -> bool:
            looks[-1] += 1
            resources.end((others or again).pop(0))
            return looks[-1] > 2

        return has_left

    assert ended(line.burn(device(), watch_board=watch)) == PASSED
    assert looks == [2, 1]


def test_a_unit_that_the_factorys_system_refuses_is_not_touched(line: Line) -> None:
    asked: list[Attempt] = []

    def refuse(attempt: Attempt) -> None:
        asked.append(attempt)
        raise BurnerError("E450", "not here")

    programs, unit = ScriptedPrograms(), device()
    with_tests(line, unit_test(before="write"), programs=programs)
    line.job = replace(line.job, interlock=refuse)
    record = line.burn(unit)
    assert record.result.code == "E450"
    assert (asked[0].unit_id, asked[0].device_name) == (UNIT, NAME)
    assert not record.result.written
    assert Step.CLAIM not in line.steps
    assert programs.asked == []


def test_a_unit_that_may_be_processed_goes_on(line: Line) -> None:
    line.job = replace(line.job, interlock=lambda _: None)
    assert ended(line.burn(device())) == PASSED


def test_what_a_program_writes_to_standard_error_is_in_the_slots_log(line: Line) -> None:
    unit = device()
    programs = ScriptedPrograms(rf=TestAnswer(printed="port is open\nstep 2: waiting\n"))
    with_tests(line, unit_test(), programs=programs).burn(unit)
    assert unit.logged == ["rf: port is open", "rf: step 2: waiting"]
