"""A worker that was forked by `esp_worker.fork_server`, seen from the station. On Linux only."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import IO

from burner.core import child_process
from burner.core.child_process import ChildProcess

assert sys.platform == "linux"  # noqa: S101 - for the type checker too

FORKED_WITHIN_S = 60.0
"""The server imports esptool first."""
LOOK_S = 0.1
"""Between two looks at what other threads have read, and at a process without a server."""
UNTOLD_S = 1.0
"""After its end a server that lives tells the exit status of a worker within this time."""
NAME_BYTES = 200


def start_server() -> tuple[socket.socket, ChildProcess]:
    """A new server: the socket for requests, and its process.

    Raises:
        OSError: the system starts no process.
    """
    with ExitStack() as ours:
        station, of_server = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.enter_context(station)
        with closing(of_server):
            process = child_process.start_module(
                "burner.devices.esp_worker.fork_server",
                stdin=of_server.fileno(),
                stderr=subprocess.DEVNULL,
            )
        ours.pop_all()
    return station, process


class ForkedWorker:
    """A worker like a `subprocess.Popen`, with pipes to it."""

    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    def __init__(self, server: socket.socket, log_name: str) -> None:
        """Ask for it; nothing waits for it.

        Raises:
            ConnectionError: the server is gone.
            OSError: no descriptor is left.
        """
        self.returncode: int | None = None
        self._pid: int | None = None
        self._received = b""
        self._is_orphan = False
        """Whether its server is gone, and has not told how it ended."""
        self._lock = threading.Lock()
        with ExitStack() as ours, ExitStack() as of_worker:
            self._answers, answers = socket.socketpair()
            ours.enter_context(self._answers)
            of_worker.enter_context(answers)
            ends = []
            for name in ("stdin", "stdout", "stderr"):
                of_ours, of_theirs = os.pipe()[:: -1 if name == "stdin" else 1]
                of_worker.callback(os.close, of_theirs)
                stream = os.fdopen(of_ours, "wb" if name == "stdin" else "rb")
                setattr(self, name, ours.enter_context(stream))
                ends.append(of_theirs)
            name_of_log = log_name.encode()[:NAME_BYTES] or b"worker"
            socket.send_fds(server, [name_of_log], [*ends, answers.fileno()])
            ours.pop_all()

    def __del__(self) -> None:
        """A worker that nobody uses any more ends."""
        if hasattr(self, "_answers"):
            self._answers.close()

    @property
    def pid(self) -> int:
        """Process id; also of its process group. Waits for the server.

        Raises:
            OSError: it did not fork.
        """
        self._read_until(lambda: self._pid is not None, FORKED_WITHIN_S)
        if self._pid is None:
            raise OSError("the worker was not forked")
        return self._pid

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        self._read_until(lambda: self.returncode is not None, 0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired."""
        self._read_until(lambda: self.returncode is not None, timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return self.returncode

    def kill_group(self) -> None:
        """Kill it and what it has started, if it runs. Never waits: its server kills it where its
        process id is not known yet.
        """
        if self.poll() is not None:
            return
        if self._pid is None:
            with self._lock:
                self._end(-signal.SIGKILL)
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)

    def _read_until(self, is_known: Callable[[], bool], timeout_s: float | None) -> None:
        """Read answers of the server until something is known, or the time is over."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        answers = select.poll()
        answers.register(self._answers, select.POLLIN)
        gone_at: float | None = None
        while not is_known():
            now = time.monotonic()
            rest_s = LOOK_S if deadline is None else min(LOOK_S, deadline - now)
            if self._is_orphan:
                time.sleep(max(0.0, rest_s))
            elif answers.poll(max(0.0, rest_s) * 1000):
                self._read()
            if self._pid is not None and not is_running(self._pid):
                gone_at = gone_at or now
                if self._is_orphan or now - gone_at > UNTOLD_S:
                    self.returncode = self.returncode or -signal.SIGKILL
            if rest_s <= 0 or (self.returncode is not None and self._pid is None):
                return

    def _read(self) -> None:
        with self._lock:
            if self.returncode is not None:
                return
            try:
                data = self._answers.recv(64, socket.MSG_DONTWAIT)
            except BlockingIOError:  # another thread has read it
                return
            self._received += data
            lines = self._received.split(b"\n")[:-1]
            if lines:
                self._pid = int(lines[0])
            if len(lines) > 1:
                self._end(int(lines[1]))
            elif not data and self._pid is None:
                self._end(1)
            elif not data:
                self._is_orphan = True

    def _end(self, status: int) -> None:
        self.returncode = status
        self._answers.shutdown(socket.SHUT_RDWR)  # the server may forget the process id


def is_running(pid: int | None) -> bool:
    """Whether there is such a process, and it is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in ("Z", "X")
