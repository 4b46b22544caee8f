"""Public keys: from a file in PEM, compared by their bytes."""

from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.release.envelope.public_key import PublicKey
from tests.release.envelope.signers import signer


@pytest.mark.parametrize("kind", ["ed25519", "p256", "p384", "rsa"])
def test_a_key_comes_back_from_its_file(tmp_path: Path, kind: str) -> None:
    key = signer("alice", kind).key
    (tmp_path / "alice.pub").write_text(key.pem)
    assert PublicKey.from_file(tmp_path / "alice.pub") == key == PublicKey.from_der(key.der)


def test_two_names_of_one_key_are_one_key() -> None:
    key = signer("alice").key
    assert PublicKey.from_pem(key.pem.replace("\n", "\r\n")) == key != signer("bob").key
    assert len(key.id) == 64
    assert key.fingerprint.startswith("SHA256:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no text -----BEGIN PUBLIC KEY"),
        ("-----BEGIN PRIVATE KEY-----\nMC4C", "a private key"),
        ("ssh-ed25519 AAAAC3Nza", "no text -----BEGIN PUBLIC KEY"),
        (signer("eve", "p521").key.pem, "secp521r1; allowed: Ed25519"),
        (signer("eve").key.pem + signer("bob").key.pem, "more than one key; one in each file"),
    ],
)
def test_a_file_without_a_key_that_burner_uses_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "eve.pub").write_text(text)
    with pytest.raises(BurnerError, match=rf"^E245: .*eve\.pub: .*{words}"):
        PublicKey.from_file(tmp_path / "eve.pub")


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BurnerError, match=r"^E245: .*nobody\.pub: No such file"):
        PublicKey.from_file(tmp_path / "nobody.pub")


def test_a_key_with_bytes_behind_it_is_not_the_same_key() -> None:
    with pytest.raises(BurnerError, match=r"^E245:"):
        PublicKey.from_der(signer("alice").key.der + b"\0")


def test_a_key_as_records_hold_it_has_one_form() -> None:
    key = signer("alice").key
    assert PublicKey.from_base64(key.base64) == key
    for text in ("abc", "é", key.base64 + "\n", "", "QUJD"):
        with pytest.raises(BurnerError, match=r"^E245:"):
            PublicKey.from_base64(text)
