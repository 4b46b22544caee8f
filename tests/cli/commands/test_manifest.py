"""`burner manifest` as people and scripts use it."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from burner.cli.main import root
from burner.cli.terminal import screen
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import (
    START,
    Ticking,
    a_result,
    an_attempt,
    burned,
    open_batch,
    unit_mac,
)
from tests.manifest.verify.test_edits import edit
from tests.runs import ROOT

KEYS = (
    *(
        "number",
        "origin",
        "records",
        "started",
        "ended",
        "station",
        "slot",
        "operator",
        "batch",
        "profile",
    ),
    *("release_digest", "key", "product_id", "chip", "unit_id", "device_name", "outcome", "code"),
    *("step", "seconds", "regions", "versions"),
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a manifest of a PASS, a FAIL and an OPEN attempt, and the shell in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BURNER_MANIFEST", raising=False)
    with Ledger.open("manifest.db", "line1", Ticking()) as ledger:
        open_batch(ledger, quantity=5)
        burned(ledger, 1, batch="WO1")
        burned(ledger, 2, Outcome.FAIL, name="=cmd", rework="new flash")
        ledger.begin(an_attempt(3, batch="WO1"))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, list(arguments), catch_exceptions=False)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_list_that_nobody_reads_on_ends_without_a_word(here: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-u", "-m", "burner", "manifest", "list", "--json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, cwd=here, env=env, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert ended.stderr == b""


def test_list_json_is_one_array_with_the_promised_keys_in_order(here: Path) -> None:
    elements = json.loads(run("manifest", "list", "--json").stdout)
    assert [e["outcome"] for e in elements] == ["PASS", "FAIL", "OPEN"]
    assert [list(e)[: len(KEYS)] for e in elements] == [list(KEYS)] * 3
    assert [e["number"] for e in elements] == sorted(e["number"] for e in elements)
    first = elements[0]
    assert first["started"] == "2025-01-31T08:00:00.000000Z"
    assert set(first["regions"][0]) >= {"name", "offset", "size", "sha256"}
    assert elements[2]["ended"] is None


def test_list_is_the_same_for_the_same_manifest(here: Path) -> None:
    assert run("manifest", "list", "--json").stdout == run("manifest", "list", "--json").stdout


def test_an_empty_choice_is_an_empty_array(here: Path) -> None:
    assert json.loads(run("manifest", "list", "--json", "--product", "none").stdout) == []


def test_filters_narrow_the_list(here: Path) -> None:
    def units(*arguments: str) -> list[int]:
        rows = json.loads(run("manifest", "list", "--json", *arguments).stdout)
        return [int(e["unit_id"][-2:], 16) for e in rows]

    day = START.date().isoformat()
    assert units("--outcome", "open") == [3]
    assert units("--batch", "WO1") == [1, 3]
    assert units("--product", "other") == []
    assert units("--since", f"{day}T00:00Z", "--until", "2026-01-01") == [1, 2, 3]
    assert units("--until", f"{day}T08:00Z") == []
    assert "not an ISO 8601" in run("manifest", "list", "--since", "yesterday").stderr


def test_list_for_people_is_a_table(here: Path) -> None:
    out = run("manifest", "list").stdout
    assert "7c:df:a1:00:00:02" in out
    assert "E501" in out


@pytest.mark.parametrize("handle", ["7cdfa1000001", "7c:df:a1:00:00:01", "7C-DF-A1-00-00-01"])
def test_show_finds_a_unit_by_any_of_its_ids(here: Path, handle: str) -> None:
    (unit,) = json.loads(run("unit", "show", handle, "--json").stdout)
    assert unit["names"] == ["7cdfa1000001"]
    assert [a["outcome"] for a in unit["attempts"]] == ["PASS"]
    assert "WO1" in run("unit", "show", handle).stdout


@pytest.fixture
def labelled(here: Path) -> Path:
    """With a unit that has an IMEI, a serial number and a label; its modem was changed once."""
    ids = {"serial": "PLG000001", "label": "SN:PLG000001"}
    with Ledger.open("manifest.db", "line1", Ticking(START + timedelta(hours=1))) as ledger:
        for imei in ("490154203237518", "861230000000007"):
            read = {"mac": str(unit_mac(4)), "imei": imei, **ids}
            burned(ledger, 4, batch="WO1", ids=read, operator="李雷", rework="new modem")
    return here


@pytest.mark.parametrize("columns", ["72", "200"])
def test_show_prints_ids_operator_station_and_duration_on_any_terminal(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setattr("burner.cli.terminal.screen.PIPE_WIDTH", int(columns))
    screen.console.cache_clear()
    shown = run("unit", "show", "PLG000001").stdout
    screen.console.cache_clear()
    assert "IMEI   490154203237518 (record 7), 861230000000007 (record 9)\n" in shown
    assert "serial PLG000001\n" in shown
    assert "label  SN:PLG000001\n" in shown
    for part in ("李雷", "line1", "12.3", "WO1", "plug-c3 1.2.0", "PASS", "rework: new modem"):
        assert part in shown, part
    assert max(map(cell_len, shown.splitlines())) <= int(columns)


def test_the_csv_has_columns_for_the_ids_behind_those_that_were_there(labelled: Path) -> None:
    text = run("manifest", "export").stdout
    columns = text.splitlines()[0].split(",")
    assert columns[-6:-2] == ["corrected", "challenge", "tests", "tests_failed"]
    assert columns[-2:] == ["printed_label", "label_prints"]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["imei"] for row in rows] == ["", "", "", "490154203237518", "861230000000007"]
    last = rows[-1]
    assert (last["serial"], last["label"]) == ("PLG000001", "SN:PLG000001")
    assert (last["operator"], last["station"], last["seconds"]) == ("李雷", "line1", "12.345")


def test_a_csv_for_a_spreadsheet_begins_with_a_byte_order_mark(labelled: Path) -> None:
    run("manifest", "export", "--bom", "-o", "units.csv")
    data = (labelled / "units.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfnumber,")
    assert data[3:].decode() == run("manifest", "export").stdout
    assert run("manifest", "export", "--bom").stdout == data.decode()
    for kind in ("jsonl", "names", "log"):
        assert (
            "--bom is for --format csv"
            in run("manifest", "export", "--bom", "--format", kind).stderr
        )


def test_show_says_when_there_is_no_such_unit(here: Path) -> None:
    with pytest.raises(BurnerError, match=r"^E712:"):
        run("unit", "show", "nobody")


def test_verify_agrees_with_an_honest_manifest(here: Path) -> None:
    assert "7 records checked: all agree" in run("manifest", "verify").stdout
    assert json.loads(run("manifest", "verify", "--json").stdout)["ok"] is True


def test_verify_names_the_first_bad_place(here: Path) -> None:
    edit(Path("manifest.db"), "UPDATE records SET body = replace(body, 'FAIL', 'PASS')")
    with pytest.raises(BurnerError, match=r"^E713: .*record 5"):
        run("manifest", "verify")
    report = json.loads(run("manifest", "verify", "--json").stdout)
    assert [c["check"] for c in report["checks"] if c["code"]] == ["records"]


def test_verify_tells_tables_that_lie_from_records_that_do(here: Path) -> None:
    edit(Path("manifest.db"), "DELETE FROM names WHERE device_name = '7cdfa1000001'")
    with pytest.raises(BurnerError, match=r"^E714: .*tables: names"):
        run("manifest", "verify")


def test_csv_has_one_row_an_attempt(here: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("manifest", "export", "--format", "csv").stdout)))
    assert [row["outcome"] for row in rows] == ["PASS", "FAIL", "OPEN"]
    assert rows[0]["fingerprint"] == "0000000000000001"
    assert json.loads(rows[0]["ids"]) == {"mac": "7c:df:a1:00:00:01"}


def test_json_lines_are_the_elements_of_the_list(here: Path) -> None:
    target = here / "out.jsonl"
    assert run("manifest", "export", "--format", "jsonl", "-o", str(target)).stdout == ""
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert lines == json.loads(run("manifest", "list", "--json").stdout)
    assert list(here.glob("*.part")) == []


def test_an_export_that_cannot_be_written_leaves_nothing(here: Path) -> None:
    with pytest.raises(BurnerError, match=r"^E729:"):
        run("manifest", "export", "-o", str(here / "nowhere" / "out.csv"))


@pytest.mark.parametrize("command", ["list", "verify", "export"])
def test_a_reader_says_that_there_is_no_manifest_and_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BURNER_MANIFEST", raising=False)
    with pytest.raises(BurnerError, match=r"^E701:"):
        run("manifest", command)
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_may_be_named_by_the_environment(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.setenv("BURNER_MANIFEST", str(here / "manifest.db"))
    assert len(json.loads(run("manifest", "list", "--json").stdout)) == 3
    with pytest.raises(BurnerError, match=r"^E701:"):
        run("manifest", "list", "--manifest", "other.db")


def test_a_mistyped_batch_is_refused_as_in_the_report(here: Path) -> None:
    for command in ("manifest list", "manifest list --json", "manifest export", "report"):
        with pytest.raises(BurnerError, match=r"^E733:"):
            run(*command.split(), "--batch", "TYPO")
    for kind in ("jsonl", "names", "log"):
        with pytest.raises(BurnerError, match=r"^E733:"):
            run("manifest", "export", "--format", kind, "--batch", "TYPO", "-o", "typo")
    assert not (here / "typo").exists()


def test_attempts_that_met_no_unit_are_not_one_unit(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        ledger.finish(an_attempt(silicon=None), a_result(Outcome.ERROR))
    for nothing in ("", "  "):
        with pytest.raises(BurnerError, match=r"^E712:"):
            run("unit", "show", nothing)


def test_a_time_beyond_all_calendars_is_no_time(here: Path) -> None:
    for moment in ("9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+14:00"):
        assert "not an ISO 8601" in run("manifest", "list", "--until", moment).stderr


def test_a_csv_for_people_holds_no_formula_and_json_lines_are_exact(here: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("manifest", "export", "--format", "csv").stdout)))
    assert rows[1]["device_name"] == "'=cmd"
    elements = [
        json.loads(line)
        for line in run("manifest", "export", "--format", "jsonl").stdout.splitlines()
    ]
    assert elements[1]["device_name"] == "=cmd"


def test_an_empty_export_is_none(here: Path) -> None:
    key = run("manifest", "head").stdout.split()[4]
    Path("empty.log").write_text("burner log export v1\nbatch\n\n\n")
    with pytest.raises(BurnerError, match=r"^E724:"):
        run("manifest", "verify", "empty.log", "--key", key)


def test_a_file_is_not_checked_without_a_key_from_outside_it(here: Path) -> None:
    run("manifest", "export", "--format", "log", "-o", "all.log")
    assert "--key" in run("manifest", "verify", "all.log").stderr
