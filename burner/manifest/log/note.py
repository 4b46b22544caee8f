"""Signed notes and verifier keys of C2SP signed-note@v1.0.0, with Ed25519."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Protocol, Self

MAX_BYTES = 64 * 1024
MAX_SIGNATURES = 64
"""The specification wants at least 16."""

_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class KeyType(IntEnum):
    """Signature type identifier bytes that are understood here."""

    ED25519 = 0x01
    COSIGNATURE = 0x04
    """Timestamped Ed25519, tlog-cosignature."""


class NoteError(ValueError):
    """A text that breaks the specification, or a false signature."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name: `name+hex(key id)+base64(type and key)`."""

    name: str
    public: bytes
    """32 bytes, RFC 8032."""
    type: KeyType = KeyType.ED25519

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public) != 32:
            raise NoteError("a verifier key has a name without spaces or `+`, and 32 bytes")

    @property
    def id(self) -> bytes:
        """4 bytes before each of its signatures."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.type]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key.

        Raises:
            NoteError: it is none, of another kind, or its id is not that of its key.
        """
        name, _, rest = text.strip().partition("+")
        identifier, _, material = rest.partition("+")
        raw = decode_base64(material)
        if not raw or raw[0] not in list(KeyType):
            raise NoteError("not a verifier key of Ed25519")
        key = cls(name, raw[1:], KeyType(raw[0]))
        if key.id.hex() != identifier:
            raise NoteError("the id of the verifier key is not that of its name and key")
        return key

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether its owner signed exactly this."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class NoteSigner(Protocol):
    """The private half of a verifier key, in memory or in a token."""

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes, RFC 8032."""
        ...


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    id: bytes
    value: bytes
    """The signature after the 4 bytes of the id."""

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.id + self.value).decode()}\n"

    def is_of(self, key: VerifierKey) -> bool:
        """Whether it has the name and id of a key."""
        return (self.name, self.id) == (key.name, key.id)


@dataclass(frozen=True)
class SignedNote:
    """A text and its signatures. Trust the text only after `check`."""

    text: str
    """Ends with a newline."""
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a note.

        Raises:
            NoteError: with what is wrong.
        """
        if len(data) > MAX_BYTES:
            raise NoteError(f"a note of more than {MAX_BYTES} bytes")
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise NoteError("a note is UTF-8") from None
        if any(character < " " and character != "\n" for character in whole):
            raise NoteError("a note has no control characters")
        text, separator, lines = whole.rpartition("\n\n")
        if not separator or not lines.endswith("\n"):
            raise NoteError("a note has a text, an empty line, and signatures")
        signatures = tuple(map(_signature, lines[:-1].split("\n")))
        if len(signatures) > MAX_SIGNATURES:
            raise NoteError(f"a note with more than {MAX_SIGNATURES} signatures")
        return cls(f"{text}\n", signatures)

    def check(self, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """The keys that signed it. Signatures by other keys are ignored.

        Raises:
            NoteError: a signature of one of the keys is false.
        """
        signers = []
        for key in keys:
            by_key = [signature for signature in self.signatures if signature.is_of(key)]
            if not all(key.verifies(self.text.encode(), signature.value) for signature in by_key):
                raise NoteError(f"the signature of {key.name} is false")
            if by_key:
                signers.append(key)
        return tuple(signers)


def sign(text: str, signer: NoteSigner) -> SignedNote:
    """A note with one signature."""
    return SignedNote(
        text, (Signature(signer.key.name, signer.key.id, signer.sign(text.encode())),)
    )


def decode_base64(text: str) -> bytes:
    """Bytes of standard base64 in its one canonical form.

    Raises:
        NoteError: for anything else.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise NoteError("not base64 in its canonical form")
    return data


def _signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise NoteError("not a signature line")
    raw = decode_base64(match[2])
    if len(raw) < 5:
        raise NoteError("a signature that is too short")
    return Signature(match[1], raw[:4], raw[4:])
