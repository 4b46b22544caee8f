"""What a command says reaches files and pipes of every encoding."""

import os
import subprocess
import sys

import pytest

from tests.runs import ROOT


@pytest.mark.parametrize(
    ("encoding", "arrow"), [("utf-8", "→"), ("cp1252", "\\u2192"), ("gbk", "→")]
)
def test_a_character_that_a_stream_has_not_is_escaped(encoding: str, arrow: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "burner", "explain", "E301"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert f"\n{arrow} " in said.stdout.decode(encoding).replace("\r", "")
    assert said.stderr == b""
