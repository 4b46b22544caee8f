"""Who signs, by a URI: an encrypted key file, a token, a cloud service."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, Key, Signature, Signer

from burner.core.errors import BurnerError
from burner.core.secrets.passphrase import (
    PASSPHRASE,
    TOKEN_PIN,
    PassphraseRequest,
    PromptPassphrase,
    backend_reason,
)
from burner.release.envelope.dsse import open_envelope, sign
from burner.release.envelope.key_pair import make_key_pair
from burner.release.envelope.public_key import PublicKey
from burner.release.envelope.signer import signer_for
from burner.release.envelope.statement import PredicateType, Statement
from tests.cli.desk import refused
from tests.release.envelope.signers import DIGEST, signer

STATEMENT = Statement("blinky-1.2.0", DIGEST, PredicateType.APPROVAL, {"note": "tested"})
RIGHT = "open sesame"


@pytest.fixture
def alice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_key_pair(tmp_path / "alice.pem", RIGHT)
    monkeypatch.setenv(PASSPHRASE, RIGHT)
    return tmp_path / "alice.pem"


def test_a_key_file_signs_under_its_name(alice: Path) -> None:
    for uri in (str(alice), f"file2:{alice}"):
        opened = open_envelope(sign(STATEMENT, signer_for(uri)))
        assert opened.name == "alice"
        assert opened.key == PublicKey.from_file(alice.with_suffix(".pub"))
    assert signer_for(str(alice), "Alice Lee").name == "Alice Lee"


def test_a_private_key_is_encrypted_and_for_its_owner_alone(alice: Path) -> None:
    assert "BEGIN ENCRYPTED PRIVATE KEY" in alice.read_text()
    assert os.name != "posix" or not alice.stat().st_mode & 0o077


def test_a_key_pair_never_replaces_a_file_that_is_there(alice: Path) -> None:
    with refused("E736"):
        make_key_pair(alice, RIGHT)
    alice.unlink()
    with refused("E736"):
        make_key_pair(alice, RIGHT)
    assert not alice.exists()


@pytest.mark.parametrize("name", ["alice.pub", "alice.PUB"])
def test_a_private_key_is_never_where_the_public_one_goes(tmp_path: Path, name: str) -> None:
    with refused("E729"):
        make_key_pair(tmp_path / name, RIGHT)
    assert not list(tmp_path.iterdir())


def test_of_a_key_pair_both_files_are_written_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("burner.release.envelope.key_pair.write_durably", full)
    with refused("E729"):
        make_key_pair(tmp_path / "alice.pem", RIGHT)
    monkeypatch.undo()
    monkeypatch.setattr("burner.core.atomic_file.write_whole", full)
    with refused("E729"):
        make_key_pair(tmp_path / "alice.pem", RIGHT)
    assert not list(tmp_path.iterdir())


def test_a_person_is_asked_three_times_for_the_passphrase(
    alice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSPHRASE)
    asked: list[PassphraseRequest] = []

    def types(*answers: str) -> PromptPassphrase:
        rest = iter(answers)

        def prompt(request: PassphraseRequest) -> str:
            asked.append(request)
            return next(rest)

        return prompt

    assert signer_for(str(alice), prompt_passphrase=types("wrong", RIGHT)).name == "alice"
    assert [(r.owner, r.attempt) for r in asked] == [("alice", 1), ("alice", 2)]
    with pytest.raises(BurnerError, match=r"^E748: .*alice; asked 3 times"):
        signer_for(str(alice), prompt_passphrase=types("a", "b", "c"))
    with refused("E749"):
        signer_for(str(alice))


def test_a_wrong_passphrase_of_the_environment_is_not_shown(
    alice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, "open barley")
    with pytest.raises(BurnerError, match=r"^E748: .*BURNER_KEY_PASSPHRASE") as caught:
        signer_for(str(alice))
    assert "barley" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\n", "a private key that is not encrypted"),
        (b"x" * 70_000, "larger than"),
    ],
)
def test_a_file_that_is_no_encrypted_key_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "k.pem").write_bytes(content)
    with pytest.raises(BurnerError, match=rf"^E221: .*k\.pem: {words}"):
        signer_for(str(tmp_path / "k.pem"))
    with pytest.raises(BurnerError, match=r"^E221: .*nobody\.pem: No such file"):
        signer_for(str(tmp_path / "nobody.pem"))


def test_a_key_that_is_not_the_one_named_beside_it_is_refused(alice: Path) -> None:
    with pytest.raises(BurnerError, match=r"^E221: .*not the key of --public-key"):
        signer_for(str(alice), public=signer("bob").key)


def test_a_name_that_is_no_line_is_refused(alice: Path) -> None:
    with pytest.raises(BurnerError, match=r"^E221: .*in one line"):
        signer_for(str(alice), "two\nlines")
    with pytest.raises(BurnerError, match=r"^E221: .*--name"):
        signer_for("hsm:2")


class CloudKey(Signer):
    """A cloud service that holds bob's key."""

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri: str, public_key: Key, _: Any = None) -> "CloudKey":
        assert priv_key_uri == "awskms:alias/burner"
        assert public_key == signer("bob").key.verifier
        return cls()

    @property
    def public_key(self) -> Key:
        return signer("bob").key.verifier

    def sign(self, payload: bytes) -> Signature:
        return signer("bob").backend.sign(payload)


@pytest.fixture
def cloud() -> Iterator[None]:
    real = SIGNER_FOR_URI_SCHEME["awskms"]
    SIGNER_FOR_URI_SCHEME["awskms"] = CloudKey
    yield
    SIGNER_FOR_URI_SCHEME["awskms"] = real


@pytest.mark.usefixtures("cloud")
def test_a_cloud_service_signs_with_the_key_named_beside_it() -> None:
    bob = signer_for("awskms:alias/burner", "bob", signer("bob").key)
    assert open_envelope(sign(STATEMENT, bob)).key == signer("bob").key
    with pytest.raises(BurnerError, match=r"^E221: .*--public-key"):
        signer_for("awskms:alias/burner", "bob")


@pytest.mark.parametrize(
    ("uri", "extra"),
    [
        ("awskms:alias/burner", "awskms"),
        ("gcpkms:projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", "gcpkms"),
        ("azurekms://v.vault.azure.net/keys/k/1", "azurekms"),
        ("hv:burner/1", "vault"),
    ],
)
def test_a_service_whose_packages_are_missing_says_what_to_install(uri: str, extra: str) -> None:
    with pytest.raises(BurnerError, match=rf"^E221: .*pip install burner\[{extra}\]"):
        signer_for(uri, "bob", signer("bob", "p256").key)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("CKR_PIN_INCORRECT (0x000000A0)"), "the PIN is wrong (CKR_PIN_INCORRECT"),
        (type("PinIncorrect", (Exception,), {})(), "the PIN is wrong (PinIncorrect); most tokens"),
        (RuntimeError("CKR_PIN_LOCKED"), "its PIN is locked"),
        (RuntimeError("no token"), "no token"),
    ],
)
def test_a_wrong_pin_is_named_so(error: Exception, words: str) -> None:
    assert backend_reason(error).startswith(words)


def test_a_token_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYKCS11LIB", raising=False)
    monkeypatch.setenv(TOKEN_PIN, "1234")
    with pytest.raises(BurnerError, match=r"^E221: .*module-path"):
        signer_for("hsm:2?label=T", "alice")
