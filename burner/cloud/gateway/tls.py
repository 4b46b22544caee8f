"""TLS of the gateway: with a certificate of its user, or one that is made for the run."""

import ipaddress
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from burner.core.code import Code
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from cryptography import x509

VALID = timedelta(days=30)


@dataclass(frozen=True)
class ServerTls:
    """How the gateway speaks TLS."""

    context: ssl.SSLContext
    certificate: str
    """PEM, for the devices to trust; empty where the user has it."""


def tls_from_files(certificate: Path, key: Path) -> ServerTls:
    """With a certificate (PEM, with its chain) and its private key.

    Raises:
        BurnerError: E821.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # The password is asked for on the terminal where none is given.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except OSError as error:  # SSLError too
        is_read = isinstance(error, ssl.SSLError)
        why = "not a certificate with its private key" if is_read else error.strerror
        detail = f"{certificate}, {key}: {why}"
        raise BurnerError(Code.GATEWAY_CERTIFICATE_UNUSABLE, detail) from None
    return ServerTls(context, "")


def tls_for_a_run(names: Iterable[str]) -> ServerTls:
    """With a new certificate that signs itself, for these host names and addresses.

    The library loads files only: the private key is in one for a moment, in a folder that nobody
    else may open.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "burner gateway")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(list(map(_general_name, names))), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        paths[0].write_bytes(certificate.public_bytes(pem))
        private = serialization.PrivateFormat.PKCS8
        paths[1].write_bytes(key.private_bytes(pem, private, plain))
        made = tls_from_files(*paths)
    return ServerTls(made.context, certificate.public_bytes(pem).decode())


def _general_name(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
