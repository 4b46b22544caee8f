"""The public key of a person who signs or approves. Two keys are the same if their bytes are."""

import base64
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from securesystemslib.signer import SSlibKey

MAX_SIZE = 16 << 10
"""Bytes of a public key file."""
FINGERPRINT = "SHA256:"
"""So begins a fingerprint, and no name has it."""
SMALLEST_RSA = 2048
"""Bits."""
ALLOWED = "Ed25519, ECDSA P-256, ECDSA P-384, or RSA of 2048 bits and more"


@dataclass(frozen=True)
class PublicKey:
    """A public key that verifies envelopes."""

    der: bytes
    """SubjectPublicKeyInfo in DER, in its one form: make it with `from_der` or `from_pem`."""

    @classmethod
    def from_der(cls, der: bytes) -> "PublicKey":
        """A key of its DER bytes.

        Raises:
            BurnerError: E245 it is no public key, not in its one form, or of another kind.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        try:
            key = cls.from_key(load_der_public_key(der))
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise BurnerError(Code.SIGNER_KEY_INVALID, "damaged") from None
        if key.der != der:
            raise BurnerError(Code.SIGNER_KEY_INVALID, "not in the DER form that burner writes")
        return key

    @classmethod
    def from_base64(cls, text: str) -> "PublicKey":
        """A key as records hold it: what `base64` gives.

        Raises:
            BurnerError: E245 it is no public key, not in its one form, or of another kind.
        """
        try:
            key = cls.from_der(base64.b64decode(text, validate=True))
        except ValueError:
            raise BurnerError(Code.SIGNER_KEY_INVALID, "not base64") from None
        if key.base64 != text:
            raise BurnerError(Code.SIGNER_KEY_INVALID, "not in the base64 form that burner writes")
        return key

    @classmethod
    def from_pem(cls, text: str, place: str = "the key") -> "PublicKey":
        """A key of its PEM text.

        Args:
            text: `-----BEGIN PUBLIC KEY-----` …
            place: how to call it in errors.

        Raises:
            BurnerError: E245 it is no public key, more than one, or of another kind.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        if "PRIVATE KEY-----" in text:
            raise BurnerError(
                Code.SIGNER_KEY_INVALID, f"{place}: a private key; only the public one is wanted"
            )
        if text.count("-----BEGIN ") > 1:
            raise BurnerError(
                Code.SIGNER_KEY_INVALID, f"{place}: more than one key; one in each file"
            )
        try:
            return cls.from_key(load_pem_public_key(text.encode()), place)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise BurnerError(
                Code.SIGNER_KEY_INVALID, f"{place}: no text -----BEGIN PUBLIC KEY-----"
            ) from None

    @classmethod
    def from_key(cls, key: "PublicKeyTypes", place: str = "the key") -> "PublicKey":
        """A key of the library `cryptography`.

        Raises:
            BurnerError: E245 it is of another kind.
        """
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        if isinstance(key, ec.EllipticCurvePublicKey):
            kind = f"ECDSA {key.curve.name}"
            supported = isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)
        elif isinstance(key, rsa.RSAPublicKey):
            kind, supported = f"RSA of {key.key_size} bits", key.key_size >= SMALLEST_RSA
        else:
            kind = type(key).__name__.removesuffix("PublicKey")
            supported = isinstance(key, ed25519.Ed25519PublicKey)
        if not supported:
            raise BurnerError(Code.SIGNER_KEY_INVALID, f"{place}: {kind}; allowed: {ALLOWED}")
        return cls(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    @classmethod
    def from_file(cls, path: Path) -> "PublicKey":
        """The key in a PEM file.

        Raises:
            BurnerError: E245 it cannot be read, or holds none.
        """
        try:
            text = read_plain(path, MAX_SIZE).decode("utf-8", "replace")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not a path"
            raise BurnerError(Code.SIGNER_KEY_INVALID, f"{path}: {why}") from None
        return cls.from_pem(text, str(path))

    @property
    def id(self) -> str:
        """SHA-256 (hex) of its bytes."""
        return sha256(self.der).hexdigest()

    @property
    def fingerprint(self) -> str:
        """For people: `SHA256:` and base64, as ssh-keygen shows digests."""
        return f"{FINGERPRINT}{base64.b64encode(sha256(self.der).digest()).decode().rstrip('=')}"

    @property
    def base64(self) -> str:
        """Its bytes, as statements hold them."""
        return base64.b64encode(self.der).decode()

    @property
    def pem(self) -> str:
        """The text of its file."""
        lines = (self.base64[at : at + 64] for at in range(0, len(self.base64), 64))
        return "\n".join(("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""))

    @cached_property
    def verifier(self) -> "SSlibKey":
        """The same key for securesystemslib, with the key id that it computes."""
        from cryptography.hazmat.primitives.serialization import load_der_public_key
        from securesystemslib.signer import SSlibKey

        return SSlibKey.from_crypto(load_der_public_key(self.der))
