"""Which releases a station's policy accepts."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from burner.core.errors import BurnerError
from burner.release.acceptance import (
    Endorsements,
    ReleaseIdentity,
    StationPolicy,
    parse_policy,
    unusable,
)
from burner.release.envelope.dsse import open_envelope, sign
from burner.release.envelope.statement import PredicateType, Statement
from tests.release.envelope.signers import DIGEST, signer

RELEASE = ReleaseIdentity(DIGEST, "plug-c3", "1.2.0", sealed=True)
ALICE, BOB, CAROL, MALLORY = (signer(name) for name in ("alice", "bob", "carol", "mallory"))
POLICY = StationPolicy(
    signers={"alice": ALICE.key},
    approvers={"bob": BOB.key, "carol": CAROL.key},
    approvals=1,
)


def made(signed: str = "", approved: str = "") -> Endorsements:
    """What these people, by blanks, said of the release."""
    names_by_type = {
        PredicateType.RELEASE: signed.split(),
        PredicateType.APPROVAL: approved.split(),
    }
    return Endorsements.of(
        open_envelope(sign(Statement("plug-c3-1.2.0", DIGEST, kind, {}), signer(name)))
        for kind, names in names_by_type.items()
        for name in names
    )


def refusal(policy: StationPolicy, by: Endorsements, release: ReleaseIdentity = RELEASE) -> str:
    """The error by which a release is refused, in words; empty: it is accepted."""
    try:
        policy.check(release, by)
    except BurnerError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("approved", ["bob", "carol", "bob carol", "bob mallory"])
def test_a_release_of_a_signer_and_enough_approvers_is_accepted(approved: str) -> None:
    assert refusal(POLICY, made("alice", approved)) == ""
    assert refusal(POLICY, made("mallory alice", approved)) == ""


@pytest.mark.parametrize(
    ("signed", "approved", "code", "words"),
    [
        ("", "", "E223", "plug-c3 1.2.0, 1111111111111111…"),
        ("", "bob", "E224", "plug-c3 1.2.0"),
        ("mallory", "bob", "E225", "accepted: alice"),
        ("bob", "carol", "E225", "signed by bob; accepted: alice"),
        ("alice", "", "E226", "0 of 1 approval; approvers: bob, carol"),
        ("alice", "mallory", "E226", "0 of 1 approval"),
        ("alice", "alice", "E226", "0 of 1 approval"),
    ],
)
def test_each_lack_of_signatures_is_refused_with_its_own_words(
    signed: str, approved: str, code: str, words: str
) -> None:
    refused = refusal(POLICY, made(signed, approved))
    assert (refused[:4], words in refused) == (code, True), refused


def test_who_signed_cannot_approve_too_even_as_another_name() -> None:
    both = replace(POLICY, approvers={"bob": BOB.key, "alice again": ALICE.key})
    refused = refusal(both, made("alice", "alice"))
    assert "0 of 1 approval; alice signed it, so this approval does not count" in refused
    assert refusal(both, made("alice", "alice bob")) == ""


def test_of_two_signers_one_may_be_the_approver_beside_the_other() -> None:
    people = {"alice": ALICE.key, "bob": BOB.key}
    policy = replace(POLICY, signers=people, approvers={**people, "carol": CAROL.key})
    assert refusal(policy, made("alice bob", "alice")) == ""
    refused = refusal(replace(policy, approvals=2), made("alice bob", "alice"))
    assert "1 of 2 approvals; approvers: alice" in refused


def test_one_key_under_two_names_is_one_approver() -> None:
    twice = replace(POLICY, approvers={"bob": BOB.key, "bobby": BOB.key}, approvals=2)
    assert unusable(twice) == "2 approvals wanted, of 1 with other keys than the signer's"
    two = replace(POLICY, approvers={**POLICY.approvers, "bobby": BOB.key}, approvals=2)
    assert "1 of 2 approvals" in refusal(two, made("alice", "bob"))
    assert refusal(two, made("alice", "bob carol")) == ""


def test_a_second_signer_may_approve_what_the_first_one_signed() -> None:
    policy = StationPolicy(
        {"alice": ALICE.key, "bob": BOB.key}, {"alice": ALICE.key, "bob": BOB.key}, 1
    )
    assert refusal(policy, made("alice", "bob")) == ""
    assert refusal(policy, made("alice bob", "bob")) == ""
    assert "0 of 1" in refusal(policy, made("bob", "bob"))


def test_without_approvers_one_signer_is_enough() -> None:
    assert refusal(StationPolicy({"alice": ALICE.key}), made("alice")) == ""


@pytest.mark.parametrize(
    ("lowest", "version", "code"),
    [
        ("1.2.0", "1.2.0", ""),
        ("1.2", "1.2.0", ""),
        ("1.9", "1.10", ""),
        ("1.2.0", "v1.2.1", ""),
        ("1.2.0", "1.2.0+build5", ""),
        ("1.2.0-rc1", "1.2.0-rc2", ""),
        ("1.2.0-beta.2", "1.2.0-rc1", ""),
        ("1.10", "1.9", "E227"),
        ("1.2.0", "1.2.0-rc1", "E227"),
        ("1.2.0", "1.1.99", "E227"),
        ("1.2.0", "1.2.0-5", "E234"),
        ("1.2.0", "2024w31", "E234"),
        ("1.2.0", "1.2.0.dev1", "E234"),
    ],
)
def test_versions_are_compared_as_versions(lowest: str, version: str, code: str) -> None:
    policy = replace(POLICY, minimum_versions={"plug-c3": lowest, "other": "99"})
    refused = refusal(policy, made("alice", "bob"), RELEASE._replace(version=version))
    assert refused[:4] == code, refused


def test_a_withdrawn_release_is_refused_whoever_signed_it() -> None:
    policy = replace(POLICY, withdrawn=(DIGEST,))
    assert refusal(policy, made("alice", "bob")).startswith("E228")


def test_a_release_that_does_not_bring_its_secret_is_refused() -> None:
    bare = RELEASE._replace(sealed=False)
    assert refusal(POLICY, made("alice", "bob"), bare).startswith("E236")
    assert refusal(POLICY, made("alice"), bare).startswith("E226")


def test_a_policy_is_its_document() -> None:
    policy = replace(POLICY, minimum_versions={"plug-c3": "1.0"}, withdrawn=("22" * 32, "11" * 32))
    again = parse_policy(policy.document)
    assert (again.document, again.digest) == (policy.document, policy.digest)
    turned = replace(policy, approvers=dict(sorted(policy.approvers.items(), reverse=True)))
    assert turned.digest == policy.digest
    assert replace(policy, approvals=2).digest != policy.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"v":1', '"v":2'),
        lambda text: text.replace('"approvals":1', '"approvals":1.0'),
        lambda text: text.replace('"approvals":1', '"approvals":3'),
        lambda text: text.replace('"approvals":1', '"approvals":1,"extra":0'),
        lambda text: text.replace('"signers":{"alice"', '"signers":{"alice":"","alice"'),
        lambda text: text.replace("{", "{ ", 1),
        lambda text: text.replace('"withdrawn":[]', '"withdrawn":{}'),
        lambda _: "[]",
        lambda _: "",
    ],
)
def test_a_document_in_another_form_is_no_policy(change: Callable[[str], str]) -> None:
    changed = change(POLICY.document)
    assert changed != POLICY.document
    with pytest.raises(ValueError, match=r"policy|form|approvals"):
        parse_policy(changed)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (replace(POLICY, signers={}), "it names no signer"),
        (replace(POLICY, signers={"bob  SHA256:x": ALICE.key}), "several blanks in a row"),
        (replace(POLICY, approvals=3), "3 approvals wanted, of 2"),
        (replace(POLICY, approvers={"alice": ALICE.key}), "1 approval wanted, of 0"),
        (replace(POLICY, minimum_versions={"plug-c3": "new"}), "'new' of plug-c3 cannot"),
        (
            replace(POLICY, withdrawn=tuple(f"{n:064x}" for n in range(700))),
            "bytes, at most 40960: name fewer",
        ),
    ],
)
def test_a_policy_that_can_accept_nothing_or_is_too_long_is_said_to_be_so(
    policy: StationPolicy, reason: str
) -> None:
    assert reason in unusable(policy)
