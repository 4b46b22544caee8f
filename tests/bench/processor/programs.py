"""Small programs for an ESP32-C3, as instructions in hex, and their image."""

import struct
from collections.abc import Mapping, Sequence
from functools import reduce
from hashlib import sha256
from operator import xor
from types import MappingProxyType

CODE = 0x403CE800
"""Where the programs lie in SRAM."""

WAIT = (
    0x01C2A303,  # lw   t1, 0x1c(t0)    the status of the UART
    0xFFDFF06F,  # j    -4
)
"""Waits for ever; t0 holds the address of the UART."""

UART = (0x600002B7,)  # lui t0, 0x60000


def put(character: str) -> tuple[int, int]:
    """Print a character."""
    return (
        0x00000313 | ord(character) << 20,  # addi t1, zero, character
        0x0062A023,  #                        sw   t1, 0(t0)
    )


def load_word(register: int, value: int) -> tuple[int, int]:
    """Put a value into a register."""
    upper = value + 0x800 >> 12
    lower = value - (upper << 12)
    return (
        (upper & 0xFFFFF) << 12 | register << 7 | 0x37,  #                    lui
        (lower & 0xFFF) << 20 | register << 15 | register << 7 | 0x13,  # addi
    )


def store_words(address: int, *words: int) -> tuple[int, ...]:
    """Write words to memory, by the registers a1 and a2."""
    stored = list[int]()
    for at, word in enumerate(words):
        stored += (*load_word(11, address + 4 * at), *load_word(12, word))
        stored.append(0x00C5A023)  # sw a2, 0(a1)
    return tuple(stored)


def call(address: int) -> tuple[int, ...]:
    """Call a function, by the register a3."""
    return (*load_word(13, address), 0x000680E7)  # jalr ra, 0(a3)


RETURN = 0x00008067

HELLO = (*UART, *put("H"), *put("i"), *WAIT)

ECHO = (
    *UART,
    0x01C2A303,  # lw   t1, 0x1c(t0)
    0x3FF37313,  # andi t1, t1, 0x3ff   bytes that have come
    0xFE030CE3,  # beqz t1, -8
    0x0002A303,  # lw   t1, 0(t0)
    0x0062A023,  # sw   t1, 0(t0)
    0xFEDFF06F,  # j    -20
)

TIME = (
    *UART,
    0x600233B7,  # lui  t2, 0x60023
    0x40000337,  # lui  t1, 0x40000          bit 30: update
    0x0063A223,  # sw   t1, 4(t2)
    0x0043A303,  # lw   t1, 4(t2)
    0x0443A303,  # lw   t1, 0x44(t2)
    0x01635313,  # srli t1, t1, 22           2^22 ticks: 0.262 s
    0x0062A023,  # sw   t1, 0(t0)
    0x01C2A303,  # lw   t1, 0x1c(t0)
    0x3FF37313,  # andi t1, t1, 0x3ff
    0xFE030CE3,  # beqz t1, -8
    0x0002A303,  # lw   t1, 0(t0)
    0xFD9FF06F,  # j    -40
)
"""Prints how many quarters of a second have passed, at its start and with each byte."""

LOOP = (*UART, *put("L"), 0x0000006F)  # j .


def boot_image(
    *program: int,
    address: int = CODE,
    entry: int = CODE,
    chip_id: int = 5,
    spoil: int = 0,
    digest: bool = True,
    more: Sequence[tuple[int, int]] = (),
    header: Mapping[int, int] = MappingProxyType({}),
) -> bytes:
    """An image with the program as its first segment; `spoil` is added to its checksum.

    `more`: address and length of segments of zeros; `header`: bytes of the header by their place.
    """
    content = struct.pack(f"<{len(program)}I", *program)
    head = bytearray(struct.pack("<BBBBI", 0xE9, 1 + len(more), 2, 0x2F, entry))
    head += struct.pack("<B3xHBHH4xB", 0xEE, chip_id, 0, 0, 199, digest)
    for place, value in header.items():
        head[place] = value
    body = bytes(head)
    for start, data in ((address, content), *((start, bytes(size)) for start, size in more)):
        body += struct.pack("<II", start, len(data)) + data
    checksum = reduce(xor, content, 0xEF) + spoil & 0xFF
    whole = body.ljust(len(body) | 15, b"\0") + bytes((checksum,))
    return whole + sha256(whole).digest() if digest else whole
