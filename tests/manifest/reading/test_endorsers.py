"""Who signed or approved, from envelopes that anybody may have made."""

from typing import Any

import pytest

from burner.manifest.reading.endorsers import EvidenceFile, endorser_of
from burner.release.envelope.dsse import open_envelope, sign
from burner.release.envelope.statement import PredicateType, Statement
from tests.release.envelope.signers import DIGEST, signer

GOOD = {"name": "report.pdf", "size": 3, "sha256": DIGEST}


@pytest.mark.parametrize(
    "predicate",
    [
        {},
        {"evidence": 5, "units": 5, "note": ["x"], "at": None},
        {"evidence": [5, {"name": 1}, None], "units": [None, 7]},
        {"evidence": {"name": "x"}, "units": "58:cf"},
    ],
)
@pytest.mark.parametrize("kind", [PredicateType.RELEASE, PredicateType.APPROVAL])
def test_a_statement_of_any_form_is_read_without_an_error(
    kind: PredicateType, predicate: dict[str, Any]
) -> None:
    envelope = sign(Statement("x", DIGEST, kind, predicate), signer("mallory"))
    endorser = endorser_of(open_envelope(envelope))
    assert endorser.name == "mallory"
    assert endorser.evidence == ()


@pytest.mark.parametrize(
    ("at", "read"),
    [
        ("2026-11-29T09:00:00Z", "2026-11-29T09:00:00.000000Z"),
        ("2026-11-29T09:00:00+08:00", "2026-11-29T01:00:00.000000Z"),
        ("approved by carol", ""),
        ("2026-11-29T09:00:00", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        (5, ""),
    ],
)
def test_the_moment_is_one_of_utc_or_not_said(at: object, read: str) -> None:
    envelope = sign(Statement("x", DIGEST, PredicateType.APPROVAL, {"at": at}), signer("bob"))
    assert endorser_of(open_envelope(envelope)).at == read


def test_evidence_is_read_by_name_and_digest() -> None:
    statement = Statement(
        "x", DIGEST, PredicateType.APPROVAL, {"evidence": [GOOD, 5], "units": ["a"]}
    )
    endorser = endorser_of(open_envelope(sign(statement, signer("bob"))))
    assert endorser.evidence == (EvidenceFile("report.pdf", DIGEST),)
    assert endorser.units == ("a",)
