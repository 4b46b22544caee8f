"""Starting worker processes: each by itself, or forked from one that has imported esptool.

They are forked on Linux only: a process that has loaded libraries of macOS is not safe to fork, and
Windows has no fork.
"""

import socket
import subprocess
import sys
import threading
from contextlib import suppress

from burner.core import child_process
from burner.core.child_process import ChildProcess


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
        self._lock = threading.Lock()

    def start(self, log_name: str) -> ChildProcess:
        """Start a worker, as `start_worker` does; returns at once.

        Raises:
            OSError: the system starts no process.
        """
        if sys.platform == "linux":
            from burner.devices.forked_worker import ForkedWorker, start_server

            with self._lock, suppress(BrokenPipeError):  # somebody has ended the server
                if self._server is None:
                    self._server, self._process = start_server()
                return ForkedWorker(self._server, log_name)
        return start_worker(log_name)

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.close()
        if self._process is not None:
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
