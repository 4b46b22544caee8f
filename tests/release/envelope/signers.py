"""People with keys, for tests: made in memory, without a passphrase."""

from collections.abc import Callable
from functools import cache

from securesystemslib.signer import CryptoSigner, SSlibKey

from burner.release.envelope.dsse import EnvelopeSigner
from burner.release.envelope.public_key import PublicKey

DIGEST = "11" * 32


@cache
def signer(name: str, kind: str = "ed25519") -> EnvelopeSigner:
    """One person; the same key for the same name."""
    kinds: dict[str, Callable[[], CryptoSigner]] = {
        "ed25519": CryptoSigner.generate_ed25519,
        "p256": CryptoSigner.generate_ecdsa,
        "p384": lambda: CryptoSigner.generate_ecdsa(scheme="ecdsa-sha2-nistp384"),
        "p521": lambda: CryptoSigner.generate_ecdsa(scheme="ecdsa-sha2-nistp521"),
        "rsa": lambda: CryptoSigner.generate_rsa(size=2048),
    }
    backend = kinds[kind]()
    return EnvelopeSigner(name, public_key(backend.public_key), backend)


def public_key(key: SSlibKey) -> PublicKey:
    """Its bytes, whatever its kind."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = key._crypto_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(der)
