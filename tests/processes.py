"""Processes of the system: whether one has ended."""

import os
import time
from pathlib import Path


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or a zombie: not everywhere does somebody reap orphans."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return status.read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def ends(*pids: int, within_s: float = 100.0) -> bool:
    """Wait until all these processes have ended; False when the time is over."""
    deadline = time.monotonic() + within_s
    while not all(map(has_ended, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
