"""How a bootloader with rollback marks `otadata` (CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE).

An update is `new`. Its first start makes it `pending`. If it has not confirmed itself by the next
start, it becomes `aborted`, and the previous application starts. No application of the bench
confirms itself.
"""

import struct

from burner.bench.silicon.nor_flash import SECTOR, NorFlash
from burner.flash.partition_table import Partition

_NEW, _PENDING, _ABORTED = 0, 1, 4
_ENTRY = struct.Struct("<I20sI4s")


def before_start(flash: NorFlash, otadata: Partition) -> None:
    """Abort an update that was started before and is not confirmed."""
    for offset in (otadata.offset, otadata.offset + SECTOR):
        if _state(flash, offset) == _PENDING:
            _set_state(flash, offset, _ABORTED)


def at_start(flash: NorFlash, otadata: Partition, number: int | None) -> None:
    """Note that the entry with this sequence number, if it is new, is started now."""
    for offset in (otadata.offset, otadata.offset + SECTOR):
        if _number(flash, offset) == number and _state(flash, offset) == _NEW:
            _set_state(flash, offset, _PENDING)
            return


def _number(flash: NorFlash, offset: int) -> int:
    number, _, _, _ = _ENTRY.unpack(flash.read(offset, _ENTRY.size))
    return int(number)


def _state(flash: NorFlash, offset: int) -> int:
    _, _, state, _ = _ENTRY.unpack(flash.read(offset, _ENTRY.size))
    return int(state)


def _set_state(flash: NorFlash, offset: int, state: int) -> None:
    number, label, _, crc = _ENTRY.unpack(flash.read(offset, _ENTRY.size))
    flash.erase(offset, SECTOR)
    flash.program(offset, _ENTRY.pack(number, label, state, crc))
