"""A unit that answered the station's challenge: what each page says of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.core.canonical_json import canonical, digest
from burner.manifest.writing.ledger import Ledger
from tests.cli.commands.test_manifest_desk import WHO, origin_key
from tests.cli.desk import at_desk, run
from tests.manifest.records import a_result, an_attempt, open_batch

INDEX: dict[str, Any] = {
    "profile": {
        "product": {"name": "plug-c3", "version": "1.2.0", "id": "S3EUVBRJLB"},
        "boot": {"challenge": True},
    }
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A batch of a release that challenges its units: one passed, one failed."""
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        release = digest(INDEX)
        open_batch(ledger, index=canonical(INDEX).decode(), release_digest=release)
        for unit, outcome, evidence in (
            (1, Outcome.PASS, {"challenge": "answered", "challenge_version": 1}),
            (2, Outcome.FAIL, {}),
        ):
            attempt = an_attempt(unit, batch="WO1", release_digest=release)
            ledger.begin(attempt)
            ledger.finish(attempt, a_result(outcome, evidence=evidence))
    return tmp_path


def test_the_page_of_a_unit_says_that_it_answered(here: Path) -> None:
    assert "challenge answered" in run("unit", "show", "7cdfa1000001").stdout
    assert "challenge answered" not in run("unit", "show", "7cdfa1000002").stdout


def test_status_report_and_statement_say_that_every_good_unit_answered(here: Path) -> None:
    said = "no unit passes without its answer"
    assert said in run("batch", "status", "WO1").stdout
    assert said in run("report", "--batch", "WO1").stdout
    assert json.loads(run("batch", "status", "WO1", "--json").stdout)["evidence"]["challenged"]
    run("batch", "close", "WO1", *WHO, "-o", "folder")
    assert any(said in path.read_text() for path in (here / "folder").glob("*.txt"))
    assert said in (here / "folder" / "report.html").read_text()
    run("manifest", "verify", "folder", "--key", origin_key())
