"""A bench in a process of its own, for `burner burn --bench` and for tests."""

import json
import socket
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from burner.core import child_process
from burner.core.code import Code
from burner.core.errors import BurnerError

START_TIMEOUT_S = 120.0
"""A busy computer takes long to start a process. One that ends is seen at once."""
END_TIMEOUT_S = 3.0
ANSWER_TIMEOUT_S = 30.0


class ControlClient:
    """Client of a bench's control port: moves boards. Thread-safe: one command at a time."""

    def __init__(self, address: str) -> None:
        host, _, number = address.rpartition(":")
        self._socket = socket.create_connection((host, int(number)), ANSWER_TIMEOUT_S)
        self._answers = self._socket.makefile("rb")
        self._lock = threading.Lock()

    def status(self) -> dict[str, Any]:
        """`slots` (name → `ports`, `board`), `waiting` boards, numbers of boards on the `shelf`,
        `boots` (`by` whom, perhaps `reason`, `count`).
        """
        return self.ask("status")

    def slots(self) -> dict[str, dict[str, str]]:
        """Slot → name of port → URL, without ports that are away: the result of a bus scan."""
        return _urls(self.status()["slots"])

    def insert(self, slot: str, board: int = 0) -> bool:
        """Put in the next board, or a certain one from the shelf; False when there is none."""
        return bool(self.ask("insert", slot, board)["done"])

    def remove(self, slot: str) -> bool:
        """Take the board out and lay it on the shelf."""
        return bool(self.ask("remove", slot)["done"])

    def swap(self, slot: str) -> bool:
        """Take the board out and put in the next; False when none waits and the slot is empty."""
        return bool(self.ask("swap", slot)["done"])

    def unplug(self, slot: str) -> bool:
        """Pull the cable of a slot; the board stays."""
        return bool(self.ask("unplug", slot)["done"])

    def plug(self, slot: str) -> bool:
        """Put the cable back."""
        return bool(self.ask("plug", slot)["done"])

    def renumber(self, slot: str) -> None:
        """Let the slot's ports come back under other names."""
        self.ask("renumber", slot)

    def traffic(self, slot: str) -> dict[str, dict[int, int]]:
        """Bytes on the wire of a slot's board: `to_chip` and `to_host` → baud → bytes."""
        ways: Mapping[str, Mapping[str, int]] = self.ask("traffic", slot)["traffic"]
        return {way: {int(baud): n for baud, n in at.items()} for way, at in ways.items()}

    def ask(self, do: str, slot: str = "", board: int = 0) -> dict[str, Any]:
        """One command and its answer.

        Raises:
            BurnerError: E194 when the bench is gone.
            ValueError: for a command the bench refuses.
        """
        request = json.dumps({"do": do, "slot": slot, "board": board}).encode() + b"\n"
        try:
            with self._lock:
                self._socket.sendall(request)
                line = self._answers.readline()
        except OSError as error:
            raise BurnerError(Code.BENCH_NOT_RUNNING, str(error)) from None
        if not line:
            raise BurnerError(Code.BENCH_NOT_RUNNING, "the bench hung up")
        answer: dict[str, Any] = json.loads(line)
        if not answer.pop("ok"):
            raise ValueError(answer["error"])
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._answers.close()
        self._socket.close()


class BenchProcess:
    """`with BenchProcess("sim:4") as bench:` serves; it ends with the block, or with us."""

    def __init__(self, spec: str, with_pty: bool = False, *, profile: Path | None = None) -> None:
        """`profile`: of the product that is tried, or its release."""
        options = [*(["--pty"] * with_pty), *(["--profile", str(profile)] if profile else [])]
        self._arguments = [*options, spec]
        self._process: subprocess.Popen[bytes] | None = None
        self.ready: Mapping[str, Any] = {}
        self._control: ControlClient | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> Self:
        """Start it and wait until its ports are open.

        Raises:
            BurnerError: what the bench says about its SPEC, or E194.
        """
        self._process = child_process.start_module("burner.bench", *self._arguments)
        try:
            self.ready = self._await_ready(self._process)
            self._control = ControlClient(self.ready["control"])
        except BaseException:
            self.close()
            raise
        return self

    def _await_ready(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        line = _first_line(process.stdout)
        if not line:
            raise BurnerError(Code.BENCH_NOT_RUNNING, _why_silent(process))
        try:
            ready: dict[str, Any] = json.loads(line)
        except ValueError:
            raise BurnerError(Code.BENCH_NOT_RUNNING, "its first line is no JSON") from None
        if "code" in ready:
            detail = "; ".join(ready["findings"]) or ready["detail"]
            raise BurnerError(ready["code"], detail)
        return ready

    @property
    def control(self) -> ControlClient:
        """The client of its control port."""
        if self._control is None:
            raise BurnerError(Code.BENCH_NOT_RUNNING, "the bench is not running")
        return self._control

    @property
    def slots(self) -> dict[str, dict[str, str]]:
        """What the bench had at the start: slot → name of port → URL."""
        return _urls(self.ready.get("slots", {}))

    @property
    def boards(self) -> dict[str, dict[str, Any]]:
        """The boards in the slots at the start: slot → number, chip, mac, faults."""
        places: Mapping[str, Any] = self.ready.get("slots", {})
        return {name: place["board"] for name, place in places.items() if place["board"]}

    @property
    def pid(self) -> int:
        """Process id of the bench, 0 when it does not run."""
        return self._process.pid if self._process else 0

    def close(self) -> None:
        """End the bench: close its pipe; kill it if it does not end."""
        if self._control:
            self._control.close()
            self._control = None
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_line(pipe: IO[bytes]) -> bytes:
    """The first line; empty when it does not come in time."""
    lines: list[bytes] = []
    reader = threading.Thread(target=lambda: lines.append(pipe.readline()), daemon=True)
    reader.start()
    reader.join(START_TIMEOUT_S)
    return lines[0] if lines else b""


def _why_silent(process: "subprocess.Popen[bytes]") -> str:
    with suppress(subprocess.TimeoutExpired):
        return f"exit {process.wait(END_TIMEOUT_S)}"
    return f"silent for {START_TIMEOUT_S:.0f} s"


def _urls(slots: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {
        name: {port: it["url"] for port, it in place["ports"].items() if it["present"]}
        for name, place in slots.items()
    }
