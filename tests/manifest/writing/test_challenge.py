"""A batch whose release challenges its units: none passes without an answer."""

from collections.abc import Iterator, Mapping
from csv import DictReader
from pathlib import Path
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.manifest.exchange.table import attempts_csv
from burner.manifest.reading.attempt_filter import ALL_ATTEMPTS
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.reading.release_evidence import release_evidence
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import Ticking, a_result, an_attempt, flaws, open_batch

ANSWERED = {"challenge": "answered", "challenge_version": 1}


def index_with(boot: object) -> Mapping[str, Any]:
    product = {"name": "plug-c3", "version": "1.2.0", "id": "S3EUVBRJLB"}
    return {"profile": {"product": product, "boot": boot}, "parts": []}


def open_with(ledger: Ledger, boot: object) -> str:
    index = index_with(boot)
    open_batch(ledger, index=canonical(index).decode(), release_digest=digest(index))
    return digest(index)


def end(ledger: Ledger, release: str, unit: int, outcome: Outcome, **evidence: object) -> None:
    attempt = an_attempt(unit, batch="WO1", release_digest=release)
    ledger.begin(attempt)
    ledger.finish(attempt, a_result(outcome, evidence=evidence))


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, "line1", Ticking()) as opened:
        yield opened


def test_a_unit_passes_with_an_answer_only(ledger: Ledger) -> None:
    release = open_with(ledger, {"challenge": True})
    end(ledger, release, 1, Outcome.PASS, **ANSWERED)
    end(ledger, release, 2, Outcome.FAIL)
    with pytest.raises(BurnerError) as caught:
        end(ledger, release, 3, Outcome.PASS)
    assert caught.value.code == "E714"
    assert len(batch_status(ledger.reader, "WO1").passed) == 1
    assert flaws(ledger.reader) == []


@pytest.mark.parametrize(
    "boot", [{}, {"challenge": False}, {"challenge": "yes"}, "challenge", None]
)
def test_other_releases_ask_for_none(ledger: Ledger, boot: object) -> None:
    release = open_with(ledger, boot)
    end(ledger, release, 1, Outcome.PASS)
    assert not release_evidence(ledger.reader, "WO1").challenged


def test_the_evidence_of_a_batch_says_that_every_good_unit_answered(ledger: Ledger) -> None:
    release = open_with(ledger, {"challenge": True})
    end(ledger, release, 1, Outcome.PASS, **ANSWERED)
    assert release_evidence(ledger.reader, "WO1").challenged


def test_a_table_has_a_column_for_the_answer(ledger: Ledger) -> None:
    release = open_with(ledger, {"challenge": True})
    end(ledger, release, 1, Outcome.PASS, **ANSWERED)
    end(ledger, release, 2, Outcome.FAIL)
    rows = DictReader(attempts_csv(ledger.reader.attempts_json(ALL_ATTEMPTS)))
    assert [row["challenge"] for row in rows] == ["answered", ""]
