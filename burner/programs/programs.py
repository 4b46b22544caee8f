"""The programs and the functions of one slot: asked one at a time, each within its deadline.

Whatever they do ends in a `ProgramAnswer`. What they have started ends with them: a program's at
its end, a function's with its worker.
"""

import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.child_environment import child_environment
from burner.core.secrets.search import SecretSearch
from burner.programs.answer import (
    MAX_OUTPUT,
    PASSED,
    ProgramAnswer,
    answer_at_exit,
    fixture_error,
    is_crash,
)
from burner.programs.function_places import function_places
from burner.programs.guard_process import GuardProcess
from burner.programs.program_file import find_program, program_environment

LOAD_S: Final = 60.0
"""For a function's package to be imported, once for each worker."""
MAX_LEFT: Final = 8
"""Processes that functions may have started; with more their worker is replaced."""
_MAX_LINE: Final = 2 * MAX_OUTPUT
"""Of a worker: the answer is in quotes there."""
_STOPPED: Final[Mapping[str, str]] = {
    "deadline": Code.TEST_TOO_SLOW,
    "flood": Code.TEST_OUTPUT_TOO_LARGE,
    "stopped": Code.STOPPED_BY_OPERATOR,
}


class SlotPrograms:
    """Runs programs and calls functions for one slot; `close` ends all of them."""

    def __init__(
        self,
        search: SecretSearch,
        folder: Path,
        find_functions: Callable[[], Mapping[str, str]] = function_places,
    ) -> None:
        """Nothing is started yet.

        Args:
            search: knows the product secret.
            folder: in which all work: that of the profile or release file.
            find_functions: gives the places of the functions, before the first call.
        """
        self._find_functions = find_functions
        self._search, self._folder = search, folder.absolute()
        self._programs, self._functions = GuardProcess(), GuardProcess()
        self._places: dict[str, str] = {}
        self._loaded: set[str] = set()
        """Functions that the worker has imported."""

    def run_program(
        self,
        arguments: Sequence[str],
        question: Mapping[str, Any],
        *,
        deadline_s: float,
        is_aborted: Callable[[], bool] = lambda: False,
    ) -> ProgramAnswer:
        """Run a program of the factory.

        Args:
            arguments: program and arguments, as the profile has them.
            question: what it reads from standard input.
            deadline_s: until it must have ended.
            is_aborted: whether the operator has stopped the station: it is ended at once.
        """
        try:
            program = find_program(arguments, self._folder)
            order = {
                "do": "run",
                "arguments": program.arguments,
                "question": _line(question),
                "deadline_s": deadline_s,
                "folder": str(self._folder),
                "environment": program_environment(),
                "max_output": MAX_OUTPUT,
            }
            reply = self._programs.exchange(order, deadline_s, is_aborted)
        except BurnerError as error:
            return fixture_error(error.code, error.detail)
        if reply["end"] == "not-started":
            return fixture_error(Code.PROGRAM_UNUSABLE, f"{arguments[0]}: {reply['errors']}")
        output = _output(reply)
        return self._checked(output, reply, lambda: _ended(reply, output, deadline_s))

    def load_function(
        self, name: str, is_aborted: Callable[[], bool] = lambda: False
    ) -> ProgramAnswer | None:
        """Have a function imported by the worker; an answer: why that was not possible."""
        if name in self._loaded:
            return None
        place = self._find_functions().get(name)
        if place is None:
            return fixture_error(Code.TEST_FUNCTION_UNKNOWN, name)
        self._places[name] = place
        reply, answer = self._call({"function": place}, LOAD_S, is_aborted)
        if answer is None and "loaded" in reply:
            self._loaded.add(name)
        return answer

    def call_function(
        self,
        name: str,
        question: Mapping[str, Any],
        *,
        deadline_s: float,
        is_aborted: Callable[[], bool] = lambda: False,
    ) -> ProgramAnswer:
        """Call a function of an installed package.

        Args:
            name: of its entry point in the group `burner.tests`.
            question: its argument.
            deadline_s: until it must have returned.
            is_aborted: whether the operator has stopped the station: it is ended at once.
        """
        if (answer := self.load_function(name, is_aborted)) is not None:
            return answer
        call = {"function": self._places[name], "question": question}
        reply, answer = self._call(call, deadline_s, is_aborted)
        if answer is not None:
            return answer
        text = str(reply.get("answer", "")).encode()
        return self._checked(text, reply, lambda: answer_at_exit(PASSED, text))

    def close(self) -> None:
        """End all that runs."""
        self._programs.close()
        self._functions.close()
        self._loaded.clear()

    def _call(
        self, call: Mapping[str, Any], deadline_s: float, is_aborted: Callable[[], bool]
    ) -> tuple[dict[str, Any], ProgramAnswer | None]:
        """What the worker says of a call; an answer in its place, where it went wrong."""
        # An answer must have the number of its call: a function may write anywhere.
        number = uuid4().hex
        order = {
            "do": "ask",
            "arguments": (sys.executable, "-P", "-m", "burner.programs.function_worker"),
            "question": _line({**call, "number": number}),
            "mark": number,
            "deadline_s": deadline_s,
            "folder": str(self._folder),
            "environment": {**child_environment(), **program_environment()},
            "max_output": _MAX_LINE,
        }
        try:
            reply = self._functions.exchange(order, deadline_s, is_aborted)
        except BurnerError as error:
            self._loaded.clear()
            return {}, fixture_error(error.code, error.detail)
        if reply["end"] != "answered":
            self._loaded.clear()  # the next call has a new worker
            return {}, self._checked(b"", reply, lambda: _cut_short(reply, deadline_s))
        said = {**_said(_output(reply), number), "errors": reply["errors"], "left": reply["left"]}
        if said.get("processes", 0) > MAX_LEFT:
            self._end_worker()
        if "raised" in said:
            self._end_worker()
            why = str(said["raised"])
            return {}, self._checked(
                why.encode(), said, lambda: fixture_error(Code.TEST_FUNCTION_RAISED, why)
            )
        if "answer" not in said and "loaded" not in said:
            self._end_worker()
            return {}, fixture_error(Code.TEST_ANSWER_INVALID, "the worker's line is damaged")
        return said, None

    def _end_worker(self) -> None:
        """What an exception has left behind is unknown: the next call has a new worker."""
        self._loaded.clear()
        with suppress(BurnerError):
            self._functions.exchange({"do": "end"}, 0.0, lambda: False)

    def _checked(
        self, output: bytes, reply: Mapping[str, Any], answer: Callable[[], ProgramAnswer]
    ) -> ProgramAnswer:
        """The answer, unless the product secret is in the texts, or something still runs."""
        judged = self._judged_safely(output, reply, answer)
        return replace(judged, printed=self._search.clean(str(reply["errors"])))

    def _judged_safely(
        self, output: bytes, reply: Mapping[str, Any], answer: Callable[[], ProgramAnswer]
    ) -> ProgramAnswer:
        texts = (output.decode(errors="replace"), str(reply["errors"]))
        if any(self._search.spans(text) for text in texts):
            return fixture_error(Code.TEST_PRINTED_SECRET)
        ended = answer()
        inner = "\n".join((*ended.values, *ended.values.values(), ended.detail))
        if self._search.spans(inner):
            return fixture_error(Code.TEST_PRINTED_SECRET)
        if reply["left"]:
            return fixture_error(Code.TEST_PROCESS_NOT_ENDED, ended.detail)
        return ended


def _ended(reply: Mapping[str, Any], output: bytes, deadline_s: float) -> ProgramAnswer:
    """How a program has ended."""
    if reply["end"] != "exited":
        return _cut_short(reply, deadline_s)
    errors = reply["errors"]
    if reply["status"] is None:  # it could not be ended
        return fixture_error(Code.TEST_PROGRAM_DIED, _last_line(errors))
    return answer_at_exit(reply["status"], output, _last_line(errors), crashed=is_crash(errors))


def _cut_short(reply: Mapping[str, Any], deadline_s: float) -> ProgramAnswer:
    """A program that was stopped, or a worker that has ended."""
    end, status = reply["end"], reply["status"]
    details = {"deadline": f"{deadline_s:g} s", "exited": f"exit status {status}"}
    parts = (details.get(end, ""), _last_line(reply["errors"]))
    detail = ": ".join(part for part in parts if part)
    return fixture_error(_STOPPED.get(end, Code.TEST_PROGRAM_DIED), detail)


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps(content) + "\n"


def _output(reply: Mapping[str, Any]) -> bytes:
    return base64.b64decode(reply["output"])


def _said(line: bytes, number: str) -> dict[str, Any]:
    """What the worker says of a call; nothing where the line is not its own."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and said.get("number") == number else {}


def _last_line(errors: str) -> str:
    return next((line.strip() for line in reversed(errors.splitlines()) if line.strip()), "")
