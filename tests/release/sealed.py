"""Releases sealed for stations of a test."""

from functools import cache
from pathlib import Path

from burner.core.secrets.secret import Secret
from burner.release import age
from burner.release.contents import inputs_to_seal, release_contents
from burner.release.preflight import preflight_without_secret
from burner.release.release_file import Contents
from burner.release.seal import SealedInputs, add_seal

ROOT = Path(__file__).parents[2]
PLUG = ROOT / "profiles" / "plug-c3.yaml"
SECRET = "Q7wE2rT9yU4iO6pA1sD3fG5h"
OTHER_SECRET = "Zk8vQ2mT6xW4yB9nR3sJ7pLd"
CERTIFICATE = b"-----BEGIN PRIVATE KEY-----\nkR7xWq2ZpL9vTn4sHc6bYd1mUe8fGa3j\n-----END-----\n"


@cache
def identity(station: str) -> Secret:
    """The key of a station, the same in each test."""
    assert station
    return age.new_identity()


@cache
def recipient(station: str) -> str:
    """Its public half."""
    return age.recipient_of(identity(station))


def profile_in(folder: Path, secret: str = SECRET, *, confidential: bool = False) -> Path:
    """The plug's profile with its secret in a file; with a certificate key in it, or without."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_text(secret)
    (folder / "secret").chmod(0o600)
    text = PLUG.read_text().replace("env:PLUG_C3_SECRET", "file:secret")
    text = text.replace("../firmware", (ROOT / "firmware").as_posix())
    if confidential:
        (folder / "certificate.key").write_bytes(CERTIFICATE)
        image = "{name: cert, file: certificate.key, partition: log_info, confidential: true}"
        text = text.replace("images:\n", f"images:\n  - {image}\n")
    path = folder / "plug.yaml"
    path.write_text(text)
    return path


def inputs_of(profile: Path) -> SealedInputs:
    """What is sealed of a profile."""
    return inputs_to_seal(preflight_without_secret(profile), None)


def sealed(profile: Path, *stations: str) -> Contents:
    """A release of a profile, sealed for these stations at once."""
    inputs = inputs_of(profile)
    contents = release_contents(preflight_without_secret(profile), inputs)
    return add_seal(contents, inputs, [recipient(station) for station in stations])
