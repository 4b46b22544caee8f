"""A public key as a PEM file, and what a file is that holds none: told so that it can be mended."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from burner.errors import BurnerError
from burner.files import read_plain

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

LARGEST = 64 << 10
"""Bytes of a key file; ours have 113, an RSA key of 16384 bits has 4 KiB."""

_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_OPENSSH = (b"ssh-", b"ecdsa-", b"sk-")
_NAMES = {"X25519": "an X25519", "X448": "an X448", "Ed448": "an Ed448", "DSA": "a DSA"}


def read_ed25519(path: Path) -> bytes:
    """The 32 bytes of an Ed25519 public key in a PEM file.

    Raises:
        BurnerError: E747 for any other file, with what it is.
    """
    try:
        data = read_plain(path, LARGEST)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise BurnerError("E747", f"{path}: {why}") from None
    key = _load(data)
    if isinstance(key, bytes):
        return key
    raise BurnerError("E747", f"{path}: {key}")


def _load(data: bytes) -> bytes | str:
    """The key, or what is there instead."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return _what_is(data)
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes_raw()
    return f"{_kind_of(key)} key; it must be Ed25519"


def _kind_of(key: "PublicKeyTypes") -> str:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(key, RSAPublicKey):
        return f"an RSA-{key.key_size}"
    if isinstance(key, EllipticCurvePublicKey):
        return f"an EC ({key.curve.name})"
    name = type(key).__name__.removesuffix("PublicKey")
    return _NAMES.get(name, f"a {name}")


def _what_is(data: bytes) -> str:
    """What a file holds that is no public key in PEM."""
    labels = _LABEL.findall(data)
    if not data.strip():
        return "an empty file"
    if any(label.endswith(b"PRIVATE KEY") for label in labels):
        encrypted = b"ENCRYPTED" in data
        return f"{'an encrypted' if encrypted else 'a'} private key; only its public half is wanted"
    if any(label.endswith(b"CERTIFICATE") for label in labels):
        return "a certificate, no public key"
    if data.lstrip().startswith(_OPENSSH) or b"SSH2 PUBLIC KEY" in labels:
        return "a public key in OpenSSH's form, not PEM"
    return f"PEM of kind {labels[0].decode()} that cannot be read" if labels else "no PEM text"
