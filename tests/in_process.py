"""`burner` with its whole command line, in this process: to start another costs half a second.

What needs a process of its own (signals, a terminal, a kill) starts one with `tests.runs.start`.
"""

import gc
import io
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burner.cli.main import main

if TYPE_CHECKING:
    from typing_extensions import Buffer


@dataclass(frozen=True)
class Completed:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str
    line_times: tuple[float, ...]
    """When each line of `stdout` was complete (monotonic seconds)."""


class _TimedOutput(io.BytesIO):
    """Notes when each line was complete."""

    def __init__(self) -> None:
        super().__init__()
        self.line_times: list[float] = []

    def write(self, data: "Buffer") -> int:
        self.line_times += [time.monotonic()] * bytes(data).count(b"\n")
        return super().write(data)


def run_burner(
    folder: Path, *arguments: str | Path, env: Mapping[str, str] = {}, stdin: str = ""
) -> Completed:
    """Run `burner ARGUMENTS` in a folder to its end."""
    output, errors = _TimedOutput(), io.BytesIO()
    status: object = 0
    with _process_state(folder, env, stdin), _text(output) as out, _text(errors) as err:
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main([str(argument) for argument in arguments])
            except SystemExit as end:
                status = end.code
        out.flush()
        err.flush()
        printed, warned = (stream.getvalue().decode() for stream in (output, errors))
    assert isinstance(status, int)
    return Completed(status, printed, warned, tuple(output.line_times))


@contextmanager
def _text(stream: io.BytesIO) -> Iterator[io.TextIOWrapper]:
    with io.TextIOWrapper(stream, encoding="utf-8", write_through=True) as text:
        yield text


@contextmanager
def _process_state(folder: Path, env: Mapping[str, str], stdin: str) -> Iterator[None]:
    """What a process of its own would have and take away with it."""
    environment, arguments = dict(os.environ), sys.argv
    collected, standard_input = gc.get_threshold(), sys.stdin
    with ExitStack() as stack, _text(io.BytesIO(stdin.encode())) as typed:
        stack.enter_context(chdir(folder))
        os.environ.update(env)
        sys.stdin = typed
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(environment)
            sys.stdin, sys.argv = standard_input, arguments
            gc.set_threshold(*collected)
