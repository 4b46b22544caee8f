"""What tests measured, as a table: in exports, in the sealed folder, and of one unit."""

import csv
import io
import json
from pathlib import Path

import pytest

from burner.core.measurements import Measurement, TestOutcome, TestResult, TestTry
from burner.manifest.exchange.folder import MEASUREMENTS, check_folder, write_folder
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.writing.batch_close import record_close
from burner.manifest.writing.ledger import Ledger
from tests.in_process import run_burner
from tests.manifest.records import burned, flaws, open_batch
from tests.manifest.tested_units import burned_with_tests, rf_test, tx_power

NOTE = Measurement("note", "=1+1")
LED = TestResult("led", "serial", TestOutcome.NOT_RUN)


@pytest.fixture
def manifest(path: Path, ledger: Ledger) -> Path:
    """One unit that failed at its second try, one that passed, one without tests."""
    open_batch(ledger)
    first = TestTry(
        *(1, TestOutcome.FAIL, "E655", "tx_power 9.10 is below 10"),
        seconds=1.5,
        measurements=(tx_power("9.10", good=False), NOTE),
    )
    failed = rf_test(tx_power("-9.20", good=False), tries=2, earlier=(first,))
    burned_with_tests(ledger, 1, failed, LED)
    burned_with_tests(ledger, 2, rf_test(tx_power("12.30"), NOTE))
    burned(ledger, 3, batch="WO1")
    return path


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_an_export_has_one_row_a_value_of_each_try_and_one_for_a_test_without(
    manifest: Path, tmp_path: Path
) -> None:
    printed = run_burner(
        tmp_path, "manifest", "export", "--format", "measurements", "--manifest", manifest
    )
    rows = rows_of(printed.stdout)
    columns = ("test", "test_try", "last_try", "measurement", "value")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("rf", "1", "false", "tx_power", "9.10"),
        ("rf", "1", "false", "note", "'=1+1"),
        ("rf", "2", "true", "tx_power", "-9.20"),
        ("led", "1", "true", "", ""),
        ("rf", "1", "true", "tx_power", "12.30"),
        ("rf", "1", "true", "note", "'=1+1"),
    ]
    of_tries = [(row["code"], row["test_ms"], row["attempt_try"]) for row in rows[1:3]]
    assert of_tries == [("E655", "1500", "1"), ("E501", "1200", "1")]
    assert (rows[0]["good"], rows[0]["low"], rows[0]["high"], rows[0]["value_unit"]) == (
        *("false", "10", "14", "dBm"),
    )
    assert (rows[3]["outcome"], rows[3]["good"]) == ("not-run", "")
    assert (rows[4]["waited_ms"], rows[4]["resource"], rows[4]["slot"]) == ("400", "rf-box", "3")


def test_the_table_of_attempts_says_how_many_tests_and_which_failed(
    manifest: Path, tmp_path: Path
) -> None:
    rows = rows_of(run_burner(tmp_path, "manifest", "export", "--manifest", manifest).stdout)
    assert [(row["tests"], row["tests_failed"]) for row in rows] == [
        *(("2", "rf"), ("1", ""), ("0", "")),
    ]
    arguments = ("manifest", "export", "--format", "jsonl", "--manifest", manifest)
    lines = run_burner(tmp_path, *arguments)
    first = json.loads(lines.stdout.splitlines()[0])
    [tested, _] = first["tests"]
    assert tested["measurements"][0]["value"] == "-9.20"
    assert tested["earlier"][0]["measurements"][0]["value"] == "9.10"


def test_a_unit_shows_its_tests_with_limits_and_what_failed_stands_out(
    manifest: Path, tmp_path: Path
) -> None:
    shown = run_burner(tmp_path, "unit", "show", "7c:df:a1:00:00:01", "--manifest", manifest)
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    earlier = "rf FAIL ✗ tx_power 9.10 dBm 10 … 14 dBm 1 1.50 E655 tx_power 9.10 is below 10"
    at = lines.index(earlier)
    assert lines[at + 1] == "rf FAIL ✗ tx_power -9.20 dBm 10 … 14 dBm 2 1.20 0.4 rf-box E501"
    assert "led not run" in lines
    as_json = run_burner(
        tmp_path, *["unit", "show", "7c:df:a1:00:00:01", "--json", "--manifest"], manifest
    )
    [unit] = json.loads(as_json.stdout)
    assert [test["outcome"] for test in unit["attempts"][0]["tests"]] == ["fail", "not-run"]


def test_the_sealed_folder_has_the_measurements_and_finds_a_changed_one(
    manifest: Path, ledger: Ledger, tmp_path: Path
) -> None:
    record_close(ledger, "WO1", "qa", with_open=False)
    folder = tmp_path / "folder"
    folder.mkdir()
    signer = ledger.writer.key.signer
    status = batch_status(ledger.reader, "WO1")
    write_folder(ledger.reader, status, folder, signer=signer, reports={}, bom=True)
    key = VerifierKey.parse(ledger.writer.origin_key)
    assert check_folder(folder, ledger.origin, key)[1] == []
    table = folder / MEASUREMENTS
    changed = table.read_text("utf-8").replace("9.10", "10.10")
    table.write_text(changed, "utf-8", newline="\n")
    assert check_folder(folder, ledger.origin, key)[1] == [
        f"{MEASUREMENTS} was changed",
        f"{MEASUREMENTS} does not agree with the records",
    ]


def test_verify_agrees_with_a_manifest_of_tested_units(manifest: Path, ledger: Ledger) -> None:
    assert flaws(ledger.reader) == []
