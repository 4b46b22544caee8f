"""DSSE envelopes: one statement, one signature. securesystemslib signs and verifies.

An envelope names the key that verifies it, so anybody can check that it is whole. Whether that key
is one to trust is asked of the station's policy, by the bytes of the key.
"""

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from burner.core.canonical_json import canonical
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.passphrase import backend_reason
from burner.release.envelope.public_key import FINGERPRINT, PublicKey
from burner.release.envelope.statement import Statement, decode, encode, parse_canonical

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_ENVELOPE_SIZE = 16 << 10
"""Bytes. A record of the log holds several envelopes, and is shorter than 60,000."""
MAX_NAME = 64
"""Characters of the name of who signs."""


@dataclass(frozen=True)
class EnvelopeSigner:
    """A signer: the name of a person, and access to the private key."""

    name: str
    key: PublicKey
    backend: "Signer"


@dataclass(frozen=True)
class SignedStatement:
    """A statement whose signature was verified with the key that it names."""

    statement: Statement
    key: PublicKey
    name: str
    """Of who signed, as the signer wrote it: nobody checked it."""


def sign(statement: Statement, signer: EnvelopeSigner) -> bytes:
    """The envelope of a statement, in its one form.

    Raises:
        BurnerError: E216 the envelope would be too large, E221 the private key cannot be used.
    """
    from securesystemslib.dsse import Envelope

    by = {"name": signer.name, "key": signer.key.base64}
    envelope = Envelope(encode(statement, by), PAYLOAD_TYPE, {})
    try:
        envelope.sign(signer.backend)
    except BurnerError:
        raise
    except Exception as error:  # each backend has its own errors: a token, a network, a library
        what = f"the key of {signer.name}: {backend_reason(error)}"
        raise BurnerError(Code.SIGNER_UNUSABLE, what) from None
    data = canonical(envelope.to_dict())
    try:
        open_envelope(data, f"what {signer.name} signs")
    except BurnerError as error:
        if error.code is not Code.SIGNATURE_WRONG:
            raise
        detail = f"the key of {signer.name}: its public key does not verify its signature"
        raise BurnerError(Code.SIGNER_UNUSABLE, detail) from None
    return data


def open_envelope(data: bytes, place: str = "the envelope") -> SignedStatement:
    """Read an envelope, and verify its signature with the key that it names.

    Args:
        data: the whole envelope.
        place: how to call it in errors.

    Raises:
        BurnerError: E216 it is not an envelope that burner writes, E217 the signature is missing
            or another one, E245 its key is of a kind that burner does not use.
    """
    try:
        envelope, signature = _parts(data)
        statement, by = decode(envelope.payload)
        der = base64.b64decode(by["key"], validate=True)
        check_name(by["name"])
    except ValueError as error:
        raise BurnerError(Code.ENVELOPE_INVALID, f"{place}: {error}") from None
    try:
        key = PublicKey.from_der(der)
    except BurnerError as error:
        raise BurnerError(error.code, f"{place}: {error.detail}") from None
    _verify(envelope, signature, key, place)
    return SignedStatement(statement, key, by["name"])


def check_name(name: str) -> None:
    """That a name is one line that can be seen, and cannot be taken for the fingerprint of a key.

    Raises:
        ValueError: it is not.
    """
    if not name.isprintable() or name != name.strip() or not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"the name of who signs is not 1 to {MAX_NAME} characters in one line")
    if "  " in name or FINGERPRINT.lower() in name.lower():
        raise ValueError(f"the name of who signs has several blanks in a row, or {FINGERPRINT}")


def _parts(data: bytes) -> tuple[Any, Any]:
    """The envelope for securesystemslib, and its one signature; None where there is none."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import FormatError

    if len(data) > MAX_ENVELOPE_SIZE:
        raise ValueError(f"{len(data)} bytes, at most {MAX_ENVELOPE_SIZE}")
    parsed = parse_canonical(data)
    match parsed:
        case {"payload": str(), "payloadType": str(kind), "signatures": list(signatures)}:
            pass
        case _:
            raise ValueError("it is not a DSSE envelope")
    if kind != PAYLOAD_TYPE:
        raise ValueError(f"its payload is of type {kind[:80]!r}, not {PAYLOAD_TYPE!r}")
    if len(signatures) > 1:
        raise ValueError(f"it has {len(signatures)} signatures; each belongs in its own envelope")
    try:
        envelope = Envelope.from_dict(parsed)  # changes what it is given
    except (KeyError, TypeError, AttributeError, ValueError, FormatError):
        raise ValueError("it is not a DSSE envelope") from None
    if canonical(envelope.to_dict()) != data:
        raise ValueError("it has fields or a base64 form that burner does not write")
    return envelope, next(iter(envelope.signatures.values()), None)


def _verify(envelope: Any, signature: Any, key: PublicKey, place: str) -> None:
    from securesystemslib.exceptions import VerificationError

    if signature is None:
        raise BurnerError(Code.SIGNATURE_WRONG, f"{place}: its signature was removed")
    if signature.keyid != key.verifier.keyid or signature.unrecognized_fields:
        raise BurnerError(Code.SIGNATURE_WRONG, f"{place}: its signature names another key")
    try:
        envelope.verify([key.verifier], 1)
    except VerificationError:
        raise BurnerError(Code.SIGNATURE_WRONG, place) from None
