"""Paths and names on the command line: refused before a command does any work."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from burner.cli.main import root
from burner.core.errors import BurnerError

WRITES = {
    "release build": ["release", "build", "x.yaml"],
    "report": ["report"],
    "manifest export": ["manifest", "export"],
    "manifest head": ["manifest", "head"],
    "station labels": ["station", "labels", "--slots", "2"],
    "station teach": ["station", "teach"],
    "unit certificate": ["unit", "certificate", "7cdfa1000001"],
    "profile new": ["profile", "new", "plug"],
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, arguments)


@pytest.mark.parametrize("command", WRITES)
def test_a_file_in_a_folder_that_is_not_there_is_refused_alike(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error = run(*WRITES[command], "-o", str(Path("none") / "file.png")).exception
    assert isinstance(error, BurnerError)
    assert (error.code, error.detail) == ("E729", "none: no such folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", WRITES)
def test_an_empty_path_is_refused_alike(command: str) -> None:
    result = run(*WRITES[command], "-o", "")
    assert result.exit_code == 2
    assert "the path is empty" in result.stderr


def test_a_station_file_without_its_ending_is_no_name_of_a_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("line1").write_text("station: line1\nslots: {}\n", encoding="utf-8")
    Path("line2").write_text("notes of line 2", encoding="utf-8")
    result = run("key", "show", "--station", "line1")
    assert result.exit_code == 2
    assert "line1 is a file; --station and BURNER_STATION take the station's name." in result.stderr
    assert "is a file" not in run("key", "show", "--station", "line2").output
