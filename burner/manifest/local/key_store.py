"""Where the private keys of an owner are kept: a folder of the state folder, or the keyring."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.state_folder import as_file_name, state_folder

SERVICE = "burner manifest key"
"""Name of private keys in the keyring."""
IN_KEYRING = b"in the system's keyring"
"""What a key file holds whose key is there."""
LONGEST = 200
"""Characters of the folder that is named after an owner; file systems take 255."""
LARGEST = 64 << 10
"""Bytes of a key file."""


class Protection(StrEnum):
    """How a private key is protected."""

    ACCOUNT = "account"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word, not a password
    KEYRING = "keyring"
    TOKEN = "token"  # noqa: S105 - a word


def owner_folder(owner: str) -> Path:
    """The folder of an owner's keys; it may not be there yet.

    Raises:
        BurnerError: E726 for an invalid name.
    """
    if not owner.strip() or not owner.isprintable() or len(as_file_name(owner)) > LONGEST:
        raise BurnerError(Code.KEY_OWNER_INVALID, repr(owner)[:LONGEST])
    return state_folder() / "keys" / as_file_name(owner)


@contextmanager
def saving(folder: Path) -> Iterator[Path]:
    """What is saved in the block is saved, or E717 says that it cannot be."""
    try:
        yield folder
    except OSError as error:
        raise BurnerError(Code.STATE_FOLDER_UNWRITABLE, f"{folder}: {error.strerror}") from error


def to_keyring(name: str, content: bytes) -> None:
    """Keep a private key in the system's keyring.

    Raises:
        BurnerError: E717 the keyring does not take it.
    """
    import keyring
    import keyring.errors

    try:
        keyring.set_password(SERVICE, name, content.decode())
    except keyring.errors.KeyringError as error:
        raise BurnerError(
            Code.STATE_FOLDER_UNWRITABLE, f"the keyring: {type(error).__name__}"
        ) from error


def from_keyring(name: str, unusable: Code) -> bytes:
    """A private key from the system's keyring.

    Raises:
        BurnerError: `unusable` where it is not there.
    """
    import keyring
    import keyring.errors

    try:
        content = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise BurnerError(unusable, f"the keyring: {type(error).__name__}") from error
    if content is None:
        raise BurnerError(unusable, f"the keyring has no {name} of {SERVICE}")
    return content.encode()
