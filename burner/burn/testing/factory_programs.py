"""The programs and functions of the factory, for the tests of every slot of a station."""

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from burner.burn.testing.answer import TestAnswer
from burner.core.code import Code
from burner.core.secrets.search import SecretSearch
from burner.profile.tests import UnitTest
from burner.programs.answer import ProgramAnswer
from burner.programs.function_places import function_places
from burner.programs.program_file import find_program
from burner.programs.programs import SlotPrograms
from burner.programs.question import TestQuestion

LOOK_S = 0.1
"""Between two looks at whether the operator has stopped the station."""


class FactoryPrograms:
    """Runs the programs and functions of tests: `TestPrograms`. `close` ends all that runs."""

    def __init__(self, search: SecretSearch, folder: Path) -> None:
        """Nothing is started yet.

        Args:
            search: knows the product secret.
            folder: of the profile or release file.
        """
        self._search, self._folder = search, folder
        self._find_functions = cache(function_places)
        self._slots: dict[str, _Slot] = {}
        self._lock, self._is_over = threading.Lock(), threading.Event()

    def warm_up(self, tests: Iterable[UnitTest], slots: Iterable[str]) -> None:
        """Have the functions of tests imported ahead of their first use. Returns at once."""
        if functions := [test.python for test in tests if test.python]:
            self._find_functions()  # once for all slots
            for slot in slots:
                load = self._of(slot).load
                threading.Thread(target=load, args=(functions,), daemon=True).start()

    def ask(
        self, test: UnitTest, question: TestQuestion, is_aborted: Callable[[], bool]
    ) -> TestAnswer:
        """See `TestPrograms`."""
        slot = self._of(question.slot)
        while not slot.lock.acquire(timeout=LOOK_S):  # its functions are being imported
            if is_aborted():
                return TestAnswer(code=Code.STOPPED_BY_OPERATOR)
        try:
            if test.python:
                answer = slot.programs.call_function(
                    test.python,
                    question.as_json(),
                    deadline_s=test.deadline_s,
                    is_aborted=is_aborted,
                )
                return _answer(answer)
            program = find_program(test.run, self._folder).digest()
            answer = slot.programs.run_program(
                test.run, question.as_json(), deadline_s=test.deadline_s, is_aborted=is_aborted
            )
            return _answer(answer, program)
        finally:
            slot.lock.release()

    def close(self) -> None:
        """End all that runs, in every slot at once."""
        self._is_over.set()
        with self._lock:
            slots = list(self._slots.values())
        closing = [threading.Thread(target=slot.close) for slot in slots]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()

    def _of(self, slot: str) -> "_Slot":
        with self._lock:
            if slot not in self._slots:
                programs = SlotPrograms(self._search, self._folder, self._find_functions)
                self._slots[slot] = _Slot(programs, self._is_over.is_set)
            return self._slots[slot]


class _Slot:
    """The programs of one slot, asked one at a time."""

    def __init__(self, programs: SlotPrograms, is_over: Callable[[], bool]) -> None:
        self.programs, self.lock, self._is_over = programs, threading.Lock(), is_over

    def load(self, functions: Sequence[str]) -> None:
        """Have functions imported; what goes wrong is said when they are called."""
        with self.lock:
            for function in functions:
                if not self._is_over():
                    self.programs.load_function(function, self._is_over)

    def close(self) -> None:
        """End all that runs in it."""
        with self.lock:
            self.programs.close()


def _answer(answer: ProgramAnswer, program: str = "") -> TestAnswer:
    return TestAnswer(answer.values, answer.code, answer.detail, program, answer.printed)
