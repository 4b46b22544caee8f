"""Statements on a release: they agree with the file to the byte, or it does not open."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from burner.core.canonical_json import digest
from burner.core.errors import BurnerError
from burner.release.documents.evidence import Evidence
from burner.release.envelope.dsse import sign
from burner.release.envelope.statement import PredicateType, Statement
from burner.release.release_file import Contents
from burner.release.statements import (
    add_statement,
    approval_statement,
    evidence_of,
    release_statement,
    signed_statements,
)
from tests.release.envelope.signers import DIGEST, signer

EVIDENCE = (Evidence("report.pdf", 12, DIGEST),)


def contents(version: str = "1.2.0") -> Contents:
    product = {"name": "blinky", "version": version, "id": "S3EUVBRJLB"}
    index = {
        "format": 2,
        "profile": {"product": product, "quantity": 500, "limits": {"stations": ["line1"]}},
        "parts": [],
    }
    return Contents(digest(index), index, '{"burner":1}', {"parts/app": b"app"})


def approved(by: str, to: Contents) -> Contents:
    statement = approval_statement(to, EVIDENCE, "tested", "2026-11-29T09:00:00Z")
    return add_statement(to, statement, signer(by))


def signed(by: str, to: Contents) -> Contents:
    return add_statement(to, release_statement(to), signer(by))


def test_a_signed_release_tells_its_limits_and_files_without_the_archive() -> None:
    (statement,) = signed_statements(signed("alice", contents()), "x.burn")
    predicate = statement.statement.predicate
    assert statement.name == "alice"
    assert statement.statement.subject == "blinky-1.2.0"
    assert statement.statement.digest == contents().digest
    assert predicate["product"]["version"] == "1.2.0"
    assert predicate["limits"] == {"stations": ["line1"]}
    assert predicate["quantity"] == 500
    assert [row["name"] for row in predicate["files"]] == ["profile.json", "parts/app"]


def test_signatures_do_not_move_the_digest_and_have_one_order() -> None:
    one = approved("carol", approved("bob", signed("alice", contents())))
    other = signed("alice", approved("bob", approved("carol", contents())))
    assert one == other
    assert one.digest == contents().digest
    kinds = [s.statement.type for s in signed_statements(one, "x.burn")]
    assert kinds == [PredicateType.RELEASE, PredicateType.APPROVAL, PredicateType.APPROVAL]


def test_an_approval_names_its_evidence() -> None:
    (statement,) = signed_statements(approved("bob", contents()), "x.burn")
    assert evidence_of(statement.statement) == EVIDENCE
    assert statement.statement.predicate["note"] == "tested"


def test_nobody_signs_or_approves_twice_but_may_do_both() -> None:
    both = approved("alice", signed("alice", contents()))
    for again in (signed, approved):
        with pytest.raises(BurnerError, match=r"^E220: .*alice.*by this key already"):
            again("alice", both)


def enveloped(*statements: Statement) -> Contents:
    envelopes = tuple(sign(statement, signer("alice")) for statement in statements)
    return replace(contents(), envelopes=envelopes)


def changed(**fields: Any) -> Statement:
    statement = release_statement(contents())
    return replace(statement, predicate={**statement.predicate, **fields})


def approval(**fields: Any) -> Statement:
    statement = approval_statement(contents(), EVIDENCE, "tested", "2026-11-29T09:00:00Z")
    return replace(statement, predicate={**statement.predicate, **fields})


def test_there_are_no_more_statements_than_a_record_can_hold() -> None:
    long = approval_statement(contents(), EVIDENCE, "x" * 9000, "2026-11-29T09:00:00Z")
    two = add_statement(add_statement(contents(), long, signer("bob")), long, signer("carol"))
    with pytest.raises(BurnerError, match=r"^E216: .*its statements have .* bytes, at most 36864"):
        add_statement(two, long, signer("dave"))
    more = replace(two, envelopes=two.envelopes * 2)
    with pytest.raises(BurnerError, match=r"^E216: .*x\.burn: its statements have"):
        signed_statements(more, "x.burn")


CASES: dict[str, tuple[Callable[[], Contents], str, str]] = {
    "other release": (
        lambda: replace(contents(), envelopes=signed("alice", contents("1.3.0")).envelopes),
        "E218",
        "about blinky-1.3.0, digest",
    ),
    "other file": (
        lambda: replace(signed("alice", contents()), profile='{"burner": 1}'),
        "E219",
        "its files is another one",
    ),
    "other quantity": (lambda: enveloped(changed(quantity=5000)), "E219", "its quantity is"),
    "added field": (lambda: enveloped(changed(more=1)), "E219", "its more is another one"),
    "other name": (
        lambda: enveloped(replace(release_statement(contents()), subject="blinky")),
        "E219",
        "it is called 'blinky'",
    ),
    "kind of statement": (
        lambda: enveloped(Statement("blinky-1.2.0", DIGEST, PredicateType.WITHDRAWAL, {})),
        "E216",
        "does not belong in a release file",
    ),
    "approval of another form": (lambda: enveloped(approval(more=1)), "E219", "not an approval"),
    "approval of another name": (
        lambda: enveloped(replace(approval(), subject="blinky")),
        "E219",
        "not an approval of blinky-1.2.0",
    ),
    "twice": (
        lambda: enveloped(*[release_statement(contents())] * 2),
        "E220",
        "alice: signed by this key already",
    ),
    "approved twice": (
        lambda: enveloped(approval(), approval(note="again")),
        "E220",
        "alice: approved by this key already",
    ),
    "order": (
        lambda: enveloped(approval(), release_statement(contents())),
        "E216",
        "out of order",
    ),
}


ROW = {"name": "report.pdf", "size": 12, "sha256": DIGEST}


@pytest.mark.parametrize(
    "fields",
    [
        {"evidence": []},
        {"evidence": [{"name": "x"}]},
        {"evidence": [ROW, ROW | {"more": 1}]},
        {"evidence": [ROW | {"name": ""}]},
        {"evidence": [ROW | {"name": "a\nb"}]},
        {"evidence": [ROW | {"size": True}]},
        {"evidence": [ROW | {"size": 0}]},
        {"evidence": [ROW | {"sha256": "no"}]},
        {"note": ""},
        {"note": " "},
        {"note": "two\nlines"},
        {"at": "lately"},
        {"at": "2026-11-29"},
    ],
    ids=str,
)
def test_an_approval_says_what_was_tested_when_and_by_which_evidence(
    fields: dict[str, Any],
) -> None:
    with pytest.raises(BurnerError, match=r"^E219: .*not an approval of blinky-1\.2\.0"):
        signed_statements(enveloped(approval(**fields)), "x.burn")


@pytest.mark.parametrize(("made", "code", "words"), CASES.values(), ids=CASES)
def test_a_statement_that_does_not_agree_with_the_file_is_refused(
    made: Callable[[], Contents], code: str, words: str
) -> None:
    with pytest.raises(BurnerError, match=rf"^{code}: .*x\.burn.*{words}"):
        signed_statements(made(), "x.burn")
