"""The credentials that the gateway gives: a device's own secret, or a certificate and its key."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from burner.platforms.platform import Platform
from burner.platforms.product_settings import CredentialKind
from burner.platforms.registration import Credentials

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

VALID = timedelta(days=365)
RSA_BITS = 2048
"""As the keys of real devices, so that a firmware's buffers are tried."""


class Issuer:
    """Makes credentials. Certificates are signed by an authority that lives as long as this."""

    def __init__(self) -> None:
        self._authority: tuple[rsa.RSAPrivateKey, x509.Name] | None = None

    def issue(
        self, kind: CredentialKind, platform: Platform, product_id: str, name: str
    ) -> Credentials:
        """New credentials of a device."""
        if kind is CredentialKind.KEY:
            return Credentials(device_secret=platform.device_secret(secrets.token_bytes(16)))
        return self._certificate(f"{product_id}{name}")

    def _certificate(self, device: str) -> Credentials:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.x509.oid import NameOID

        if self._authority is None:
            organisation = x509.NameAttribute(NameOID.COMMON_NAME, "burner gateway")
            self._authority = _new_key(), x509.Name([organisation])
        signer, issuer = self._authority
        key, now = _new_key(), datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + VALID)
            .sign(signer, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        traditional = serialization.PrivateFormat.TraditionalOpenSSL
        plain = serialization.NoEncryption()
        return Credentials(
            certificate=certificate.public_bytes(pem).decode(),
            private_key=key.private_bytes(pem, traditional, plain).decode(),
        )


def _new_key() -> "rsa.RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
