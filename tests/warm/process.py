"""Processes that `tests.warm.server` forks, and their use in place of `subprocess.Popen`."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

from burner.core import child_process
from burner.core.secrets.child_environment import child_environment

AVAILABLE = sys.platform == "linux"
"""A fork of a process with threads of the system, as on macOS, is not safe."""
ROOT = Path(__file__).parents[2]
SERVER_OF = {
    "burner": "burner",
    "burner.bench": "burner",
    "burner.devices.esp_worker": "worker",
    "burner.devices.esp_worker.fork_server": "worker",
}
"""By module: the server that has its imports."""

Streams = tuple[int, int, int]
"""Standard input, output and errors: a descriptor, or `subprocess.PIPE`."""
Addresses = Mapping[str, str]
"""By name of a server: its socket."""


class ForkedProcess:
    """Like a `subprocess.Popen`: a child of the server, with pipes to us."""

    def __init__(
        self,
        servers: Addresses,
        module: str,
        *arguments: str,
        streams: Streams,
        env: Mapping[str, str],
        folder: Path | None = None,
        session: bool = False,
        text: bool = False,
    ) -> None:
        """Start it.

        Args:
            servers: where the servers are, for its own children too.
            module: what it runs.
            arguments: for the module.
            streams: its standard streams.
            env: its variables.
            folder: where it runs.
            session: whether it leads a session of its own.
            text: whether we write and read text.
        """
        self._server = socket.socket(socket.AF_UNIX)
        self._answers = self._server.makefile("rb")
        self.returncode: int | None = None
        self._lock = threading.Lock()
        pipes = [os.pipe() if stream == subprocess.PIPE else None for stream in streams]
        ends = [pipe[number > 0] if pipe else streams[number] for number, pipe in enumerate(pipes)]
        request = {
            "module": module,
            "arguments": arguments,
            "env": dict(env),
            "folder": str(folder or Path.cwd()),
            "umask": None,
            "session": session,
            "servers": dict(servers),
        }
        self._server.connect(servers[SERVER_OF[module]])
        socket.send_fds(self._server, [json.dumps(request).encode() + b"\n"], ends)
        for number, pipe in enumerate(pipes):
            if pipe:
                os.close(pipe[number > 0])
        encoding, kind = ("utf-8", "") if text else (None, "b")
        self.stdin, self.stdout, self.stderr = (
            os.fdopen(pipe[number == 0], f"{'r' if number else 'w'}{kind}", encoding=encoding)
            if pipe
            else None
            for number, pipe in enumerate(pipes)
        )
        self.pid = int(self._answers.readline())

    def __del__(self) -> None:
        """Close the connection; before, another thread may wait on it."""
        self._answers.close()
        self._server.close()

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            poll = select.poll()
            poll.register(self._server, select.POLLIN)
            ready = poll.poll(None if timeout is None else timeout * 1000)
            if not ready and timeout is not None:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            with self._lock:
                if self.returncode is None:
                    self.returncode = int(self._answers.readline() or -signal.SIGKILL)
        return self.returncode

    def kill(self) -> None:
        """Kill it, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def kill_group(self) -> None:
        """Kill it and what it has started, if it runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


class Servers:
    """The servers of a run of tests; each is started when it is first needed."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()

    def addresses(self) -> Addresses:
        """Where they are."""
        names = set(SERVER_OF.values())
        with self._lock:
            if not self._processes:
                self._folder = tempfile.TemporaryDirectory(dir="/tmp")  # a socket has a short path
                self._addresses = {name: f"{self._folder.name}/{name}" for name in names}
                self._processes = [_started(name, self._addresses[name]) for name in names]
                for process in self._processes:
                    assert process.stdout
                    assert process.stdout.readline() == "ready\n"
            return self._addresses

    def command(self) -> list[str]:
        """How `burner` is started for a shell or a terminal; arguments follow."""
        if not AVAILABLE:
            return [sys.executable, "-m", "burner"]
        client = str(Path(__file__).with_name("command.py"))
        return [sys.executable, "-I", "-S", client, json.dumps(self.addresses())]

    def stop(self) -> None:
        """End them; what they have forked runs on."""
        for process in self._processes:
            process.communicate()
        if self._processes:
            self._folder.cleanup()


def _started(name: str, address: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.warm.server", name, address],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )


SERVERS = Servers()
start_cold = child_process.start_module


def start_burner(
    *arguments: str, streams: Streams, env: Mapping[str, str], folder: Path
) -> "subprocess.Popen[str]":
    """Start `burner ARGUMENTS` in a folder; its pipes are of text."""
    forked = ForkedProcess(
        SERVERS.addresses(),
        "burner",
        *arguments,
        streams=streams,
        env=env,
        folder=folder,
        text=True,
    )
    return cast("subprocess.Popen[str]", forked)


def use(addresses: Callable[[], Addresses]) -> None:
    """Let this process start its benches and workers at servers."""

    def start_module(
        module: str, *arguments: str, stdin: int = subprocess.PIPE, stderr: int | None = None
    ) -> child_process.ModuleProcess:
        if module not in SERVER_OF:
            return start_cold(module, *arguments, stdin=stdin, stderr=stderr)
        forked = ForkedProcess(
            addresses(),
            module,
            *arguments,
            streams=(stdin, subprocess.PIPE, stderr if stderr == subprocess.PIPE else 2),
            env=child_environment(),
            session=True,
        )
        return cast("child_process.ModuleProcess", forked)

    child_process.start_module = start_module
