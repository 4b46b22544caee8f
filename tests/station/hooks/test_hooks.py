"""Hooks of a run: told of every unit that has ended, and never in its way."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from burner.core.attempt import Outcome, Record
from burner.core.code import Code
from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.core.silicon import Mac, Silicon
from burner.core.unit_events import Finished, RetryStarted
from burner.programs.answer import ProgramAnswer, answer_at_exit, fixture_error
from burner.station.events import HookFailed, SlotState, SlotStateChanged, StationEvent, end_state
from burner.station.fixture.hook_settings import HookSettings
from burner.station.hooks import hooks
from burner.station.hooks.board_ends import BoardEnds
from burner.station.hooks.hooks import RunHooks, failure
from burner.station.hooks.questions import about_unit
from tests.station.units import a_result, an_attempt

SILICON = Silicon("esp32c3", "v0.4", Mac.parse("24:6f:28:aa:bb:cc"), 0x164020, 4 << 20)
BOTH = HookSettings(on_pass=("passed",), on_fail=("failed",), deadline_s=7)


class ScriptedPrograms:
    """Answers at once, or when a test lets it; keeps what it was asked."""

    def __init__(self, answer: ProgramAnswer | None = None) -> None:
        self.answer = answer or ProgramAnswer(TestOutcome.PASS)
        self.asked: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        self.may_end = threading.Event()
        self.may_end.set()
        self.is_closed = False

    def run_program(
        self,
        arguments: tuple[str, ...],
        question: dict[str, Any],
        *,
        deadline_s: float,
        is_aborted: Callable[[], bool],
    ) -> ProgramAnswer:
        assert deadline_s == 7
        self.asked.append((arguments, question))
        while not self.may_end.wait(0.001):
            if is_aborted():
                return fixture_error(Code.STOPPED_BY_OPERATOR)
        return self.answer

    def close(self) -> None:
        self.is_closed = True


def record(outcome: Outcome, number: int = 1, unit: bool = True) -> Record:
    attempt = an_attempt("3", 1, SILICON if unit else None)
    attempt = replace(attempt, device_name=f"plug-{number}")
    return Record(number, attempt, a_result(outcome))


def ended(outcome: Outcome, number: int = 1) -> list[StationEvent]:
    state = end_state(outcome, known=False, other_batch=False)
    return [Finished("3", record(outcome, number)), SlotStateChanged("3", state)]


def run(programs: ScriptedPrograms, events: list[StationEvent], **hurry: bool) -> RunHooks:
    told: list[HookFailed] = []
    of_run = RunHooks(BOTH, programs, told.append)
    with of_run.running(lambda: hurry.get("hurry", False)):
        for event in events:
            of_run.add(event)
    return of_run


def test_the_program_of_the_outcome_runs_with_the_record_of_the_unit() -> None:
    programs = ScriptedPrograms()
    outcomes = (Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.ABORTED)
    run(programs, [event for n, each in enumerate(outcomes, 1) for event in ended(each, n)])
    assert [program for program, _ in programs.asked] == [("passed",), ("failed",), ("failed",)]
    assert [question["record"] for _, question in programs.asked] == [1, 2, 3]
    assert programs.is_closed


def test_a_hook_reads_the_outcome_and_what_was_measured() -> None:
    measured = TestResult(
        "rf", "run", TestOutcome.FAIL, "E655", measurements=(Measurement("tx", "12.30", "dBm"),)
    )
    bad = record(Outcome.FAIL)
    bad = replace(bad, result=replace(bad.result, code="E655", tests=(measured,)))
    question = about_unit("on_fail", bad)
    assert question["tests"] == [
        {"name": "rf", "outcome": "fail", "code": "E655", "measurements": {"tx": "12.30"}}
    ]
    assert (question["hook"], question["outcome"], question["code"], question["slot"]) == (
        *("on_fail", "FAIL", "E655", "3"),
    )


def test_a_try_that_is_tried_again_a_known_unit_and_a_silent_slot_have_not_ended() -> None:
    ends, first = BoardEnds(), Finished("3", record(Outcome.ERROR, 1))
    last = record(Outcome.PASS, 2)
    events: list[StationEvent] = [
        *(first, RetryStarted("3", "E501", 2), SlotStateChanged("3", SlotState.BURNING)),
        *(Finished("3", last), SlotStateChanged("3", SlotState.PASS)),
        *(Finished("3", last, known=True), SlotStateChanged("3", SlotState.KNOWN)),
        Finished("3", record(Outcome.ERROR, 3, unit=False)),
        *(SlotStateChanged("3", SlotState.EMPTY), SlotStateChanged("3", SlotState.ERROR)),
    ]
    assert [end for event in events if (end := ends.add(event))] == [last]


def test_a_hook_that_fails_says_nothing_of_the_unit() -> None:
    answer = answer_at_exit(1, b"", "light tower is off")
    failed = failure("on_pass", "plug-1", answer)
    assert failed == HookFailed("on_pass", "plug-1", Code.HOOK_FAILED, "E641: light tower is off")


def test_what_goes_wrong_is_told_and_what_nobody_saw_is_told_at_the_end() -> None:
    programs = ScriptedPrograms(fixture_error(Code.TEST_TOO_SLOW, "7 s"))
    told: list[HookFailed] = []
    of_run = RunHooks(BOTH, programs, told.append)
    with of_run.running(lambda: False):
        for event in (*ended(Outcome.PASS, 1), *ended(Outcome.FAIL, 2)):
            of_run.add(event)
    first, second = of_run.failures_at_end()
    assert told == [first, second]
    assert first == HookFailed("on_pass", "plug-1", Code.HOOK_FAILED, "E642: 7 s")
    of_run.add(first)
    assert of_run.failures_at_end() == [second]


def test_a_hook_that_hangs_holds_up_neither_the_run_nor_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hooks, "END_S", 0.0)
    monkeypatch.setattr(hooks, "MAX_WAITING", 3)
    programs = ScriptedPrograms()
    programs.may_end.clear()
    of_run = run(programs, [event for n in range(10) for event in ended(Outcome.PASS, n)])
    assert of_run.failures_at_end() == [HookFailed("", "", Code.HOOKS_LEFT_OUT, "10")]
    assert programs.is_closed


def test_an_operator_in_a_hurry_does_not_wait_for_hooks() -> None:
    programs = ScriptedPrograms()
    programs.may_end.clear()
    of_run = run(programs, ended(Outcome.PASS), hurry=True)
    assert [failed.code for failed in of_run.failures_at_end()] == [Code.HOOKS_LEFT_OUT]


def test_without_hooks_nothing_is_started() -> None:
    programs = ScriptedPrograms()
    of_run = RunHooks(HookSettings(), programs, lambda _: None)
    with of_run.running(lambda: False):
        for event in ended(Outcome.PASS):
            of_run.add(event)
    assert (programs.asked, programs.is_closed, of_run.failures_at_end()) == ([], False, [])
