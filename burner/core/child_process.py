"""Child processes: other modules of this burner, each with a pipe to it."""

import subprocess
import sys

from burner.core.secrets.child_environment import child_environment


def start_module(
    module: str, *arguments: str, stderr: int | None = None
) -> "subprocess.Popen[bytes]":
    """Start `python -m MODULE ARGUMENTS` on this interpreter, with pipes to its input and output.

    It takes no module of the current folder, and no Ctrl-C of the terminal reaches it.

    Args:
        module: its name.
        arguments: for it; they are shown in a process list.
        stderr: `subprocess.PIPE`, or None for ours.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=child_environment(),
        start_new_session=sys.platform != "win32",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
