"""A withdrawn release is named wherever somebody reads about its batches, with the reason."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from burner.cli.main import root
from burner.core.canonical_json import digest
from burner.core.errors import BurnerError
from burner.core.words.error_details import detail_in
from burner.core.words.phrases import Wording
from burner.manifest.reading.evidence_rows import withdrawal_text
from burner.manifest.writing.policies import withdraw_release
from burner.release.release_file import Contents, pack
from tests.cli.desk import at_desk, refused, run
from tests.manifest.records import a_ledger, burned, open_batch

DIGEST = "ab" * 32
WITHDRAWN = "by bob: it loses its Wi-Fi (record 5)"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A batch of one unit whose release was withdrawn, and a further batch of another release."""
    at_desk(tmp_path, monkeypatch)
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        open_batch(ledger, "OTHER", profile="plug-c3 1.3.0", release_digest="cd" * 32)
        burned(ledger, batch="WO1", release_digest=DIGEST)
        why = {"operator": "bob", "reason": "it loses its Wi-Fi"}
        withdraw_release(ledger, DIGEST, "plug-c3 1.2.0", None, **why)
    return tmp_path


def test_status_list_statement_and_report_name_it(desk: Path) -> None:
    assert WITHDRAWN in run("batch", "status", "WO1").stdout
    assert "withdrawn" not in run("batch", "status", "OTHER").output
    listed = run("batch", "list")
    assert "open, withdrawn" in listed.stdout
    assert f"plug-c3 1.2.0 {DIGEST[:16]} withdrawn {WITHDRAWN}" in listed.output
    rows = json.loads(run("batch", "list", "--json").stdout)
    assert [row["withdrawal"] and row["withdrawal"]["operator"] for row in rows] == ["bob", None]
    run("batch", "close", "WO1", "--operator", "qa", "--station", "line1", "-o", "evidence")
    statement = (desk / "evidence" / "statement.txt").read_text(encoding="utf-8")
    assert f"  withdrawn      {WITHDRAWN}" in statement
    assert WITHDRAWN in (desk / "evidence" / "report.html").read_text(encoding="utf-8")


def withdraw(release: str, *options: str) -> Result:
    why = ("--operator", "bob", "--reason", "it bricks", "--station", "line1", *options)
    return CliRunner().invoke(root, ["release", "withdraw", release, *why], catch_exceptions=False)


def test_a_digest_is_one_of_a_batch_in_full_or_its_beginning(desk: Path) -> None:
    assert (desk / "manifest.db").exists()
    for unknown in ("12" * 32, "12" * 8):
        ran = withdraw(unknown)
        assert (ran.exit_code, "no release has a batch" in ran.stderr) == (2, True), ran.output
    ran = withdraw("cdcdcdcd")
    assert ran.stdout == "plug-c3 1.3.0 (cdcdcdcdcdcdcdcd) is withdrawn, by record 6\n"
    with refused("E207"):
        withdraw("cdcdcdc")


def test_where_no_policy_would_record_a_signature_none_is_taken(desk: Path) -> None:
    assert (desk / "manifest.db").exists()
    ran = withdraw("cdcdcdcd", "--signer", "bob.pem")
    assert (ran.exit_code, "leave out --signer" in ran.stderr) == (2, True), ran.output
    assert withdraw("cdcdcdcd").exit_code == 0


def test_manifest_verify_lists_what_was_withdrawn(desk: Path) -> None:
    assert (desk / "manifest.db").exists()
    assert f"Release {DIGEST} is withdrawn by bob, record 5: it" in run("manifest", "verify").stdout


def test_the_writer_of_a_certificate_learns_it(desk: Path) -> None:
    ran = run("unit", "certificate", "7cdfa1000001", "-o", str(desk / "unit.tlog-proof"))
    assert "was withdrawn by bob, record 5: it loses" in ran.output


def test_what_is_no_release_is_not_withdrawn(desk: Path) -> None:
    index: dict[str, object] = {"format": 2, "parts": []}
    (desk / "bad.burn").write_bytes(pack(Contents(digest(index), index, "{}", {})))
    with pytest.raises(BurnerError, match=r"^E20\d: .*bad\.burn"):
        run("release", "withdraw", "bad.burn", "--operator", "bob", "--reason", "it is odd")


def test_the_refusal_gives_the_reason_in_both_languages(desk: Path) -> None:
    with a_ledger(desk) as ledger, pytest.raises(BurnerError) as refused:
        burned(ledger, 2, batch="WO1", release_digest=DIGEST)
    detail = refused.value.detail
    assert detail == f"{DIGEST[:16]}…: by bob, record 5: it loses its Wi-Fi"
    assert "由 bob 撤回，记录 5：it loses" in detail_in("zh", detail)
    with a_ledger(desk) as ledger:
        withdrawal = ledger.reader.withdrawal(DIGEST)
    assert withdrawal
    assert withdrawal_text(withdrawal, Wording("zh")) == "bob：it loses its Wi-Fi（记录 5）"
