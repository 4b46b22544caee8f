"""Records of a newer burner hold codes that this one does not know: they are shown all the same."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.core.attempt import Outcome
from burner.core.errors import table
from tests.cli.desk import at_desk, run
from tests.manifest.records import a_ledger, a_result, an_attempt, open_batch, unit_mac

OF_UNIT, OF_STATION, WARNING = "E699", "E899", "E698"
FAILED, INTERRUPTED, WARNED = (str(unit_mac(number)) for number in (1, 2, 3))
ENDS = (
    a_result(Outcome.FAIL, code=OF_UNIT),
    a_result(Outcome.ERROR, code=OF_STATION),
    a_result(Outcome.PASS, evidence={"warnings": [WARNING]}),
)


@pytest.fixture(autouse=True)
def manifest_of_a_newer_burner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A batch with a bad unit, an interrupted one, and a good one with a warning."""
    at_desk(tmp_path, monkeypatch)
    monkeypatch.setenv("COLUMNS", "300")
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        for number, result in enumerate(ENDS, start=1):
            attempt = an_attempt(number, batch="WO1")
            ledger.begin(attempt)
            ledger.finish(attempt, result)
    return tmp_path


def shown(language: str, command: str) -> str:
    return run("--lang", language, *command.split()).output


def test_this_burner_has_no_such_codes() -> None:
    assert {OF_UNIT, OF_STATION, WARNING}.isdisjoint(table())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("command", "codes"),
    [
        ("manifest list", [OF_UNIT, OF_STATION]),
        ("manifest list --json", [OF_UNIT, OF_STATION]),
        ("manifest export --format csv", [OF_UNIT, OF_STATION]),
        (f"unit show {FAILED}", [OF_UNIT]),
        (f"unit show {WARNED}", [WARNING]),
        (f"unit show {INTERRUPTED} --json", [OF_STATION]),
        ("batch status WO1", [WARNING]),
        ("batch status WO1 --json", [WARNING]),
        ("report", [OF_UNIT, OF_STATION]),
        ("report --json", [OF_UNIT, OF_STATION]),
        ("manifest verify", []),
        ("batch audit WO1 --sample 1", []),
    ],
)
def test_a_command_shows_the_number_of_a_code_that_it_does_not_know(
    language: str, command: str, codes: list[str]
) -> None:
    output = shown(language, command)
    assert [code for code in codes if code not in output] == []


def test_the_report_says_that_it_does_not_know_the_code(tmp_path: Path) -> None:
    assert "a code that this burner does not know" in shown("en", "report")
    assert "本版 burner 不认识的代码" in shown("zh", "report")
    shown("en", "report -o report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert OF_UNIT in page
    assert "a code that this burner does not know" in page


def test_the_batch_is_closed_and_its_folder_checked(tmp_path: Path) -> None:
    for unit in (FAILED, INTERRUPTED):
        shown("en", f"unit scrap {unit} --operator li --reason broken")
    shown("en", "batch close WO1 --operator qa")
    assert WARNING in (tmp_path / "WO1" / "statement.txt").read_text(encoding="utf-8")
    key = re.search(r"^origin key (\S+)$", shown("en", "manifest head"), re.MULTILINE)
    assert key
    shown("en", f"manifest verify WO1 --key {key[1]}")


def test_explain_does_not_know_it_either() -> None:
    result = CliRunner().invoke(root, ["explain", OF_UNIT])
    assert result.exit_code == 2
    assert f"there is no code {OF_UNIT}" in result.stderr
