"""The age format, by `pyrage`: keys of stations, and what is sealed for them.

https://age-encryption.org/v1. A private key is text, `AGE-SECRET-KEY-1…`, and held as a `Secret`;
its public half is a recipient, `age1…`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain
from burner.core.secrets.secret import Secret

MARK = b"age-encryption.org/v1"
"""The first bytes of whatever is encrypted in this format."""

_LARGEST_RECIPIENT_FILE = 4096
_NO_KEY_FITS = "No matching keys found"
"""The words of pyrage 1.4, which has no error of its own for this."""


class OtherRecipientError(Exception):
    """The data is encrypted for other recipients."""


def encrypt(plain: Secret, recipients: Sequence[str]) -> bytes:
    """Encrypt for everybody who holds the key of one of the recipients.

    Raises:
        BurnerError: E213 one of them is not a recipient.
    """
    import pyrage

    keys = list(map(_recipient, recipients))
    return bytes(pyrage.encrypt(plain.reveal(), keys))


def decrypt(data: bytes, identities: Sequence[Secret]) -> Secret | None:
    """What was encrypted; None: it is damaged.

    Raises:
        OtherRecipientError: none of these keys opens it.
        BurnerError: E214 one of them is no key.
    """
    import pyrage

    keys = list(map(_identity, identities))
    try:
        return Secret(bytes(pyrage.decrypt(data, keys)))
    except pyrage.DecryptError as error:
        if str(error) == _NO_KEY_FITS:
            raise OtherRecipientError from None
        return None


def new_identity() -> Secret:
    """A new private key."""
    import pyrage

    return Secret(str(pyrage.x25519.Identity.generate()).encode())


def recipient_of(identity: Secret) -> str:
    """The public half of a private key.

    Raises:
        BurnerError: E214 it is no key.
    """
    return str(_identity(identity).to_public())


def wrap(identity: Secret, ssh_keys: Sequence[str]) -> bytes:
    """A private key, encrypted for the holders of SSH keys: `ssh-ed25519 …`."""
    import pyrage

    keys = [pyrage.ssh.Recipient.from_str(key) for key in ssh_keys]
    return bytes(pyrage.encrypt(identity.reveal(), keys))


def unwrap(data: bytes, ssh_key: Secret) -> Secret:
    """A private key that was encrypted for an SSH key, which is given as an OpenSSH key file.

    Raises:
        BurnerError: E214 it is damaged, or encrypted for another key.
    """
    import pyrage

    try:
        key = pyrage.ssh.Identity.from_buffer(ssh_key.reveal())
        return Secret(bytes(pyrage.decrypt(data, [key])))
    except (pyrage.DecryptError, pyrage.IdentityError):
        raise BurnerError(
            Code.RECIPIENT_KEY_UNUSABLE, "damaged, or of another signing key"
        ) from None


def read_recipient(argument: str) -> str:
    """A recipient, or the one in a file.

    Raises:
        BurnerError: E213 it is not a recipient.
    """
    if argument.startswith("age1"):
        return str(_recipient(argument))
    try:
        text = read_plain(Path(argument), _LARGEST_RECIPIENT_FILE).decode("ascii")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise BurnerError(Code.RECIPIENT_INVALID, f"{argument}: {why}") from None
    if "AGE-SECRET-KEY-" in text:
        raise BurnerError(Code.RECIPIENT_INVALID, f"{argument}: that is a private key")
    lines = [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
    if len(lines) != 1:
        raise BurnerError(Code.RECIPIENT_INVALID, f"{argument}: one recipient must be in it")
    return str(_recipient(lines[0], argument))


def _recipient(text: str, place: str = "") -> Any:
    import pyrage

    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise BurnerError(Code.RECIPIENT_INVALID, f"{place or text[:80]!r}: {error}") from None


def _identity(identity: Secret) -> Any:
    import pyrage

    try:
        return pyrage.x25519.Identity.from_str(identity.reveal().decode("ascii", "replace"))
    except pyrage.IdentityError:
        raise BurnerError(Code.RECIPIENT_KEY_UNUSABLE, "damaged") from None


def count_recipients(sealed: bytes) -> int:
    """For how many recipients it is encrypted; who they are it does not say."""
    header, _, _ = sealed.partition(b"\n---")
    return header.count(b"\n-> X25519 ")
