"""The checksums that firmware puts after its structs. Each takes bytes and gives a number."""

import binascii
import zlib
from collections.abc import Callable, Mapping
from functools import reduce
from operator import xor
from typing import Final, Literal, NamedTuple

Algorithm = Literal[
    "crc32",
    "crc32-idf",
    "crc16-ccitt",
    "crc16-xmodem",
    "crc16-modbus",
    "crc8",
    "sum8",
    "sum16",
    "sum32",
    "xor8",
]


class Checksum(NamedTuple):
    """How a checksum is computed, and how many bits it has."""

    bits: int
    compute: Callable[[bytes], int]


def _modbus(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 & 0xFF ^ (0x07 if crc & 0x80 else 0)
    return crc


CHECKSUMS: Final[Mapping[Algorithm, Checksum]] = {
    # zlib's; ESP-IDF's esp_rom_crc32_le(0, …) gives the same.
    "crc32": Checksum(32, zlib.crc32),
    # esp_rom_crc32_le(UINT32_MAX, …), as ESP-IDF uses it for NVS and otadata.
    "crc32-idf": Checksum(32, lambda data: zlib.crc32(data, 0xFFFFFFFF)),
    "crc16-ccitt": Checksum(16, lambda data: binascii.crc_hqx(data, 0xFFFF)),
    "crc16-xmodem": Checksum(16, lambda data: binascii.crc_hqx(data, 0)),
    "crc16-modbus": Checksum(16, _modbus),
    "crc8": Checksum(8, _crc8),
    "sum8": Checksum(8, lambda data: sum(data) & 0xFF),
    "sum16": Checksum(16, lambda data: sum(data) & 0xFFFF),
    "sum32": Checksum(32, lambda data: sum(data) & 0xFFFFFFFF),
    "xor8": Checksum(8, lambda data: reduce(xor, data, 0)),
}
"""By the name that a profile uses. crc16-ccitt starts at 0xFFFF, polynomial 0x1021, not reflected;
crc8 has polynomial 0x07 and starts at 0."""
