"""Ends a child process and all that it has started.

On Linux the guard adopts every process whose parent has ended (it is their subreaper), so one that
made a session of its own is still found; nothing is over before no child is left. On other POSIX
systems it ends the process group of the child only. On Windows guard and children are in one job
object, which ends them together.

Not found is what another program starts on request (systemd-run, docker, at). A process of another
user cannot be ended.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

END_WITH_GUARD: Final[bool] = sys.platform == "win32"
"""Whether the end of the guard ends all of them."""
END_S = 5.0
"""For all of them to end; a process that waits for a driver may take as long as it likes."""
LOOK_S = 0.005
_KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)


def adopt() -> None:
    """Make this process the one that gets the children of processes that have ended (Linux)."""
    if sys.platform == "linux":
        import ctypes

        set_child_subreaper = 36
        ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0)


def stand_guard() -> None:
    """Make this process the one that can end all that it will start."""
    adopt()
    if sys.platform == "win32":
        from burner.programs.guard import job_object

        job_object.enter()


def end_child(child: subprocess.Popen[bytes]) -> bool:
    """End the child itself, with its process group; whether it has ended.

    A thread waits for its exit status; nobody else may take it.
    """
    until = time.monotonic() + END_S
    while child.returncode is None and time.monotonic() < until:
        if sys.platform == "win32":
            with suppress(OSError):
                child.kill()
        else:
            _kill_group(child.pid)
        with suppress(subprocess.TimeoutExpired):
            child.wait(LOOK_S)
    return child.returncode is not None


def end_rest(group: int) -> bool:
    """When the child has ended: end what it has started; whether nothing is left.

    Args:
        group: the process group of the child.
    """
    if sys.platform == "win32":
        from burner.programs.guard import job_object

        return job_object.is_alone()
    elif sys.platform == "linux":  # noqa: RET505 - for the type checker
        return _end_adopted()
    else:
        _kill_group(group)
        return True


def end_orphans(group: int, mark: str) -> None:
    """When a guard was killed: end what it had started.

    Args:
        group: the process group of its last child; 0: none is known.
        mark: `NAME=value`, which its children have in their environment. Only Linux shows it.
    """
    if sys.platform == "linux":
        until = time.monotonic() + END_S
        while (marked := [*_marked(mark.encode())]) and time.monotonic() < until:
            for process in marked:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process, _KILL)
            time.sleep(LOOK_S)
    elif group:
        _kill_group(group)


def count_descendants() -> int:
    """How many processes this one has started that are still there (Linux; elsewhere 0).

    It must have adopted them. Without any, this costs nothing.
    """
    if sys.platform == "linux":
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return 0
        return len(_descendants())
    else:  # noqa: RET505 - for the type checker
        return 0


def _end_adopted() -> bool:
    until = time.monotonic() + END_S
    while (reaped := _reap()) is not None:
        if reaped:
            continue
        for process, (parent, group) in _descendants().items():
            if parent == os.getpid():
                _kill_group(group)  # at once, so that none of them starts another
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, _KILL)
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_S)
    return True


def _kill_group(group: int) -> None:
    if sys.platform != "win32" and group != os.getpgrp():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, _KILL)


def _reap() -> bool | None:
    """Take the exit status of a child that has ended; None: there is no child at all."""
    try:
        return sys.platform != "win32" and os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return None


def _marked(mark: bytes) -> Iterator[int]:
    for name in os.listdir("/proc"):  # noqa: PTH208 - as below
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:  # noqa: PTH123
                if mark in file.read().split(b"\0"):
                    yield int(name)


_Tree = dict[int, tuple[int, int]]
"""Process → its parent and its group."""


def _descendants() -> _Tree:
    """What this process and its children have started."""
    return _below(os.getpid(), _processes())


def _below(root: int, processes: _Tree) -> _Tree:
    found: _Tree = {}
    parents = {root}
    while parents:
        new = {p: row for p, row in processes.items() if row[0] in parents and p not in found}
        found |= new
        parents = set(new)
    return found


def _processes() -> _Tree:
    """All processes of this computer (Linux)."""
    found: _Tree = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - of several hundred names, in a slot's way
        if name.isdigit():
            with suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                _state, parent, group, *_ = file.read().rpartition(b")")[2].split()
                found[int(name)] = int(parent), int(group)
    return found
