"""Which program is meant by the first words of `run`, and whether it can be executed."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.child_environment import INHERITED
from burner.core.words.visible_text import in_one_line

PYTHON: Final = "{python}"
"""Stands for the Python of burner."""
_MORE_VARIABLES: Final = (
    *("LC_CTYPE", "USER", "LOGNAME", "XDG_RUNTIME_DIR"),
    *("PATHEXT", "SYSTEMDRIVE", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)"),
)


@dataclass(frozen=True)
class ProgramFile:
    """A program that is there."""

    arguments: tuple[str, ...]
    """With the program's path in front."""
    file: Path
    """What makes it this program: the script of an interpreter, else the program itself."""

    def digest(self) -> str:
        """SHA-256 (hex) of the file; empty where it cannot be read."""
        try:
            status = self.file.stat()
            return _digest(self.file, status.st_mtime_ns, status.st_size)
        except OSError:
            return ""


def find_program(arguments: Sequence[str], folder: Path) -> ProgramFile:
    """The program of an argument list.

    Args:
        arguments: program and arguments. A name without a `/` is looked for in `PATH`.
        folder: of the profile or release file: paths with a `/` begin there.

    Raises:
        BurnerError: E647 it is not there, or cannot be executed.
    """
    name, *rest = arguments
    if name == PYTHON:
        # a word that begins with - is an option of Python, such as -m
        has_script = bool(rest) and not rest[0].startswith("-")
        script = _existing(folder / rest[0], rest[0]) if has_script else Path(sys.executable)
        return ProgramFile((sys.executable, *rest), script)
    if "/" in name or (os.sep != "/" and os.sep in name):
        path = _existing(folder / name, name)
        if not os.access(path, os.X_OK):
            detail = f"{name} is not executable: chmod +x {shlex.quote(name)}"
            raise BurnerError(Code.PROGRAM_UNUSABLE, detail)
        _check_first_line(path, name)
        return ProgramFile((str(path.absolute()), *rest), path)
    found = shutil.which(name)
    if found is None:
        raise BurnerError(Code.PROGRAM_UNUSABLE, f"{name} is not in PATH")
    return ProgramFile((found, *rest), Path(found))


def program_environment() -> Mapping[str, str]:
    """The environment of a program: named variables only, since any other may hold a secret."""
    there = {
        name: value
        for name in (*INHERITED, *_MORE_VARIABLES)
        if (value := os.environ.get(name)) is not None
    }
    return {**there, "PYTHONUTF8": "1"}


def _existing(path: Path, name: str) -> Path:
    if not path.is_file():
        raise BurnerError(Code.PROGRAM_UNUSABLE, f"{name} is not there")
    return path


def _check_first_line(path: Path, name: str) -> None:
    """Refuse a script whose interpreter is not there; a line that ends as on Windows hides it."""
    if os.name != "posix":
        return
    try:
        with path.open("rb") as file:
            first_line = file.readline(256)
    except OSError:  # a program that may be executed and not read
        return
    if not first_line.startswith(b"#!"):
        return
    interpreter = os.fsdecode(first_line[2:].strip(b" \t\n").partition(b" ")[0])
    if not Path(interpreter).exists():
        what = "its first line names a program that is not there"
        raise BurnerError(Code.PROGRAM_UNUSABLE, f"{name}: {what}: {in_one_line(interpreter)}")


@lru_cache(maxsize=64)
def _digest(file: Path, _changed: int, _size: int) -> str:
    return sha256(file.read_bytes()).hexdigest()
