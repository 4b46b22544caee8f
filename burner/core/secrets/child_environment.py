"""The environment of child processes, without variables that could hold a secret."""

import os
from pathlib import Path

import burner

INHERITED = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ"),
    *("TEMP", "TMP", "TMPDIR"),
    *("SYSTEMROOT", "WINDIR", "COMSPEC", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
)
"""Named one by one: the variable that holds a secret may have any name."""


def child_environment(*more: str) -> dict[str, str]:
    """The environment of a child process that runs this burner.

    Args:
        more: variables that this child needs besides.
    """
    there = {
        name: value for name in (*INHERITED, *more) if (value := os.environ.get(name)) is not None
    }
    root, inherited = str(Path(burner.__file__).parents[1]), os.environ.get("PYTHONPATH", "")
    path = [root, *(part for part in inherited.split(os.pathsep) if part)]
    return {**there, "PYTHONPATH": os.pathsep.join(path)}
