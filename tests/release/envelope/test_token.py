"""An engineer's key in a PKCS #11 token (SoftHSM) signs; it never leaves the token."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.core.secrets.passphrase import TOKEN_PIN
from burner.release.envelope.dsse import open_envelope, sign
from burner.release.envelope.public_key import PublicKey
from burner.release.envelope.signer import signer_for
from burner.release.envelope.statement import PredicateType, Statement
from tests.cli.desk import run
from tests.release.envelope.signers import DIGEST, signer

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
CURVES = {2: "secp256r1", 3: "secp384r1", 4: "secp521r1"}
STATEMENT = Statement("blinky-1.2.0", DIGEST, PredicateType.RELEASE, {"format": 2})


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Library and label of a token with a key of each curve, numbered."""
    library = next((path for path in LIBRARIES if Path(path).exists()), "")
    if not library or not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM is not installed (scripts/test does on Debian)")
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    from pkcs11.util.ec import encode_named_curve_parameters

    folder, label = tmp_path_factory.mktemp("tokens"), "release"
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder}\nlog.level = ERROR\n")
    make = ["softhsm2-util", "--init-token", "--free", "--label", label]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(config))
        pins = ("--pin", "1234", "--so-pin", "5678")
        subprocess.run([*make, *pins], check=True, capture_output=True)
        loaded = pkcs11.lib(library)
        loaded.reinitialize()
        with loaded.get_token(token_label=label).open(rw=True, user_pin="1234") as session:
            for number, curve in CURVES.items():
                parameters = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
                domain = session.create_domain_parameters(pkcs11.KeyType.EC, parameters, local=True)
                domain.generate_keypair(store=True, id=bytes([number]), label=curve)
        yield library, label


@pytest.fixture
def uri(token: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of a key without its number."""
    library, label = token
    monkeypatch.setenv(TOKEN_PIN, "1234")
    monkeypatch.setenv("PYKCS11LIB", library)
    return f"hsm:{{}}?label={label}"


@pytest.mark.parametrize("number", [2, 3])
def test_a_token_signs_and_tells_its_public_key(uri: str, tmp_path: Path, number: int) -> None:
    alice = signer_for(uri.format(number), "alice")
    opened = open_envelope(sign(STATEMENT, alice))
    assert (opened.name, opened.key) == ("alice", alice.key)
    run("key", "public", uri.format(number), "-o", str(tmp_path / "alice.pub"))
    assert PublicKey.from_file(tmp_path / "alice.pub") == alice.key


def test_a_uri_may_name_the_library_itself(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = os.environ["PYKCS11LIB"]
    monkeypatch.setenv("PYKCS11LIB", "")
    alice = signer_for(f"{uri.format(2)}&module-path={library}", "alice")
    assert open_envelope(sign(STATEMENT, alice)).key == alice.key


@pytest.mark.parametrize(
    ("number", "pin", "words"),
    [
        ("9", "1234", "could not find ECDSA key"),
        ("x", "1234", "where ID is a number"),
        ("4", "1234", "secp521r1"),
    ],
)
def test_a_key_that_the_token_does_not_give_is_told(
    uri: str, monkeypatch: pytest.MonkeyPatch, number: str, pin: str, words: str
) -> None:
    monkeypatch.setenv(TOKEN_PIN, pin)
    with pytest.raises(BurnerError, match=rf"^E221: .*{words}"):
        signer_for(uri.format(number), "alice")


def test_a_wrong_pin_and_another_key_in_the_token_are_told(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = signer_for(uri.format(2), "alice")
    other = signer_for(uri.format(2), "alice", signer("eve", "p256").key)
    with pytest.raises(BurnerError, match=r"^E221: .*does not verify its signature"):
        sign(STATEMENT, other)
    monkeypatch.setenv(TOKEN_PIN, "9999")
    with pytest.raises(BurnerError, match=r"^E221: .*alice: the PIN is wrong"):
        sign(STATEMENT, alice)
    monkeypatch.delenv(TOKEN_PIN)
    with pytest.raises(BurnerError, match=rf"^E221: .*{TOKEN_PIN}"):
        sign(STATEMENT, alice)
