"""A run of `burner burn` as a process of its own, told by its JSON lines."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.event_lines import wrong_with

ROOT = Path(__file__).parents[1]
PROFILE = ROOT / "profiles" / "plug-c3.yaml"
SECRET = "Q7wE2rT9yU4iO6pA1sD3fG5h"
ADDED = {
    "PLUG_C3_SECRET": SECRET,
    "SENSOR_ESP32_SECRET": SECRET,
    "PYTHONPATH": str(ROOT),
}

Line = Mapping[str, Any]
"""A line of JSON, and `at`: when it came (monotonic seconds)."""


@dataclass(frozen=True)
class Ran:
    """What a run said and how it ended."""

    status: int
    lines: Sequence[Line]
    errors: str
    seconds: float

    @property
    def summary(self) -> Line:
        return self.lines[-1]

    @property
    def units(self) -> Sequence[Line]:
        return list(self.summary["units"])

    @property
    def finished(self) -> Sequence[Line]:
        """Every attempt's end, in order."""
        return [line for line in self.lines if line["event"] == "finished"]

    def of_slot(self, slot: str) -> Sequence[Line]:
        """The ends of a slot's attempts."""
        return [line for line in self.finished if line["slot"] == slot]


@dataclass
class Running:
    """A run under way: its lines as they come."""

    process: subprocess.Popen[str]
    started: float = field(default_factory=time.monotonic)
    lines: list[Line] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._readers = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_lines(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append({**json.loads(line), "at": time.monotonic()})

    def _read_errors(self) -> None:
        assert self.process.stderr
        self.errors.extend(self.process.stderr)

    def until(self, wanted: Callable[[Line], bool], timeout_s: float = 60) -> Line:
        """Wait for a line."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if wanted(line):
                    return line
            if self.process.poll() is not None and not self._readers[0].is_alive():
                break
            time.sleep(0.01)
        raise AssertionError(f"it did not come; {self.lines[-5:]} {self.errors}")

    def signal(self, number: int) -> None:
        if sys.platform == "win32":
            self.kill()
            pytest.skip("Windows has no such signals")
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """kill -9 of the burner; its workers and its bench notice by themselves."""
        self.process.kill()
        self.end(60)

    def end(self, timeout_s: float = 110) -> Ran:
        status = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(10)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
        took = time.monotonic() - self.started
        for line in self.lines:
            assert wrong_with({key: line[key] for key in line if key != "at"}) == "", line
        return Ran(status, self.lines, "".join(self.errors), took)


def in_state(slot: str, state: str) -> Callable[[Line], bool]:
    """Tells the line that says so of a slot, for `Running.until`."""
    return lambda line: line.get("slot") == slot and line.get("state") == state


def start(folder: Path, *arguments: str | Path, profile: Path = PROFILE) -> Running:
    """Start `burner burn PROFILE … --yes --json` in a folder."""
    command = [sys.executable, "-m", "burner", "burn", str(profile), "--yes", "--json"]
    return Running(
        subprocess.Popen(
            [*command, *map(str, arguments)],
            cwd=folder,
            env={**os.environ, **ADDED},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    )


def burn(folder: Path, *arguments: str | Path, profile: Path = PROFILE) -> Ran:
    """Run `burner burn PROFILE … --yes --json` in a folder to its end."""
    return start(folder, *arguments, profile=profile).end()


def burner(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Any other command."""
    return subprocess.run(
        [sys.executable, "-m", "burner", *arguments],
        cwd=folder,
        env={**os.environ, **ADDED},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def manifest(folder: Path) -> list[dict[str, Any]]:
    """`burner manifest list --json`."""
    listed = burner(folder, "manifest", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    return list(json.loads(listed.stdout))
