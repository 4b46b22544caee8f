"""The evidence of an approver: files, by name and digest. The files stay where they are."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import open_plain
from burner.core.words.plural import counted

MAX_EVIDENCE = 1 << 30
"""Bytes of one file."""
MOST_FILES = 32
MAX_NAME = 128
"""Characters."""
_CHUNK = 1 << 20
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Evidence:
    """A file that an approver looked at: a test report, a photograph."""

    name: str
    size: int
    sha256: str


def read_evidence(paths: Sequence[Path]) -> tuple[Evidence, ...]:
    """Name, size and digest of each file.

    Raises:
        BurnerError: E222 a file is missing, empty, too large, has a name that cannot be shown, or
            the name of another one; or there are too many.
    """
    if len(paths) > MOST_FILES:
        raise BurnerError(
            Code.DOCUMENT_INVALID, f"evidence: {counted(len(paths), 'file')}, at most {MOST_FILES}"
        )
    files = tuple(map(_read, paths))
    names = [file.name for file in files]
    for file in files:
        if names.count(file.name) > 1:
            raise BurnerError(Code.DOCUMENT_INVALID, f"two files of evidence called {file.name}")
    return tuple(sorted(files, key=lambda file: file.name))


def is_evidence(row: object) -> bool:
    """Whether a row of a statement has the form of `Evidence`."""
    match row:
        case {"name": str(name), "size": int(size), "sha256": str(digest), **others}:
            is_size = type(size) is int and 0 < size <= MAX_EVIDENCE
            return not others and _is_name(name) and is_size and bool(_SHA256.fullmatch(digest))
    return False


def _is_name(name: str) -> bool:
    return name.isprintable() and 0 < len(name) <= MAX_NAME


def _read(path: Path) -> Evidence:
    if not _is_name(path.name):
        raise BurnerError(
            Code.DOCUMENT_INVALID,
            f"{path.name[:MAX_NAME]!r}: its name is not 1 to {MAX_NAME} visible characters",
        )
    try:
        with open_plain(path) as file:
            size = os.fstat(file.fileno()).st_size
            if not 0 < size <= MAX_EVIDENCE:
                why = f"larger than {MAX_EVIDENCE} bytes" if size else "an empty file"
                raise BurnerError(Code.DOCUMENT_INVALID, f"{path}: {why}")
            digest = sha256()
            for chunk in iter(partial(file.read, _CHUNK), b""):
                digest.update(chunk)
            return Evidence(path.name, size, digest.hexdigest())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise BurnerError(Code.DOCUMENT_INVALID, f"{path}: {why}") from None
