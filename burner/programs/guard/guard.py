"""Carries out the orders of a station: runs a program, or asks one that stays.

Orders and replies are lines of JSON. When the station is gone, all that runs is ended.
"""

import base64
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, ClassVar, Final

from burner.programs.guard import descendants
from burner.programs.guard.pipes import FirstBytes, LastBytes, Lines

KEPT_ERRORS: Final = 8 * 1024
"""Bytes of standard error: the last ones."""
PIPE_END_S: Final = 1.0
"""For the end of a pipe, when nobody should hold its other end any more."""
MAX_ANSWERS: Final = 100
"""Lines that nobody asked for."""

Order = Mapping[str, Any]
_Happening = tuple[str, Any]


class Guard:
    """One child at a time, and what happens to it."""

    def __init__(self, orders: IO[bytes], replies: IO[bytes]) -> None:
        """Nothing runs yet; `serve` begins."""
        self._orders, self._replies = orders, replies
        self._inbox: queue.SimpleQueue[_Happening] = queue.SimpleQueue()
        self._resident: _Resident | None = None
        self._is_over = False

    def serve(self) -> None:
        """Carry out orders until there are no more, or something cannot be ended."""
        threading.Thread(target=self._read_orders, daemon=True).start()
        while not self._is_over:
            kind, value = self._inbox.get()
            if kind == "gone":
                break
            if kind == "order":
                self._send(self._reply(value))
        self._end_resident()

    def _reply(self, order: Order) -> dict[str, Any]:
        reply = self._CARRIES_OUT[order["do"]](self, order)
        is_left = self._is_over and not descendants.END_WITH_GUARD
        return {**reply, "over": self._is_over, "left": is_left}

    # -- a program that runs once -----------------------------------------------------------------

    def _run(self, order: Order) -> dict[str, Any]:
        child = self._start(order)
        if isinstance(child, str):
            return {"end": "not-started", "errors": child}
        assert child.stdout  # noqa: S101 - both are pipes
        assert child.stderr  # noqa: S101
        output = FirstBytes(child.stdout, order["max_output"], self._excess(child.pid))
        errors = LastBytes(child.stderr, KEPT_ERRORS)
        self._write(child, order["question"].encode(), ends=True)
        end = self._await(child, time.monotonic() + order["deadline_s"])
        is_ended = self._end_all(child)
        is_read = output.wait(PIPE_END_S if is_ended else 0) and errors.wait(PIPE_END_S)
        self._is_over = self._is_over or not (is_ended and is_read)
        content = output.content
        if end == "exited" and len(content) > order["max_output"]:
            end = "flood"
        return {
            "end": end,
            "status": child.returncode,
            "output": _text(content if end == "exited" else b""),
            "errors": errors.take(0.0).decode(errors="replace"),
        }

    # -- a program that stays ---------------------------------------------------------------------

    def _ask(self, order: Order) -> dict[str, Any]:
        resident = self._resident
        if resident is None:
            child = self._start(order)
            if isinstance(child, str):
                return {"end": "not-started", "errors": child}
            resident = self._resident = _Resident(child, order["max_output"], self._inbox)
        child = resident.child
        resident.errors.begin(order["mark"].encode())
        self._write(child, order["question"].encode(), ends=False)
        end = self._await(child, time.monotonic() + order["deadline_s"])
        answer = resident.answers.get() if end == "answered" else b""
        reply: dict[str, Any] = {"end": end, "status": None, "output": _text(answer)}
        if end != "answered":
            self._end_resident()
            reply["status"] = child.returncode
        errors = resident.errors.take(PIPE_END_S if end == "answered" else 0.0)
        return {**reply, "errors": errors.decode(errors="replace")}

    def _end(self, _order: Order) -> dict[str, Any]:
        self._end_resident()
        return {"end": "ended"}

    def _end_resident(self) -> None:
        if self._resident is None:
            return
        resident, self._resident = self._resident, None
        is_ended = self._end_all(resident.child)
        self._is_over = self._is_over or not (is_ended and resident.wait(PIPE_END_S))

    _CARRIES_OUT: ClassVar = {"run": _run, "ask": _ask, "end": _end}

    # -- both -------------------------------------------------------------------------------------

    def _start(self, order: Order) -> subprocess.Popen[bytes] | str:
        """The child; a text: why there is none."""
        try:
            child = subprocess.Popen(
                order["arguments"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=order["folder"],
                env=order["environment"],
                start_new_session=sys.platform != "win32",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except (OSError, ValueError) as error:
            return getattr(error, "strerror", None) or type(error).__name__
        self._send({"started": child.pid})
        threading.Thread(target=self._wait, args=(child,), daemon=True).start()
        return child

    def _wait(self, child: subprocess.Popen[bytes]) -> None:
        child.wait()
        self._inbox.put(("exited", child.pid))

    def _excess(self, child: int) -> Any:
        return lambda: self._inbox.put(("flood", child))

    def _write(self, child: subprocess.Popen[bytes], question: bytes, *, ends: bool) -> None:
        """Write in a thread: nobody may read it."""
        pipe = child.stdin
        assert pipe  # noqa: S101 - it is a pipe

        def write() -> None:
            with suppress(OSError, ValueError):
                pipe.write(question)
                pipe.flush()
            if ends:
                with suppress(OSError, ValueError):
                    pipe.close()

        threading.Thread(target=write, daemon=True).start()

    def _await(self, child: subprocess.Popen[bytes], until: float) -> str:
        """How it ends: `exited`, `answered`, `flood`, `deadline` or `stopped`."""
        while True:
            try:
                kind, value = self._inbox.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return "deadline"
            if kind == "gone":
                self._is_over = True
                return "stopped"
            if kind == "stop":
                return "stopped"
            if value == child.pid:
                return kind

    def _end_all(self, child: subprocess.Popen[bytes]) -> bool:
        """End a child with all that it has started; whether nothing is left."""
        is_ended = descendants.end_child(child) and descendants.end_rest(child.pid)
        with suppress(OSError, ValueError):
            if child.stdin:
                child.stdin.close()
        return is_ended

    def _read_orders(self) -> None:
        with suppress(OSError, ValueError):
            for line in self._orders:
                order = json.loads(line)
                self._inbox.put(("stop", None) if order["do"] == "stop" else ("order", order))
        self._inbox.put(("gone", None))

    def _send(self, reply: Mapping[str, Any]) -> None:
        with suppress(OSError, ValueError):
            self._replies.write(json.dumps(reply).encode() + b"\n")
            self._replies.flush()


class _Resident:
    """A program that stays: it answers each line on its standard input with a line."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        max_output: int,
        inbox: "queue.SimpleQueue[_Happening]",
    ) -> None:
        assert child.stdout  # noqa: S101 - both are pipes
        assert child.stderr  # noqa: S101
        self.child, self._inbox = child, inbox
        self.answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.errors = LastBytes(child.stderr, KEPT_ERRORS)
        self._lines = Lines(child.stdout, max_output, self._answered, self._excess)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the ends of its pipes; whether they have come."""
        return self._lines.wait(timeout_s) and self.errors.wait(timeout_s)

    def _answered(self, line: bytes) -> None:
        if self.answers.qsize() >= MAX_ANSWERS:
            self._excess()
            return
        self.answers.put(line)
        self._inbox.put(("answered", self.child.pid))

    def _excess(self) -> None:
        self._inbox.put(("flood", self.child.pid))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def main() -> None:
    """Serve the station at the other ends of standard input and output."""
    descendants.stand_guard()
    Guard(sys.stdin.buffer, sys.stdout.buffer).serve()
    os._exit(0)  # threads may still read a pipe whose other end nobody closes
