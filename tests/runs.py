"""A run of `burner burn` as a process of its own: its JSON lines."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.cli.terminal.next_command import DEFAULT_MANIFEST
from burner.core.errors import BurnerError
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.reader import ManifestReader
from tests.cli.run.event_lines import wrong_with
from tests.in_process import Completed, run_burner
from tests.warm import process

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
class RunResult:
    """The output of a run, and how it ended."""

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

    def until(self, wanted: Callable[[Line], bool], timeout_s: float = 150) -> Line:
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

    def interrupt_twice(self) -> None:
        """As Ctrl-C twice: SIGTERM counts as Ctrl-C, and the system merges two of one kind."""
        self.signal(signal.SIGINT)
        self.signal(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9 of the burner; its workers and its bench notice by themselves."""
        self.process.kill()
        self.end()

    def end(self, timeout_s: float = 250) -> RunResult:
        status = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(60)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
        took = time.monotonic() - self.started
        check_lines(self.lines)
        return RunResult(status, self.lines, "".join(self.errors), took)


def check_lines(lines: Sequence[Line]) -> None:
    """That every line is as the schema of events says."""
    for line in lines:
        assert wrong_with({key: line[key] for key in line if key != "at"}) == "", line


def in_state(slot: str, state: str) -> Callable[[Line], bool]:
    """Tells the line that says so of a slot, for `Running.until`."""
    return lambda line: line.get("slot") == slot and line.get("state") == state


def start(
    folder: Path, *arguments: str | Path, profile: Path = PROFILE, warm: bool = process.AVAILABLE
) -> Running:
    """Start `burner burn PROFILE … --yes --json` in a folder.

    Args:
        folder: where it runs.
        arguments: more of them.
        profile: what is burned.
        warm: with its imports behind it; else it and its workers are processes of their own name.
    """
    command = ["burn", str(profile), "--yes", "--json", *map(str, arguments)]
    env = {**os.environ, **ADDED}
    with Path(os.devnull).open("rb") as nothing:
        streams = (nothing.fileno(), subprocess.PIPE, subprocess.PIPE)
        if warm:
            return Running(process.start_burner(*command, streams=streams, env=env, folder=folder))
        stdin, stdout, stderr = streams
        return Running(
            subprocess.Popen(
                [sys.executable, "-m", "burner", *command],
                cwd=folder,
                env=env,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                text=True,
                encoding="utf-8",
            )
        )


def burn(folder: Path, *arguments: str | Path, profile: Path = PROFILE) -> RunResult:
    """Run `burner burn PROFILE … --yes --json` in a folder to its end."""
    started = time.monotonic()
    done = burner(folder, "burn", profile, "--yes", "--json", *arguments)
    lines = [
        {**json.loads(line), "at": at}
        for line, at in zip(done.stdout.split("\n")[:-1], done.line_times, strict=True)
    ]
    check_lines(lines)
    return RunResult(done.returncode, lines, done.stderr, time.monotonic() - started)


def burner(folder: Path, *arguments: str | Path) -> Completed:
    """Any other command."""
    return run_burner(folder, *arguments, env=ADDED)


def manifest(folder: Path, name: str = DEFAULT_MANIFEST) -> list[dict[str, Any]]:
    """`burner manifest list --json`, in this process: another costs half a second."""
    arguments = ["manifest", "list", "--json", "--manifest", str(folder / name)]
    listed = CliRunner().invoke(root, arguments, catch_exceptions=False)
    assert listed.exit_code == 0, listed.output
    return list(json.loads(listed.stdout))


def until_begun(running: Running, folder: Path, units: int = 1) -> None:
    """Wait until so many attempts are on record as begun: their units are written next."""
    deadline = time.monotonic() + 150
    while _open_attempts(folder / DEFAULT_MANIFEST) < units:
        assert running.process.poll() is None, running.errors
        assert time.monotonic() < deadline, running.lines
        time.sleep(0.05)


def _open_attempts(manifest: Path) -> int:
    if not manifest.exists():
        return 0
    try:
        with ManifestReader.open(manifest) as reader:
            return len(list(reader.attempts_json(AttemptFilter(outcome="OPEN"))))
    except BurnerError:  # it is being made
        return 0
