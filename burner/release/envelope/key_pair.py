"""A new key pair of a person who signs: the private key encrypted, the public one beside it."""

from contextlib import suppress
from pathlib import Path

from burner.core.atomic_file import write_durably, write_output
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.release.envelope.public_key import PublicKey

PUBLIC = ".pub"
"""Ending of the public key's file."""


def check_place(private: Path) -> None:
    """That a key pair goes into two new files; call it before anybody is asked for a passphrase.

    Raises:
        BurnerError: E729 both would be one file, E736 one of them exists.
    """
    if private.suffix.casefold() == PUBLIC:
        detail = f"{private}: this is for the public key; name the private key, such as "
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{detail}{private.with_suffix('.pem')}")
    for path in (private, private.with_suffix(PUBLIC)):
        if path.exists():
            raise BurnerError(Code.TARGET_EXISTS, str(path))


def make_key_pair(private: Path, passphrase: str) -> tuple[Path, PublicKey]:
    """Make an Ed25519 key; `alice.pem` gets `alice.pub` beside it. Both are written, or none.

    Args:
        private: file of the private key: PKCS #8 in PEM, encrypted, for its owner's account only.
        passphrase: encrypts it.

    Returns:
        The public key's file, and the key.

    Raises:
        BurnerError: E221 for an empty passphrase, E729 a file cannot be written or both would be
            one, E736 one of them exists.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    if not passphrase.strip():
        raise BurnerError(Code.SIGNER_UNUSABLE, "an empty passphrase protects nothing")
    check_place(private)
    public = private.with_suffix(PUBLIC)
    made = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(passphrase.encode())
    key = PublicKey.from_key(made.public_key())
    write_output(public, key.pem.encode())
    try:
        write_durably(private, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    except OSError as error:
        with suppress(OSError):
            public.unlink()
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{private}: {error.strerror}") from None
    return public, key
