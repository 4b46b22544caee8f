"""Starting worker processes: each by itself, or forked from one that has imported esptool.

They are forked on Linux only: a process that has loaded libraries of macOS is not safe to fork, and
Windows has no fork.
"""

import socket
import subprocess
import sys
import threading

from burner.core import child_process
from burner.core.child_process import ChildProcess

END_S = 2.0
"""Until a server has ended whose station is gone."""


def start_worker(log_name: str) -> ChildProcess:
    """Start a worker by itself; the name of its slot's log is for a process list.

    Raises:
        OSError: the system starts no process.
    """
    return child_process.start_module("burner.devices.esp_worker", log_name, stderr=subprocess.PIPE)


class WorkerForks:
    """Starts workers. `close` when no more are started; those that run stay."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._server: socket.socket | None = None
        self._process: ChildProcess | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def start(self, log_name: str) -> ChildProcess:
        """Start a worker, as `start_worker` does; returns at once.

        Raises:
            OSError: the system starts no process.
        """
        if sys.platform == "linux":
            from burner.devices.forked_worker import ForkedWorker, start_server

            with self._lock:
                for _ in range(2):  # somebody may have ended the server
                    if self._is_closed:
                        break
                    if self._server is None:
                        self._server, self._process = start_server()
                    try:
                        return ForkedWorker(self._server, log_name)
                    except ConnectionError:
                        self._end_server()
        return start_worker(log_name)

    def close(self) -> None:
        """End the server."""
        with self._lock:
            self._is_closed = True
            self._end_server()

    def _end_server(self) -> None:
        if self._server is None or self._process is None:
            return
        self._server.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:  # somebody has stopped it
            self._process.kill_group()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._server = self._process = None
