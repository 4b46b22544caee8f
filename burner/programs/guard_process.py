"""A guard, seen from the station: started with the first program, replaced when it has ended."""

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Any, Final, cast
from uuid import uuid4

from burner.core import child_process
from burner.core.child_process import ModuleProcess
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.programs.guard import descendants

MARGIN_S: Final = 20.0
"""Later than this after the deadline of a program its guard itself has stopped."""
LOOK_S: Final = 0.05
"""Between two looks at whether the operator has stopped the station."""
MARK: Final = "BURNER_GUARD"
"""A variable of all that a guard starts: so it is found when somebody has killed the guard."""
END_S: Final = 8.0
"""For a guard to end what it runs, and itself."""


class GuardProcess:
    """One guard; one caller at a time, `close` at the end."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._process: ModuleProcess | None = None
        self._replies: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._child = 0
        """Process id of what the guard has started last."""
        self._mark = uuid4().hex

    def exchange(
        self, order: Mapping[str, Any], within_s: float, is_aborted: Callable[[], bool]
    ) -> dict[str, Any]:
        """Give an order and return its reply. When the operator aborts, it is stopped at once.

        Raises:
            BurnerError: E653 the guard does not start, or has died.
        """
        process = self._running()
        if "environment" in order:
            order = {**order, "environment": {**order["environment"], MARK: self._mark}}
        self._send(process, order)
        until, is_stopping = time.monotonic() + within_s + MARGIN_S, False
        while True:
            try:
                reply = self._replies.get(timeout=LOOK_S)
            except queue.Empty:
                if not is_stopping and is_aborted():
                    is_stopping, until = True, time.monotonic() + END_S
                    self._send(process, {"do": "stop"})
                elif time.monotonic() > until:
                    self._discard()
                    raise BurnerError(Code.PROGRAM_GUARD_FAILED, "it is silent") from None
                continue
            if reply is None:
                self._discard()
                raise BurnerError(Code.PROGRAM_GUARD_FAILED, f"exit status {process.returncode}")
            if "started" in reply:
                self._child = reply["started"]
                continue
            if reply["end"] != "answered":
                self._child = 0  # it has ended, and the system may give its id to another
            if reply["over"]:
                self._discard()
            return reply

    def close(self) -> None:
        """End it with all that it runs."""
        if self._process is None:
            return
        with suppress(OSError):
            cast("IO[bytes]", self._process.stdin).close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
            self._child = 0
        self._discard()

    def _running(self) -> ModuleProcess:
        if self._process is None:
            try:
                self._process = child_process.start_module(
                    "burner.programs.guard", stderr=subprocess.DEVNULL
                )
            except OSError as error:
                why = error.strerror or str(error)
                raise BurnerError(Code.PROGRAM_GUARD_FAILED, why) from error
            self._replies = queue.SimpleQueue()
            reader = threading.Thread(
                target=_read, args=(self._process, self._replies), daemon=True
            )
            reader.start()
        return self._process

    def _send(self, process: ModuleProcess, order: Mapping[str, Any]) -> None:
        with suppress(OSError, ValueError):  # its end comes as a reply
            pipe = cast("IO[bytes]", process.stdin)
            pipe.write(json.dumps(order).encode() + b"\n")
            pipe.flush()

    def _discard(self) -> None:
        """Make sure that it has ended; the next order starts a new one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill_group()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        if process.returncode != 0:  # somebody has killed it
            descendants.end_orphans(self._child, f"{MARK}={self._mark}")
        self._child = 0
        with suppress(OSError):
            cast("IO[bytes]", process.stdin).close()


def _read(process: ModuleProcess, replies: "queue.SimpleQueue[dict[str, Any] | None]") -> None:
    with suppress(OSError, ValueError), cast("IO[bytes]", process.stdout) as pipe:
        for line in pipe:
            replies.put(json.loads(line))
    replies.put(None)
