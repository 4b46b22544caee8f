"""A unit that a person corrected is the same everywhere: status, report, lists, the folder."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.manifest.writing.ledger import Ledger
from tests.cli.commands.test_manifest_desk import WHO, WHY, origin_key
from tests.cli.desk import at_desk, run
from tests.manifest.records import a_result, an_attempt, burned, open_batch

UNITS = [f"7cdfa100000{number}" for number in range(7)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed batch of six PASS; then one is reworked after a scrap, and one voided."""
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, quantity=6)
        for number in range(1, 7):
            burned(ledger, number, batch="WO1")
    run("unit", "scrap", UNITS[1], *WHO, *WHY)
    run("batch", "close", "WO1", *WHO)
    run("unit", "rework", UNITS[1], *WHO, *WHY)
    run("unit", "void", UNITS[2], *WHO, *WHY)
    return tmp_path


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    units = report["units"]
    return units["passed"], units["interrupted"], units["total"]


def test_status_report_and_folder_count_the_same_units(here: Path) -> None:
    status = json.loads(run("batch", "status", "WO1", "--json").stdout)
    assert (status["pass"], status["interrupted"], status["void"]) == (4, 1, 1)
    run("batch", "close", "WO1", *WHO, "-o", "again")
    assert len((here / "again" / "names.csv").read_text().split()) == 1 + 4
    assert counts(json.loads((here / "again" / "report.json").read_text())) == (4, 1, 5)
    for scope in ((), ("--batch", "WO1"), ("--since", "2020-01-01")):
        assert counts(json.loads(run("report", *scope, "--json").stdout)) == (4, 1, 5)
    run("manifest", "verify", "again", "--key", origin_key())


def test_every_list_says_which_attempts_a_correction_changed(here: Path) -> None:
    run("unit", "scrap", UNITS[3], *WHO, *WHY)
    run("batch", "close", "WO1", *WHO, "-o", "again")
    words = ["rework", "void", "scrap", "", "", ""]
    listed = json.loads(run("manifest", "list", "--json").stdout)
    assert [row["corrected"] for row in listed] == words
    exported = run("manifest", "export", "--format", "csv").stdout
    for text in (exported, (here / "again" / "units.csv").read_text()):
        rows = [*csv.DictReader(StringIO(text))]
        assert [row["corrected"] for row in rows] == words
    table = run("manifest", "list").stdout
    assert [word in table for word in ("PASS → rework", "PASS → void", "PASS → scrap")] == [
        True
    ] * 3
    (life,) = json.loads(run("unit", "show", UNITS[3], "--json").stdout)
    assert life["attempts"][0]["corrected"] == "scrap"


def test_a_unit_that_was_burned_again_is_marked_no_more_but_what_was_voided_is(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 1, rework="repaired")
        burned(ledger, 2)
    listed = json.loads(run("manifest", "list", "--json").stdout)
    of = {n: [e["corrected"] for e in listed if e["device_name"] == UNITS[n]] for n in (1, 2)}
    assert of == {1: ["rework", ""], 2: ["void", ""]}, "as their batch says it, which is closed"


def test_a_good_unit_that_is_refused_later_is_failed_in_status_and_report(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, "WO2")
        burned(ledger, 8, batch="WO2")
        refused = an_attempt(8, batch="WO2")
        ledger.finish(refused, a_result(Outcome.FAIL, code="E453", written=False))
    assert json.loads(run("batch", "status", "WO2", "--json").stdout)["failed"] == 1
    report = json.loads(run("report", "--batch", "WO2", "--json").stdout)
    assert (report["units"]["failed"], report["units"]["passed"]) == (1, 0)


def test_a_rework_ends_a_scrap_in_each_batch_that_the_unit_has_been_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        for batch in ("WO1", "WO2"):
            open_batch(ledger, batch, quantity=2)
            burned(ledger, 1, batch=batch)

    def word() -> list[str]:
        batches = [run("batch", "status", batch, "--json").stdout for batch in ("WO1", "WO2")]
        words = ("pass", "scrap", "void", "interrupted")
        return [next(word for word in words if json.loads(text)[word]) for text in batches]

    run("unit", "scrap", UNITS[1], *WHO, *WHY)
    assert word() == ["scrap", "scrap"]
    run("unit", "void", UNITS[1], *WHO, *WHY)
    assert word() == ["scrap", "scrap"], "a void ends no scrap"
    run("unit", "rework", UNITS[1], *WHO, *WHY)
    assert word() == ["interrupted", "interrupted"]
    run("manifest", "verify")
