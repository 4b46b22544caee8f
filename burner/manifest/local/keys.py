"""Private keys of this computer. A key is made at first use, in a file that only its account can
read; a passphrase or the system's keyring are options.

Keys are Ed25519, as PKCS #8 in the state folder; they sign under the name of a log or of a witness.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from burner.core.atomic_file import write_durably
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain
from burner.core.secrets.passphrase import PromptPassphrase, WrongPassphraseError, unlocked
from burner.core.secrets.secret import Secret
from burner.manifest.local.key_store import (
    IN_KEYRING,
    LARGEST,
    Protection,
    from_keyring,
    owner_folder,
    saving,
    to_keyring,
)
from burner.manifest.local.recipient_key import (
    has_recipient,
    identity,
    keep_identity,
    recipient,
)
from burner.manifest.local.state_folder import state_folder
from burner.manifest.log.note import KeyType, NoteSigner, VerifierKey
from burner.release import age

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CURRENT = "current"


@dataclass(frozen=True)
class LocalSigner:
    """A private key in memory, under the name of a log or of a witness."""

    name: str
    private: "Ed25519PrivateKey" = field(repr=False)
    type: KeyType = KeyType.ED25519

    @cached_property
    def key(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw(), self.type)

    def sign(self, message: bytes) -> bytes:
        """64 bytes, RFC 8032."""
        return self.private.sign(message)


def station_signer(
    owner: str, prompt_passphrase: PromptPassphrase | None = None
) -> Callable[[str], NoteSigner]:
    """The key of a station, to be used under the name of any log; made when there is none.

    Raises:
        BurnerError: E717 it cannot be saved, E722 it cannot be used, E748 wrong passphrase, E749
            no terminal to ask for it.
    """
    if has_key(owner) and (uri := token_of(owner)):
        from burner.manifest.local.token import public_key, run_signer

        public = public_key(uri)
        return lambda origin: run_signer(origin, uri, public)
    private = unlock(owner, prompt_passphrase) if has_key(owner) else make_key(owner)
    return lambda origin: LocalSigner(origin, private)


def sponsors(station: str) -> Callable[[str], Iterator[NoteSigner]]:
    """Keys of other owners of this account that need no passphrase and no token."""

    def of_log(origin: str) -> Iterator[NoteSigner]:
        for path in sorted((state_folder() / "keys").glob(f"*/{CURRENT}")):
            owner = unquote(path.parent.name)
            if owner != station:
                with suppress(BurnerError):
                    yield LocalSigner(origin, unlock(owner))

    return of_log


def use_token(owner: str, uri: str) -> bytes:
    """Sign with a key in a PKCS #11 token from now on. The key for sealed releases is in a file.

    Returns:
        The 32 bytes of its public half.

    Raises:
        BurnerError: E717 it cannot be saved, E720, E722 the token cannot be used.
    """
    from burner.manifest.local.token import public_key

    public = public_key(uri)
    name = sha256(public).hexdigest()[:16]
    held = _readable_identity(owner)
    with saving(owner_folder(owner)) as folder:
        write_durably(folder / f"{name}.pem", uri.encode())
        write_durably(folder / CURRENT, name.encode())
    keep_identity(owner, held)
    return public


def token_of(owner: str) -> str:
    """URI of the token that holds the owner's key; empty: it is in a file or the keyring.

    Raises:
        BurnerError: E721, E722.
    """
    _, content = _read_key_file(owner)
    return content.decode() if content.startswith(b"pkcs11:") else ""


def witness_signer(owner: str, prompt_passphrase: PromptPassphrase | None = None) -> LocalSigner:
    """The key of a person who cosigns heads."""
    return as_witness(
        owner, unlock(owner, prompt_passphrase) if has_key(owner) else make_key(owner)
    )


def as_witness(owner: str, key: "Ed25519PrivateKey") -> LocalSigner:
    """A key under its owner's name as a witness."""
    name = f"burner.witness/{re.sub(r'[^A-Za-z0-9._-]', '-', owner)}"
    return LocalSigner(name, key, KeyType.COSIGNATURE)


def has_key(owner: str) -> bool:
    """Whether the owner has a key on this computer.

    Raises:
        BurnerError: E726 for an invalid name.
    """
    return (owner_folder(owner) / CURRENT).exists()


def make_key(
    owner: str, passphrase: str | None = None, *, in_keyring: bool = False, use: bool = True
) -> "Ed25519PrivateKey":
    """Make a key; earlier ones stay beside it. A key for sealed releases comes with it, unless
    there is one that opens without a question.

    Args:
        owner: station id, or who cosigns.
        passphrase: encrypts the key file; None: only the file's access rights protect it.
        in_keyring: keep it in the system's keyring instead of a file.
        use: sign with it from now on; else `use_key` does.

    Raises:
        BurnerError: E717 it cannot be saved, E722 for an empty passphrase, E726 for an invalid
            name.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if passphrase == "":
        raise BurnerError(Code.SIGNING_KEY_UNUSABLE, "an empty passphrase protects nothing")
    key = Ed25519PrivateKey.generate()
    pem = _pem(key, passphrase)
    with saving(owner_folder(owner)) as folder:
        if in_keyring:
            to_keyring(_stem(key), pem)
            pem = IN_KEYRING
        write_durably(folder / f"{_stem(key)}.pem", pem)
    if use:
        held = _readable_identity(owner)
        use_key(owner, key)
        keep_identity(owner, held, [key] if _protects(owner) else ())
    return key


def _readable_identity(owner: str) -> Secret:
    """The owner's key for sealed releases; a new one where that needs a passphrase, or is lost."""
    with suppress(BurnerError):
        if held := station_identities(owner):
            return held[0]
    return age.new_identity()


def station_recipient(
    owner: str, prompt_passphrase: PromptPassphrase | None = None, *, new: bool = False
) -> str:
    """For whom releases are sealed that a station opens; made, with its key, where there is none.

    Args:
        owner: station id.
        prompt_passphrase: asks for the passphrase of the signing key, which protects this one.
        new: make another one in any case.

    Raises:
        BurnerError: as `recipient`, `make_key` and `unlock`.
    """
    if not has_key(owner):
        make_key(owner)
    if has_recipient(owner) and not new:
        return recipient(owner)
    protectors = [unlock(owner, prompt_passphrase)] if _protects(owner) else []
    return keep_identity(owner, age.new_identity(), protectors)


def station_identities(
    owner: str, prompt_passphrase: PromptPassphrase | None = None
) -> tuple[Secret, ...]:
    """The key by which a station opens sealed releases; none where it has none.

    Raises:
        BurnerError: as `identity` and `unlock`.
    """
    if not has_recipient(owner):
        return ()
    return (identity(owner, lambda: unlock(owner, prompt_passphrase)),)


def _protects(owner: str) -> bool:
    """Whether what is encrypted for the owner's key is safer than in a file."""
    return protection(owner) in (Protection.PASSPHRASE, Protection.KEYRING)


def use_key(owner: str, key: "Ed25519PrivateKey") -> None:
    """Sign with this key from now on.

    Raises:
        BurnerError: E717 it cannot be saved.
    """
    with saving(owner_folder(owner)) as folder:
        write_durably(folder / CURRENT, _stem(key).encode())


def _stem(key: "Ed25519PrivateKey") -> str:
    """16 hex digits: the name of its file, or of its entry in the keyring."""
    return sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]


def unlock(owner: str, prompt_passphrase: PromptPassphrase | None = None) -> "Ed25519PrivateKey":
    """The owner's current key, ready to sign.

    A passphrase, where it has one, comes from BURNER_KEY_PASSPHRASE, else from `prompt_passphrase`.

    Raises:
        BurnerError: E721 there is no key, E722 it cannot be used, E748 wrong passphrase, E749
            no terminal to ask for it.
    """
    path, pem = _read_key_file(owner)
    if pem == IN_KEYRING:
        pem = from_keyring(path.stem, Code.SIGNING_KEY_UNUSABLE)
    if b"-----BEGIN ENCRYPTED" not in pem:
        return _load(path, pem)
    return unlocked(owner, lambda typed: _load(path, pem, typed), prompt_passphrase)


def protection(owner: str) -> Protection:
    """How the owner's current key is protected.

    Raises:
        BurnerError: E721 there is no key, E722 it cannot be read.
    """
    _, content = _read_key_file(owner)
    if content == IN_KEYRING:
        return Protection.KEYRING
    if content.startswith(b"pkcs11:"):
        return Protection.TOKEN
    return Protection.PASSPHRASE if b"-----BEGIN ENCRYPTED" in content else Protection.ACCOUNT


def _name(owner: str) -> str:
    path = owner_folder(owner) / CURRENT
    try:
        key = path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise BurnerError(Code.SIGNING_KEY_MISSING, f"no key of {owner}") from None
    except (OSError, ValueError):
        raise BurnerError(Code.SIGNING_KEY_UNUSABLE, f"{path} names no key") from None
    if not re.fullmatch("[0-9a-f]{16}", key):
        raise BurnerError(Code.SIGNING_KEY_UNUSABLE, f"{path} names no key")
    return key


def _read_key_file(owner: str) -> tuple[Path, bytes]:
    """The file of the owner's current key, and what it holds: a key, or where the key is."""
    path = owner_folder(owner) / f"{_name(owner)}.pem"
    try:
        return path, read_plain(path, LARGEST)
    except OSError as error:
        raise BurnerError(Code.SIGNING_KEY_UNUSABLE, f"{path}: {error.strerror}") from error


def _pem(key: "Ed25519PrivateKey", passphrase: str | None) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def _load(path: Path, pem: bytes, passphrase: str | None = None) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None if passphrase is None else passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if passphrase is not None:
            raise WrongPassphraseError from error
        raise BurnerError(Code.SIGNING_KEY_UNUSABLE, f"{path}: damaged") from error
    if not isinstance(key, Ed25519PrivateKey) or _stem(key) != path.stem:
        raise BurnerError(Code.SIGNING_KEY_UNUSABLE, f"{path}: it holds another key")
    return key
