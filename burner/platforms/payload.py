"""AES-128-CBC under a product secret, as platforms encrypt what they give to a device."""

import base64
import binascii

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret

BLOCK = 16


def key_of(secret: Secret) -> bytes:
    """The AES key: the first 16 bytes of the product secret."""
    return secret.reveal()[:BLOCK]


def encrypt(data: bytes, key: bytes, vector: bytes) -> str:
    """Whole blocks, as base64."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return base64.b64encode(cipher.update(data) + cipher.finalize()).decode()


def decrypt(text: str, key: bytes, vector: bytes) -> bytes:
    """Whole blocks, from base64.

    Raises:
        BurnerError: E812 it is not base64 of whole blocks.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or len(data) % BLOCK:
        raise BurnerError(Code.CLOUD_ANSWER_DAMAGED, "the payload is not base64 of whole blocks")
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return cipher.update(data) + cipher.finalize()
