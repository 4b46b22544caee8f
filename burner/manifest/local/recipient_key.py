"""The key by which a station opens releases that are sealed for it.

It is made with the station's signing key and lies beside it: `recipient.pub` is its public half,
which the engineer needs, and a file `….age` the private one. Where the signing key has a
passphrase or is in the keyring, the private half is encrypted for the signing key, so it is
protected alike. Else it is a plain identity file of age, which the account alone can read: also
with a token, because a token does not decrypt.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from burner.core.atomic_file import write_durably
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain
from burner.core.secrets import core_dumps
from burner.core.secrets.secret import Secret
from burner.manifest.local.key_store import LARGEST, owner_folder, saving
from burner.release import age

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC = "recipient.pub"


def has_recipient(owner: str) -> bool:
    """Whether the owner has a key for sealed releases on this computer.

    Raises:
        BurnerError: E726 for an invalid name.
    """
    return (owner_folder(owner) / PUBLIC).exists()


def recipient(owner: str) -> str:
    """The public half of the owner's key: `age1…`.

    Raises:
        BurnerError: E214 it cannot be read.
    """
    path = owner_folder(owner) / PUBLIC
    text = _read(path).decode("ascii", "replace").strip()
    if not re.fullmatch("age1[0-9a-z]{58}", text):
        raise BurnerError(Code.RECIPIENT_KEY_UNUSABLE, f"{path}: damaged")
    return text


def identity(owner: str, unlock: "Callable[[], Ed25519PrivateKey]") -> Secret:
    """The private half of the owner's key.

    Args:
        owner: station id.
        unlock: gives the signing key, where this one is encrypted for it.

    Raises:
        BurnerError: E214 it cannot be used, and as `unlock`.
    """
    core_dumps.forbid()
    public = recipient(owner)
    path = _private_file(owner, public)
    content = _read(path)
    if content.startswith(age.MARK):
        held = age.unwrap(content, _ssh_private(unlock()))
    else:
        held = Secret(content.strip())
    if age.recipient_of(held) != public:
        raise BurnerError(Code.RECIPIENT_KEY_UNUSABLE, f"{path}: it holds another key")
    return held


def keep_identity(
    owner: str, held: Secret, encrypted_for: "Sequence[Ed25519PrivateKey]" = ()
) -> str:
    """Keep a private half as the owner's; files of others stay beside it.

    Args:
        owner: station id.
        held: from `age.new_identity`, or `identity`.
        encrypted_for: signing keys that are protected; none: the file is.

    Returns:
        Its public half.

    Raises:
        BurnerError: E717 it cannot be saved.
    """
    public = age.recipient_of(held)
    content = held.reveal() + b"\n"
    if encrypted_for:
        content = age.wrap(held, list(map(_ssh_public, encrypted_for)))
    with saving(owner_folder(owner)) as folder:
        write_durably(_private_file(owner, public), content)
        write_durably(folder / PUBLIC, public.encode() + b"\n")
    return public


def _private_file(owner: str, public: str) -> Path:
    return owner_folder(owner) / f"{sha256(public.encode()).hexdigest()[:16]}.age"


def _read(path: Path) -> bytes:
    try:
        return read_plain(path, LARGEST)
    except OSError as error:
        raise BurnerError(Code.RECIPIENT_KEY_UNUSABLE, f"{path}: {error.strerror}") from error


def _ssh_public(key: "Ed25519PrivateKey") -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _ssh_private(key: "Ed25519PrivateKey") -> Secret:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
