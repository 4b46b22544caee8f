"""The release file `NAME-VERSION.burn`: everything a station needs but the secret. Pure.

A ZIP archive that any tool can list, in one form only: stored entries, one order, no times, no
attributes. `release.json` comes first and names every other entry with length and SHA-256, and the
release's digest. Opening is checking: what was read must pack into the very same bytes again.

Signatures and sealed secrets come later, in an envelope around that digest.
"""

import json
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any
from zlib import crc32

from burner.core.canonical_json import canonical
from burner.core.code import Code
from burner.core.errors import BurnerError

FORMAT = 1
MAX_SIZE = 256 * 1024 * 1024
"""Bytes; twice the largest flash there is."""
MAX_DIRECTORY_SIZE = 1024 * 1024
"""Bytes; room for ten thousand entries."""
INDEX = "release.json"
PROFILE = "profile.json"

_PART = re.compile(r"parts/[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
# PKWARE's APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16: local header, central header, end record.
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_VERSION = 20
_DATE = (1 << 5) | 1
"""1980-01-01, the first day ZIP knows: a release has no time of its own."""
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True)
class Contents:
    """What a release file holds, checked."""

    digest: str
    """The release's: SHA-256 (hex) of the canonical `index`."""
    index: Mapping[str, Any]
    """What is burned, as `release.index` made it."""
    profile: str
    """The profile as JSON; its files are names of `parts`."""
    parts: Mapping[str, bytes]


def pack(contents: Contents) -> bytes:
    """The one form of a release file with these contents."""
    files = {PROFILE: contents.profile.encode()}
    files |= {name: contents.parts[name] for name in sorted(contents.parts)}
    listed = [
        {"name": name, "size": len(data), "sha256": sha256(data).hexdigest()}
        for name, data in files.items()
    ]
    about = {"format": FORMAT, "digest": contents.digest, "index": contents.index, "files": listed}
    return _zip({INDEX: canonical(about), **files})


def unpack(data: bytes, name: str) -> Contents:
    """Open a release file.

    Args:
        data: the whole file.
        name: how to call it in errors.

    Raises:
        BurnerError: E201 no release file, E202 of a newer format, E203 a part is changed,
            missing, added or out of order, E204 an entry that no release has.
    """
    entries = _entries(data, name)
    about = _index(entries, name)
    _check_parts(entries, about["files"], name)
    try:
        contents = Contents(
            digest=about["digest"],
            index=about["index"],
            profile=entries[PROFILE].decode(),
            parts={part: held for part, held in entries.items() if part not in (INDEX, PROFILE)},
        )
    except (KeyError, UnicodeDecodeError):
        raise BurnerError(
            Code.RELEASE_CHANGED, f"{name}: {PROFILE} is missing or not text"
        ) from None
    if sha256(canonical(contents.index)).hexdigest() != contents.digest:
        raise BurnerError(
            Code.RELEASE_CHANGED, f"{name}: {INDEX} does not have the digest it names"
        )
    if pack(contents) != data:
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: bytes between the parts were changed")
    return contents


def _entries(data: bytes, name: str) -> dict[str, bytes]:
    """Every entry, in the order of the file; nothing is unpacked that is not stored as it is."""
    if len(data) > MAX_SIZE:
        raise BurnerError(
            Code.RELEASE_ENTRY_UNKNOWN, f"{name}: {len(data)} bytes, at most {MAX_SIZE}"
        )
    _check_end(data, name)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries: dict[str, bytes] = {}
            for info in archive.infolist():
                if why := _strange(info, entries):
                    raise BurnerError(
                        Code.RELEASE_ENTRY_UNKNOWN, f"{name}: {info.filename[:80]!r} {why}"
                    )
                entries[info.filename] = archive.read(info)
            return entries
    except BurnerError:
        raise
    except zipfile.BadZipFile as error:
        code = Code.RELEASE_CHANGED if "CRC" in str(error) else Code.NOT_A_RELEASE
        raise BurnerError(code, f"{name}: {error}") from None
    except Exception as error:  # zipfile meets hostile bytes with struct.error, EOFError and more
        raise BurnerError(Code.NOT_A_RELEASE, f"{name}: {type(error).__name__}") from None


def _check_end(data: bytes, name: str) -> None:
    """That the archive ends as ours do, before `zipfile` makes an object of every entry."""
    signature = data[-_END.size :][:4]
    if len(data) < _END.size or signature != b"PK\x05\x06" or data[-2:] != bytes(2):
        raise BurnerError(
            Code.NOT_A_RELEASE,
            f"{name}: the end of the file is missing or damaged",
        )
    (directory_size,) = struct.unpack_from("<I", data, len(data) - 10)
    if directory_size > MAX_DIRECTORY_SIZE:
        raise BurnerError(Code.RELEASE_ENTRY_UNKNOWN, f"{name}: too many entries")
    # ZIP64's locator would give the directory another size.
    if data[-_END.size - 20 :][:4] == b"PK\x06\x07":
        raise BurnerError(Code.RELEASE_ENTRY_UNKNOWN, f"{name}: it is a ZIP64 archive")


def _strange(info: zipfile.ZipInfo, entries: Mapping[str, bytes]) -> str:
    """Why no release has such an entry; empty if one may."""
    if info.filename not in (INDEX, PROFILE) and not _PART.fullmatch(info.filename):
        return "is not a name in a release"
    if info.filename in entries:
        return "occurs twice"
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        return "is compressed"
    if info.external_attr != _REGULAR_FILE or info.flag_bits:
        return "is not a plain file"
    return ""


def _index(entries: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        about = json.loads(entries[INDEX])
        newer = about["format"] > FORMAT
        canonical(about)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BurnerError(Code.NOT_A_RELEASE, f"{name}: no readable {INDEX} in it") from None
    if newer:
        raise BurnerError(
            Code.RELEASE_TOO_NEW, f"{name}: format {about['format']}, this burner reads {FORMAT}"
        )
    shapes = {"digest": str, "index": dict, "files": list}
    if not all(isinstance(about.get(key), shape) for key, shape in shapes.items()):
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: {INDEX} is incomplete")
    return dict(about)


def _check_parts(entries: Mapping[str, bytes], files: list[Any], name: str) -> None:
    """Every part that the index names, in its order, with its length and digest; no other."""
    try:
        listed = {str(row["name"]): (row["size"], row["sha256"]) for row in files}
    except (KeyError, TypeError):
        raise BurnerError(
            Code.RELEASE_CHANGED, f"{name}: {INDEX} does not list its parts"
        ) from None
    held = [part for part in entries if part != INDEX]
    for words, parts in (("missing", set(listed) - set(held)), ("added", set(held) - set(listed))):
        if parts:
            raise BurnerError(Code.RELEASE_CHANGED, f"{name}: {words}: {', '.join(sorted(parts))}")
    if [INDEX, *listed] != list(entries):
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: the parts are out of order")
    for part, (size, digest) in listed.items():
        if (len(entries[part]), sha256(entries[part]).hexdigest()) != (size, digest):
            raise BurnerError(Code.RELEASE_CHANGED, f"{name}: {part} was changed")


def _zip(entries: Mapping[str, bytes]) -> bytes:
    """A ZIP archive whose every byte follows from names and data: `zipfile` does not guarantee
    this.
    """
    body, directory = bytearray(), bytearray()
    for name, data in entries.items():
        path, size = name.encode("ascii"), len(data)
        about = (_VERSION, 0, 0, 0, _DATE, crc32(data), size, size, len(path), 0)
        at = len(body)
        body += _LOCAL.pack(b"PK\x03\x04", *about) + path + data
        central = (_VERSION, *about, 0, 0, 0, _REGULAR_FILE, at)
        directory += _CENTRAL.pack(b"PK\x01\x02", *central) + path
    count = len(entries)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)
