"""Signing keys of stations and of QA: made, kept, found again.

A key is Ed25519. Its private half lies in the user's state folder as PKCS #8 that this account
alone can read, encrypted where somebody wanted a passphrase; or in the system's keyring. Its
public half is a PEM file for whoever checks. Which key a chain trusts, since when and why, stands
in the chain itself (records of kind `key`).
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from burner.errors import BurnerError
from burner.files import read_plain
from burner.manifest.local.state import as_file_name, state_folder, write_durably
from burner.manifest.signing.key_files import LARGEST, read_ed25519

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSPHRASE = "BURNER_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
SERVICE = "burner manifest key"
"""Under which the keyring holds private keys."""

CURRENT, PUBLIC = "current", ".pub.pem"
LONGEST = 200
"""Characters of the folder that is named after an owner; file systems take 255."""


class Protection(StrEnum):
    """What keeps others from a private half."""

    ACCOUNT = "account"
    """A file that this account alone can read."""
    PASSPHRASE = "passphrase"  # noqa: S105 - a word
    """Such a file, encrypted."""
    KEYRING = "keyring"
    """The system's keyring."""


TRIES = 3
"""How often a person is asked for a passphrase."""


@dataclass(frozen=True)
class Question:
    """What a person must know to answer with the right passphrase."""

    owner: str
    key: str
    """Its id."""
    attempt: int
    """1 to TRIES; behind the first, the answer before was wrong."""


Ask = Callable[[Question], str]


@dataclass(frozen=True)
class PublicKey:
    """The half that checks: 32 bytes."""

    raw: bytes

    @property
    def id(self) -> str:
        """16 hex digits by which people and records name the key."""
        return sha256(self.raw).hexdigest()[:16]

    def checks(self, message: bytes, signature: str) -> bool:
        """Whether the key's owner signed exactly this."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            raw = bytes.fromhex(signature)
            Ed25519PublicKey.from_public_bytes(self.raw).verify(raw, message)
        except (InvalidSignature, ValueError):
            return False
        return raw.hex() == signature  # one signature has one form

    def pem(self) -> str:
        """As every other tool reads it."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass(frozen=True)
class Signer:
    """The half that signs, unlocked."""

    public: PublicKey
    _key: "Ed25519PrivateKey" = field(repr=False)

    def sign(self, message: bytes) -> str:
        """The signature as hex."""
        return self._key.sign(message).hex()


def read_public(path: Path) -> PublicKey:
    """A public key from a PEM file.

    Raises:
        BurnerError: E747 when it is none, with what it is.
    """
    return PublicKey(read_ed25519(path))


def make(owner: str, passphrase: str | None = None, *, in_keyring: bool = False) -> Signer:
    """Make a key and keep it as the owner's current one; earlier ones stay beside it.

    Args:
        owner: station id, or who countersigns.
        passphrase: encrypts the key file; None = this account's rights protect it.
        in_keyring: keep it in the system's keyring instead of a file.

    Raises:
        BurnerError: E717 when it cannot be kept, E722 for an empty passphrase, E726 for a name
            that nobody has.
    """
    signer = prepare(owner, passphrase, in_keyring=in_keyring)
    adopt(owner, signer.public)
    return signer


def prepare(owner: str, passphrase: str | None = None, *, in_keyring: bool = False) -> Signer:
    """Make a key and keep it, but go on signing with the one before until `adopt`.

    Raises:
        BurnerError: as `make`.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if passphrase == "":
        raise BurnerError("E722", "an empty passphrase protects nothing")
    key = Ed25519PrivateKey.generate()
    signer = Signer(PublicKey(key.public_key().public_bytes_raw()), key)
    folder = _folder(owner)
    with _keeping(folder):
        # The public half first: where the folder cannot be written, the keyring keeps nothing.
        write_durably(folder / f"{signer.public.id}{PUBLIC}", signer.public.pem().encode())
        if in_keyring:
            _to_keyring(signer)
        else:
            write_durably(folder / f"{signer.public.id}.pem", _pem(key, passphrase))
    return signer


def adopt(owner: str, public: PublicKey) -> None:
    """Sign with this key from now on.

    Raises:
        BurnerError: E717 when that cannot be kept.
    """
    folder = _folder(owner)
    with _keeping(folder):
        write_durably(folder / CURRENT, public.id.encode())


def current(owner: str) -> PublicKey | None:
    """The owner's public key; None where none was made on this computer.

    Raises:
        BurnerError: E722 what is kept of it is damaged, E726 for a name that nobody has.
    """
    path = _folder(owner) / CURRENT
    try:
        key = path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not re.fullmatch("[0-9a-f]{16}", key):
        raise _damaged(path)
    half = path.with_name(f"{key}{PUBLIC}")
    try:
        public = read_public(half)
    except BurnerError as error:
        raise BurnerError("E722", error.detail) from error
    if public.id != key:
        raise BurnerError("E722", f"{half}: it holds key {public.id}")
    return public


def required(owner: str) -> PublicKey:
    """The owner's public key.

    Raises:
        BurnerError: E721, which says whose key was looked for and whose there are.
    """
    public = current(owner)
    if public is None:
        folders = sorted((state_folder() / "keys").glob(f"*/{CURRENT}"))
        there = ", ".join(unquote(each.parent.name) for each in folders) or "nobody"
        raise BurnerError("E721", f"looked for the key of {owner}; there are keys of: {there}")
    return public


def unlock(owner: str, ask: Ask | None = None) -> Signer:
    """The owner's current key, ready to sign.

    A passphrase, where it has one, comes from BURNER_KEY_PASSPHRASE, else from `ask`.

    Raises:
        BurnerError: E721 there is no key, E722 it cannot be used, E748 wrong passphrase, E749
            nobody can be asked for it.
    """
    public = required(owner)
    pem = _private_half(owner, public)
    if not _is_encrypted(pem):
        return _load(public, pem)
    if passphrase := os.environ.get(PASSPHRASE):
        with suppress(_WrongPassphraseError):
            return _load(public, pem, passphrase)
        raise BurnerError("E748", f"key {public.id} of {owner}; it was taken from {PASSPHRASE}")
    if ask is None:
        raise BurnerError("E749", f"key {public.id} of {owner}")
    for attempt in range(1, TRIES + 1):
        with suppress(_WrongPassphraseError):
            return _load(public, pem, ask(Question(owner, public.id, attempt)))
    raise BurnerError("E748", f"key {public.id} of {owner}; asked {TRIES} times")


def protection(owner: str) -> Protection:
    """What keeps others from the private half of the owner's current key.

    Raises:
        BurnerError: E721 there is no key, E722 it cannot be read.
    """
    public = required(owner)
    if not (_folder(owner) / f"{public.id}.pem").exists():
        return Protection.KEYRING
    encrypted = _is_encrypted(_private_half(owner, public))
    return Protection.PASSPHRASE if encrypted else Protection.ACCOUNT


def _private_half(owner: str, public: PublicKey) -> bytes:
    path = _folder(owner) / f"{public.id}.pem"
    if not path.exists():
        return _from_keyring(public)
    try:
        return read_plain(path, LARGEST)
    except OSError as error:
        raise BurnerError("E722", f"{path}: {error.strerror}") from error


def _is_encrypted(pem: bytes) -> bool:
    return b"-----BEGIN ENCRYPTED" in pem


def forget(owner: str) -> None:
    """Sign with the current key no more; its files stay.

    Raises:
        BurnerError: E717 when that cannot be kept.
    """
    folder = _folder(owner)
    with _keeping(folder):
        (folder / CURRENT).unlink(missing_ok=True)


def signer_for(station: str, ask: Ask | None = None) -> Signer | None:
    """What a station signs its checkpoints with; None where no key was ever made for it.

    Raises:
        BurnerError: E722 when there is one that cannot be unlocked.
    """
    return unlock(station, ask) if current(station) else None


def _folder(owner: str) -> Path:
    if not owner.strip() or not owner.isprintable() or len(as_file_name(owner)) > LONGEST:
        raise BurnerError("E726", repr(owner)[:LONGEST])
    return state_folder() / "keys" / as_file_name(owner)


@contextmanager
def _keeping(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BurnerError("E717", f"{folder}: {error.strerror}") from error


def _damaged(path: Path) -> BurnerError:
    keys = sorted(file.name.removesuffix(PUBLIC) for file in path.parent.glob(f"*{PUBLIC}"))
    there = ", ".join(keys) or "none"
    return BurnerError("E722", f"{path} names no key; there are: {there}. Write the right one in")


def _pem(key: "Ed25519PrivateKey", passphrase: str | None) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


class _WrongPassphraseError(Exception):
    """What was said does not open the key."""


def _load(public: PublicKey, pem: bytes, passphrase: str | None = None) -> Signer:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None if passphrase is None else passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if passphrase is not None:
            raise _WrongPassphraseError from error
        raise BurnerError("E722", f"key {public.id}: its private half is damaged") from error
    if not isinstance(key, Ed25519PrivateKey) or key.public_key().public_bytes_raw() != public.raw:
        raise BurnerError("E722", f"key {public.id}: the private half is another key's")
    return Signer(public, key)


def _to_keyring(signer: Signer) -> None:
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, signer.public.id, _pem(signer._key, None).decode())
    except KeyringError as error:
        raise BurnerError("E722", f"the system's keyring refused: {error}") from error


def _from_keyring(public: PublicKey) -> bytes:
    import keyring
    from keyring.errors import KeyringError

    try:
        pem = keyring.get_password(SERVICE, public.id)
    except KeyringError as error:
        raise BurnerError("E722", f"the system's keyring refused: {error}") from error
    if pem is None:
        raise BurnerError("E722", f"key {public.id} is in no file and not in the keyring")
    return pem.encode()
