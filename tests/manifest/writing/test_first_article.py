"""The first units of a batch are approved by a person with a key before any other is begun."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import BatchApproved
from burner.manifest.entries.release_kinds import FirstArticle
from burner.manifest.exchange.check_file import check_file
from burner.manifest.exchange.log_file import export_log
from burner.manifest.fold.first_article import approval_of
from burner.manifest.fold.rows import BatchRow
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.release_evidence import release_evidence
from burner.manifest.writing.approve_first_article import approve_first_article
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.policies import change_policy
from burner.release.acceptance import StationPolicy
from burner.release.envelope.dsse import sign
from burner.release.envelope.statement import PredicateType, Statement
from tests.manifest.records import (
    KEY,
    Ticking,
    a_result,
    an_attempt,
    burned,
    flaws,
    open_batch,
    unit_mac,
)
from tests.release.envelope.signers import signer

TWO_BY_ALICE = FirstArticle(units=2, approvers={"alice": signer("alice").key.base64})


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, "line1", Ticking()) as opened:
        open_batch(opened, quantity=5, first_article=TWO_BY_ALICE)
        yield opened


def refused(ledger: Ledger, unit: int = 9) -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        ledger.begin(an_attempt(unit, batch="WO1", station=ledger.writer.station))
    return caught.value


def approve(ledger: Ledger, name: str = "alice", batch: str = "WO1") -> tuple[str, ...]:
    _, units = approve_first_article(ledger, batch, lambda: signer(name), note="looked at")
    return units


def on_record(ledger: Ledger, envelope: str) -> None:
    ledger.append(lambda _: [ledger.new_entry(BatchApproved, batch="WO1", envelope=envelope)])


def refused_approval(ledger: Ledger, name: str = "alice", batch: str = "WO1") -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        approve(ledger, name, batch)
    return caught.value


def test_further_units_are_begun_only_after_the_approval(ledger: Ledger) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    waits = refused(ledger)
    assert (waits.code, waits.detail) == ("E242", "batch WO1: alice")
    assert approve(ledger) == (str(unit_mac(1)), str(unit_mac(2)))
    for unit in (3, 4, 5):
        burned(ledger, unit, batch="WO1")
    assert refused(ledger, 6).code == "E451"
    assert flaws(ledger.reader) == []


def test_while_the_first_units_are_in_work_no_other_is_begun(ledger: Ledger) -> None:
    burned(ledger, 1, batch="WO1")
    second = an_attempt(2, batch="WO1")
    ledger.begin(second)
    assert refused(ledger).code == "E243"
    ledger.finish(second, a_result(Outcome.FAIL))
    burned(ledger, 3, batch="WO1")
    assert refused(ledger).code == "E242"


def test_two_stations_together_never_begin_more_than_the_first_article(
    path: Path, ledger: Ledger
) -> None:
    with Ledger.open(path, "line2", Ticking()) as line2:

        def begin(station: Ledger, unit: int) -> str:
            try:
                station.begin(an_attempt(unit, batch="WO1", station=station.writer.station))
            except BurnerError as error:
                return error.code
            return "begun"

        with ThreadPoolExecutor(8) as pool:
            ends = [*pool.map(begin, (ledger, line2) * 4, range(1, 9))]
    assert sorted(ends) == ["E243"] * 6 + ["begun"] * 2


def test_an_approval_needs_as_many_good_units_as_were_asked_for(ledger: Ledger) -> None:
    nothing = refused_approval(ledger)
    assert (nothing.code, nothing.detail) == ("E768", "batch WO1: 0 of 2")
    burned(ledger, 1, batch="WO1")
    burned(ledger, 2, Outcome.FAIL, batch="WO1")
    assert refused_approval(ledger).detail == "batch WO1: 1 of 2"


def test_a_scrapped_unit_of_the_first_article_is_replaced_by_another_one(ledger: Ledger) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    correct(
        *(ledger, CorrectionKind.SCRAP, str(unit_mac(2))),
        product_id="S3EUVBRJLB",
        operator="qa",
        reason="scratched",
    )
    assert refused_approval(ledger).code == "E768"
    burned(ledger, 3, batch="WO1")
    assert refused(ledger).code == "E242"
    assert approve(ledger) == (str(unit_mac(1)), str(unit_mac(3)))


def test_a_unit_of_the_first_article_may_be_reworked_before_the_approval(ledger: Ledger) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    burned(ledger, 2, batch="WO1", rework="new antenna")
    assert len(approve(ledger)) == 2


def test_a_first_unit_that_fails_after_its_pass_is_not_replaced_by_another_one(
    ledger: Ledger,
) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    ledger.finish(an_attempt(1, batch="WO1"), a_result(Outcome.FAIL, code="E453", written=False))
    burned(ledger, 2, Outcome.FAIL, batch="WO1", rework="new antenna")
    assert refused(ledger).code == "E242"
    assert refused_approval(ledger).detail == "batch WO1: 0 of 2"
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1", rework="new antenna")
    assert len(approve(ledger)) == 2
    assert flaws(ledger.reader) == []


def test_only_a_key_that_was_named_at_the_opening_approves(ledger: Ledger) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    other = refused_approval(ledger, "mallory")
    who = f"mallory, {signer('mallory').key.fingerprint}"
    assert (other.code, other.detail) == ("E769", f"batch WO1: alice; not {who}")
    assert refused(ledger).code == "E242"


def test_a_first_article_is_approved_once(ledger: Ledger) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    approve(ledger)
    assert refused_approval(ledger).code == "E770"


def test_nothing_is_approved_in_a_batch_that_asked_for_nothing(ledger: Ledger) -> None:
    open_batch(ledger, "WO2")
    burned(ledger, 1, batch="WO2")
    assert refused_approval(ledger, batch="WO2").code == "E771"
    assert refused_approval(ledger, batch="WO3").code == "E733"


def test_no_first_article_is_larger_than_its_batch(ledger: Ledger) -> None:
    with pytest.raises(BurnerError, match="a first article of 2, 1 planned"):
        open_batch(ledger, "WO2", 1, first_article=TWO_BY_ALICE)
    with pytest.raises(BurnerError, match="a first article of 2 was asked for"):
        ledger.change_batch("WO1", 1, operator="boss", reason="less")


def test_a_batch_is_not_continued_with_another_first_article(ledger: Ledger) -> None:
    open_batch(ledger)
    open_batch(ledger, first_article=TWO_BY_ALICE)
    other = FirstArticle(units=3, approvers=TWO_BY_ALICE.approvers)
    with pytest.raises(BurnerError, match=r"first article \(2 by alice; now 3 by alice\)"):
        open_batch(ledger, first_article=other)


@pytest.mark.parametrize("what", ["batch", "log", "units", "release", "one unit twice"])
def test_an_approval_of_anything_else_is_refused_by_the_log(ledger: Ledger, what: str) -> None:
    units = [str(unit_mac(unit)) for unit in (1, 2)]
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    row = ledger.reader.batch("WO1")
    assert row is not None
    origin = ledger.origin
    match what:
        case "batch":
            row = row._replace(batch="WO2")
        case "log":
            origin = "burner/0123456789abcdef"
        case "units":
            units[1] = str(unit_mac(3))
        case "release":
            row = row._replace(release_digest="cd" * 32)
        case _:
            units[1] = units[0]
    statement = approval_of(row, origin, units, note="fits", at="2025-01-31T08:00:00.000000Z")
    envelope = sign(statement, signer("alice")).decode()
    with pytest.raises(BurnerError, match="E772"):
        on_record(ledger, envelope)


def test_an_approval_without_a_note_goes_on_no_record(ledger: Ledger) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    with pytest.raises(BurnerError, match=r"E222.*note: it is empty"):
        approve_first_article(ledger, "WO1", lambda: signer("alice"), note=" ")
    row = ledger.reader.batch("WO1")
    assert row is not None
    units = [str(unit_mac(unit)) for unit in (1, 2)]
    for note, at in (("", "2025-01-31T08:00:00.000000Z"), ("fits", "lately")):
        statement = approval_of(row, ledger.origin, units, note=note, at=at)
        with pytest.raises(BurnerError, match=r"E714.*no approval of a first article"):
            on_record(ledger, sign(statement, signer("alice")).decode())
    assert approve(ledger) == tuple(units)


def test_what_is_no_key_approves_nothing(tmp_path: Path) -> None:
    nobody = FirstArticle(units=1, approvers={"x": "abc"})
    with (
        Ledger.open(tmp_path / "other.db", "line1", Ticking()) as ledger,
        pytest.raises(BurnerError, match=r"E714.*batch WO1: the key of approver x: not base64"),
    ):
        open_batch(ledger, first_article=nobody)


def test_the_batch_says_whose_key_approved_not_the_signer(ledger: Ledger) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    liar = replace(signer("alice"), name="bob")
    name, _units = approve_first_article(ledger, "WO1", lambda: liar, note="fits")
    evidence = release_evidence(ledger.reader, "WO1").first_article
    assert evidence is not None
    assert evidence.approval is not None
    assert (name, evidence.approval.name) == ("alice", "alice")


@pytest.mark.parametrize("name", ["bob  SHA256:abc", "sha256:abc", "bob\n", ""])
def test_the_name_of_an_approver_is_no_fingerprint_and_one_line(tmp_path: Path, name: str) -> None:
    article = FirstArticle(units=1, approvers={name: signer("bob").key.base64})
    with (
        Ledger.open(tmp_path / "other.db", "line1", Ticking()) as ledger,
        pytest.raises(BurnerError, match=r"E714.*the name of who signs"),
    ):
        open_batch(ledger, first_article=article)


def test_under_a_policy_only_its_people_may_be_approvers(tmp_path: Path) -> None:
    policy = StationPolicy({"bob": signer("bob").key}, {"alice": signer("alice").key})
    product = {"name": "plug-c3", "version": "1.2.0", "id": "S3EUVBRJLB"}
    seal = {"key": KEY, "product_secret": "00" * 32}
    index = {"format": 2, "parts": [], "profile": {"product": product}, "sealed": seal}
    statement = Statement("plug-c3-1.2.0", digest(index), PredicateType.RELEASE, {})
    of_release: dict[str, Any] = {
        "release_digest": digest(index),
        "index": canonical(index).decode(),
        "envelopes": (sign(statement, signer("bob")).decode(),),
    }
    mine = FirstArticle(units=1, approvers={"alice": signer("mallory").key.base64})
    with Ledger.open(tmp_path / "other.db", "line1", Ticking(), policy=policy) as ledger:
        with pytest.raises(BurnerError, match=r"E769.*\(batch WO1: alice; not alice, SHA256:.*\)"):
            open_batch(ledger, first_article=mine, **of_release)
        open_batch(ledger, first_article=TWO_BY_ALICE, **of_release)
        for unit in (1, 2):
            burned(ledger, unit, batch="WO1", release_digest=digest(index))
        without_alice = StationPolicy({"bob": signer("bob").key}, {"carol": signer("carol").key})
        change_policy(
            *(ledger, without_alice, lambda said: sign(said, signer("bob"))),
            operator="eng",
            reason="her key was stolen",
        )
        assert refused_approval(ledger).detail.startswith("batch WO1: carol; not alice, SHA256:")


def test_the_export_of_a_batch_brings_its_approval_along(tmp_path: Path, ledger: Ledger) -> None:
    for unit in (1, 2):
        burned(ledger, unit, batch="WO1")
    approve(ledger)
    burned(ledger, 3, batch="WO1")
    file = tmp_path / "WO1.log"
    file.write_text("".join(export_log(ledger.reader, "WO1")), encoding="utf-8")
    result = check_file(file, ledger.origin, VerifierKey.parse(ledger.writer.origin_key))
    assert not result.code
    row = result.state.get(BatchRow, "WO1")
    assert row is not None
    assert not row.awaits_approval
