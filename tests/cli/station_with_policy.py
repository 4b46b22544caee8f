"""A station whose file says which releases it accepts, and releases that people signed for it."""

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner

from burner.manifest.local.keys import station_recipient
from burner.release.contents import inputs_to_seal, release_contents
from burner.release.documents.evidence import Evidence
from burner.release.opening import read_release_file
from burner.release.preflight import preflight_without_secret
from burner.release.release_file import pack
from burner.release.seal import add_seal
from burner.release.statements import add_statement, approval_statement, release_statement
from tests.images import write_product
from tests.in_process import Completed, run_burner
from tests.release.envelope.signers import signer

PASSPHRASE = "of people in tests"
BENCH = ("--bench", "sim:1")
WHO = ("--operator", "li")


def write_station(folder: Path, name: str = "station.yaml", **accept: str) -> Path:
    """A station file that accepts what alice signed and bob or carol approved."""
    for person in ("alice", "bob", "carol"):
        (folder / f"{person}.pub").write_text(signer(person).key.pem)
    fields = {
        "manifest": "manifest.db",
        "signers": "{alice: alice.pub}",
        "approvers": "{bob: bob.pub, carol: carol.pub}",
        **accept,
    }
    lines = "".join(f"  {field}: {value}\n" for field, value in fields.items() if value)
    path = folder / name
    slots = 'slots: {"1": {esp: {location: 9-9}}}'
    path.write_text(f"station: line1\n{slots}\naccept:\n{lines}", encoding="utf-8")
    return path


def write_release(
    folder: Path,
    signed: str = "alice",
    approved: str = "bob",
    version: str = "1.2.0",
    *,
    sealed: bool = True,
    recipient: str = "",
    **fields: str,
) -> Path:
    """A release file for line1 that these people signed and approved."""
    product = f"{{name: blinky, version: {version}, id: S3EUVBRJLB, secret: file:secret.txt}}"
    profile = write_product(folder, product=product, **fields)
    seen = preflight_without_secret(profile)
    inputs = inputs_to_seal(seen, None) if sealed else None
    contents = release_contents(seen, inputs)
    if inputs:
        contents = add_seal(contents, inputs, [recipient or station_recipient("line1")])
    for name in signed.split():
        contents = add_statement(contents, release_statement(contents), signer(name))
    for name in approved.split():
        evidence = (Evidence("report.pdf", 12, "11" * 32),)
        statement = approval_statement(contents, evidence, "tested", "2026-11-29T09:00:00Z")
        contents = add_statement(contents, statement, signer(name))
    path = folder / f"blinky-{version}.burn"
    path.write_bytes(pack(contents))
    return path


def write_key(folder: Path, name: str) -> Path:
    """The private key of a person, as `burner key pair` writes it; see `PASSPHRASE`."""
    backend = signer(name).backend
    assert isinstance(backend, CryptoSigner)
    key = load_pem_private_key(backend.private_bytes, None)
    lock = BestAvailableEncryption(PASSPHRASE.encode())
    path = folder / f"{name}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    return path


def stripped(release: Path, *, keep: int) -> Path:
    """A copy with one of its statements only."""
    contents = read_release_file(release)
    path = release.with_name("stripped.burn")
    path.write_bytes(pack(replace(contents, envelopes=(contents.envelopes[keep],))))
    return path


def burn(folder: Path, source: Path, *arguments: str | Path, **env: str) -> Completed:
    """`burner burn` on a simulated slot, for batch WO1."""
    how = ("--yes", "--batch", "WO1", *WHO, *BENCH)
    return run_burner(folder, "burn", source, *how, *arguments, env=env)


def open_batch(folder: Path, source: Path, *arguments: str | Path, **env: str) -> Completed:
    """`burner batch open`, for batch WO1."""
    return run_burner(folder, "batch", "open", source, "--batch", "WO1", *WHO, *arguments, env=env)
