"""Runs the tests of one unit, one after the other, and keeps how each of them ended."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from burner.burn.testing.answer import TestAnswer
from burner.burn.testing.dialogue import hold_dialogue
from burner.burn.testing.equipment import TestEquipment
from burner.burn.testing.judgement import judge
from burner.burn.testing.question import question_of
from burner.burn.testing.record_room import last_tries_fit, with_earlier_tries_that_fit
from burner.burn.testing.resources import Turn
from burner.core.attempt import Attempt
from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError, Fault
from burner.core.measurements import TestOutcome, TestResult, TestTry
from burner.core.record_limits import MAX_DETAIL, MAX_MEASURED, MAX_SIZE, cut_detail
from burner.core.secrets.search import SecretSearch
from burner.core.unit_events import Event, ResourceAwaited, TestEnded, TestStarted
from burner.core.words.plural import counted
from burner.devices.device import Device
from burner.profile.tests import UnitTest

LOOK_S = 0.2
"""Between two looks whether the wait for a resource was given up."""
_LOST = (ErrorClass.PORT, ErrorClass.BUG)
"""The unit, or what reaches it, is away: no later test makes sense."""


WatchBoard = Callable[[], Callable[[], bool]]
"""Begins a wait; the result tells whether the unit was taken out."""


def watch_nothing() -> Callable[[], bool]:
    """Where nobody can tell whether a unit was taken out."""
    return lambda: False


class UnitTests:
    """The tests of one attempt. `run` some of them, as often as the way of the unit needs it."""

    def __init__(
        self,
        tests: Sequence[UnitTest],
        equipment: TestEquipment,
        device: Device,
        search: SecretSearch,
        is_aborted: Callable[[], bool],
        *,
        slot: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing has run yet.

        Args:
            tests: every test of the unit, in the order in which they run.
            equipment: of the station.
            device: the unit.
            search: takes the product secret out of what goes on record.
            is_aborted: whether a person stopped the station.
            slot: where the unit is.
            now: gives seconds.
        """
        self._tests, self._equipment, self._device = tuple(tests), equipment, device
        self._slot, self._search, self._is_aborted, self._now = slot, search, is_aborted, now
        self._has_begun = False
        self._results: dict[str, TestResult] = {}
        self.waited_s = 0.0
        """For resources, so far."""
        self.away_s = 0.0
        """While the unit's port was open to others, or nobody looked at it, so far."""

    @property
    def results(self) -> tuple[TestResult, ...]:
        """How each test ended; none where the unit did not come to its first one."""
        if not self._has_begun:
            return ()
        return tuple(self._results.get(test.name) or _not_run(test) for test in self._tests)

    def run(
        self,
        tests: Sequence[UnitTest],
        attempt: Attempt,
        console_baud: int,
        watch_board: WatchBoard = watch_nothing,
    ) -> Iterator[Event]:
        """Run some of the tests, in their order.

        Args:
            tests: of those of the unit.
            attempt: the unit, as far as it is known.
            console_baud: of the firmware that runs.
            watch_board: for a wait in which the unit may be taken out.

        Raises:
            BurnerError: of the first test that failed; where none did, of the first one that could
                not be made.
        """
        self._has_begun, errors = True, list[BurnerError]()
        for test in tests:
            with self._turn(test) as turn:
                began = self._now()
                waited_s = (yield from self._wait(turn, watch_board)) if turn else 0.0
                error = yield from self._run(test, attempt, console_baud, waited_s)
                self.away_s += waited_s if test.serial else self._now() - began
            errors += [error] if error else []
            if error and (not test.go_on or error.code.error_class in _LOST):
                break
        if errors:
            raise min(errors, key=lambda error: error.row.fault is not Fault.UNIT)

    def _turn(self, test: UnitTest) -> AbstractContextManager[Turn | None]:
        """The slot's turn with the resource of a test, if it needs one."""
        if not test.resource:
            return nullcontext()
        return self._equipment.resources.turn(test.resource, self._slot)

    def _wait(self, turn: Turn, watch_board: WatchBoard) -> Generator[Event, None, float]:
        """Wait for a resource; how long that took."""
        if turn.wait():
            return 0.0
        began, has_left, shown = self._now(), watch_board(), ""
        try:
            while True:
                users = ", ".join(turn.resources.users(turn.name))
                if users not in ("", shown):
                    shown = users
                    yield ResourceAwaited(self._slot, turn.name, users)
                if turn.wait(LOOK_S):
                    return self._now() - began
                if self._is_aborted():
                    raise BurnerError(Code.STOPPED_BY_OPERATOR, f"while it waited for {turn.name}")
                if has_left():
                    raise BurnerError(Code.BOARD_REMOVED, f"while it waited for {turn.name}")
        finally:
            self.waited_s += self._now() - began

    def _run(
        self, test: UnitTest, attempt: Attempt, console_baud: int, waited_s: float
    ) -> Generator[Event, None, BurnerError | None]:
        """Try one test until it passes, as often as it may be tried; why it did not pass."""
        number, earlier = self._tests.index(test) + 1, tuple[TestTry, ...]()
        for tried in range(1, test.tries + 1):
            yield TestStarted(self._slot, test.name, number, len(self._tests))
            began = self._now()
            answer = self._answer(test, attempt, tried, console_baud)
            judged = judge(test, answer)
            result = replace(
                _not_run(test),
                outcome=judged.outcome,
                code=judged.code,
                detail=cut_detail(self._search.clean(judged.detail)),
                seconds=self._now() - began,
                waited_s=waited_s,
                tries=tried,
                program=answer.program,
                measurements=judged.measurements,
                earlier=earlier,
            )
            result = self._keep(result)
            if not result.code or self._is_aborted():
                break
            earlier = (*result.earlier, _as_earlier(result))
        if result.code and self._is_aborted():
            stopped = BurnerError(Code.STOPPED_BY_OPERATOR, f"during the test {test.name}")
            not_run = replace(_not_run(test), code=stopped.code, tries=result.tries)
            self._results[test.name] = replace(not_run, earlier=result.earlier)
            raise stopped
        yield TestEnded(self._slot, result)
        if result.outcome is TestOutcome.PASS:
            return None
        what = f"{test.name}: {result.detail}" if result.detail else test.name
        return BurnerError(result.code, what)

    def _answer(
        self, test: UnitTest, attempt: Attempt, tried: int, console_baud: int
    ) -> TestAnswer:
        try:
            if test.serial:
                return hold_dialogue(self._device, test.serial, console_baud)
            programs = self._equipment.programs
            if programs is None:
                raise BurnerError(Code.UNEXPECTED_ERROR, "this station runs no programs")
            port = self._device.free_port()
            question = question_of(attempt, test, tried, port)
            answer = programs.ask(test, question, self._is_aborted)
            for line in answer.printed.splitlines():
                self._device.log(f"{test.name}: {line}")
            return answer
        except BurnerError as error:
            return TestAnswer(code=error.code, detail=error.detail)

    def _keep(self, result: TestResult) -> TestResult:
        """Keep a result; returns it as the record of the unit has room for it."""
        results = {
            test.name: self._results.get(test.name) or _not_run(test) for test in self._tests
        }
        for candidate in (result, *_shorter(result)):
            results[result.name] = candidate
            if last_tries_fit(tuple(results.values())):
                break
        fitting = with_earlier_tries_that_fit(tuple(results.values()))
        self._results = {kept.name: kept for kept in fitting}
        return self._results[result.name]


def _shorter(result: TestResult) -> Iterator[TestResult]:
    """A result without its values, which then is no pass; then also without its own detail."""
    what = f"more than {counted(MAX_MEASURED, 'value')}, or {MAX_SIZE} bytes, of one unit"
    short = replace(result, detail=what, measurements=())
    if not result.code:
        short = replace(short, outcome=TestOutcome.ERROR, code=Code.TEST_VALUE_UNUSABLE)
    if result.detail:
        own = cut_detail(result.detail, MAX_DETAIL - len(what) - 2)
        yield replace(short, detail=f"{own}; {what}")
    yield short


def _as_earlier(result: TestResult) -> TestTry:
    """The last try, once there is another one after it."""
    return TestTry(
        *(result.tries, result.outcome, result.code, result.detail),
        seconds=result.seconds,
        measurements=result.measurements,
    )


def _not_run(test: UnitTest) -> TestResult:
    return TestResult(test.name, test.kind, TestOutcome.NOT_RUN, resource=test.resource or "")
