"""The release file `NAME-VERSION.burn`: everything a station needs. Pure.

A ZIP archive in one form (`archive`). Its **core** comes first, and the same inputs give the same
core: `release.json` names every other entry of it with length and SHA-256, and the release's
digest. Beside the core, never in the digest, is what differs each time it is made: the sealed
parts with the secret, and the signatures. Opening is checking: what was read must pack into the
very same bytes again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from burner.core.canonical_json import canonical
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.release.archive import read_archive, write_archive
from burner.release.envelope.dsse import MAX_ENVELOPE_SIZE

FORMAT = 2
"""Of `release.json` and of the index in it."""
INDEX = "release.json"
PROFILE = "profile.json"
SEAL_CODE = "sealed/code.txt"
MOST_NUMBERED = 99
"""Sealed parts, and signatures: their names have two digits."""
MAX_SEALED_SIZE = 32 * 1024 * 1024

_CORE = re.compile(
    r"release\.json|profile\.json"
    r"|parts/[A-Za-z0-9][A-Za-z0-9_.-]{0,31}|documents/[a-z0-9][a-z0-9.-]{0,31}"
)
_NUMBERED = re.compile(r"(?:sealed/(?!00)[0-9]{2}\.age|signatures/(?!00)[0-9]{2}\.json)")


@dataclass(frozen=True)
class Contents:
    """What a release file holds, checked."""

    digest: str
    """The release's: SHA-256 (hex) of the canonical `index`."""
    index: Mapping[str, Any]
    """What is burned, as `release.release_index` made it."""
    profile: str
    """The profile as JSON; its files are names of `parts`."""
    parts: Mapping[str, bytes] = field(repr=False)
    """By `parts/NAME`."""
    documents: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """What is burned into no unit, by `documents/NAME`."""
    sealed: tuple[bytes, ...] = field(default=(), repr=False)
    """In the age format, each for other recipients; `seal` opens them."""
    seal_code: str = ""
    """The HMAC over all of `sealed` that `seal.add_seal` makes; empty where nothing is sealed."""
    envelopes: tuple[bytes, ...] = field(default=(), repr=False)
    """Signed statements on this release: signatures before approvals, each by their keys."""


def pack(contents: Contents) -> bytes:
    """The one form of a release file with these contents."""
    files = _core(contents)
    about = {
        "format": FORMAT,
        "digest": contents.digest,
        "index": contents.index,
        "files": _rows(files),
    }
    return write_archive({INDEX: canonical(about), **files, **_beside_core(contents)})


def core_files(contents: Contents) -> list[dict[str, Any]]:
    """Name, size and SHA-256 of every entry of the core but `release.json`, in their order."""
    return _rows(_core(contents))


def _core(contents: Contents) -> dict[str, bytes]:
    held = {**contents.parts, **contents.documents}
    order = [*sorted(contents.parts), *sorted(contents.documents)]
    return {PROFILE: contents.profile.encode(), **{name: held[name] for name in order}}


def _rows(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {"name": name, "size": len(data), "sha256": sha256(data).hexdigest()}
        for name, data in files.items()
    ]


def _beside_core(contents: Contents) -> dict[str, bytes]:
    sealed = _numbered("sealed", "age", contents.sealed)
    if contents.seal_code:
        sealed[SEAL_CODE] = contents.seal_code.encode()
    return sealed | _numbered("signatures", "json", contents.envelopes)


def _numbered(folder: str, ending: str, entries: Iterable[bytes]) -> dict[str, bytes]:
    """`sealed/01.age` and so on."""
    return {f"{folder}/{number:02}.{ending}": data for number, data in enumerate(entries, 1)}


def unpack(data: bytes, name: str) -> Contents:
    """Open a release file.

    Args:
        data: the whole file.
        name: how to call it in errors.

    Raises:
        BurnerError: E201 no release file, E202 of a newer format, E203 an entry is changed,
            missing, added or out of order, E204 an entry that no release has, E209 of an older
            format.
    """
    entries = read_archive(data, name, _not_allowed)
    about = _index(entries, name)
    _check_core(entries, about["files"], name)
    _check_numbers(entries, name)
    try:
        contents = _contents(about, entries)
    except (KeyError, UnicodeDecodeError):
        raise BurnerError(
            Code.RELEASE_CHANGED, f"{name}: {PROFILE} is missing, or an entry is not text"
        ) from None
    if sha256(canonical(contents.index)).hexdigest() != contents.digest:
        raise BurnerError(
            Code.RELEASE_CHANGED, f"{name}: {INDEX} does not have the digest it names"
        )
    _check_seal_is_there(contents, name)
    if pack(contents) != data:
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: bytes between the parts were changed")
    return contents


def _not_allowed(entry: str, size: int) -> str:
    """Why no release has an entry of this name and size; empty if one may."""
    if _CORE.fullmatch(entry):
        return ""
    if entry == SEAL_CODE:
        most = 64
    elif _NUMBERED.fullmatch(entry):
        most = MAX_SEALED_SIZE if entry.startswith("sealed/") else MAX_ENVELOPE_SIZE
    else:
        return "is not a name in a release"
    return f"has {size} bytes, at most {most}" if size > most else ""


def _contents(about: Mapping[str, Any], entries: Mapping[str, bytes]) -> Contents:
    def in_folder(folder: str) -> dict[str, bytes]:
        return {name: held for name, held in entries.items() if name.startswith(f"{folder}/")}

    sealed = in_folder("sealed")
    return Contents(
        digest=about["digest"],
        index=about["index"],
        profile=entries[PROFILE].decode(),
        parts=in_folder("parts"),
        documents=in_folder("documents"),
        seal_code=sealed.pop(SEAL_CODE, b"").decode("ascii"),
        sealed=tuple(sealed.values()),
        envelopes=tuple(in_folder("signatures").values()),
    )


def _index(entries: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        about = json.loads(entries[INDEX])
        formats = {about["format"], about["index"]["format"]}
        newer, older = max(formats) > FORMAT, min(formats) < FORMAT
        canonical(about)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BurnerError(Code.NOT_A_RELEASE, f"{name}: no readable {INDEX} in it") from None
    if newer or older:
        code = Code.RELEASE_TOO_NEW if newer else Code.RELEASE_TOO_OLD
        found = max(formats) if newer else min(formats)
        raise BurnerError(code, f"{name}: format {found}, this burner reads {FORMAT}")
    shapes = {"digest": str, "index": dict, "files": list}
    if not all(isinstance(about.get(key), shape) for key, shape in shapes.items()):
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: {INDEX} is incomplete")
    return dict(about)


def _check_core(entries: Mapping[str, bytes], files: list[Any], name: str) -> None:
    """Every entry that the index names, in its order, with its length and digest; no other."""
    try:
        listed = {str(row["name"]): (row["size"], row["sha256"]) for row in files}
    except (KeyError, TypeError):
        raise BurnerError(
            Code.RELEASE_CHANGED, f"{name}: {INDEX} does not list its parts"
        ) from None
    held = [entry for entry in entries if entry != INDEX and _CORE.fullmatch(entry)]
    _refuse_other(set(listed) - set(held), set(held) - set(listed), name)
    if [INDEX, *listed] != list(entries)[: len(listed) + 1]:
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: the parts are out of order")
    for part, (size, digest) in listed.items():
        if (len(entries[part]), sha256(entries[part]).hexdigest()) != (size, digest):
            raise BurnerError(Code.RELEASE_CHANGED, f"{name}: {part} was changed")


def _check_numbers(entries: Mapping[str, bytes], name: str) -> None:
    """Sealed parts, their code and signatures: numbered without gaps, in their order."""
    held = [entry for entry in entries if not _CORE.fullmatch(entry)]
    expected: list[str] = []
    for folder, ending, last in (("sealed", "age", SEAL_CODE), ("signatures", "json", "")):
        numbers = [int(e[-len(ending) - 3 : -len(ending) - 1]) for e in held if _in(folder, e)]
        expected += _numbered(folder, ending, [b""] * max(numbers, default=0))
        expected += [last] if numbers and last else []
    _refuse_other(set(expected) - set(held), set(held) - set(expected), name)
    if expected != held:
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: sealed parts or signatures out of order")


def _in(folder: str, entry: str) -> bool:
    return entry.startswith(f"{folder}/") and entry != SEAL_CODE


def _refuse_other(missing: set[str], added: set[str], name: str) -> None:
    for words, entries in (("missing", missing), ("added", added)):
        if entries:
            shown = ", ".join(sorted(entries))
            raise BurnerError(Code.RELEASE_CHANGED, f"{name}: {words}: {shown}")


def _check_seal_is_there(contents: Contents, name: str) -> None:
    """That it is sealed where its index says so, and only there."""
    expected = "sealed" in contents.index
    if expected != bool(contents.sealed):
        words = "missing" if expected else "added"
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: {words}: sealed parts")
