"""Packets of the serial protocol: opcodes, requests, replies, and the result of a command.

Source: esptool's serial protocol as its loader speaks it (`esptool/loader.py`).
"""

import struct
from dataclasses import dataclass
from enum import Enum, IntEnum, auto


class Op(IntEnum):
    """Commands of ROM and stub."""

    FLASH_BEGIN = 0x02
    FLASH_DATA = 0x03
    FLASH_END = 0x04
    MEM_BEGIN = 0x05
    MEM_END = 0x06
    MEM_DATA = 0x07
    SYNC = 0x08
    WRITE_REG = 0x09
    READ_REG = 0x0A
    SPI_SET_PARAMS = 0x0B
    SPI_ATTACH = 0x0D
    READ_FLASH_SLOW = 0x0E
    CHANGE_BAUDRATE = 0x0F
    FLASH_DEFL_BEGIN = 0x10
    FLASH_DEFL_DATA = 0x11
    FLASH_DEFL_END = 0x12
    SPI_FLASH_MD5 = 0x13
    GET_SECURITY_INFO = 0x14
    ERASE_FLASH = 0xD0
    ERASE_REGION = 0xD1
    READ_FLASH = 0xD2
    RUN_USER_CODE = 0xD3


SYNC_PAYLOAD = b"\x07\x07\x12\x20" + b"\x55" * 32
SYNC_ANSWERS = 8
CHECKSUM_SEED = 0xEF
DATA_HEADER = 16
"""Length, sequence number and two unused words before the bytes of a data command."""


@dataclass(frozen=True)
class Request:
    """A command of the host."""

    op: int
    data: bytes
    checksum: int

    @property
    def body(self) -> bytes:
        """The bytes of a data command, without its header."""
        return self.data[DATA_HEADER:]

    def words(self, count: int) -> tuple[int, ...]:
        """The first `count` little-endian words; missing ones are 0."""
        return struct.unpack(f"<{count}I", self.data[: 4 * count].ljust(4 * count, b"\0"))

    def is_body_valid(self) -> bool:
        """Length and checksum of a data command are right."""
        (size,) = self.words(1)
        return size == len(self.body) and xor(self.body) ^ CHECKSUM_SEED == self.checksum & 0xFF


def parse(packet: bytes) -> Request | None:
    """A request from a SLIP payload; None for anything else."""
    if len(packet) < 8:
        return None
    direction, op, size, checksum = struct.unpack_from("<BBHI", packet)
    data = packet[8:]
    if direction != 0 or size != len(data):
        return None
    return Request(op, data, checksum)


def reply(op: int, value: int = 0, data: bytes = b"", status: bytes = b"\0\0") -> bytes:
    """A reply's SLIP payload: header, data, status."""
    return struct.pack("<BBHI", 1, op, len(data) + len(status), value) + data + status


def xor(data: bytes) -> int:
    """All bytes XORed, by folding the data as one big number: fast on whole images."""
    size = 1 << max(len(data) - 1, 0).bit_length()
    number = int.from_bytes(data, "little")
    while size > 1:
        size //= 2
        number = (number >> (8 * size)) ^ (number & ((1 << (8 * size)) - 1))
    return number


class NextMode(Enum):
    """What the chip runs after the answer is sent."""

    STAY = auto()
    STUB = auto()
    """The uploaded stub starts."""
    ROM = auto()
    """Back to the ROM's download mode."""
    APP = auto()
    """Out of download mode, into the application."""


@dataclass(frozen=True)
class CommandResult:
    """The result of a command. `frames` are SLIP payloads, times are in seconds."""

    frames: tuple[bytes, ...] = ()
    before_s: float = 0.0
    """Time before the frames are sent."""
    after_s: float = 0.0
    """Time after them in which nothing else is handled."""
    then: NextMode = NextMode.STAY
    baud: int = 0
    """The chip's new rate once the frames are out; 0 = as before."""


NOTHING = CommandResult()
