"""Batches closed, keys kept, heads carried out, corrections said: the commands QA uses."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.manifest.hand import edit

from burner.cli.manifest import manifest
from burner.errors import BurnerError
from burner.manifest.ledger import Ledger
from burner.model import Outcome
from tests.cli.desk import at_desk, refused, run
from tests.manifest.records import an_attempt, burned, open_batch

WHO = ("--operator", "wang", "--station", "line1")
WHY = ("--reason", "dropped")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a manifest of two PASS and a FAIL; a state folder and a key of its own."""
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, planned=3)
        burned(ledger, 1, batch="WO1")
        burned(ledger, 2, batch="WO1")
        burned(ledger, 3, Outcome.FAIL, batch="WO1")
    run("keys", "make", "line1", "--out", "line1.pem")
    return tmp_path


def test_a_batch_goes_from_status_to_a_sealed_folder_that_proves_itself(here: Path) -> None:
    assert "3 planned = 2 pass + 0 scrap + 1 missing" in run("batch", "status", "WO1").stdout
    assert json.loads(run("batch", "status", "WO1", "--json").stdout)["missing"] == 1
    run("correct", "scrap", "7cdfa1000003", *WHO, *WHY)
    assert "2 pass + 1 scrap + 0 missing" in run("batch", "close", "WO1", *WHO).stdout
    papers = {file.name: file.read_text() for file in (here / "WO1").iterdir()}
    assert "Production report WO1" in papers["report.html"]
    assert json.loads(papers["report.json"])["units"]["scrapped"] == 1
    assert len(papers["names.csv"].split()) == 3
    assert "records agree" in run("verify", "WO1", "--key", "line1.pem").stdout
    assert "records agree" in run("verify", "--key", "line1.pem").stdout
    (here / "WO1" / "units.csv").write_text("seq\n")
    with pytest.raises(BurnerError, match=r"^E746: .*units.csv was changed"):
        run("verify", "WO1")
    with refused("E736"):
        run("close", "WO1", *WHO)


def test_the_folders_list_of_units_may_be_for_a_spreadsheet(here: Path) -> None:
    run("batch", "close", "WO1", *WHO, "--bom")
    assert (here / "WO1" / "units.csv").read_bytes().startswith(b"\xef\xbb\xbfseq,")
    assert "records agree" in run("verify", "WO1", "--key", "line1.pem").stdout


def test_the_statement_names_the_key_and_the_bad_units_in_the_words_of_the_report(
    here: Path,
) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 4, Outcome.ERROR, batch="WO1")
    told = run("batch", "status", "WO1").stdout
    assert "1 failed: 7c:df:a1:00:00:03\n1 interrupted: 7c:df:a1:00:00:04" in told
    assert "No sample audit was recorded." in told
    units = json.loads(run("batch", "status", "WO1", "--json").stdout)["units"]
    assert (len(units["failed"]), len(units["interrupted"])) == (1, 1)
    key = run("keys", "show", "line1.pem").stdout.splitlines()[0].split()[1]
    assert f"key {key} of line1" in run("batch", "close", "WO1", *WHO).stdout
    page = (here / "WO1" / "statement.txt").read_text()
    assert f"Signed with key {key} of line1" in page
    assert "1  interrupted: the last attempt ended ERROR or ABORTED" in page
    assert "No sample audit was recorded." in page
    assert f"as key {key} sealed it" in run("verify", "WO1", "--key", "line1.pem").stdout


def test_a_recorded_audit_stands_in_the_statement(here: Path) -> None:
    run("audit", "--batch", "WO1", "--sample", "2", "--record", *WHO)
    assert "INCOMPLETE: not checked yet: 2" in run("batch", "status", "WO1").stdout
    audit = json.loads(run("batch", "status", "WO1", "--json").stdout)["audit"]
    assert (audit["verdict"], audit["counts"]["not checked"]) == ("incomplete", 2)
    run("batch", "close", "WO1", *WHO)
    page = (here / "WO1" / "statement.txt").read_text()
    assert "lot 2, n = 2, Ac 0, Re 1" in page
    assert "checked  0 of 2 units of the sample" in page
    run("verify", "WO1", "--key", "line1.pem")


def test_a_lost_folder_is_written_again_by_the_station_that_closed_the_batch(here: Path) -> None:
    run("batch", "close", "WO1", *WHO)
    shutil.rmtree("WO1")
    assert "closed already" in run("batch", "close", "WO1", *WHO).stderr
    run("verify", "WO1", "--key", "line1.pem")
    run("keys", "make", "desk")
    with refused("E459"):
        run("batch", "close", "WO1", "--operator", "wang", "--station", "desk", "--out", "again")


def test_a_missing_key_is_named_with_those_that_are_there(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_STATION", "line9")
    with pytest.raises(BurnerError, match=r"^E721: .*key of line9; there are keys of: line1") as no:
        run("batch", "close", "WO1", "--operator", "wang")
    assert "--station ID or BURNER_STATION" in no.value.row.do
    with pytest.raises(BurnerError, match="key of nobody; there are keys of: line1"):
        run("keys", "show", "nobody")


def test_a_station_is_named_by_its_station_file_too(here: Path) -> None:
    (here / "line1.yaml").write_text('station: line1\nslots: {"1": {esp: {location: 1-1.4}}}\n')
    assert run("checkpoint", "--station", "line1.yaml").stdout.startswith("line1 ")
    with refused("E195"):
        run("checkpoint", "--station", "line2.yaml")


def test_show_tells_corrections_too(here: Path) -> None:
    run("correct", "scrap", "7cdfa1000003", *WHO, *WHY)
    told = run("show", "7cdfa1000003").stdout
    assert "scrap" in told
    assert "dropped" in told


def test_a_batch_may_be_opened_before_its_first_unit(here: Path) -> None:
    facts = ("--profile", "plug-c3 1.2.0", "--digest", "ab" * 32, "--product", "S3EUVBRJLB")
    run("batch", "open", "WO2", "--quantity", "5", *facts, *WHO)
    assert "batch WO2 is open: plug-c3 1.2.0, 0 attempts" in run("batch", "status", "WO2").stdout


def test_a_printed_head_is_held_against_the_manifest_later(here: Path) -> None:
    code = run("checkpoint", "--station", "line1").stdout.strip()
    assert run("head").stdout.strip() == code
    run("verify", "--head", code)
    run("export", "--format", "chain", "--out", "chain.jsonl")
    run("verify", "chain.jsonl", "--head", code, "--key", "line1.pem")
    other = code[:-1] + ("A" if code[-1] != "A" else "B")
    for target in ((), ("chain.jsonl",)):
        with pytest.raises(BurnerError, match=r"^E713: .*does not contain the head of line1"):
            run("verify", *target, "--head", other)
    with refused("E735"):
        run("verify", "--head", "nonsense")


def test_a_head_file_is_countersigned_by_qa(here: Path) -> None:
    run("checkpoint", "--station", "line1")
    code = run("head", "--out", "head.json").stdout.strip()
    station = ("--key", "line1.pem")
    for owner in ("qa", "stranger"):
        run("keys", "make", owner, "--out", f"{owner}.pem")
    told = run("verify", "--head", "head.json", *station)
    assert "head.json is not countersigned" in told.stderr
    assert code in run("countersign", "head.json", "--owner", "qa").stdout
    run("verify", "--head", "head.json")
    told = run("verify", "--head", "head.json", *station, "--key", "qa.pem")
    assert "countersigned" not in told.stderr
    with refused("E735"):
        run("verify", "--head", "head.json", *station, "--key", "stranger.pem")
    text = (here / "head.json").read_text()
    (here / "head.json").write_text(text.replace('"seq": 9', '"seq": 6'))
    with refused("E735"):
        run("verify", "--head", "head.json")


def test_a_head_is_looked_for_in_the_folder_too(here: Path) -> None:
    code = run("checkpoint", "--station", "line1").stdout.strip()
    run("batch", "close", "WO1", "--with-open", *WHO)
    run("verify", "WO1", "--key", "line1.pem", "--head", code)
    with pytest.raises(BurnerError, match=r"^E713: .*does not contain the head of line1 5"):
        run("verify", "WO1", "--key", "line1.pem", "--head", "line1 5 AAAA-AAAA-AAAA-AAAA")


def test_an_unsigned_tail_is_told_with_its_count(here: Path) -> None:
    run("checkpoint", "--station", "line1")
    run("correct", "rework", "7cdfa1000001", *WHO, *WHY)
    run("export", "--format", "chain", "--out", "chain.jsonl")
    told = run("verify", "chain.jsonl", "--key", "line1.pem").stderr
    assert "Not signed yet: record 10 of station line1" in told


def test_a_key_counts_for_the_station_it_is_given_for(here: Path) -> None:
    run("checkpoint", "--station", "line1")
    run("export", "--format", "chain", "--out", "chain.jsonl")
    run("verify", "chain.jsonl", "--key", "line1=line1.pem")
    with pytest.raises(BurnerError, match=r"^E713: .*neither given nor vouched for"):
        run("verify", "chain.jsonl", "--key", "line2=line1.pem")


def test_a_full_disk_at_the_head_file_is_told(here: Path) -> None:
    (here / "folder").mkdir()
    with refused("E705"):
        run("head", "--out", "folder/none/head.json")


def test_verify_tells_by_whom_it_was_signed_and_warns_without_a_key(here: Path) -> None:
    run("checkpoint", "--station", "line1")
    result = run("verify", "--json")
    report = json.loads(result.stdout)
    assert report["ok"]
    assert report["chains"][0]["signed"] == 8
    assert "give --key" in report["warnings"][0]


def test_a_key_is_handed_over_and_the_old_one_still_proves_all(here: Path) -> None:
    run("keys", "rotate", "--out", "new.pem", *WHO, "--reason", "yearly")
    run("checkpoint", "--station", "line1")
    run("verify", "--key", "line1.pem")
    with refused("E713"):
        run("verify", "--key", "new.pem")
    assert run("keys", "show", "line1").stdout.splitlines()[1:] == (
        (here / "new.pem").read_text().splitlines()
    )


def test_a_lost_key_is_declared_and_the_next_needs_trust_of_its_own(here: Path) -> None:
    run("checkpoint", "--station", "line1")
    run("keys", "lost", *WHO, "--reason", "forgotten")
    with refused("E721"):
        run("checkpoint", "--station", "line1")
    run("keys", "make", "line1", "--out", "next.pem")
    run("checkpoint", "--station", "line1")
    run("verify", "--key", "line1.pem", "--key", "next.pem")
    with refused("E713"):
        run("verify", "--key", "line1.pem")


def test_a_key_is_not_made_twice(here: Path) -> None:
    with refused("E728"):
        run("keys", "make", "line1")


def test_a_correction_needs_a_known_unit(here: Path) -> None:
    with refused("E712"):
        run("correct", "void", "nobody", *WHO, *WHY)


def test_an_old_copy_is_refused_until_somebody_answers_for_it(here: Path) -> None:
    run("backup", "copy.db")
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 4)
    shutil.copy("copy.db", "manifest.db")
    with refused("E710"):
        Ledger.open("manifest.db", "line1")
    with pytest.raises(BurnerError, match=r"^E713: .*cut off"):
        run("verify")
    told = run("acknowledge", *WHO, "--reason", "disk died").stdout
    assert "Records 8 to 9 of station line1 are lost" in told
    with Ledger.open("manifest.db", "line1") as ledger:
        record = burned(ledger, 5)
        assert record.seq == 11
    run("verify")
    with refused("E732"):
        run("acknowledge", *WHO, "--reason", "again")


def test_a_backup_is_checked_and_overwrites_nothing(here: Path) -> None:
    assert "they agree" in run("backup", "copy.db").stdout
    with refused("E736"):
        run("backup", "copy.db")
    edit(Path("manifest.db"), "UPDATE records SET outcome = 'PASS' WHERE outcome = 'FAIL'")
    with refused("E713"):
        run("backup", "bad.db")


def test_a_backup_is_taken_while_a_station_burns(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        ledger.begin(an_attempt(4))
        assert "8 records copied" in run("backup", "copy.db").stdout
    assert len(json.loads(run("list", "--json", "--manifest", "copy.db").stdout)) == 4


def test_another_manifest_comes_in_and_doubles_are_told(here: Path) -> None:
    run("export", "--format", "chain", "--out", "line1.jsonl")
    with Ledger.open("office.db", "desk") as ledger:
        burned(ledger, 77, station="desk", name="7cdfa1000002")
    desk = ("--manifest", "office.db", "--operator", "wang", "--station", "desk")
    told = run("import", "line1.jsonl", *desk).stdout
    assert "7 records came in, 0 were here already" in told
    assert "7c:df:a1:00:00:4d" in told
    assert "came in twice" not in told
    run("verify", "--manifest", "office.db")


def test_an_import_tells_a_doubled_imei(here: Path) -> None:
    imei = "490154203237518"
    for path, station, unit in (("manifest.db", "line1", 5), ("office.db", "desk", 77)):
        with Ledger.open(path, station) as ledger:
            burned(ledger, unit, station=station, ids={"imei": imei})
    run("export", "--format", "chain", "--out", "line1.jsonl")
    desk = ("--manifest", "office.db", "--operator", "wang", "--station", "desk")
    told = run("import", "line1.jsonl", *desk).stdout
    assert "IDs that the units on the right have too: 1" in told
    for part in ("imei", imei, "7c:df:a1:00:00:05", "line1", "7c:df:a1:00:00:4d", "desk"):
        assert part in told
    assert (
        "No name, IMEI or serial number came in twice" in run("import", "line1.jsonl", *desk).stdout
    )


def test_a_chain_is_not_cut_by_time(here: Path) -> None:
    result = CliRunner().invoke(manifest, ["export", "--format", "chain", "--outcome", "PASS"])
    assert result.exit_code == 2


def test_migrate_says_when_there_is_nothing_to_do(here: Path) -> None:
    assert "up to date" in run("migrate", "--station", "line1").stdout
