"""otadata: which application ESP-IDF's bootloader starts. Pure.

Two sectors, each with an entry at its start (`esp_ota_select_entry_t`, 32 bytes, little endian):
sequence number, a label of 20 bytes that nobody reads, the state of the application, and the
CRC-32 of the number's four bytes. Of the entries that hold, the highest number counts: it selects
the OTA slot (number - 1) modulo the number of slots. Without one, the factory application starts,
or the first slot where there is none.
"""

import struct
import zlib

from burner.partitions import SECTOR_SIZE, Layout, Partition, PartitionTable

ENTRY_SIZE = 32
FACTORY = 0x00
"""Subtype of the application that no update replaces."""
_ENTRY = struct.Struct("<4s20xI4s")
_NO_NUMBER = b"\xff" * 4
_INVALID, _ABORTED = 3, 4
"""States that the bootloader passes over: the application did not prove itself."""


def entry(number: int, state: int = 0xFFFF_FFFF) -> bytes:
    """The 32 bytes of an entry; its state is `undefined` where none is given."""
    raw = number.to_bytes(4, "little")
    return raw + b"\xff" * 20 + state.to_bytes(4, "little") + _crc(raw)


def newest_number(otadata: bytes) -> int | None:
    """The highest sequence number that holds; None where no entry does.

    Args:
        otadata: the partition, or as much of it as there is.
    """
    numbers = []
    for sector in (0, SECTOR_SIZE):
        raw = otadata[sector : sector + ENTRY_SIZE]
        if len(raw) < ENTRY_SIZE:
            continue
        number, state, crc = _ENTRY.unpack(raw)
        if number != _NO_NUMBER and crc == _crc(number) and state not in (_INVALID, _ABORTED):
            numbers.append(int.from_bytes(number, "little"))
    return max(numbers, default=None)


def starting_application(table: PartitionTable, otadata: bytes) -> Partition | None:
    """The application that starts with this otadata; None where the table has none.

    Args:
        table: of the unit.
        otadata: what its otadata partition holds; empty where it has none.
    """
    slots = sorted((p for p in table if p.is_ota_slot), key=lambda p: p.subtype)
    number = newest_number(otadata)
    if slots and number is not None:
        # The bootloader counts in 32 bits: 0 - 1 is the highest number there is.
        return slots[(number - 1) % 2**32 % len(slots)]
    factory = next((p for p in table if p.is_app and p.subtype == FACTORY), None)
    return factory or next(iter(slots), None)


def burned_application(layout: Layout) -> Partition | None:
    """The application that starts in a unit that holds this layout and nothing else."""
    return starting_application(layout.table, burned_otadata(layout))


def burned_otadata(layout: Layout) -> bytes:
    """What the layout writes into otadata; empty where it leaves it as it is."""
    partition = layout.table.otadata
    if partition is None:
        return b""
    segments = layout.segments.values()
    return next((s.data for s in segments if s.offset == partition.offset), b"")


def _crc(number: bytes) -> bytes:
    return zlib.crc32(number, 0xFFFF_FFFF).to_bytes(4, "little")
