"""otadata: which application ESP-IDF's bootloader starts. Pure.

Two sectors, each with an entry at its start (`esp_ota_select_entry_t`, 32 bytes, little endian):
sequence number, a label of 20 bytes that nobody reads, the state of the application, and the
CRC-32 of the number's four bytes. Of the entries that hold, the highest number counts: it selects
the OTA slot (number - 1) modulo the number of slots. Without one, the factory application starts,
or the first slot where there is none.

Which entries hold depends on the bootloader, and nothing in the flash tells its kind: see
`PASSED_OVER`.
"""

import struct
import zlib
from collections.abc import Collection
from enum import IntEnum

from burner.flash.partition_table import SECTOR_SIZE, Layout, Partition, PartitionTable

ENTRY_SIZE = 32
FACTORY = 0x00
"""Subtype of the application that no update replaces."""
_ENTRY = struct.Struct("<4s20xI4s")
_NO_NUMBER = b"\xff" * 4


class State(IntEnum):
    """What is known of the application that an entry selects (`esp_ota_img_states_t`)."""

    NEW = 0
    PENDING_VERIFY = 1
    """It was started once, and has not said yet that it works."""
    VALID = 2
    INVALID = 3
    ABORTED = 4
    UNDEFINED = 0xFFFF_FFFF


WITHOUT_ROLLBACK = frozenset({State.INVALID, State.ABORTED})
PASSED_OVER: tuple[frozenset[State], ...] = (
    # ESP8266_RTOS_SDK, and ESP-IDF before it had rollback: an entry has no state.
    frozenset(),
    WITHOUT_ROLLBACK,
    # With rollback. At its start, PENDING_VERIFY becomes ABORTED.
    WITHOUT_ROLLBACK | {State.PENDING_VERIFY},
    # With rollback, one start later: it made NEW PENDING_VERIFY, and nobody confirmed it.
    WITHOUT_ROLLBACK | {State.PENDING_VERIFY, State.NEW},
)
"""States whose entries do not count, a set for each kind of bootloader."""


def entry(number: int, state: int = State.UNDEFINED) -> bytes:
    """The 32 bytes of an entry."""
    raw = number.to_bytes(4, "little")
    return raw + b"\xff" * 20 + state.to_bytes(4, "little") + _crc(raw)


def newest_number(otadata: bytes, passed_over: Collection[int] = WITHOUT_ROLLBACK) -> int | None:
    """The highest sequence number that holds; None where no entry does.

    Args:
        otadata: the partition, or as much of it as there is.
        passed_over: states whose entries do not count.
    """
    numbers = []
    for sector in (0, SECTOR_SIZE):
        raw = otadata[sector : sector + ENTRY_SIZE]
        if len(raw) < ENTRY_SIZE:
            continue
        number, state, crc = _ENTRY.unpack(raw)
        if number != _NO_NUMBER and crc == _crc(number) and state not in passed_over:
            numbers.append(int.from_bytes(number, "little"))
    return max(numbers, default=None)


def starting_application(
    table: PartitionTable, otadata: bytes, passed_over: Collection[int] = WITHOUT_ROLLBACK
) -> Partition | None:
    """The application that starts with this otadata; None where the table has none.

    Args:
        table: of the unit.
        otadata: what its otadata partition holds; empty where it has none.
        passed_over: states whose entries do not count.
    """
    slots = sorted((p for p in table if p.is_ota_slot), key=lambda p: p.subtype)
    number = newest_number(otadata, passed_over)
    if slots and number is not None:
        # The bootloader counts in 32 bits: 0 - 1 is the highest number there is.
        return slots[(number - 1) % 2**32 % len(slots)]
    factory = next((p for p in table if p.is_app and p.subtype == FACTORY), None)
    return factory or next(iter(slots), None)


def possible_applications(table: PartitionTable, otadata: bytes) -> tuple[Partition, ...]:
    """The applications that start with this otadata, by whatever bootloader; most often one."""
    started = (starting_application(table, otadata, states) for states in PASSED_OVER)
    return tuple(dict.fromkeys(application for application in started if application))


def burned_application(layout: Layout) -> Partition | None:
    """The application that starts in a unit that holds this layout and nothing else."""
    return starting_application(layout.table, burned_otadata(layout))


def burned_applications(layout: Layout) -> tuple[Partition, ...]:
    """The applications that start in such a unit, by whatever bootloader."""
    return possible_applications(layout.table, burned_otadata(layout))


def burned_otadata(layout: Layout) -> bytes:
    """What the layout writes into otadata; empty where it leaves it as it is."""
    partition = layout.table.otadata
    if partition is None:
        return b""
    segments = layout.segments.values()
    return next((s.data for s in segments if s.offset == partition.offset), b"")


def _crc(number: bytes) -> bytes:
    return zlib.crc32(number, 0xFFFF_FFFF).to_bytes(4, "little")
