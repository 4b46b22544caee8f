"""A ZIP archive in one form only: stored entries, no times, no attributes. Pure."""

import struct
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from zlib import crc32

from burner.core.code import Code
from burner.core.errors import BurnerError

MAX_SIZE = 256 * 1024 * 1024
"""Bytes; twice the largest flash there is."""
MAX_DIRECTORY_SIZE = 1024 * 1024
"""Bytes; room for ten thousand entries."""

# PKWARE's APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16: local header, central header, end record.
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_VERSION = 20
_DATE = (1 << 5) | 1
"""1980-01-01, the first day ZIP knows: a release has no time of its own."""
_REGULAR_FILE = 0o100644 << 16


def read_archive(
    data: bytes, name: str, not_allowed: Callable[[str, int], str]
) -> dict[str, bytes]:
    """Every entry, in the order of the file; nothing is unpacked that is not stored as it is.

    Args:
        data: the whole archive.
        name: how to call it in errors.
        not_allowed: why an entry of this name and size may not be there; empty if it may.

    Raises:
        BurnerError: E201 no archive of this form, E203 an entry is damaged, E204 an entry that no
            release has.
    """
    if len(data) > MAX_SIZE:
        raise BurnerError(
            Code.RELEASE_ENTRY_UNKNOWN, f"{name}: {len(data)} bytes, at most {MAX_SIZE}"
        )
    _check_end(data, name)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries: dict[str, bytes] = {}
            listed = archive.infolist()
            if sum(info.compress_size for info in listed) > len(data):
                raise BurnerError(Code.RELEASE_ENTRY_UNKNOWN, f"{name}: its entries overlap")
            for info in listed:
                why = not_allowed(info.filename, info.file_size) or _strange(info, entries)
                if why:
                    raise BurnerError(
                        Code.RELEASE_ENTRY_UNKNOWN, f"{name}: {info.filename[:80]!r} {why}"
                    )
                entries[info.filename] = _data(archive, info, name)
            return entries
    except BurnerError:
        raise
    except zipfile.BadZipFile as error:
        raise BurnerError(Code.NOT_A_RELEASE, f"{name}: {error}") from None
    except Exception as error:  # zipfile meets hostile bytes with struct.error, EOFError and more
        raise BurnerError(Code.NOT_A_RELEASE, f"{name}: {type(error).__name__}") from None


def _data(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    """The bytes of an entry, which agree with its header and its checksum."""
    try:
        return archive.read(info)
    except zipfile.BadZipFile as error:
        raise BurnerError(Code.RELEASE_CHANGED, f"{name}: {error}") from None


def _check_end(data: bytes, name: str) -> None:
    """That the archive ends as ours do, before `zipfile` makes an object of every entry."""
    signature = data[-_END.size :][:4]
    if not data.startswith(b"PK"):
        raise BurnerError(Code.NOT_A_RELEASE, f"{name}: it does not begin as a release file does")
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
    if info.filename in entries:
        return "occurs twice"
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        return "is compressed"
    if info.external_attr != _REGULAR_FILE or info.flag_bits:
        return "is not a plain file"
    return ""


def write_archive(entries: Mapping[str, bytes]) -> bytes:
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
