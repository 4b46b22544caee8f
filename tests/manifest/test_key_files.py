"""What is given for a public key and is none: told what it is, at once, whatever it is."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from burner.manifest.signing.key_files import LARGEST
from burner.manifest.signing.keys import read_public
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from burner.errors import BurnerError
from tests.cli.desk import run

ED25519 = ed25519.Ed25519PrivateKey.generate()
EC = ec.generate_private_key(ec.SECP256R1())
LOCKED = BestAvailableEncryption(b"open sesame")


def public(key: PrivateKeyTypes, encoding: Encoding = Encoding.PEM) -> bytes:
    form = PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(
        encoding, PublicFormat.OpenSSH if encoding is Encoding.OpenSSH else form
    )


def private(
    key: PrivateKeyTypes = ED25519,
    form: PrivateFormat = PrivateFormat.PKCS8,
    lock: KeySerializationEncryption = NoEncryption(),  # noqa: B008 - it has no state
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, lock)


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "line1")])
    made = x509.CertificateBuilder(name, name, EC.public_key(), 1)
    made = made.not_valid_before(datetime(2025, 1, 1)).not_valid_after(datetime(2035, 1, 1))
    return made.sign(EC, SHA256()).public_bytes(Encoding.PEM)


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "RSA": (lambda: public(rsa.generate_private_key(65537, 1024)), "an RSA-1024 key; it must be"),
    "EC": (lambda: public(EC), r"an EC \(secp256r1\) key"),
    "X25519": (lambda: public(x25519.X25519PrivateKey.generate()), "an X25519 key"),
    "X448": (lambda: public(x448.X448PrivateKey.generate()), "an X448 key"),
    "Ed448": (lambda: public(ed448.Ed448PrivateKey.generate()), "an Ed448 key"),
    "DSA": (lambda: public(dsa.generate_private_key(1024)), "a DSA key"),
    "OpenSSH": (lambda: public(ED25519, Encoding.OpenSSH), "OpenSSH's form"),
    "DER": (lambda: public(ED25519, Encoding.DER), "no PEM text"),
    "private": (private, "a private key; only its public half"),
    "encrypted": (lambda: private(lock=LOCKED), "an encrypted private key"),
    "private EC": (
        lambda: b"-----BEGIN EC PARAMETERS-----\n" + private(EC, PrivateFormat.TraditionalOpenSSL),
        "a private key",
    ),
    "private OpenSSH": (lambda: private(form=PrivateFormat.OpenSSH), "a private key"),
    "certificate": (certificate, "a certificate"),
    "damaged": (lambda: public(ED25519).replace(b"MCow", b"MDow"), "PUBLIC KEY that cannot be"),
    "of an unknown kind": (lambda: public(EC).replace(b"MFkw", b"MFgw"), "cannot be read"),
    "empty": (lambda: b"", "an empty file"),
    "blank": (lambda: b" \n\t\n", "an empty file"),
    "text": ("签名公钥".encode, "no PEM text"),
    "large": (lambda: bytes(LARGEST + 1), "larger than"),
}


@pytest.mark.parametrize("what", FILES)
def test_another_file_than_a_public_key_is_refused_by_what_it_is(tmp_path: Path, what: str) -> None:
    make, words = FILES[what]
    path = tmp_path / "given.pem"
    path.write_bytes(make())
    for arguments in (
        ("keys", "show", str(path)),
        ("verify", "--key", str(path)),
        ("verify", "--key", f"line1={path}"),
    ):
        with pytest.raises(BurnerError, match=f"^E747: .*given.pem: .*{words}"):
            run(*arguments)


def test_a_public_key_is_read_with_text_around_it(tmp_path: Path) -> None:
    path = tmp_path / "given.pem"
    path.write_bytes(b"key 0123456789abcdef\n" + public(ED25519) + b"\nof line1\n")
    assert read_public(path).raw == ED25519.public_key().public_bytes_raw()


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names are POSIX's")
def test_what_is_no_plain_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.truncate(os.open(tmp_path / "huge", os.O_CREAT | os.O_WRONLY), 8 << 30)
    for path, words in (
        (tmp_path / "pipe", "a pipe, no plain file"),
        (Path("/dev/zero"), "a device, no plain file"),
        (tmp_path / "huge", "larger than"),
    ):
        for arguments in (("keys", "show", str(path)), ("verify", "--key", str(path))):
            with pytest.raises(BurnerError, match=f"^E747: .*{words}"):
                run(*arguments)


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.pem", Path("x\0y")):
        with pytest.raises(BurnerError, match=r"^E747: .*: [A-Za-z]"):
            read_public(path)
