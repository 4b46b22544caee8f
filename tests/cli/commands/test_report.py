"""`burner report` and the list of names, as people and scripts use them."""

import csv
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from burner.cli.main import root
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from tests.chinese import english_in
from tests.in_process import run_burner
from tests.manifest.records import (
    START,
    Ticking,
    a_result,
    an_attempt,
    burned,
    open_batch,
    unit_mac,
)
from tests.manifest.tested_units import burned_with_tests, rf_test, tx_power


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manifest of two batches: units that pass, fail, pass later, stay OPEN, are scrapped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BURNER_MANIFEST", raising=False)
    clock = Ticking()
    with Ledger.open("manifest.db", "line1", clock) as ledger:
        open_batch(ledger, quantity=10)
        open_batch(ledger, "WO2")
        burned(ledger, 1, batch="WO1")
        burned(ledger, 2, Outcome.FAIL, batch="WO1")
        burned(ledger, 2, batch="WO1", try_number=2)
        ledger.begin(an_attempt(3, batch="WO1"))
        burned(ledger, 5, batch="WO1")
        burned(ledger, 6, batch="WO1")
        burned(ledger, 7, Outcome.FAIL, batch="WO2")
        burned(ledger, 7, batch="WO1", rework="flash replaced")
        nothing = an_attempt(8, name=None, batch="WO1", silicon=None, slot="8")
        ledger.finish(nothing, a_result(Outcome.ERROR, code="E301", written=False))
        for unit, what in ((5, CorrectionKind.SCRAP), (6, CorrectionKind.VOID)):
            correct(
                ledger,
                what,
                str(unit_mac(unit)),
                product_id="S3EUVBRJLB",
                operator="qa",
                reason="dropped",
            )
        clock.now += timedelta(hours=7)
        burned(ledger, 4, batch="WO1", slot="5", started=clock.now)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, list(arguments), catch_exceptions=False)


def report(*arguments: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(run("report", "--json", *arguments).stdout)
    return figures


def test_the_figures_of_a_batch(here: Path) -> None:
    figures = report("--batch", "WO1")
    units = figures["units"]
    assert figures["scope"]["planned"] == 10
    assert {key: units[key] for key in ("total", "first_time", "later", "open", "scrapped")} == {
        "total": 6,
        "first_time": 2,
        "later": 2,
        "open": 1,
        "scrapped": 1,
    }
    assert (figures["retries"], figures["without_unit"]) == (1, 1)


def test_a_unit_that_failed_in_an_earlier_batch_is_not_new(here: Path) -> None:
    figures = report("--batch", "WO1")
    assert (figures["units"]["new"], figures["units"]["first_pass"]) == (5, 3)
    assert figures["rework"]["reasons"] == {"flash replaced": 1}
    assert report()["units"]["new"] == 6


def test_filters_narrow_the_report(here: Path) -> None:
    afternoon = (START + timedelta(hours=6)).isoformat()
    assert report("--since", afternoon)["units"]["total"] == 1
    assert report("--until", afternoon)["units"]["total"] == 5
    assert report("--product", "other")["units"]["total"] == 0


def test_shifts_are_of_the_zone_asked_for(here: Path) -> None:
    figures = report("--zone", "Asia/Shanghai", "--shifts", "08:00,20:00")
    names = [shift["name"] for shift in figures["shifts"]]
    assert names == ["08:00–20:00", "20:00–08:00"]
    assert figures["scope"]["zone"] == "Asia/Shanghai (UTC+08:00)"


def test_for_people_there_are_tables_and_a_bar(here: Path) -> None:
    out = run("report", "--batch", "WO1").stdout
    assert "WO1 · plug-c3 1.2.0 · open" in out
    assert "good units 4 · of 10 planned · begun 6 · retries 1 · rework attempts 1" in out
    assert "█" * 12 + "▓" * 12 + "?" * 6 + "s" * 6 + "·" * 24 in out
    for part in ("E301", "Why attempts did not pass", "By slot", "By shift", "7cdfa1000003"):
        assert part in out


def test_a_unit_that_was_scrapped_stays_counted_in_the_shift_in_which_it_passed(
    here: Path,
) -> None:
    units, shifts = report("--batch", "WO1")["units"], report("--batch", "WO1")["shifts"]
    assert (units["passed"], sum(shift["good"] for shift in shifts)) == (4, 5)
    head = next(line for line in run("report").stdout.splitlines() if line.startswith(" shift"))
    assert "units passed" in head
    assert "good units" not in head


@pytest.mark.parametrize("batch", [("--batch", "WO1"), ()])
def test_in_chinese_no_english_is_left(
    here: Path, monkeypatch: pytest.MonkeyPatch, batch: Sequence[str]
) -> None:
    monkeypatch.setenv("BURNER_LANG", "zh")
    out = run("report", *batch).stdout
    assert "合格品 " in out
    without_bar = re.sub(r"\[.*\]", "", out)
    assert english_in(without_bar, ("WO1", "WO2", "plug-c3", "line1", "7cdfa1")) == []


def test_an_empty_manifest_is_reported_as_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger.open("manifest.db", "line1", Ticking()) as ledger:
        open_batch(ledger)
    assert "no units" in run("report").stdout
    assert report("--batch", "WO1")["units"]["total"] == 0


def test_html_is_one_file_and_nothing_is_printed(here: Path) -> None:
    assert run("report", "--batch", "WO1", "-o", "report.html").stdout == ""
    html = Path("report.html").read_text(encoding="utf-8")
    assert "Production report WO1" in html
    assert "7cdfa1000003" in html


def test_a_page_that_cannot_be_written_is_reported(here: Path) -> None:
    with pytest.raises(BurnerError, match=r"^E729:"):
        run("report", "-o", "nowhere/report.html")


def test_a_batch_that_is_not_there_is_refused_rather_than_empty(here: Path) -> None:
    with pytest.raises(BurnerError, match=r"^E733:"):
        run("report", "--batch", "W01")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--shifts", "06:10"), "quarter of an hour"),
        (("--zone", "Mars/Base"), "no time zone"),
        (("--zone", "../etc/passwd"), "no time zone"),
    ],
)
def test_options_that_make_no_sense_are_usage_errors(
    here: Path, wrong: tuple[str, ...], words: str
) -> None:
    ran = run("report", *wrong)
    assert ran.exit_code == 2
    assert words in ran.stderr


def test_names_are_those_of_good_units_in_the_order_they_were_done(here: Path) -> None:
    names = ["7cdfa1000001", "7cdfa1000002", "7cdfa1000007", "7cdfa1000004"]
    assert run("manifest", "export", "--format", "names").stdout.split() == ["DeviceName", *names]
    bare = run("manifest", "export", "--format", "names", "--batch", "WO1", "--header", "").stdout
    assert bare.split("\n") == [*names, ""]


def test_a_name_that_came_late_is_given_for_an_open_unit(here: Path) -> None:
    with Ledger.open("manifest.db", "line2", Ticking(START + timedelta(hours=9))) as ledger:
        attempt = an_attempt(20, name=None, station="line2", batch="WO2")
        ledger.begin(attempt)
        ledger.bind(replace(attempt, device_name="490154203237518"))
    figures = json.loads(run("report", "--json", "--batch", "WO2").stdout)
    assert [unit["device_name"] for unit in figures["open_units"]] == ["490154203237518"]


def test_what_tests_measured_is_on_the_terminal_and_in_files_for_statisticians(
    tmp_path: Path,
) -> None:
    with Ledger.open(tmp_path / "manifest.db", "line1", Ticking()) as ledger:
        open_batch(ledger)
        for unit in range(1, 5):
            test = rf_test(tx_power("9.10" if unit == 1 else "12.30", good=unit > 1))
            burned_with_tests(ledger, unit, test)
        correct(
            *(ledger, CorrectionKind.VOID, str(unit_mac(4))),
            product_id="S3EUVBRJLB",
            operator="qa",
            reason="a trial",
        )
    shown = run_burner(tmp_path, "report").stdout
    assert "rf · tx_power   10 … 14 dBm   3        1" in shown
    for name in ("values.csv", "values.parquet"):
        done = run_burner(tmp_path, "report", "--measurements", name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with (tmp_path / "values.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["value"] for row in rows] == ["9.10", "12.30", "12.30"]
    table = parquet.read_table(tmp_path / "values.parquet").to_pylist()
    assert [
        (row["value"], row["value_number"], row["low_number"], row["good"]) for row in table
    ] == [
        *(("9.10", 9.1, 10.0, False), ("12.30", 12.3, 10.0, True), ("12.30", 12.3, 10.0, True)),
    ]
    assert table[0]["time"] == START + timedelta(seconds=12)
    of_try = [table[0][name] for name in ("attempt_try", "test_try", "last_try")]
    assert of_try == [1, 1, True]
    assert {*rows[0]} == {*table[0]} - {"value_number", "low_number", "high_number"}


def test_a_file_of_another_kind_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    done = run_burner(tmp_path, "report", "--measurements", "values.xlsx")
    assert done.returncode == 2
    assert "values.xlsx ends with neither .csv nor .parquet" in done.stderr


def test_without_the_extra_a_parquet_file_is_refused_with_what_to_install(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = run_burner(here, "report", "--measurements", "values.parquet")
    assert done.returncode == 4
    assert done.stderr.startswith("E773 ")
    assert "pip install 'burner[parquet]'" in done.stderr
    assert [path.name for path in here.iterdir() if "values" in path.name] == []
