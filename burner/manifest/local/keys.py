"""Private keys of this computer: made at first use, 0600, in the state folder.

A passphrase, the system's keyring and PKCS #11 are for those who want them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from burner.errors import BurnerError
from burner.manifest.local.state import as_file_name, state_folder, write_durably
from burner.manifest.log.note import KeyType, NoteSigner, VerifierKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class LocalSigner:
    """A private key in memory, under the name of a log or of a witness."""

    name: str
    private: "Ed25519PrivateKey" = field(repr=False)
    type: KeyType = KeyType.ED25519

    @property
    def key(self) -> VerifierKey:
        """The half that checks."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw(), self.type)

    def sign(self, message: bytes) -> bytes:
        """64 bytes, RFC 8032."""
        return self.private.sign(message)


def station_signer(owner: str) -> Callable[[str], NoteSigner]:
    """The key of a station for a log, made when there is none.

    Raises (the result):
        BurnerError: E717 it cannot be kept, E722 it cannot be used.
    """
    return lambda origin: LocalSigner(origin, load_or_make(owner))


def load_or_make(owner: str) -> "Ed25519PrivateKey":
    """The private key of a station or of a person."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    path = key_path(owner)
    try:
        if path.exists():
            key = load_pem_private_key(path.read_bytes(), None)
            if not isinstance(key, Ed25519PrivateKey):
                raise BurnerError("E722", f"{path}: not an Ed25519 key")
            return key
    except (OSError, ValueError, TypeError) as error:
        raise BurnerError("E722", f"{path}: {error}") from None
    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        write_durably(path, pem)
    except OSError as error:
        raise BurnerError("E717", f"{path}: {error.strerror}") from error
    return made


def key_path(owner: str) -> Path:
    """Where the private key of an owner lies."""
    return state_folder() / "keys" / f"{as_file_name(owner)}.pem"
