"""The virtual environment of the project, made on first use; all scripts share it.

`.venv` is of the Python that made it; a Python of another version makes `.venv-3.13` beside it.
Needs nothing but Python 3.11 or newer, and works from any folder, on Linux, macOS and Windows.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

for stream in (sys.stdout, sys.stderr):  # a pipe of Windows has not every character
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")


def home(root: Path, version: str) -> Path:
    """`.venv`; where another version of Python has made that, one of its own beside it."""
    usual = root / ".venv"
    return usual if python_of(usual) in ("", version) else root / f".venv-{version}"


def python_of(environment: Path) -> str:
    """Which Python made a virtual environment, such as 3.13; empty where there is none."""
    try:
        text = (environment / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^version(?:_info)? *= *(\d+\.\d+)", text, re.MULTILINE)
    return found[1] if found else ""


HOME = home(ROOT, "{}.{}".format(*sys.version_info))
BIN = HOME / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
BURNER = BIN / ("burner.exe" if os.name == "nt" else "burner")


def prepare(*extras: str) -> Path:
    """Install the project with these extras unless that was done already; returns its Python.

    A stamp names what was installed from: the same requirements are not installed twice, and what
    `test` has installed is enough for `quickstart`. Packages have the versions of a station.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before pip could check it
        sys.exit(f"burner needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    wanted = _requirements()
    stamps = [HOME / f"installed-{'-'.join(part) or 'plain'}" for part in (extras, ("dev",))]
    if PYTHON.exists() and any(s.exists() and s.read_text() == wanted for s in stamps):
        return PYTHON
    print(f"Setting up {HOME} (once, about half a minute) …", flush=True)
    _make()
    if _install(*extras):
        sys.exit("The installation failed; the lines above say why. Is there a network?")
    stamps[0].write_text(wanted)
    return PYTHON


def try_extra(python: Path, extra: str, package: str) -> None:
    """Install an extra that must be compiled, so not everywhere; without it its tests skip."""
    here = subprocess.run(
        [str(python), "-c", f"import {package}"], check=False, capture_output=True
    )
    if here.returncode and _install(extra):
        print(f"burner[{extra}] cannot be installed here; tests that need it will skip")


def _install(*extras: str) -> int:
    """The exit status of pip."""
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    what = ["--editable", target, "--constraint", str(ROOT / "constraints.txt")]
    return subprocess.run([*pip, *what], check=False).returncode


def _requirements() -> str:
    """Digest of all that decides what is installed."""
    import tomllib  # 3.11 and newer

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = json.dumps([project["build-system"], project["project"]])
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return hashlib.sha256((asked + constraints).encode()).hexdigest()


def described(python: Path) -> str:
    """`Python 3.13.0 (/path/of/python)`, as the interpreter itself says."""
    said = subprocess.run([str(python), "--version"], check=True, capture_output=True, text=True)
    return f"{said.stdout.strip()} ({python})"


def _make() -> None:
    if PYTHON.exists():
        return
    try:
        venv.create(HOME, with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit(
            "Python could not make a virtual environment.\n"
            "On Debian and Ubuntu: apt-get install python3-venv, then run this again."
        )
