"""Child processes: other modules of this burner, each with a pipe to it."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO, Protocol

from burner.core.secrets.child_environment import child_environment


class ChildProcess(Protocol):
    """A process that was started for us: what is used of `subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Process id; also of its process group."""
        ...

    @property
    def stdin(self) -> IO[bytes] | None:
        """Our end of the pipe to its standard input; None: it has another one."""
        ...

    @property
    def stdout(self) -> IO[bytes] | None:
        """Our end of the pipe from its standard output."""
        ...

    @property
    def stderr(self) -> IO[bytes] | None:
        """Our end of the pipe from its errors; None: they are ours."""
        ...

    @property
    def returncode(self) -> int | None:
        """Its exit status, as far as `poll` or `wait` has seen it."""
        ...

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired."""
        ...

    def kill_group(self) -> None:
        """Kill it and what it has started, if it runs. On Windows itself alone."""
        ...


class ModuleProcess(subprocess.Popen[bytes]):
    """A process of `start_module`."""

    def kill_group(self) -> None:
        """Kill it and what it has started, if it runs. On Windows itself alone."""
        if self.poll() is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self.kill()
            else:
                os.killpg(self.pid, signal.SIGKILL)


def start_module(
    module: str, *arguments: str, stdin: int = subprocess.PIPE, stderr: int | None = None
) -> ModuleProcess:
    """Start `python -m MODULE ARGUMENTS` on this interpreter, with pipes to its input and output.

    It takes no module of the current folder, and no Ctrl-C of the terminal reaches it.

    Args:
        module: its name.
        arguments: for it; they are shown in a process list.
        stdin: a descriptor in place of the pipe to its input.
        stderr: `subprocess.PIPE`, or None for ours.
    """
    return ModuleProcess(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=child_environment(),
        start_new_session=sys.platform != "win32",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
