"""A forked process is like one that was started: same words, same end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from burner.core import child_process
from tests.warm import process

pytestmark = pytest.mark.skipif(not process.AVAILABLE, reason="forks only on Linux")
ROOT = Path(__file__).parents[2]
COLD = [sys.executable, "-m", "burner"]


def run(
    program: list[str], *arguments: str, folder: Path, **variables: str
) -> tuple[int, str, str]:
    done = subprocess.run(
        [*program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_folder_variables_words_and_status_are_those_of_a_started_burner(tmp_path: Path) -> None:
    (tmp_path / "here.yaml").write_text("burner: 1\nnonsense: 1\n", encoding="utf-8")
    warm, cold = (
        run(program, "profile", "check", "here.yaml", folder=tmp_path, BURNER_LANG="zh")
        for program in (process.SERVERS.command(), COLD)
    )
    assert warm == cold
    assert warm[0] == 3
    assert "here.yaml:2" in warm[1] + warm[2]


def test_a_signal_to_the_command_goes_to_burner_and_its_status_comes_back() -> None:
    command = [*process.SERVERS.command(), "bench", "run", "sim:1", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as bench:
        assert bench.stdout
        assert bench.stdout.readline()
        bench.send_signal(signal.SIGINT)
        assert bench.wait(60) == 0


def test_a_killed_process_ends_with_its_signal_and_one_without_parent_by_itself() -> None:
    killed, left = (
        process.ForkedProcess(
            process.SERVERS.addresses(),
            "burner.bench",
            "sim:1",
            streams=(subprocess.PIPE, subprocess.PIPE, 2),
            env=os.environ,
        )
        for _ in range(2)
    )
    for bench in (killed, left):
        assert bench.stdout
        assert bench.stdout.readline()
        assert bench.poll() is None
    killed.kill()
    assert killed.wait(60) == -signal.SIGKILL
    assert left.stdin
    left.stdin.close()
    assert left.wait(60) == 0
    for pipe in (killed.stdin, killed.stdout, left.stdout):
        assert pipe
        pipe.close()


def test_a_module_without_a_server_is_started() -> None:
    child = child_process.start_module("burner.no_such_module", stderr=subprocess.PIPE)
    assert child.communicate()[1].strip().endswith(b"burner.no_such_module")
