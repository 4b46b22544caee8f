"""Programs and functions of tests that this computer has not got are said before the first unit."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.commands.doctor import doctor
from tests.images import write_product
from tests.in_process import run_burner

TESTS = """
- {name: rf, before: write, run: [fixtures/rf, --fast]}
- {name: notes, before: write, run: [./notes.txt]}
- {name: script, before: write, run: ["{python}", fixtures/script.py]}
- {name: tool, before: write, run: [no-such-tool-anywhere]}
- {name: lamp, before: write, python: no-such-function}
- {name: fine, before: write, run: ["{python}", -c, pass]}"""
MISSING = {
    "test rf": ("E647", "fixtures/rf is not there"),
    "test notes": ("E647", "./notes.txt is not executable: chmod +x ./notes.txt"),
    "test script": ("E647", "fixtures/script.py is not there"),
    "test tool": ("E647", "no-such-tool-anywhere is not in PATH"),
    "test lamp": ("E648", "no installed package has the function no-such-function"),
}


@pytest.fixture
def product(tmp_path: Path) -> Path:
    (tmp_path / "notes.txt").write_text("no program")
    return write_product(tmp_path, tests=TESTS)


def test_a_burn_names_all_of_them_and_begins_nothing(product: Path, tmp_path: Path) -> None:
    ended = run_burner(tmp_path, "burn", product, "--bench", "sim:1", "--yes", "--operator", "li")
    assert ended.returncode == 3, ended.stderr
    for place, (code, found) in MISSING.items():
        assert f"{place}: error {code}: {found}" in ended.stderr
    assert "test fine" not in ended.stderr
    assert not (tmp_path / "manifest.db").exists()


def test_doctor_names_them_too(product: Path) -> None:
    result = CliRunner().invoke(doctor, [str(product), "--json"], standalone_mode=False)
    checks = {check["what"]: check for check in json.loads(result.stdout)}
    assert result.return_value == 4
    assert {
        what: (check["code"], check["detail"])
        for what, check in checks.items()
        if what.startswith("test ")
    } == MISSING
