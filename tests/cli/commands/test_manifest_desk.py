"""Batches closed, keys kept, heads carried out, corrections made: the commands QA uses."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.local.station_key import Beginning
from burner.manifest.log.proof import TlogProof
from burner.manifest.writing.ledger import Ledger
from tests.chinese import english_in
from tests.cli.desk import at_desk, refused, run
from tests.manifest.records import START, Ticking, an_attempt, burned, open_batch
from tests.runs import PROFILE

WHO = ("--operator", "wang", "--station", "line1")
WHY = ("--reason", "dropped")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a manifest of two PASS and a FAIL; a state folder of its own."""
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, quantity=3)
        burned(ledger, 1, batch="WO1")
        burned(ledger, 2, batch="WO1")
        burned(ledger, 3, Outcome.FAIL, batch="WO1")
    return tmp_path


def origin_key(manifest: str = "manifest.db") -> str:
    """As QA writes it down."""
    output = run("manifest", "head", "--manifest", manifest).stdout
    return next(line.split()[2] for line in output.splitlines() if line.startswith("origin key"))


def paper_head() -> str:
    return run("manifest", "head").stdout.splitlines()[2].removeprefix("head ")


def test_a_batch_goes_from_status_to_a_sealed_folder_that_proves_itself(here: Path) -> None:
    key = origin_key()
    assert "3 planned = 2 pass + 0 scrap + 1 missing" in run("batch", "status", "WO1").stdout
    assert json.loads(run("batch", "status", "WO1", "--json").stdout)["missing"] == 1
    run("unit", "scrap", "7cdfa1000003", *WHO, *WHY)
    assert "2 pass + 1 scrap + 0 missing" in run("batch", "close", "WO1", *WHO).stdout
    papers = {file.name: file.read_text() for file in (here / "WO1").iterdir()}
    assert "Production report WO1" in papers["report.html"]
    assert json.loads(papers["report.json"])["units"]["scrapped"] == 1
    assert len(papers["names.csv"].split()) == 3
    output = run("manifest", "verify", "WO1", "--key", key).stdout
    assert "records of batch WO1, keys included, checked: all agree" in output
    assert "up to its close: 9 records" in output
    assert "records        9, with the one of this close" in papers["statement.txt"]
    assert "complete up to its close" in output
    (here / "WO1" / "units.csv").write_text("number\n")
    with pytest.raises(BurnerError, match=r"^E746: .*units.csv does not agree with the records"):
        run("manifest", "verify", "WO1", "--key", key)
    with refused("E736"):
        run("batch", "close", "WO1", *WHO)


def test_a_clock_that_went_back_is_told_and_is_no_fault(here: Path) -> None:
    for start in (START, START - timedelta(hours=2)):
        with Ledger.open("clock.db", "line1", Ticking(start)) as ledger:
            burned(ledger, 1)
    key = origin_key("clock.db")
    run("manifest", "export", "--manifest", "clock.db", "--format", "log", "-o", "clock.log")
    for result in (
        run("manifest", "verify", "--manifest", "clock.db"),
        run("manifest", "verify", "clock.log", "--key", key),
    ):
        assert "record 3 of station line1 is 7202 s older than the one before" in result.stderr
        assert "all agree" in result.stdout
    assert "older" not in run("manifest", "verify").stderr


def test_another_key_opens_no_folder(here: Path) -> None:
    run("batch", "close", "WO1", *WHO)
    with Ledger.open("other.db", "line2") as other:
        key = other.writer.origin_key
    with refused("E752"):
        run("manifest", "verify", "WO1", "--key", key)


def test_the_folders_list_of_units_may_be_for_a_spreadsheet(here: Path) -> None:
    run("batch", "close", "WO1", *WHO, "--bom")
    assert (here / "WO1" / "units.csv").read_bytes().startswith(b"\xef\xbb\xbfnumber,")
    run("manifest", "verify", "WO1", "--key", origin_key())


def test_the_statement_names_the_key_and_the_bad_units(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 4, Outcome.ERROR, batch="WO1")
    output = run("batch", "status", "WO1").stdout
    assert "1 failed: 7c:df:a1:00:00:03\n1 interrupted: 7c:df:a1:00:00:04" in output
    assert "No sample audit was recorded." in output
    units = json.loads(run("batch", "status", "WO1", "--json").stdout)["units"]
    assert (len(units["failed"]), len(units["interrupted"])) == (1, 1)
    run("batch", "close", "WO1", *WHO)
    page = (here / "WO1" / "statement.txt").read_text()
    assert origin_key() in page
    assert "interrupted    1" in page
    assert "7c:df:a1:00:00:04" in page
    assert "No sample audit was recorded." in page


def test_a_recorded_audit_stands_in_the_statement(here: Path) -> None:
    run("batch", "audit", "WO1", "--sample", "2", "--record", *WHO)
    assert "INCOMPLETE: not checked yet: 2" in run("batch", "status", "WO1").stdout
    audit = json.loads(run("batch", "status", "WO1", "--json").stdout)["audit"]
    assert (audit["verdict"], audit["counts"]["not checked"]) == ("incomplete", 2)
    run("batch", "close", "WO1", *WHO)
    page = (here / "WO1" / "statement.txt").read_text()
    assert "lot 2, n = 2, Ac 0, Re 1" in page
    assert "checked  0 of 2 units of the sample" in page
    run("manifest", "verify", "WO1", "--key", origin_key())


def test_how_a_batch_stands_is_told_in_chinese(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNER_LANG", "zh")
    known = ("WO1", "plug-c3", "sample", "wang", "AQL", "ISO", "Ac", "Re", "PASS", "FAIL")
    output = run("batch", "status", "WO1").stdout
    assert "批次 WO1，进行中：plug-c3 1.2.0，烧录 3 次\n计划 3 = 合格 2 + 报废 0 + 缺 1" in output
    assert "不良 1 台：7c:df:a1:00:00:03" in output
    assert "没有抽检记录。" in output
    assert english_in(output, known) == []
    run("batch", "audit", "WO1", "--sample", "2", "--seed", "7", "--record", *WHO)
    output = run("batch", "status", "WO1").stdout
    assert "未完成：样品中尚有 2 台未检。" in output
    assert english_in(output, known) == []
    run("batch", "close", "WO1", *WHO)
    run("unit", "scrap", "7cdfa1000001", *WHO, *WHY)
    assert "关闭后有变动" in run("batch", "status", "WO1").stderr
    statement = (here / "WO1" / "statement.txt").read_text(encoding="utf-8")
    assert "not checked yet: 2 of the sample" in statement


def test_a_lost_folder_is_written_again(here: Path) -> None:
    run("batch", "close", "WO1", *WHO)
    shutil.rmtree("WO1")
    assert "closed already" in run("batch", "close", "WO1", *WHO).stderr
    run("manifest", "verify", "WO1", "--key", origin_key())


@pytest.mark.usefixtures("here")
def test_a_station_is_named_by_its_name_and_never_by_a_file() -> None:
    who = ("--operator", "wang", "--station", "line1.yaml")
    refusal = CliRunner().invoke(root, ["unit", "rework", "7cdfa1000001", *who, *WHY])
    assert refusal.exit_code == 2
    assert "--station-file" in refusal.stderr


@pytest.mark.usefixtures("here")
def test_the_environment_names_a_station_by_no_file_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNER_STATION", "line1.yaml")
    for command in (["unit", "rework", "7cdfa1000001", *WHY], ["verify", "--bench", "sim:1"]):
        refusal = CliRunner().invoke(root, [*command, "--operator", "wang"])
        assert refusal.exit_code == 2
        assert "BURNER_STATION" in refusal.stderr
        assert "--station-file" in refusal.stderr


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_correction_says_what_was_recorded_and_what_it_means(
    here: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("BURNER_LANG", language)
    first, second = run("unit", "scrap", "7cdfa1000003", *WHO, *WHY).stdout.splitlines()
    scrapped = "is scrapped (dropped)" if language == "en" else "报废（dropped）"
    assert first.startswith(("Recorded: 7c:df:a1:00:00:03", "已记录：7c:df:a1:00:00:03"))
    assert scrapped in first
    assert "1 scrap" in second if language == "en" else "报废 1" in second
    rework = run("unit", "rework", "7cdfa1000003", *WHO, *WHY).stdout
    assert ("The next burn writes it again" if language == "en" else "下次烧录") in rework


def test_show_tells_corrections_too(here: Path) -> None:
    run("unit", "scrap", "7cdfa1000003", *WHO, *WHY)
    output = run("unit", "show", "7cdfa1000003").stdout
    assert "scrap" in output
    assert "dropped" in output


def test_a_batch_may_be_opened_before_its_first_unit_and_raised_later(here: Path) -> None:
    opened = run("batch", "open", str(PROFILE), "--batch", "WO2", "--quantity", "5", *WHO).stdout
    assert opened == "batch WO2 is open: plug-c3 1.2.0, 5 units\n"
    assert "batch WO2 is open: plug-c3 1.2.0, 0 attempts" in run("batch", "status", "WO2").stdout
    run("batch", "raise", "WO2", "--quantity", "7", *WHO, *WHY)
    assert "7 planned = 0 pass" in run("batch", "status", "WO2").stdout
    with refused("E730"):
        run("batch", "raise", "WO1", "--quantity", "1", *WHO, *WHY)
    rows = json.loads(run("batch", "list", "--json").stdout)
    assert [(row["batch"], row["planned"], row["pass"]) for row in rows] == [
        ("WO1", 3, 2),
        ("WO2", 7, 0),
    ]


def test_a_batch_without_a_planned_quantity_has_no_plan_that_it_fulfils(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, "WO9")
        burned(ledger, 9, batch="WO9")
    output = run("batch", "status", "WO9").stdout
    assert "\n1 pass + 0 scrap; no planned quantity\n" in output
    assert "missing" not in output


@pytest.mark.usefixtures("here")
def test_a_head_for_a_script_is_json_alone() -> None:
    head = json.loads(run("manifest", "head", "--json").stdout)
    assert head["head"] == paper_head()
    assert head["origin_key"] == origin_key()
    assert head["checkpoint"].startswith(f"{head['origin']}\n{head['size']}\n")
    verified = json.loads(run("manifest", "verify", "--json").stdout)
    assert (head["size"], head["root"]) == (verified["size"], verified["root"])


def test_a_printed_head_is_held_against_the_manifest_later(here: Path) -> None:
    head = paper_head()
    run("unit", "rework", "7cdfa1000001", *WHO, *WHY)
    assert (
        f"The head {head} is one of this log." in run("manifest", "verify", "--head", head).stdout
    )
    other = head[:-1] + ("A" if head[-1] != "A" else "B")
    with pytest.raises(BurnerError, match=r"^E735: .*is not one of this log"):
        run("manifest", "verify", "--head", other)
    with refused("E735"):
        run("manifest", "verify", "--head", "nonsense")


def test_a_head_is_cosigned_by_qa_and_its_cosignature_goes_into_exports(here: Path) -> None:
    key = origin_key()
    run("manifest", "head", "-o", "head.txt")
    qa = run("manifest", "cosign", "head.txt", "--owner", "qa").stdout.split()[-1]
    assert (
        "cosigned by burner.witness/qa"
        in run("manifest", "witness", "head.txt", "--witness-key", qa, "--station", "line1").stdout
    )
    assert (
        "Nothing new"
        in run("manifest", "witness", "head.txt", "--witness-key", qa, "--station", "line1").stdout
    )
    run("manifest", "export", "--format", "log", "-o", "all.log")
    output = run("manifest", "verify", "all.log", "--key", key, "--witness-key", qa).stdout
    assert "Cosigned by burner.witness/qa" in output
    run("manifest", "verify", "--head", "head.txt")


def test_a_folder_has_the_cosignature_that_was_brought_after_the_close(here: Path) -> None:
    key = origin_key()
    run("batch", "close", "WO1", *WHO, "-o", "before")
    run("manifest", "head", "-o", "head.txt")
    qa = run("manifest", "cosign", "head.txt", "--owner", "qa").stdout.split()[-1]
    output = run("manifest", "verify", "before", "--key", key, "--witness-key", qa).stdout
    assert "Not cosigned by burner.witness/qa" in output
    run("manifest", "witness", "head.txt", "--witness-key", qa, "--station", "line1")
    run("batch", "close", "WO1", *WHO, "-o", "after")
    output = run("manifest", "verify", "after", "--key", key, "--witness-key", qa).stdout
    assert "Cosigned by burner.witness/qa" in output
    assert "Not cosigned" not in output


def test_a_cosignature_of_another_log_is_not_kept(here: Path) -> None:
    with Ledger.open("other.db", "line2"):
        pass
    run("manifest", "head", "--manifest", "other.db", "-o", "head.txt")
    qa = run("manifest", "cosign", "head.txt", "--owner", "qa").stdout.split()[-1]
    with refused("E735"):
        run("manifest", "witness", "head.txt", "--witness-key", qa)


def test_a_certificate_proves_the_pass_of_a_unit(here: Path) -> None:
    key = origin_key()
    output = run("unit", "certificate", "7cdfa1000001", "-o", "unit.tlog-proof").stdout
    assert "as of size" in output
    facts = json.loads(run("manifest", "verify", "unit.tlog-proof", "--key", key, "--json").stdout)
    assert (facts["unit"], facts["outcome"]) == ("7c:df:a1:00:00:01", "PASS")
    text = (here / "unit.tlog-proof").read_text()
    (here / "unit.tlog-proof").write_text(text.replace("index 3", "index 4"))
    with refused("E713"):
        run("manifest", "verify", "unit.tlog-proof", "--key", key)
    with refused("E760"):
        run("unit", "certificate", "7cdfa1000003", "-o", "bad.tlog-proof")
    run("unit", "scrap", "7cdfa1000001", *WHO, *WHY)
    with refused("E760"):
        run("unit", "certificate", "7cdfa1000001", "-o", "scrapped.tlog-proof")


def test_a_head_is_held_against_an_export_and_a_folder_or_said_to_be_of_another_size(
    here: Path,
) -> None:
    early = paper_head()
    run("batch", "close", "WO1", *WHO)
    key, head = origin_key(), paper_head()
    other = head[:-1] + ("A" if head[-1] != "A" else "B")
    run("manifest", "export", "--format", "log", "-o", "all.log")
    for path in ("all.log", "WO1"):
        result = run("manifest", "verify", path, "--key", key, "--head", head)
        assert f"The head {head} is one of this log." in result.stdout
        with refused("E735"):
            run("manifest", "verify", path, "--key", key, "--head", other)
        run("manifest", "verify", path, "--key", key, "--head", early)
    later = f"{int(head.split()[0]) + 1} {head.split()[1]}"
    result = run("manifest", "verify", "all.log", "--key", key, "--head", later)
    assert f"Not compared, the file is as of size {head.split()[0]}" in result.stderr
    run("unit", "certificate", "7cdfa1000001", "-o", "U.tlog-proof")
    result = CliRunner().invoke(
        root, ["manifest", "verify", "U.tlog-proof", "--key", key, "--head", head]
    )
    assert result.exit_code == 2


def test_the_origin_key_alone_proves_a_certificate_that_later_keys_signed(here: Path) -> None:
    origin = origin_key()
    for _ in range(2):
        run("key", "rotate", *WHO, "--reason", "yearly")
    run("unit", "certificate", "7cdfa1000001", "-o", "U.tlog-proof")
    assert "7c:df:a1:00:00:01" in run("manifest", "verify", "U.tlog-proof", "--key", origin).stdout
    with Ledger.open("other station.db", "line2"):
        pass
    with refused("E752"):
        run("manifest", "verify", "U.tlog-proof", "--key", origin_key("other station.db"))


def test_a_certificate_without_the_enrolment_names_who_signed_it(here: Path) -> None:
    origin = origin_key()
    run("key", "rotate", *WHO, "--reason", "yearly")
    (new,) = (k for k in json.loads(run("key", "show", "--json").stdout)["keys"] if k["enrolled"])
    run("unit", "certificate", "7cdfa1000001", "-o", "U.tlog-proof")
    proof = TlogProof.parse((here / "U.tlog-proof").read_bytes())
    (here / "U.tlog-proof").write_text(str(replace(proof, extra=proof.body)))
    with pytest.raises(BurnerError, match=f"^E755: .*signed by .* {new['id']}"):
        run("manifest", "verify", "U.tlog-proof", "--key", origin)


def test_a_later_key_given_for_the_origin_key_is_told_as_that(here: Path) -> None:
    origin = origin_key()
    run("key", "rotate", *WHO, "--reason", "yearly")
    (new,) = (k for k in json.loads(run("key", "show", "--json").stdout)["keys"] if k["enrolled"])
    run("unit", "certificate", "7cdfa1000001", "-o", "U.tlog-proof")
    with pytest.raises(BurnerError, match=f"^E752: .*{new['id']} is a later key"):
        run("manifest", "verify", "U.tlog-proof", "--key", new["key"])
    proof = TlogProof.parse((here / "U.tlog-proof").read_bytes())
    body, line = proof.extra.split(b"\n")
    (here / "U.tlog-proof").write_text(str(replace(proof, extra=b"\n".join([body, line, line]))))
    with refused("E714"):
        run("manifest", "verify", "U.tlog-proof", "--key", origin)


def test_a_full_disk_at_the_head_file_is_reported(here: Path) -> None:
    (here / "file").write_text("")
    with refused("E729"):
        run("manifest", "head", "-o", "file/none/head.txt")


def test_a_key_is_handed_over_and_the_origin_key_still_proves_all(here: Path) -> None:
    key = origin_key()
    run("key", "rotate", *WHO, "--reason", "yearly")
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 7)
    run("manifest", "verify", "--key", key)
    run("manifest", "export", "--format", "log", "-o", "all.log")
    run("manifest", "verify", "all.log", "--key", key)
    listed = json.loads(run("key", "show", "--json").stdout)
    assert [row["withdrawn"] >= 0 for row in listed["keys"]] == [True, False]


def test_a_rotation_that_is_not_on_record_leaves_the_old_key_signing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refused("E731"):
        run("key", "rotate", *WHO, "--reason", " ")
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 7)
    run("manifest", "verify", "--key", origin_key())


def test_another_computers_key_is_let_in_and_withdrawn(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        run("key", "make", "line2")
        own = json.loads(run("key", "show", "--station", "line2", "--json").stdout)["own"]
        shown = run("key", "show", "--station", "line2")
        assert f"key enroll '{own}'" in shown.stdout
        with Ledger.open("manifest.db", "line2") as ledger, refused("E757"):
            burned(ledger, 8)
    run("key", "enroll", own, "--owner", "line2", *WHO)
    with refused("E728"):
        run("key", "enroll", own, "--owner", "line2", *WHO)
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        with Ledger.open("manifest.db", "line2") as ledger:
            burned(ledger, 8)
    run("key", "withdraw", own.split("+")[1], *WHO, "--reason", "stolen")
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        with Ledger.open("manifest.db", "line2") as ledger, refused("E757"):
            burned(ledger, 9)
    run("manifest", "verify", "--key", origin_key())


def test_qas_desk_lets_a_station_in_and_withdraws_one(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = ("--station", "qa", "--operator", "wang")

    def own(owner: str) -> str:
        run("key", "make", owner)
        shown = json.loads(run("key", "show", "--station", owner, "--json").stdout)
        return str(shown["own"])

    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "qa's computer"))
        qa = own("qa")
    run("key", "enroll", qa, "--owner", "qa", "--role", "qa", *WHO)
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        line2 = own("line2")
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "qa's computer"))
        run("key", "enroll", line2, "--owner", "line2", *desk)
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "there"))
        with Ledger.open("manifest.db", "line2") as ledger:
            burned(ledger, 8)
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(here / "qa's computer"))
        run("key", "withdraw", line2.split("+")[1], *desk, "--reason", "stolen")
    run("manifest", "verify", "--key", origin_key())


def test_a_key_of_another_kind_is_told_by_what_it_is(here: Path) -> None:
    (here / "key.pem").write_text("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n")
    (here / "empty").write_text("")
    for key in ("key.pem", "empty", "nowhere", "a+b+c", "", " "):
        with refused("E747"):
            run("manifest", "verify", "--key", key)


def test_a_key_is_not_made_twice(here: Path) -> None:
    with refused("E728"):
        run("key", "make", "line1")


def test_a_correction_needs_a_known_unit(here: Path) -> None:
    with refused("E712"):
        run("unit", "void", "nobody", *WHO, *WHY)


def test_an_old_copy_is_refused_and_restore_begins_a_new_log(here: Path) -> None:
    run("manifest", "backup", "copy.db")
    old = origin_key()
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 4)
    for leftover in here.glob("manifest.db*"):
        leftover.unlink()
    shutil.copy("copy.db", "manifest.db")
    with refused("E710"):
        Ledger.open("manifest.db", "line1")
    output = run("manifest", "restore", *WHO, "--reason", "disk died").stdout
    assert "lost: at least 2 records" in output
    assert origin_key() != old
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, "WO1", 1)
        with pytest.raises(BurnerError, match=r"^E450"):
            burned(ledger, 5, name="7cdfa1000001")
        burned(ledger, 5, batch="WO1")
    run("manifest", "verify")
    assert "WO1" in run("batch", "list").stdout
    assert len(json.loads(run("manifest", "list", "--json").stdout)) == 4
    with refused("E732"):
        run("manifest", "restore", *WHO, "--reason", "again")


def test_a_manifest_that_is_gone_is_begun_anew_only_by_restore(here: Path) -> None:
    for file in here.glob("manifest.db*"):
        file.unlink()
    with refused("E710"):
        Ledger.open("manifest.db", "line1")
    assert (
        "records; burn the units again"
        in run("manifest", "restore", *WHO, "--reason", "stolen").stdout
    )
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 1)
    run("manifest", "verify")


@pytest.mark.parametrize("lost", ["state", "state/keys"])
def test_a_log_whose_keys_are_lost_is_begun_anew_and_its_names_stay_taken(
    here: Path, lost: str
) -> None:
    with refused("E732"):
        run("manifest", "restore", *WHO, "--reason", "nothing is lost")
    old, size = origin_key(), paper_head().split()[0]
    shutil.rmtree(here / lost)
    with refused("E757"):
        run("batch", "raise", "WO1", "--quantity", "5", *WHO, *WHY)
    output = run("manifest", "restore", *WHO, "--reason", "the computer died").stdout
    assert f"in place of {old.partition('+')[0]}" in output
    assert f"{size} records came in from" in output
    assert "No record that this computer knows of is lost." in output
    with Ledger.open("manifest.db", "line1") as ledger, refused("E450"):
        burned(ledger, 5, name="7cdfa1000001")
    run("manifest", "verify", "--key", origin_key())


def test_a_log_in_whose_place_another_one_was_put_is_begun_anew_beside_that_one(here: Path) -> None:
    size = paper_head().split()[0]
    with Ledger.open("other.db", "line2") as ledger:
        burned(ledger, 7, name="of-the-other-one")
    for leftover in here.glob("manifest.db*"):
        leftover.unlink()
    shutil.copy("other.db", "manifest.db")
    with refused("E710"):
        run("batch", "raise", "WO1", "--quantity", "5", *WHO, *WHY)
    output = run("manifest", "restore", *WHO, "--reason", "it was overwritten").stdout
    assert f"lost: {size} records" in output
    with Ledger.open("manifest.db", "line1") as ledger, refused("E450"):
        burned(ledger, 5, name="of-the-other-one")
    run("manifest", "verify", "--key", origin_key())


def test_a_new_log_never_begins_where_one_is(here: Path) -> None:
    with refused("E736"):
        Ledger.open("manifest.db", "line1", begins=Beginning((), "wang", "by mistake"))


def test_an_export_says_in_one_form_that_it_is_of_the_whole_log(here: Path) -> None:
    run("manifest", "export", "--format", "log", "-o", "all.log")
    lines = (here / "all.log").read_text().split("\n")
    (here / "all.log").write_text("\n".join([lines[0], "batch ", *lines[2:]]))
    with refused("E724"):
        run("manifest", "verify", "all.log", "--key", origin_key())


def test_tiles_are_of_the_whole_log_never_silently_of_more_than_was_asked_for(here: Path) -> None:
    run("manifest", "export", "--format", "tiles", "-o", "whole")
    assert (here / "whole" / "checkpoint").is_file()
    for asked in (("-o", "part", "--batch", "WO1"), ()):
        result = CliRunner().invoke(root, ["manifest", "export", "--format", "tiles", *asked])
        assert result.exit_code == 2
        assert not (here / "part").exists()


def test_a_backup_is_checked_and_overwrites_nothing(here: Path) -> None:
    assert "all agree" in run("manifest", "backup", "copy.db").stdout
    with refused("E736"):
        run("manifest", "backup", "copy.db")
    with closing(sqlite3.connect("manifest.db")) as connection:
        connection.execute("UPDATE attempts SET outcome = 'PASS' WHERE outcome = 'FAIL'")
        connection.commit()
    with refused("E714"):
        run("manifest", "backup", "bad.db")


def test_a_backup_is_taken_while_a_station_burns(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        ledger.begin(an_attempt(4))
        assert "records copied" in run("manifest", "backup", "copy.db").stdout
    assert len(json.loads(run("manifest", "list", "--json", "--manifest", "copy.db").stdout)) == 4


def test_another_manifest_comes_in_and_doubles_are_reported(here: Path) -> None:
    key = origin_key()
    imei = "490154203237518"
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 5, ids={"imei": imei})
    run("manifest", "export", "--format", "log", "-o", "line1.log")
    with Ledger.open("office.db", "desk") as ledger:
        burned(ledger, 77, name="7cdfa1000002", ids={"imei": imei})
    desk = ("--manifest", "office.db", "--operator", "wang", "--station", "desk")
    output = run("manifest", "import", "line1.log", "--key", key, *desk).stdout
    assert "0 were here already" in output
    for part in ("name", "7cdfa1000002", "imei", imei, "7c:df:a1:00:00:05", "7c:df:a1:00:00:4d"):
        assert part in output
    run("manifest", "verify", "--manifest", "office.db")
    assert "WO1" in run("batch", "status", "WO1", "--manifest", "office.db").stdout
    assert "imported from" in run("batch", "status", "WO1", "--manifest", "office.db").stdout


def test_a_log_is_not_cut_by_time(here: Path) -> None:
    result = CliRunner().invoke(
        root, ["manifest", "export", "--format", "log", "--outcome", "PASS"]
    )
    assert result.exit_code == 2


def test_tiles_are_written_into_a_new_folder(here: Path) -> None:
    run("manifest", "export", "--format", "tiles", "-o", "tiles")
    assert (here / "tiles" / "checkpoint").read_text().startswith("burner/")
    assert list((here / "tiles" / "tile" / "0").glob("000.p/*"))
    with refused("E736"):
        run("manifest", "export", "--format", "tiles", "-o", "tiles")
