"""Every way to get something weaker past a station with a policy: each has its own refusal.

Whoever tries has the file, and may hold any key but those of alice, bob and carol.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from burner.core.canonical_json import digest
from burner.core.errors import BurnerError
from burner.release.acceptance import StationPolicy
from burner.release.contents import release_contents
from burner.release.documents.evidence import Evidence
from burner.release.envelope.dsse import sign
from burner.release.envelope.statement import PredicateType
from burner.release.opening import open_release
from burner.release.preflight import preflight_without_secret
from burner.release.release_file import Contents, pack
from burner.release.seal import add_seal
from burner.release.statements import add_statement, approval_statement, release_statement
from burner.station.fixture.station_rules import StationRules
from tests.release.envelope.signers import signer
from tests.release.sealed import OTHER_SECRET, identity, inputs_of, profile_in, recipient, sealed

AT = "2026-11-29T09:00:00Z"
EVIDENCE = (Evidence("report.pdf", 12, "ab" * 32),)
ALICE, BOB, CAROL, MALLORY = (signer(name) for name in ("alice", "bob", "carol", "mallory"))
POLICY = StationPolicy(
    signers={"alice": ALICE.key},
    approvers={"alice": ALICE.key, "bob": BOB.key, "carol": CAROL.key},
    approvals=1,
    minimum_versions={"plug-c3": "1.2.0"},
)


def signed(contents: Contents, by: str = "alice") -> Contents:
    return add_statement(contents, release_statement(contents), signer(by))


def approved(contents: Contents, by: str = "bob") -> Contents:
    return add_statement(contents, approval_statement(contents, EVIDENCE, "48 h", AT), signer(by))


def unsealed() -> Contents:
    """The release without its seal; its statements are of the release with the seal."""
    index = {key: value for key, value in good().index.items() if key != "sealed"}
    return replace(good(), index=index, digest=digest(index), sealed=(), seal_code="")


@cache
def built(version: str = "1.2.0", secret: str = OTHER_SECRET, station: str = "line1") -> Contents:
    """Sealed, signed by nobody."""
    with TemporaryDirectory() as name:
        profile = profile_in(Path(name), secret)
        profile.write_text(profile.read_text().replace("1.2.0", version))
        return sealed(profile, station)


@cache
def good() -> Contents:
    return approved(signed(built()))


def without(kind: int) -> Contents:
    """The good release without its signature (0) or its approval (1)."""
    return replace(good(), envelopes=good().envelopes[1 - kind : 2 - kind])


def stripped() -> Contents:
    first, second = good().envelopes
    cut = re.sub(rb'"signatures":\[.*\]', b'"signatures":[]', first)
    return replace(good(), envelopes=(cut, second))


def with_index(**changed: object) -> Contents:
    """Changed by somebody who brings the digest in line."""
    index = {**good().index, **changed}
    return replace(good(), index=index, digest=digest(index))


def with_limits_dropped() -> Contents:
    """A release of more units, under the statements of the one of fewer."""
    with TemporaryDirectory() as name:
        profile = profile_in(Path(name), OTHER_SECRET)
        profile.write_text(profile.read_text() + "quantity: 5000\n")
        seen, inputs = preflight_without_secret(profile), inputs_of(profile)
        more = add_seal(release_contents(seen, inputs), inputs, [recipient("line1")])
    return replace(more, envelopes=good().envelopes)


def statement_of_more_units() -> Contents:
    """The signer says something else than what the file holds."""
    other = release_statement(built())
    forged = replace(other, predicate={**other.predicate, "quantity": 5000})
    return replace(good(), envelopes=(sign(forged, ALICE), good().envelopes[1]))


def of_a_kind_that_is_not_used() -> Contents:
    envelope = sign(release_statement(built()), ALICE).decode()
    eve = signer("eve", "p521").key.base64
    from base64 import b64decode, b64encode

    payload = envelope.split('"')[3]
    other = b64decode(payload).decode().replace(ALICE.key.base64, eve)
    changed = envelope.replace(payload, b64encode(other.encode()).decode()).encode()
    return replace(good(), envelopes=(changed, good().envelopes[1]))


def withdrawal_as_approval() -> Contents:
    other = replace(release_statement(built()), type=PredicateType.WITHDRAWAL)
    return replace(good(), envelopes=(good().envelopes[0], sign(other, BOB)))


def changed_envelope(old: bytes, new: bytes) -> Contents:
    first, second = good().envelopes
    return replace(good(), envelopes=(first.replace(old, new), second))


def signed_twice() -> Contents:
    first, second = good().envelopes
    return replace(good(), envelopes=(first, first, second))


DOWNGRADES: dict[str, tuple[Callable[[], Contents], str, str]] = {
    "older index format": (lambda: with_index(format=1), "E209", "format 1, this burner reads 2"),
    "newer index format": (lambda: with_index(format=3), "E202", "format 3, this burner reads 2"),
    "part changed": (
        lambda: replace(good(), parts={**good().parts, "parts/app": b"\xe9app"}),
        "E205",
        "",
    ),
    "limit changed": (with_limits_dropped, "E218", "about plug-c3-1.2.0, digest"),
    "statement changed": (statement_of_more_units, "E219", "its quantity is another one"),
    "signature stripped": (stripped, "E217", "its signature was removed"),
    "payload type changed": (
        lambda: changed_envelope(b"in-toto", b"in-toti"),
        "E216",
        "its payload is of type",
    ),
    "another kind of statement": (withdrawal_as_approval, "E216", "does not belong"),
    "key of another kind": (of_a_kind_that_is_not_used, "E245", "secp521r1; allowed"),
    "statement of another release": (
        lambda: replace(good(), envelopes=signed(built("1.3.0")).envelopes),
        "E218",
        "about plug-c3-1.3.0",
    ),
    "statements exchanged": (
        lambda: replace(good(), envelopes=good().envelopes[::-1]),
        "E216",
        "its signatures are out of order",
    ),
    "statement doubled": (signed_twice, "E220", "alice: signed by this key already"),
    "unsigned": (lambda: replace(good(), envelopes=()), "E223", "plug-c3 1.2.0"),
    "signature removed": (lambda: without(0), "E224", "plug-c3 1.2.0"),
    "re-signed": (lambda: approved(signed(built(), "mallory")), "E225", "accepted: alice"),
    "approval removed": (lambda: without(1), "E226", "0 of 1 approval; approvers"),
    "approved by a stranger": (
        lambda: approved(signed(built()), "mallory"),
        "E226",
        "0 of 1 approval; approvers",
    ),
    "approved by the signer alone": (
        lambda: approved(signed(built()), "alice"),
        "E226",
        "alice signed it, so this approval does not count",
    ),
    "older version": (
        lambda: approved(signed(built("1.1.9"))),
        "E227",
        "plug-c3 1.1.9, .*at least 1.2.0",
    ),
    "seal taken away": (
        lambda: replace(good(), sealed=(), seal_code=""),
        "E203",
        "missing: sealed parts",
    ),
    "release without a seal": (unsealed, "E218", "about plug-c3-1.2.0, digest"),
    "signed without a seal": (
        lambda: approved(signed(replace(unsealed(), envelopes=()))),
        "E236",
        "plug-c3 1.2.0",
    ),
    "seal of another secret": (
        lambda: replace(
            good(),
            sealed=built(secret="q7Zw2mK9xT4vB8nR5yL1cD3f").sealed,
            seal_code=built(secret="q7Zw2mK9xT4vB8nR5yL1cD3f").seal_code,
        ),
        "E211",
        "has another product secret",
    ),
    "other recipient": (
        lambda: approved(signed(built(station="line2"))),
        "E210",
        "this station has age1",
    ),
}


def opened(contents: Contents, folder: Path, policy: StationPolicy = POLICY) -> None:
    """As a station does before it touches anything else."""
    rules = StationRules(folder / "line1.yaml", "line1", "manifest.db", policy, ())
    file = folder / "x.burn"
    file.write_bytes(pack(contents))
    open_release(file, identities=lambda: (identity("line1"),), accepts=rules.check_release)


def test_the_release_of_all_three_opens(tmp_path: Path) -> None:
    opened(good(), tmp_path)
    opened(approved(good(), "carol"), tmp_path)


@pytest.mark.parametrize(("made", "code", "words"), DOWNGRADES.values(), ids=DOWNGRADES)
def test_a_downgrade_is_refused_with_its_own_reason(
    made: Callable[[], Contents], code: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(BurnerError, match=rf"^{code}: .*{words}"):
        opened(made(), tmp_path)


def test_a_release_that_was_withdrawn_is_refused(tmp_path: Path) -> None:
    policy = replace(POLICY, withdrawn=(good().digest,))
    with pytest.raises(BurnerError, match=r"^E228: .*by the station's policy"):
        opened(good(), tmp_path, policy)


def test_the_page_lists_every_code_of_a_downgrade() -> None:
    docs = Path(__file__).parents[2] / "docs"
    pages = [docs / name for name in ("signing.md", "release.md", "station-policy.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert {code for _, code, _ in DOWNGRADES.values() if code not in text} == set()
