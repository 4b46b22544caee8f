"""`python -m burner.programs.function_worker`: calls test functions, warm.

Each line on standard input is a call, each line that goes back its end. A function may print: its
standard output goes to standard error, which the guard reads.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import reduce
from importlib import import_module
from typing import IO, Any, TextIO, cast

from burner.programs.guard.descendants import adopt, count_descendants

_TestFunction = Callable[[Mapping[str, Any]], object]


def main() -> None:
    """Serve the guard until its pipe ends."""
    adopt()
    calls, answers, errors = _private_pipes()
    functions: dict[str, _TestFunction] = {}
    process = os.getpid()
    for line in calls:
        call = json.loads(line)
        try:
            end = _end_of_call(call, functions)
        except BaseException as error:  # also of sys.exit: nothing of a function ends the worker
            end = {"raised": _description(error)}
        if os.getpid() != process:  # the function has forked, and its child came back
            os._exit(0)
        _flush()
        with suppress(OSError):
            os.write(
                errors, call["number"].encode()
            )  # what was printed before belongs to this call
        counted = {"number": call["number"], "processes": count_descendants()}
        answers.write(json.dumps({**end, **counted}) + "\n")
        answers.flush()


def _private_pipes() -> tuple[IO[bytes], TextIO, int]:
    """The pipes of the guard, where no function finds them by accident."""
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return calls, answers, os.dup(2)


def _flush() -> None:
    """Pass on what was printed so far, as far as the function has left the streams as they were."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()


def _end_of_call(call: Mapping[str, Any], functions: dict[str, _TestFunction]) -> dict[str, str]:
    place = call["function"]
    if place not in functions:
        functions[place] = _load(place)
    if "question" not in call:
        return {"loaded": place}
    answer = functions[place](call["question"])
    return {"answer": "" if answer is None else _as_json(answer)}


def _load(place: str) -> _TestFunction:
    """The function of an entry point, as its package gives it: `package.module:name`."""
    module, _, name = place.partition("[")[0].partition(":")
    steps = filter(None, name.strip().split("."))
    return cast("_TestFunction", reduce(getattr, steps, import_module(module.strip())))


def _as_json(answer: object) -> str:
    """The answer as a program would write it. A `Decimal` keeps its digits."""
    if isinstance(answer, Decimal):
        return str(answer)
    if isinstance(answer, Mapping):
        pairs = (f"{json.dumps(str(key))}: {_as_json(value)}" for key, value in answer.items())
        return f"{{{', '.join(pairs)}}}"
    return json.dumps(answer)


def _description(error: BaseException) -> str:
    """Type, text and place of an exception, for its detail."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    what = type(error).__name__
    text = str(error) if not isinstance(error, SystemExit) else "sys.exit was called"
    return f"{what}: {text}"[:2000] + f" ({os.path.basename(place)})"  # noqa: PTH119


if __name__ == "__main__":
    main()
