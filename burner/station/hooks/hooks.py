"""Runs the hooks of a run: one after the other, away from the slots, never waited for for long."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from burner.core.attempt import Outcome, Record
from burner.core.code import Code
from burner.core.measurements import TestOutcome
from burner.core.secrets.search import SecretSearch
from burner.programs.answer import ProgramAnswer
from burner.programs.programs import SlotPrograms
from burner.station.events import HookFailed, StationEvent
from burner.station.fixture.hook_settings import HookSettings
from burner.station.hooks.board_ends import BoardEnds
from burner.station.hooks.questions import about_batch, about_unit

MAX_WAITING: Final = 200
"""Hooks that have not run yet; more are left out."""
END_S: Final = 10.0
"""At the end of a run, for those that wait."""
LOOK_S: Final = 0.05


class RunsPrograms(Protocol):
    """What runs a hook: `burner.programs.programs.SlotPrograms`, or a test's."""

    def run_program(
        self,
        arguments: tuple[str, ...],
        question: dict[str, Any],
        *,
        deadline_s: float,
        is_aborted: Callable[[], bool],
    ) -> ProgramAnswer:
        """Run a program to its end."""
        ...

    def close(self) -> None:
        """End all that runs."""
        ...


class RunHooks:
    """The hooks of one run. Whatever they do, records, outcomes and slots stay as they are."""

    def __init__(
        self,
        settings: HookSettings,
        programs: RunsPrograms,
        tell: Callable[[HookFailed], None],
    ) -> None:
        """Nothing runs yet.

        Args:
            settings: of the station file.
            programs: runs them.
            tell: shows what went wrong, during the run.
        """
        self._settings, self._programs, self._tell = settings, programs, tell
        self._ends = BoardEnds()
        self._waiting: queue.SimpleQueue[_HookToRun | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
        self._is_over = threading.Event()
        self._left_out = 0
        self._untold: list[HookFailed] = []
        """What went wrong and nobody has seen yet."""

    def add(self, event: StationEvent) -> None:
        """Take an event of the run; returns at once."""
        if isinstance(event, HookFailed) and event in self._untold:
            self._untold.remove(event)
        record = self._ends.add(event)
        if record is None:
            return
        hook, program = self._program(record.result.outcome)
        if program and self._waiting.qsize() >= MAX_WAITING:
            self._left_out += 1
        elif program:
            self._waiting.put(_HookToRun(hook, program, record))

    @contextmanager
    def running(self, is_hurried: Callable[[], bool]) -> "Iterator[RunHooks]":
        """Run hooks until the block ends; then for a short time those that wait still.

        Args:
            is_hurried: whether the operator wants the end now.
        """
        if not (self._settings.on_pass or self._settings.on_fail):
            yield self
            return
        self._thread.start()
        try:
            yield self
        finally:
            self._waiting.put(None)
            until = time.monotonic() + END_S
            while self._thread.is_alive() and time.monotonic() < until and not is_hurried():
                self._thread.join(LOOK_S)
            self._is_over.set()
            self._thread.join()
            self._programs.close()

    def failures_at_end(self) -> list[HookFailed]:
        """After the run: what went wrong and was not among its events."""
        left_out = HookFailed("", "", Code.HOOKS_LEFT_OUT, str(self._left_out))
        return [*self._untold, *([left_out] if self._left_out else [])]

    def _work(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            if self._is_over.is_set():
                self._left_out += 1
                continue
            answer = self._programs.run_program(
                waiting.program,
                about_unit(waiting.hook, waiting.record),
                deadline_s=self._settings.deadline_s,
                is_aborted=self._is_over.is_set,
            )
            attempt = waiting.record.attempt
            if answer.code == Code.STOPPED_BY_OPERATOR:
                self._left_out += 1
            elif failed := failure(waiting.hook, attempt.device_name or attempt.unit_id, answer):
                self._untold.append(failed)
                self._tell(failed)

    def _program(self, outcome: Outcome) -> tuple[str, tuple[str, ...]]:
        """The hook of a unit with this outcome, and its program, which may be none."""
        if outcome is Outcome.PASS:
            return "on_pass", self._settings.on_pass
        is_bad = outcome in (Outcome.FAIL, Outcome.ERROR)
        return "on_fail", self._settings.on_fail if is_bad else ()


class _HookToRun(NamedTuple):
    hook: str
    program: tuple[str, ...]
    record: Record


def run_batch_hook(
    settings: HookSettings, folder: Path, batch: Mapping[str, Any], station: str, operator: str
) -> HookFailed | None:
    """Run `on_batch_close`, and wait for its end; what went wrong with it.

    Args:
        settings: of the station file.
        folder: of the station file.
        batch: its id and counts.
        station: name of the station.
        operator: who closed the batch.
    """
    hook = "on_batch_close"
    if not settings.on_batch_close:
        return None
    with closing(SlotPrograms(SecretSearch(), folder)) as programs:
        answer = programs.run_program(
            settings.on_batch_close,
            about_batch(hook, station, operator, batch),
            deadline_s=settings.deadline_s,
        )
    return failure(hook, str(batch["batch"]), answer)


def failure(hook: str, about: str, answer: ProgramAnswer) -> HookFailed | None:
    """What went wrong with a hook; None: nothing."""
    if answer.outcome is TestOutcome.PASS:
        return None
    # no unit is bad where a hook failed
    is_unit = answer.code == Code.TEST_PROGRAM_FAILED_UNIT
    code = Code.TEST_PROGRAM_REPORTED_ERROR if is_unit else answer.code
    cause = ": ".join(part for part in (code, answer.detail) if part)
    return HookFailed(hook, about, Code.HOOK_FAILED, cause)
