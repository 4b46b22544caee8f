"""A new key pair of a person who signs: the private key encrypted, the public one beside it."""

from pathlib import Path

from burner.core.atomic_file import write_durably, write_output
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.release.envelope.public_key import PublicKey


def check_no_key_there(private: Path) -> None:
    """That no key pair would be replaced; call it before anybody is asked for a passphrase.

    Raises:
        BurnerError: E736 one of the two files exists.
    """
    for path in (private, private.with_suffix(".pub")):
        if path.exists():
            raise BurnerError(Code.TARGET_EXISTS, str(path))


def make_key_pair(private: Path, passphrase: str) -> tuple[Path, PublicKey]:
    """Make an Ed25519 key; `alice.pem` gets `alice.pub` beside it.

    Args:
        private: file of the private key: PKCS #8 in PEM, encrypted, for its owner's account only.
        passphrase: encrypts it.

    Returns:
        The public key's file, and the key.

    Raises:
        BurnerError: E221 for an empty passphrase, E729 a file cannot be written, E736 one of them
            exists.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    if not passphrase.strip():
        raise BurnerError(Code.SIGNER_UNUSABLE, "an empty passphrase protects nothing")
    check_no_key_there(private)
    public = private.with_suffix(".pub")
    made = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(passphrase.encode())
    key = PublicKey.from_key(made.public_key())
    try:
        write_durably(private, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    except OSError as error:
        raise BurnerError(Code.OUTPUT_FILE_UNWRITABLE, f"{private}: {error.strerror}") from None
    write_output(public, key.pem.encode())
    return public, key
