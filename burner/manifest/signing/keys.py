"""Signing keys of stations and of QA: made, kept encrypted, found again.

A key is Ed25519. Its private half lies in the user's state folder as PKCS #8 encrypted by a
passphrase, or in the system's keyring. Its public half is a PEM file for whoever checks. Which
key a chain trusts, since when and why, stands in the chain itself (records of kind `key`).
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from burner.errors import BurnerError
from burner.manifest.local.state import as_file_name, state_folder, write_durably

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSPHRASE = "BURNER_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
SERVICE = "burner manifest key"
"""Under which the keyring holds private keys."""

CURRENT, PUBLIC = "current", ".pub.pem"
LONGEST = 200
"""Characters of the folder that is named after an owner; file systems take 255."""

Ask = Callable[[], str]


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
        BurnerError: E722 when it is none.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BurnerError("E722", f"{path}: no public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BurnerError("E722", f"{path}: not an Ed25519 key")
    return PublicKey(key.public_bytes_raw())


def make(owner: str, passphrase: str | None) -> Signer:
    """Make a key and keep it as the owner's current one; earlier ones stay beside it.

    Args:
        owner: station id, or who countersigns.
        passphrase: encrypts the key file; None keeps the key in the system's keyring.

    Raises:
        BurnerError: E717 when it cannot be kept, E722 for an empty passphrase, E726 for a name
            that nobody has.
    """
    signer = prepare(owner, passphrase)
    adopt(owner, signer.public)
    return signer


def prepare(owner: str, passphrase: str | None) -> Signer:
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
        if passphrase is None:
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
    public = read_public(path.with_name(f"{key}{PUBLIC}"))
    if public.id != key:
        raise BurnerError("E722", f"{path.with_name(f'{key}{PUBLIC}')}: it holds key {public.id}")
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

    The passphrase comes from BURNER_KEY_PASSPHRASE, else from `ask`.

    Raises:
        BurnerError: E721 there is no key, E722 no or a wrong passphrase.
    """
    public = required(owner)
    path = _folder(owner) / f"{public.id}.pem"
    if not path.exists():
        return _load(public, _from_keyring(public), None)
    passphrase = os.environ.get(PASSPHRASE) or (ask() if ask else "")
    if not passphrase:
        raise BurnerError("E722", f"key {public.id} of {owner}: no passphrase given")
    try:
        return _load(public, path.read_bytes(), passphrase)
    except OSError as error:
        raise BurnerError("E722", f"{path}: {error.strerror}") from error


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


def _load(public: PublicKey, pem: bytes, passphrase: str | None) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError) as error:
        raise BurnerError("E722", f"key {public.id}: wrong passphrase, or damaged") from error
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
