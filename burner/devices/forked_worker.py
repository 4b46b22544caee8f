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
from contextlib import closing, suppress
from typing import IO

from burner.core import child_process
from burner.core.child_process import ChildProcess

assert sys.platform == "linux"  # noqa: S101 - for the type checker too

FORKED_WITHIN_S = 60.0
"""The server imports esptool first."""


def start_server() -> tuple[socket.socket, ChildProcess]:
    """A new server: the socket for requests, and its process.

    Raises:
        OSError: the system starts no process.
    """
    ours, of_server = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(of_server):
        process = child_process.start_module(
            "burner.devices.esp_worker.fork_server",
            stdin=of_server.fileno(),
            stderr=subprocess.DEVNULL,
        )
    return ours, process


class ForkedWorker:
    """A worker like a `subprocess.Popen`, with pipes to it."""

    def __init__(self, server: socket.socket, log_name: str) -> None:
        """Ask for it; nothing waits for it.

        Raises:
            BrokenPipeError: the server is gone.
        """
        self._answers, of_server = socket.socketpair()
        pipes = [os.pipe() for _ in range(3)]
        (of_worker_in, stdin), (stdout, of_worker_out), (stderr, of_worker_err) = pipes
        self.stdin: IO[bytes] = os.fdopen(stdin, "wb")
        self.stdout: IO[bytes] = os.fdopen(stdout, "rb")
        self.stderr: IO[bytes] = os.fdopen(stderr, "rb")
        streams = of_worker_in, of_worker_out, of_worker_err
        try:
            socket.send_fds(server, [log_name.encode()[:200]], [*streams, of_server.fileno()])
        except OSError:
            for stream in (self.stdin, self.stdout, self.stderr, self._answers):
                stream.close()
            raise
        finally:
            of_server.close()
            for end in streams:
                os.close(end)
        self.returncode: int | None = None
        self._pid: int | None = None
        self._received = b""
        self._lock = threading.Lock()

    def __del__(self) -> None:
        """A worker that nobody uses any more ends."""
        self._answers.close()

    @property
    def pid(self) -> int:
        """Process id; also of its process group. Waits for the server.

        Raises:
            OSError: it did not fork.
        """
        if self._pid is None and not self._read_until(
            lambda: self._pid is not None, FORKED_WITHIN_S
        ):
            raise OSError("the worker was not forked")
        assert self._pid is not None  # noqa: S101 - it was read
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

    def kill(self) -> None:
        """Kill it, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _read_until(self, is_known: Callable[[], bool], timeout_s: float | None) -> bool:
        """Read answers of the server until something is known; False: not within the time."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        answers = select.poll()
        answers.register(self._answers, select.POLLIN)
        while not is_known():
            rest_s = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not answers.poll(None if rest_s is None else rest_s * 1000):
                return False
            with self._lock:
                if self.returncode is not None:
                    return is_known()
                with suppress(BlockingIOError):  # another thread has read it
                    self._take(self._answers.recv(64, socket.MSG_DONTWAIT))
        return True

    def _take(self, data: bytes) -> None:
        """The next bytes of the server; none: it is gone."""
        self._received += data
        lines = self._received.split(b"\n")[:-1]
        if lines:
            self._pid = int(lines[0])
        if len(lines) > 1:
            self.returncode = int(lines[1])
        elif not data:
            if self._pid is not None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._pid, signal.SIGKILL)
            self.returncode = -signal.SIGKILL
        if self.returncode is not None:
            self._answers.shutdown(socket.SHUT_RDWR)  # the server may forget the process id
