"""What firmware writes into its own flash when it runs for the first time.

The bootloader notes in `otadata` which slot it booted; the application keeps its radio
calibration in `nvs`. Both regions are mutable: after a boot they are not as they were burned.
"""

import struct
import zlib

from burner.bench.nor import SECTOR, NorFlash
from burner.partitions import Partition

NAMESPACE = b"phy"
KEY = b"cal_version"

_ACTIVE = 0xFFFFFFFE
_BLANK = 0xFFFFFFFF
_IN_USE = (_ACTIVE, 0xFFFFFFFC, 0xFFFFFFF8)
"""Active, full, being emptied. What has another state is no page of NVS."""
_ENTRY = 32
_FIRST_ENTRY = 64
_U8, _U32 = 0x01, 0x04
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
    data = flash.read(nvs.offset, nvs.size)
    if NAMESPACE + b"\0" in data:
        return
    states = [struct.unpack_from("<II", data, page) for page in range(0, len(data), SECTOR)]
    for index, (state, _) in enumerate(states):
        page = data[index * SECTOR : (index + 1) * SECTOR]
        start = nvs.offset + index * SECTOR
        if state == _ACTIVE and (free := _free_entry(page)) is not None:
            _append(flash, start, free, _next_namespace(data))
            return
        if state == _BLANK:
            last = max((number for kind, number in states if kind in _IN_USE), default=-1)
            flash.program(start, _page_header((last + 1) % 2**32))
            _append(flash, start, 0, _next_namespace(data))
            return


def _page_header(sequence: int) -> bytes:
    body = struct.pack("<IB", sequence, 0xFE) + b"\xff" * 19
    return struct.pack("<I", _ACTIVE) + body + struct.pack("<I", crc32(body))


def _free_entry(page: bytes) -> int | None:
    """The first of two free entries behind the last used one."""
    used = [i for i in range(126) if page[32 + i // 4] >> i % 4 * 2 & 0b11 != 0b11]
    free = max(used, default=-1) + 1
    return free if free <= 124 else None


def _next_namespace(data: bytes) -> int:
    """The first namespace index that no entry has taken."""
    taken = [
        entry[24]
        for page in range(0, len(data), SECTOR)
        for at in range(page + _FIRST_ENTRY, page + SECTOR, _ENTRY)
        if (entry := data[at : at + _ENTRY])[:2] == bytes((0, _U8))
    ]
    return max(taken, default=0) + 1


def _append(flash: NorFlash, page: int, index: int, namespace: int) -> None:
    entries = _entry(0, _U8, NAMESPACE, bytes((namespace,)))
    entries += _entry(namespace, _U32, KEY, struct.pack("<I", 0x0A00))
    flash.program(page + _FIRST_ENTRY + index * _ENTRY, entries)
    for entry in (index, index + 1):
        written = ~(1 << entry % 4 * 2) & 0xFF  # 0b11 empty becomes 0b10 written
        flash.program(page + 32 + entry // 4, bytes((written,)))


def _entry(namespace: int, kind: int, key: bytes, value: bytes) -> bytes:
    head = bytes((namespace, kind, 1, 0xFF))
    rest = key.ljust(16, b"\0") + value.ljust(8, b"\xff")
    return head + struct.pack("<I", crc32(head + rest)) + rest
