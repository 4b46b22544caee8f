"""What a command says reaches files and pipes of every encoding."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
