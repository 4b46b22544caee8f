"""The output of a command: in every encoding, on a full disk, and where nobody reads it."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from burner.cli.main import _prepare_streams, _run
from tests.runs import PROFILE, ROOT


@pytest.mark.parametrize(
    ("encoding", "arrow"), [("utf-8", "→"), ("cp1252", "\\u2192"), ("gbk", "→")]
)
def test_a_character_that_a_stream_has_not_is_escaped(encoding: str, arrow: str) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "burner", "explain", "E301"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert f"\n{arrow} " in process.stdout.decode(encoding).replace("\r", "")
    assert process.stderr == b""


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the input")
def test_a_closed_input_is_nobody_who_could_answer(tmp_path: Path) -> None:
    open_batch = f'"{sys.executable}" -m burner batch open "{PROFILE}" --operator li <&-'
    ran = subprocess.run(
        ["/bin/sh", "-c", open_batch],
        env={**os.environ, "PYTHONPATH": str(ROOT), "BURNER_STATE": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


class FullDisk(io.TextIOWrapper):
    """A standard output whose disk is full."""

    def write(self, text: str) -> int:
        if text:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return 0


def test_an_answer_for_which_the_disk_has_no_room_is_an_error_of_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with FullDisk((tmp_path / "out").open("wb")) as stdout, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        assert _run(["explain", "E301"]) == 4
    errors = capfd.readouterr().err
    assert "E729 " in errors
    assert f"standard output: {os.strerror(errno.ENOSPC)}" in errors


def test_a_command_whose_streams_are_closed_runs_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    _prepare_streams()
    with sys.stdin, sys.stdout, sys.stderr:
        assert _run(["explain", "E301"]) == 0
        assert _run(["explain", "E0"]) == 2
