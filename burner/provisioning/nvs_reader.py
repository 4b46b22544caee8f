"""Reads an ESP-IDF NVS partition: keys and values, every CRC checked.

Layout by the ESP-IDF Programming Guide, "Non-Volatile Storage Library", section Internals: pages of
4096 bytes, each with a header of 32 bytes, a bitmap of 2 bits an entry, and 126 entries of 32
bytes. ESP-IDF drops an entry with a wrong CRC or a cut value without a message. Here it is an
error: a partition that was just burned has no such entry. Of two values of one key the later
counts.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from burner.core.code import Code
from burner.core.errors import BurnerError

NvsValue = int | str | bytes

PAGE_SIZE: Final = 4096
ENTRY_SIZE: Final = 32
ENTRIES_PER_PAGE: Final = 126
FIRST_ENTRY: Final = 64
KEY_SIZE: Final = 64
"""Encryption key and tweak key, 32 bytes each."""

_UNUSED: Final = 0xFFFFFFFF
_IN_USE: Final = frozenset({0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFFFF8})
"""Page states active, full, being emptied."""
_WRITTEN: Final = 0b10
_INTEGERS: Final = {
    0x01: "<B",
    0x11: "<b",
    0x02: "<H",
    0x12: "<h",
    0x04: "<I",
    0x14: "<i",
    0x08: "<Q",
    0x18: "<q",
}
_STRING: Final = 0x21
_BLOB: Final = 0x41
_CHUNK: Final = 0x42
_INDEX: Final = 0x48


@dataclass(frozen=True)
class _Item:
    """One entry with its payload: `field` is the 8 bytes that hold a number or a size."""

    namespace: int
    kind: int
    chunk: int
    key: str
    field: bytes
    payload: bytes


def read_nvs(
    data: bytes, encryption_key: bytes | None = None
) -> Mapping[tuple[str, str], NvsValue]:
    """Every value of a partition by (namespace, key): numbers, strings, blobs.

    Args:
        data: the whole partition.
        encryption_key: the 64 bytes of the key partition where NVS is encrypted.

    Raises:
        BurnerError: E607 where the bytes are no valid NVS partition.
    """
    if encryption_key is not None and len(encryption_key) != KEY_SIZE:
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"an NVS key has {KEY_SIZE} bytes")
    if not data or len(data) % PAGE_SIZE:
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"{len(data)} bytes are not whole pages")
    items = [item for page in _pages(data, encryption_key) for item in _items(page)]
    names = {item.field[0]: item.key for item in items if item.namespace == 0}
    chunks = {
        (item.namespace, item.key, item.chunk): item.payload
        for item in items
        if item.kind == _CHUNK
    }
    values: dict[tuple[str, str], NvsValue] = {}
    for item in items:
        if item.namespace == 0 or item.kind == _CHUNK:
            continue
        if item.namespace not in names:
            raise BurnerError(
                Code.KEY_PARTITION_DAMAGED, f"key {item.key!r} belongs to no namespace"
            )
        values[names[item.namespace], item.key] = _value(item, chunks)
    return MappingProxyType(values)


def read_key_partition(data: bytes) -> bytes:
    """The 64 bytes of NVS encryption key and tweak key, their CRC checked.

    Raises:
        BurnerError: E607 where there is no key.
    """
    key, stored = data[:KEY_SIZE], data[KEY_SIZE : KEY_SIZE + 4]
    if len(stored) < 4 or stored != key_crc(key):
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, "no NVS key in the key partition")
    return key


def key_crc(key: bytes) -> bytes:
    """The CRC-32 that follows the key in its partition, little endian."""
    return struct.pack("<I", _crc(key))


def _crc(data: bytes) -> int:
    # ESP-IDF calls its ROM's CRC with all ones, which zlib's convention inverts once more.
    return zlib.crc32(data, 0xFFFFFFFF)


def _pages(data: bytes, encryption_key: bytes | None) -> list[bytes]:
    """Pages in use, the oldest first, decrypted."""
    numbered_pages: list[tuple[int, bytes]] = []
    for offset in range(0, len(data), PAGE_SIZE):
        page = data[offset : offset + PAGE_SIZE]
        state, sequence, version = struct.unpack_from("<IIB", page)
        if state == _UNUSED:
            continue
        (stored,) = struct.unpack_from("<I", page, 28)
        if state not in _IN_USE or version not in (0xFE, 0xFF) or stored != _crc(page[4:28]):
            raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"no page header at {offset:#x}")
        if encryption_key is not None:
            page = _decrypt(page, offset, encryption_key)
        numbered_pages.append((sequence, page))
    return [page for _, page in sorted(numbered_pages, key=lambda numbered: numbered[0])]


def _decrypt(page: bytes, page_offset: int, key: bytes) -> bytes:
    """A page in plain: AES-XTS per entry, the tweak being its offset in the partition."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if key[:32] == key[32:]:
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, "the two halves of the NVS key are equal")
    plain = bytearray(page)
    for index in range(ENTRIES_PER_PAGE):
        if _is_written(page, index):
            offset = FIRST_ENTRY + index * ENTRY_SIZE
            tweak = (page_offset + offset).to_bytes(16, "little")
            cipher = Cipher(algorithms.AES(key), modes.XTS(tweak)).decryptor()
            plain[offset : offset + ENTRY_SIZE] = cipher.update(page[offset : offset + ENTRY_SIZE])
    return bytes(plain)


def _items(page: bytes) -> Iterator[_Item]:
    index = 0
    while index < ENTRIES_PER_PAGE:
        if not _is_written(page, index):
            index += 1
            continue
        item, span = _item(page, index)
        yield item
        index += span


def _is_written(page: bytes, index: int) -> bool:
    return page[32 + index // 4] >> index % 4 * 2 & 0b11 == _WRITTEN


def _item(page: bytes, index: int) -> tuple[_Item, int]:
    """The item at an entry, and how many entries it takes."""
    start = FIRST_ENTRY + index * ENTRY_SIZE
    head = page[start : start + ENTRY_SIZE]
    namespace, kind, span, chunk, stored = struct.unpack_from("<BBBBI", head)
    if stored != _crc(head[:4] + head[8:]):
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"entry {index} is damaged")
    if not 1 <= span <= ENTRIES_PER_PAGE - index:
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"entry {index} is cut short")
    if not all(_is_written(page, at) for at in range(index, index + span)):
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"entry {index} is partly erased")
    key = _text(head[8:24].split(b"\0")[0], index)
    body = page[start + ENTRY_SIZE : start + span * ENTRY_SIZE]
    payload = _payload(head, body, index) if kind in (_STRING, _BLOB, _CHUNK) else b""
    return _Item(namespace, kind, chunk, key, head[24:32], payload), span


def _payload(head: bytes, body: bytes, index: int) -> bytes:
    (size,) = struct.unpack_from("<H", head, 24)
    (stored,) = struct.unpack_from("<I", head, 28)
    if size > len(body) or stored != _crc(body[:size]):
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"the value at entry {index} is damaged")
    return body[:size]


def _value(item: _Item, chunks: Mapping[tuple[int, str, int], bytes]) -> NvsValue:
    if item.kind in _INTEGERS:
        number: int = struct.unpack_from(_INTEGERS[item.kind], item.field)[0]
        return number
    if item.kind == _STRING:
        return _text(item.payload.removesuffix(b"\0"), item.key)
    if item.kind == _BLOB:
        return item.payload
    if item.kind == _INDEX:
        size, count, first = struct.unpack_from("<IBB", item.field)
        parts = [chunks.get((item.namespace, item.key, first + n), b"") for n in range(count)]
        if sum(map(len, parts)) != size:
            raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"key {item.key!r} lacks a part")
        return b"".join(parts)
    raise BurnerError(
        Code.KEY_PARTITION_DAMAGED, f"key {item.key!r} has the unknown type {item.kind:#x}"
    )


def _text(raw: bytes, where: object) -> str:
    # Not by UnicodeDecodeError: that one carries the bytes with it.
    text = raw.decode("utf-8", "replace")
    if text.encode() != raw:
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, f"the text at {where!r} is not UTF-8")
    return text
