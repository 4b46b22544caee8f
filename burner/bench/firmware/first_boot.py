"""What firmware writes into its own flash when it runs for the first time.

The bootloader notes in `otadata` which slot it booted; the application keeps its radio
calibration in `nvs`. Both regions are mutable: after a boot they are not as they were burned. A
firmware that moves its key stores it in `nvs` too, and erases it where it was burned.
"""

import struct
import zlib
from collections.abc import Callable, Mapping

from burner.bench.silicon.nor_flash import SECTOR, NorFlash
from burner.flash.partition_table import Partition

NAMESPACE = b"phy"
KEY = b"cal_version"
MOVED = b"own_key"
"""Namespace of a key that was moved."""

_ACTIVE = 0xFFFFFFFE
_BLANK = 0xFFFFFFFF
_IN_USE = (_ACTIVE, 0xFFFFFFFC, 0xFFFFFFF8)
"""Active, full, being emptied. Any other state is no NVS page."""
_ENTRY = 32
_FIRST_ENTRY = 64
_U8, _U32, _STRING = 0x01, 0x04, 0x21
_VALID = 2
"""State of an OTA entry: the application was confirmed."""


def crc32(data: bytes) -> int:
    """The ROM's CRC-32 as ESP-IDF calls it: all ones first, in zlib's convention."""
    return zlib.crc32(data, 0xFFFFFFFF)


def ota_entry(sequence: int) -> bytes:
    """One copy of otadata: sequence number, label, state, CRC of the number."""
    number = struct.pack("<I", sequence)
    return number + b"\xff" * 20 + struct.pack("<II", _VALID, crc32(number))


def note_slot(flash: NorFlash, otadata: Partition, sequence: int = 1) -> None:
    """The bootloader writes the first entry of a blank otadata."""
    if flash.is_blank(otadata.offset):
        flash.program(otadata.offset, ota_entry(sequence))


def keep_calibration(flash: NorFlash, nvs: Partition) -> None:
    """The application adds a namespace and a number to NVS, unless it has done so before."""
    if NAMESPACE + b"\0" not in flash.read(nvs.offset, nvs.size):
        number = struct.pack("<I", 0x0A00)
        _store(flash, nvs, NAMESPACE, 1, lambda index: _entry(index, _U32, KEY, number))


def move_key(flash: NorFlash, nvs: Partition, key: Mapping[str, str], burned: Partition) -> None:
    """The application stores its key in NVS, and erases the partition where it was burned.

    It erases nothing where NVS has no room, or does not keep it.
    """
    values = {name.encode(): value.encode() + b"\0" for name, value in key.items()}
    size = sum(1 + _entries_of(value) for value in values.values())

    def entries(index: int) -> bytes:
        return b"".join(_string(index, name, value) for name, value in values.items())

    if _store(flash, nvs, MOVED, size, entries):
        flash.erase(burned.offset, burned.size)


def _store(
    flash: NorFlash, nvs: Partition, name: bytes, size: int, entries: Callable[[int], bytes]
) -> bool:
    """Add a namespace, and entries that take its index; whether they are there now.

    Args:
        flash: of the unit.
        nvs: the partition.
        name: of the namespace.
        size: how many entries there are.
        entries: gives them for an index.
    """
    data = flash.read(nvs.offset, nvs.size)
    states = [struct.unpack_from("<II", data, page) for page in range(0, len(data), SECTOR)]
    index = _next_namespace(data)
    added = _entry(0, _U8, name, bytes((index,))) + entries(index)
    for number, (state, _) in enumerate(states):
        page = data[number * SECTOR : (number + 1) * SECTOR]
        start = nvs.offset + number * SECTOR
        if state == _ACTIVE and (free := _free_entry(page, size + 1)) is not None:
            return _append(flash, start, free, added)
        if state == _BLANK:
            last = max((sequence for kind, sequence in states if kind in _IN_USE), default=-1)
            flash.program(start, _page_header((last + 1) % 2**32))
            return _append(flash, start, 0, added)
    return False


def _page_header(sequence: int) -> bytes:
    body = struct.pack("<IB", sequence, 0xFE) + b"\xff" * 19
    return struct.pack("<I", _ACTIVE) + body + struct.pack("<I", crc32(body))


def _free_entry(page: bytes, count: int) -> int | None:
    """The first of so many free entries behind the last used one."""
    used = [i for i in range(126) if page[32 + i // 4] >> i % 4 * 2 & 0b11 != 0b11]
    free = max(used, default=-1) + 1
    return free if free + count <= 126 else None


def _next_namespace(data: bytes) -> int:
    """The first namespace index that no entry has taken."""
    taken = [
        entry[24]
        for page in range(0, len(data), SECTOR)
        for at in range(page + _FIRST_ENTRY, page + SECTOR, _ENTRY)
        if (entry := data[at : at + _ENTRY])[:2] == bytes((0, _U8))
    ]
    return max(taken, default=0) + 1


def _append(flash: NorFlash, page: int, first: int, entries: bytes) -> bool:
    start = page + _FIRST_ENTRY + first * _ENTRY
    flash.program(start, entries)
    for entry in range(first, first + len(entries) // _ENTRY):
        written = ~(1 << entry % 4 * 2) & 0xFF  # 0b11 empty becomes 0b10 written
        flash.program(page + 32 + entry // 4, bytes((written,)))
    return flash.read(start, len(entries)) == entries


def _entries_of(value: bytes) -> int:
    """How many entries a text takes after its first entry."""
    return -(-len(value) // _ENTRY)


def _string(namespace: int, key: bytes, value: bytes) -> bytes:
    span = 1 + _entries_of(value)
    about = struct.pack("<HHI", len(value), 0xFFFF, crc32(value))
    head = _entry(namespace, _STRING, key, about, span)
    return head + value.ljust((span - 1) * _ENTRY, b"\xff")


def _entry(namespace: int, kind: int, key: bytes, value: bytes, span: int = 1) -> bytes:
    head = bytes((namespace, kind, span, 0xFF))
    rest = key.ljust(16, b"\0") + value.ljust(8, b"\xff")
    return head + struct.pack("<I", crc32(head + rest)) + rest
