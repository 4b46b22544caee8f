"""`burner batch open --first-article`, `batch approve`, and who is told of them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.core.secrets.passphrase import PASSPHRASE
from burner.manifest.writing.approve_first_article import approve_first_article
from burner.manifest.writing.ledger import Ledger
from burner.release.envelope.dsse import open_envelope
from burner.release.envelope.key_pair import make_key_pair
from burner.release.envelope.statement import PredicateType
from tests.cli.commands.test_manifest_desk import origin_key
from tests.cli.desk import at_desk, refused, run
from tests.images import write_product
from tests.manifest.records import Ticking, burned, unit_mac
from tests.release.envelope.signers import signer
from tests.runs import PROFILE, SECRET

WHO = ("--operator", "wang", "--station", "line1")


@pytest.fixture(autouse=True)
def _at_a_desk_with_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_desk(tmp_path, monkeypatch)
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    monkeypatch.setenv(PASSPHRASE, "open sesame")
    Path("alice.pub").write_text(signer("alice").key.pem, encoding="utf-8")


def open_batch(*arguments: str) -> str:
    return run("batch", "open", str(PROFILE), *WHO, "--batch", "WO1", *arguments).stdout


def burn(*units: int) -> None:
    """Good units of the batch."""
    with Ledger.open("manifest.db", "line1", Ticking()) as ledger:
        row = ledger.reader.batch("WO1")
        assert row is not None
        for unit in units:
            burned(
                *(ledger, unit),
                batch="WO1",
                challenged=True,
                key=row.key,
                profile=row.profile,
                product_id=row.product_id,
                release_digest=row.release_digest,
            )


def usage(*arguments: str) -> str:
    done = CliRunner().invoke(root, ["batch", "open", str(PROFILE), *WHO, *arguments])
    assert done.exit_code == 2
    return done.stderr


def test_a_batch_is_opened_approved_and_says_by_whom(tmp_path: Path) -> None:
    make_key_pair(tmp_path / "bob.pem", "open sesame")
    asked = open_batch(
        "--first-article", "2", *("--approver", "alice.pub", "--approver", "bob.pub")
    )
    assert "First article: 2 units, then none before they are approved." in asked
    assert "Who may approve: alice, bob.\n" in asked
    approve = ("batch", "approve", "WO1", "--signer", "bob.pem", "--note", "antenna fits")
    with refused("E768"):
        run(*approve)
    burn(1, 2)
    waits = run("batch", "status", "WO1").stdout
    assert "first article   2 units wait for approval by\n" in waits
    units = ", ".join(str(unit_mac(unit)) for unit in (1, 2))
    assert run(*approve).stdout == f"batch WO1: the first article is approved by bob: {units}\n"
    with refused("E770"):
        run(*approve)
    article = json.loads(run("batch", "status", "WO1", "--json").stdout)["evidence"][
        "first_article"
    ]
    assert (article["units"], article["approval"]["name"]) == (2, "bob")
    assert article["approval"]["note"] == "antenna fits"
    assert article["approval"]["units"] == units.split(", ")
    of_unit = run("unit", "show", str(unit_mac(1))).stdout
    assert "first article of WO1, approved by bob" in of_unit
    assert run("manifest", "verify").exit_code == 0


def test_statement_report_and_folder_name_the_first_article(tmp_path: Path) -> None:
    open_batch("--first-article", "1", "--approver", "alice.pub", "--quantity", "2")
    burn(1)
    with Ledger.open("manifest.db", "desk", Ticking()) as ledger:
        approve_first_article(ledger, "WO1", lambda: signer("alice"), note="good")
    burn(2)
    run("batch", "close", "WO1", *WHO, "-o", "evidence")
    statement = Path("evidence/statement.txt").read_text(encoding="utf-8")
    fingerprint = signer("alice").key.fingerprint
    assert "  first article  1 unit, approved by\n" in statement
    assert f"    alice  {fingerprint}  2025-01-31 " in statement
    assert "  signed by      nobody\n" in statement
    assert fingerprint in Path("evidence/report.html").read_text(encoding="utf-8")
    report = json.loads(Path("evidence/report.json").read_text(encoding="utf-8"))
    assert report["scope"]["evidence"]["first_article"]["approval"]["note"] == "good"
    envelope = Path("evidence/first-article.dsse.json")
    assert open_envelope(envelope.read_bytes()).statement.type is PredicateType.FIRST_ARTICLE
    run("manifest", "verify", "evidence", "--key", origin_key())


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "limits          5 units; until 2999-12-31 23:59 UTC; stations line1, line2"),
        ("zh", "限制            5 台；至 2999-12-31 23:59 UTC；工站 line1、line2"),
    ],
)
def test_status_names_the_limits_of_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, says: str
) -> None:
    limits = "{valid_until: 2999-12-31, stations: [line1, line2]}"
    product = write_product(tmp_path, quantity="5", limits=limits)
    run("batch", "open", str(product), *WHO, "--batch", "WO1")
    monkeypatch.setenv("BURNER_LANG", language)
    assert says in run("batch", "status", "WO1").stdout


def test_a_first_article_needs_somebody_who_may_approve_it() -> None:
    assert "--approver is of a first article" in usage("--approver", "alice.pub")
    assert "who may approve the first article" in usage("--first-article", "2")
    same_name = Path("other")
    same_name.mkdir()
    (same_name / "alice.pub").write_text(signer("bob").key.pem, encoding="utf-8")
    two = ("--approver", "alice.pub", "--approver", "other/alice.pub")
    assert "two files are named alice" in usage("--first-article", "2", *two)
    Path("no.pub").write_text("nothing", encoding="utf-8")
    with refused("E245"):
        open_batch("--first-article", "2", "--approver", "no.pub")
