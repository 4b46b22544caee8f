"""Envelopes: what burner signs opens with securesystemslib; anything else is refused."""

import base64
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from securesystemslib.dsse import Envelope

from burner.core.canonical_json import canonical
from burner.core.errors import BurnerError
from burner.release.envelope.dsse import MAX_ENVELOPE_SIZE, EnvelopeSigner, open_envelope, sign
from burner.release.envelope.statement import PredicateType, Statement
from tests.release.envelope.signers import DIGEST, signer

STATEMENT = Statement("blinky-1.2.0", DIGEST, PredicateType.RELEASE, {"format": 2, "files": []})


@pytest.mark.parametrize("kind", ["ed25519", "p256", "p384", "rsa"])
def test_a_statement_that_was_signed_opens_with_who_signed_it(kind: str) -> None:
    alice = signer("alice", kind)
    opened = open_envelope(sign(STATEMENT, alice))
    assert opened.statement == STATEMENT
    assert (opened.name, opened.key) == ("alice", alice.key)


def test_others_verify_an_envelope_with_the_public_key_alone() -> None:
    alice = signer("alice")
    envelope = Envelope.from_dict(json.loads(sign(STATEMENT, alice)))
    assert envelope.verify([alice.key.verifier], 1)
    payload = json.loads(envelope.payload)
    assert payload["_type"] == "https://in-toto.io/Statement/v1"
    assert payload["subject"] == [{"name": "blinky-1.2.0", "digest": {"sha256": DIGEST}}]


def test_signing_twice_with_one_ed25519_key_gives_equal_bytes() -> None:
    assert sign(STATEMENT, signer("alice")) == sign(STATEMENT, signer("alice"))


Change = Callable[[dict[str, Any]], None]


def payload(change: Change) -> Change:
    """A change of the payload; nobody signs it again."""

    def changed(envelope: dict[str, Any]) -> None:
        inner = json.loads(base64.b64decode(envelope["payload"]))
        change(inner)
        envelope["payload"] = base64.b64encode(canonical(inner)).decode()

    return changed


def two_signatures(envelope: dict[str, Any]) -> None:
    envelope["signatures"] *= 2


CHANGES: dict[str, tuple[Change, str, str]] = {
    "stripped": (lambda e: e.update(signatures=[]), "E217", "its signature was removed"),
    "two": (two_signatures, "E216", "2 signatures"),
    "type": (lambda e: e.update(payloadType="text/plain"), "E216", "of type 'text/plain'"),
    "field": (lambda e: e.update(more=1), "E216", "fields"),
    "no payload": (lambda e: e.pop("payload"), "E216", "not a DSSE envelope"),
    "signature field": (
        lambda e: e["signatures"][0].update(more=1),
        "E217",
        "names another key",
    ),
    "key id": (
        lambda e: e["signatures"][0].update(keyid="00" * 32),
        "E217",
        "names another key",
    ),
    "signature": (
        lambda e: e["signatures"][0].update(sig=base64.b64encode(bytes(64)).decode()),
        "E217",
        "is not signed by the key that it names",
    ),
    "digest": (
        payload(lambda p: p["subject"][0]["digest"].update(sha256="22" * 32)),
        "E217",
        "is not signed",
    ),
    "subjects": (payload(lambda p: p["subject"].append(p["subject"][0])), "E216", "not a statem"),
    "no by": (payload(lambda p: p["predicate"].pop("by")), "E216", "not a statement of burner"),
    "predicate": (
        payload(lambda p: p.update(predicateType="https://example.com/v1")),
        "E216",
        "does not know",
    ),
    "payload field": (payload(lambda p: p.update(more=1)), "E216", "fields"),
    "name": (payload(lambda p: p["predicate"]["by"].update(name="a\nb")), "E216", "in one line"),
    "key": (payload(lambda p: p["predicate"]["by"].update(key="AAAA")), "E245", "damaged"),
    "other key": (
        payload(lambda p: p["predicate"]["by"].update(key=signer("mallory").key.base64)),
        "E217",
        "names another key",
    ),
    "kind of key": (
        payload(lambda p: p["predicate"]["by"].update(key=signer("eve", "p521").key.base64)),
        "E245",
        "secp521r1; allowed",
    ),
}


@pytest.mark.parametrize(("change", "code", "words"), CHANGES.values(), ids=CHANGES)
def test_an_envelope_that_is_not_as_it_was_signed_is_refused(
    change: Change, code: str, words: str
) -> None:
    envelope = json.loads(sign(STATEMENT, signer("alice")))
    change(envelope)
    with pytest.raises(BurnerError, match=rf"^{code}:.*{words}") as caught:
        open_envelope(canonical(envelope), "signatures/01.json")
    assert "signatures/01.json" in caught.value.detail


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff", b'{"a":NaN}', b"[" * 100_000, b'{"a":1,"a":1}', b'{"a":"\\ud800"}'],
)
def test_bytes_that_are_no_envelope_are_refused(data: bytes) -> None:
    with pytest.raises(BurnerError, match=r"^E216:"):
        open_envelope(data)


def test_an_envelope_in_another_form_of_json_is_refused() -> None:
    data = json.dumps(json.loads(sign(STATEMENT, signer("alice")))).encode()
    with pytest.raises(BurnerError, match=r"^E216: .*another form"):
        open_envelope(data)


def test_a_statement_too_large_for_a_record_is_not_signed() -> None:
    large = Statement("x", DIGEST, PredicateType.APPROVAL, {"note": "x" * MAX_ENVELOPE_SIZE})
    with pytest.raises(BurnerError, match=f"^E216: .*at most {MAX_ENVELOPE_SIZE}"):
        sign(large, signer("alice"))


def test_no_changed_byte_of_an_envelope_opens() -> None:
    data = sign(STATEMENT, signer("alice"))
    dice = random.Random(14)
    for _ in range(200):
        changed = bytearray(data)
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        with pytest.raises(BurnerError, match=r"^E(216|217|245):"):
            open_envelope(bytes(changed))


def test_a_backend_that_fails_is_told_with_its_reason() -> None:
    class Broken:
        def sign(self, payload: bytes) -> None:
            raise OSError("no route to the key server")

    alice = signer("alice")
    broken = EnvelopeSigner("alice", alice.key, Broken())  # type: ignore[arg-type]
    with pytest.raises(BurnerError, match=r"^E221: .*alice: no route to the key server"):
        sign(STATEMENT, broken)


def test_a_backend_that_signs_with_another_key_gives_no_envelope() -> None:
    mixed = EnvelopeSigner("alice", signer("alice").key, signer("mallory").backend)
    with pytest.raises(BurnerError, match=r"^E221: .*does not verify"):
        sign(STATEMENT, mixed)
