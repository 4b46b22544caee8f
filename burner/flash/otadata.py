"""otadata: which application ESP-IDF's bootloader starts. Pure.

Two sectors, each with an entry at its start (`esp_ota_select_entry_t`, 32 bytes, little endian):
sequence number, a label of 20 bytes that is never read, the state of the application, and the
CRC-32 of the number's four bytes. Of the valid entries the one with the highest number counts: it
selects the OTA slot (number - 1) modulo the number of slots. Without a valid entry the factory
application starts, or the first slot where there is no factory application.

Which entries are valid depends on the bootloader: see `possible_applications`.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from burner.flash.layout import Layout
from burner.flash.partition_table import SECTOR_SIZE, Partition, PartitionTable

ENTRY_SIZE = 32
FACTORY = 0x00
"""Subtype of the application that no update replaces."""
_ENTRY = struct.Struct("<4s20xI4s")
_NO_NUMBER = b"\xff" * 4


class OtaState(IntEnum):
    """The state of the application that an entry selects (`esp_ota_img_states_t`)."""

    NEW = 0
    PENDING_VERIFY = 1
    """It was started once, and has not said yet that it works."""
    VALID = 2
    INVALID = 3
    ABORTED = 4
    UNDEFINED = 0xFFFF_FFFF


_UNUSABLE_STATES = (OtaState.INVALID, OtaState.ABORTED)
"""States whose entries do not count for a bootloader that knows states."""


@dataclass(frozen=True)
class _Entry:
    number: int
    state: int


def ota_entry(number: int, state: int = OtaState.UNDEFINED) -> bytes:
    """The 32 bytes of an entry."""
    raw = number.to_bytes(4, "little")
    return raw + b"\xff" * 20 + state.to_bytes(4, "little") + _crc(raw)


def starting_application(table: PartitionTable, otadata: bytes) -> Partition | None:
    """The application that ESP-IDF's bootloader starts, without rollback; None where there is none.

    Args:
        table: of the unit.
        otadata: what its otadata partition holds, or as much of it as there is; empty where it
            has none.
    """
    return _selected(table, [e for e in _valid_entries(otadata) if e.state not in _UNUSABLE_STATES])


def possible_applications(table: PartitionTable, otadata: bytes) -> tuple[Partition, ...]:
    """The applications that may start with this otadata, by whatever bootloader; mostly one.

    The flash does not tell which kind of bootloader it has:

    * ESP8266_RTOS_SDK, and ESP-IDF before it had rollback: an entry has no state.
    * ESP-IDF without rollback: entries in state INVALID or ABORTED do not count.
    * ESP-IDF with rollback: at its start PENDING_VERIFY becomes ABORTED. An entry in state NEW is
      started once, and given up at the next start if nothing has confirmed it. So one NEW entry
      after the other may be started, until none is left.
    """
    valid = _valid_entries(otadata)
    started = [_selected(table, valid), starting_application(table, otadata)]
    passed_over = (*_UNUSABLE_STATES, OtaState.PENDING_VERIFY)
    remaining = [e for e in valid if e.state not in passed_over]
    started.append(_selected(table, remaining))
    while remaining and (newest := _newest(remaining)).state == OtaState.NEW:
        remaining.remove(newest)
        started.append(_selected(table, remaining))
    return tuple(dict.fromkeys(application for application in started if application))


def burned_application(layout: Layout) -> Partition | None:
    """The application that starts in a unit that holds this layout and nothing else."""
    return starting_application(layout.table, burned_otadata(layout))


def burned_applications(layout: Layout) -> tuple[Partition, ...]:
    """The applications that may start in such a unit, by whatever bootloader."""
    return possible_applications(layout.table, burned_otadata(layout))


def burned_otadata(layout: Layout) -> bytes:
    """What the layout writes into otadata; empty where it writes nothing there."""
    partition = layout.table.otadata
    if partition is None:
        return b""
    segments = layout.segments.values()
    return next((s.data for s in segments if s.offset == partition.offset), b"")


def _valid_entries(otadata: bytes) -> list[_Entry]:
    """The entries with a number and its CRC, in the order of their sectors."""
    entries = []
    for sector in (0, SECTOR_SIZE):
        raw = otadata[sector : sector + ENTRY_SIZE]
        if len(raw) < ENTRY_SIZE:
            continue
        number, state, crc = _ENTRY.unpack(raw)
        if number != _NO_NUMBER and crc == _crc(number):
            entries.append(_Entry(int.from_bytes(number, "little"), state))
    return entries


def _newest(entries: Sequence[_Entry]) -> _Entry:
    return max(entries, key=lambda entry: entry.number)


def _selected(table: PartitionTable, entries: Sequence[_Entry]) -> Partition | None:
    """The application that starts where these entries are the valid ones."""
    slots = sorted((p for p in table if p.is_ota_slot), key=lambda p: p.subtype)
    if slots and entries:
        # The bootloader counts in 32 bits: 0 - 1 is the highest number there is.
        return slots[(_newest(entries).number - 1) % 2**32 % len(slots)]
    factory = next((p for p in table if p.is_app and p.subtype == FACTORY), None)
    return factory or next(iter(slots), None)


def _crc(number: bytes) -> bytes:
    return zlib.crc32(number, 0xFFFF_FFFF).to_bytes(4, "little")
