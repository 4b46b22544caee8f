"""SBOM and release notes: read where the profile names them, their form checked."""

from collections.abc import Mapping
from hashlib import sha256

from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.plain_file import read_plain
from burner.core.secrets.secret import Secret
from burner.profile.profile import Profile
from burner.release.documents.sbom import ALLOWED, read_sbom

SBOM, NOTES = "sbom", "notes"
MAX_SIZE = {SBOM: 16 << 20, NOTES: 64 << 10}
"""Bytes."""
_ALLOWED = {SBOM: ALLOWED, NOTES: "text in UTF-8"}


def read_documents(profile: Profile) -> tuple[dict[str, bytes], list[Finding]]:
    """The bytes of each document that the profile names, and what is wrong with them."""
    documents: dict[str, bytes] = {}
    findings: list[Finding] = []
    for kind, path in profile.documents.paths().items():
        found = ""
        file = profile.path.parent / path
        try:
            documents[kind] = read_plain(file, MAX_SIZE[kind])
            name_in_release(kind, documents[kind])
        except OSError as error:
            found = f"{file}: {error.strerror}"
        except ValueError as error:
            found = f"{file}: {error}"
        if found:
            place = profile.place("documents", kind)
            findings.append(Finding(Code.DOCUMENT_INVALID, place, found, _ALLOWED[kind]))
    return documents, findings


def name_in_release(kind: str, data: bytes) -> str:
    """The entry of a release file that holds a document of this form.

    Raises:
        ValueError: it does not have the form of its kind; the text says why.
    """
    if kind == SBOM:
        return "documents/sbom.json" if read_sbom(data).is_json else "documents/sbom.spdx"
    if not data.strip():
        raise ValueError("an empty file")
    try:
        data.decode()
    except UnicodeDecodeError:
        raise ValueError("not text in UTF-8") from None
    return "documents/notes.txt"


def document_digests(documents: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 (hex) of each, as the index of a release has them."""
    return {kind: sha256(data).hexdigest() for kind, data in documents.items()}


def secret_in_documents(
    profile: Profile, documents: Mapping[str, bytes], secret: Secret
) -> list[Finding]:
    """Each document that holds the product secret itself."""
    return [
        Finding(
            Code.SECRET_IN_PROFILE,
            profile.place("documents", kind),
            "the file holds the secret itself",
            "a file without the secret",
        )
        for kind, data in documents.items()
        if secret.reveal() in data
    ]
