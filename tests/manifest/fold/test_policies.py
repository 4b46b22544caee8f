"""A log with a station policy takes units of accepted releases only, and says by whom."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import BatchOpened
from burner.manifest.entries.release_kinds import PolicySet
from burner.manifest.evidence.export_check import check_outside
from burner.manifest.exchange.check_file import check_file
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.evidence_rows import withdrawal_text
from burner.manifest.reading.release_evidence import release_evidence
from burner.manifest.restore.restore import restore
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.policies import change_policy, withdraw_release
from burner.release.acceptance import StationPolicy
from burner.release.envelope.dsse import sign
from burner.release.envelope.statement import PredicateType, Statement
from tests.manifest.records import KEY, a_ledger, burned, flaws, open_batch
from tests.release.envelope.signers import signer

POLICY = StationPolicy({"alice": signer("alice").key}, {"bob": signer("bob").key}, 1)
STRICTER = replace(POLICY, minimum_versions={"plug-c3": "1.3.0"})
OTHER_PEOPLE = StationPolicy({"mallory": signer("mallory").key})


def a_release(
    version: str = "1.2.0", *, by: str = "alice", approved: str = "bob", sealed: bool = True
) -> dict[str, Any]:
    """The terms of a batch for a release that these people signed and approved."""
    product = {"name": "plug-c3", "version": version, "id": "S3EUVBRJLB"}
    index = {"format": 2, "parts": [], "profile": {"product": product}}
    index |= {"sealed": {"key": KEY, "product_secret": "00" * 32}} if sealed else {}
    names_by_type = {PredicateType.RELEASE: by.split(), PredicateType.APPROVAL: approved.split()}
    envelopes = tuple(
        sign(Statement(f"plug-c3-{version}", digest(index), kind, {}), signer(name)).decode()
        for kind, names in names_by_type.items()
        for name in names
    )
    return {
        "profile": f"plug-c3 {version}",
        "release_digest": digest(index),
        "index": canonical(index).decode(),
        "envelopes": envelopes,
    }


def code_of(call: Callable[[], object]) -> str:
    """The code by which a call is refused; empty: it is not."""
    try:
        call()
    except BurnerError as error:
        return error.code
    return ""


def change(ledger: Ledger, policy: StationPolicy, by: str) -> int:
    sign_it = (lambda statement: sign(statement, signer(by))) if by else None
    return change_policy(ledger, policy, sign_it, operator="anna", reason="new rules")


def exported(ledger: Ledger, path: Path, batch: str = "") -> Path:
    path.write_text("".join(export_log(ledger.reader, batch)), encoding="utf-8", newline="\n")
    return path


def test_the_first_batch_under_a_policy_puts_it_on_record(tmp_path: Path) -> None:
    release = a_release()
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **release)
        burned(ledger, batch="WO1", release_digest=release["release_digest"])
        open_batch(ledger, "WO2", **release)
        row = ledger.reader.policy()
        assert row
        assert (row.digest, row.number) == (POLICY.digest, 1)
        opened = ledger.reader.batch_opened(ledger.reader.batch("WO2"))  # type: ignore[arg-type]
        assert (opened.policy, opened.envelopes) == (POLICY.digest, release["envelopes"])
        assert flaws(ledger.reader) == []


@pytest.mark.parametrize(
    ("release", "code"),
    [
        ({"by": "", "approved": ""}, "E223"),
        ({"by": ""}, "E224"),
        ({"by": "mallory"}, "E225"),
        ({"approved": ""}, "E226"),
        ({"approved": "alice"}, "E226"),
        ({"sealed": False}, "E236"),
    ],
)
def test_a_release_that_the_policy_does_not_accept_leaves_no_record(
    tmp_path: Path, release: dict[str, Any], code: str
) -> None:
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        assert code_of(lambda: open_batch(ledger, **a_release(**release))) == code
        assert ledger.reader.size() == 1


def test_an_envelope_of_another_release_is_refused(tmp_path: Path) -> None:
    borrowed = {**a_release(), "envelopes": a_release("9.9.9")["envelopes"]}
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        assert code_of(lambda: open_batch(ledger, **borrowed)) == "E218"
    with a_ledger(tmp_path, name="without.db") as ledger:
        assert code_of(lambda: open_batch(ledger, **borrowed)) == "E218"


@pytest.mark.parametrize("field", ["profile", "product_id", "index", "key"])
def test_under_a_policy_a_batch_names_what_its_release_digest_is_of(
    tmp_path: Path, field: str
) -> None:
    other = {"profile": "plug-c3 9.0", "product_id": "ABCDEFGHIJ", "index": "", "key": "ab"}[field]
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        assert code_of(lambda: open_batch(ledger, **{**a_release(), field: other})) == "E714"


def test_the_policy_says_whose_key_signed_not_the_signer(tmp_path: Path) -> None:
    release = a_release()
    liar = replace(signer("mallory"), name="carol")
    approval = Statement("plug-c3", release["release_digest"], PredicateType.APPROVAL, {})
    release["envelopes"] += (sign(approval, liar).decode(),)
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **release)
        change(ledger, replace(POLICY, signers={"anna": signer("alice").key}), "alice")
        evidence = release_evidence(ledger.reader, "WO1")
        file = exported(ledger, tmp_path / "WO1.log", "WO1")
        key = VerifierKey.parse(ledger.writer.origin_key)
    assert [person.name for person in evidence.signed] == ["alice"]
    assert {person.name: person.fingerprint for person in evidence.approved} == {
        "bob": signer("bob").key.fingerprint,
        "": liar.key.fingerprint,
    }
    says = check_outside(file, key).acceptance()
    assert f"a key that the policy does not name ({liar.key.fingerprint})" in says
    assert "carol" not in says


def test_a_station_without_the_policy_of_the_log_is_refused(tmp_path: Path) -> None:
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **a_release())
    for policy, code in ((None, "E765"), (STRICTER, "E764"), (OTHER_PEOPLE, "E764")):
        with a_ledger(tmp_path, policy=policy) as ledger:
            for batch in ("WO1", "WO2"):  # continued, and a new one
                assert code_of(lambda: open_batch(ledger, batch, **a_release())) == code  # noqa: B023


def test_a_unit_of_no_batch_or_of_another_release_is_refused_under_a_policy(tmp_path: Path) -> None:
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **a_release())
        assert code_of(lambda: burned(ledger)) == "E459"
        assert code_of(lambda: burned(ledger, batch="WO1", release_digest="ab" * 32)) == "E730"


def test_a_batch_from_before_the_policy_goes_on_only_if_its_release_is_accepted(
    tmp_path: Path,
) -> None:
    signed, unsigned = a_release(), a_release("1.1.0", by="", approved="")
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, **unsigned)
        open_batch(ledger, "WO2", **signed)
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        assert code_of(lambda: open_batch(ledger, **unsigned)) == "E223"
        open_batch(ledger, "WO2", **signed)
        refused = {"batch": "WO1", "release_digest": unsigned["release_digest"]}
        assert code_of(lambda: burned(ledger, **refused)) == "E223"
        burned(ledger, batch="WO2", release_digest=signed["release_digest"])
        assert flaws(ledger.reader) == []


def test_a_signer_of_the_present_policy_signs_the_next_one(tmp_path: Path) -> None:
    release = a_release()
    units = {"batch": "WO1", "release_digest": release["release_digest"]}
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **release)
        burned(ledger, **units)
        for by in ("", "bob", "mallory"):
            assert code_of(lambda: change(ledger, OTHER_PEOPLE, by)) == "E763"  # noqa: B023
        assert code_of(lambda: change(ledger, POLICY, "alice")) == "E766"
        change(ledger, STRICTER, "alice")
        assert code_of(lambda: burned(ledger, 2, **units)) == "E227"
        change(ledger, POLICY, "alice")
        burned(ledger, 2, **units)
        assert flaws(ledger.reader) == []


def test_a_change_cannot_be_played_again(tmp_path: Path) -> None:
    why = {"operator": "anna", "reason": "new rules"}
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **a_release())
        used: list[bytes] = []

        def sign_it(statement: Statement) -> bytes:
            used.append(sign(statement, signer("alice")))
            return used[-1]

        change_policy(ledger, STRICTER, sign_it, **why)
        change_policy(ledger, POLICY, sign_it, **why)
        again = code_of(lambda: change_policy(ledger, STRICTER, lambda _: used[0], **why))
        assert again == "E763"


def test_a_withdrawn_release_takes_no_more_units(tmp_path: Path) -> None:
    release = a_release(by="", approved="")
    units = {"batch": "WO1", "release_digest": release["release_digest"]}
    why = {"operator": "anna", "reason": "it bricks"}
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, **release)
        burned(ledger, **units)
        withdraw_release(ledger, release["release_digest"], "plug-c3 1.2.0", None, **why)
        assert code_of(lambda: burned(ledger, 2, **units)) == "E228"
        for batch in ("WO1", "WO2"):
            assert code_of(lambda: open_batch(ledger, batch, **release)) == "E228"  # noqa: B023
        digest = release["release_digest"]
        assert code_of(lambda: withdraw_release(ledger, digest, "", None, **why)) == "E228"
        assert flaws(ledger.reader) == []


@pytest.mark.parametrize(("by", "code"), [("", "E767"), ("mallory", "E767"), ("bob", "")])
def test_under_a_policy_one_of_its_people_withdraws(tmp_path: Path, by: str, code: str) -> None:
    release = a_release()
    sign_it = (lambda statement: sign(statement, signer(by))) if by else None
    why = {"operator": "anna", "reason": "it bricks"}
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **release)
        digest = release["release_digest"]
        assert code_of(lambda: withdraw_release(ledger, digest, "", sign_it, **why)) == code


def test_a_release_withdrawn_in_an_imported_log_is_withdrawn_here(tmp_path: Path) -> None:
    release = a_release(by="", approved="")
    why = {"operator": "anna", "reason": "it bricks"}
    with a_ledger(tmp_path, name="other.db") as other:
        withdraw_release(other, release["release_digest"], "", None, **why)
        file, key = exported(other, tmp_path / "other.log"), other.writer.origin_key
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, **release)
        import_log(ledger, file, key.split("+")[0], VerifierKey.parse(key), operator="anna")
        units = {"batch": "WO1", "release_digest": release["release_digest"]}
        assert code_of(lambda: burned(ledger, **units)) == "E228"
        assert code_of(lambda: open_batch(ledger, "WO2", **release)) == "E228"
        assert flaws(ledger.reader) == []
        alone = check_file(exported(ledger, tmp_path / "alone.log"), *_trusted(ledger))
        assert alone.code == "", alone.place


@pytest.mark.parametrize(
    ("policy", "by", "code"),
    [(None, "", ""), (OTHER_PEOPLE, "mallory", ""), (POLICY, "bob", "E228")],
)
def test_under_a_policy_a_withdrawal_of_an_imported_log_holds_if_one_of_its_people_signed_it(
    tmp_path: Path, policy: StationPolicy | None, by: str, code: str
) -> None:
    release = a_release()
    digest, why = release["release_digest"], {"operator": "mallory", "reason": "just so"}
    sign_it = (lambda statement: sign(statement, signer(by))) if by else None
    with a_ledger(tmp_path, name="other.db", policy=policy) as other:
        open_batch(other, "X", **a_release("9.0.0", by="alice mallory"))
        withdraw_release(other, digest, "", sign_it, **why)
        file, key = exported(other, tmp_path / "other.log"), other.writer.origin_key
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **release)
        import_log(ledger, file, key.split("+")[0], VerifierKey.parse(key), operator="anna")
        units = {"batch": "WO1", "release_digest": digest}
        assert code_of(lambda: burned(ledger, **units)) == code
        assert code_of(lambda: open_batch(ledger, "WO2", **release)) == code
        shown = ledger.reader.withdrawal(digest)
        assert shown
        assert shown.binds is bool(code)
        assert ("not valid here" in withdrawal_text(shown)) is not bool(code)
        assert flaws(ledger.reader) == []


def test_a_withdrawal_of_a_lost_log_holds_in_the_log_that_continues_it(tmp_path: Path) -> None:
    release = a_release()
    path = tmp_path / "manifest.db"
    with a_ledger(tmp_path) as ledger:
        withdraw_release(ledger, release["release_digest"], "", None, operator="qa", reason="old")
    older = path.read_bytes()
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **a_release("1.3.0"))
    for leftover in tmp_path.glob("manifest.db-*"):
        leftover.unlink()
    path.write_bytes(older)
    restore(str(path), "line1", operator="qa", reason="disk died")
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **a_release("1.3.0"))
        assert code_of(lambda: open_batch(ledger, "WO2", **release)) == "E228"


def test_an_exported_batch_proves_its_policy_and_its_signatures(tmp_path: Path) -> None:
    release = a_release()
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **release)
        open_batch(ledger, "OTHER", **release)
        burned(ledger, batch="WO1", release_digest=release["release_digest"])
        change(ledger, STRICTER, "alice")
        file, trusted = exported(ledger, tmp_path / "WO1.log", "WO1"), _trusted(ledger)
    checked = check_outside(file, trusted[1])
    assert checked.code == "", checked.place
    assert POLICY.digest in checked.acceptance()
    signed, approved = (signer(name).key.fingerprint for name in ("alice", "bob"))
    assert f"signed by alice ({signed}); approved by bob ({approved})." in checked.acceptance()
    assert checked.as_json()["policy"] == POLICY.digest
    without = [line for line in file.read_text().splitlines(True) if "policy-set" not in line]
    (tmp_path / "cut.log").write_text("".join(without), newline="\n")
    assert check_file(tmp_path / "cut.log", *trusted).code == "E714"


@pytest.mark.parametrize("kept", [True, False])
def test_a_restored_log_takes_over_the_policy(tmp_path: Path, kept: bool) -> None:
    release = a_release()
    path = tmp_path / "manifest.db"
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **release)
    older = path.read_bytes()
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        burned(ledger, batch="WO1", release_digest=release["release_digest"])
    if kept:
        for leftover in tmp_path.glob("manifest.db-*"):
            leftover.unlink()
        path.write_bytes(older)
    else:
        path.unlink()
    restore(str(path), "line1", operator="qa", reason="disk died")
    with a_ledger(tmp_path) as ledger:
        row = ledger.reader.policy()
        assert (row.digest if row else "") == (POLICY.digest if kept else "")
        refused = code_of(lambda: open_batch(ledger, **a_release(by="", approved="")))
        assert refused == ("E765" if kept else "")
    with a_ledger(tmp_path, policy=OTHER_PEOPLE) as ledger:
        accepted = a_release(by="mallory", approved="")
        assert code_of(lambda: open_batch(ledger, "X", **accepted)) == ("E764" if kept else "")
        assert flaws(ledger.reader) == []
        file = exported(ledger, tmp_path / "whole.log")
        assert check_file(file, *_trusted(ledger)).code == ""


def test_a_station_that_forgets_the_policy_of_a_restored_log_is_found(tmp_path: Path) -> None:
    """The rule itself: a log that continues one with a policy opens no batch without it."""
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **a_release())
        ledger.policy = None
        entry = ledger.new_entry(BatchOpened, batch="X", key=KEY, **_facts(a_release()))
        assert code_of(lambda: ledger.append(lambda _: [entry])) == "E765"
        named = ledger.new_entry(PolicySet, policy="00" * 32, document=POLICY.document)
        assert code_of(lambda: ledger.append(lambda _: [named])) == "E714"


def test_an_edited_policy_table_stops_the_station(tmp_path: Path) -> None:
    with a_ledger(tmp_path, policy=POLICY) as ledger:
        open_batch(ledger, **a_release())
    database = sqlite3.connect(tmp_path / "manifest.db")
    database.execute("DELETE FROM policies")
    database.commit()
    database.close()
    assert code_of(lambda: a_ledger(tmp_path)) == "E714"


def _facts(terms: dict[str, Any]) -> dict[str, Any]:
    return {**terms, "product_id": "S3EUVBRJLB"}


def _trusted(ledger: Ledger) -> tuple[str, VerifierKey]:
    return ledger.origin, VerifierKey.parse(ledger.writer.origin_key)
