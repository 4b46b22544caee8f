"""The fault `stale-key`: what runs has another key than the one that was burned and verified."""

import struct

from burner.bench.firmware.first_boot import crc32
from burner.bench.firmware.key_search import KeyInFlash
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.unit.unit_spec import SimFault

OTHER_SECRET = "StaleKey" * 8
"""As much of it as the real secret has."""
_ENTRY = 32


def replace_key(flash: NorFlash, burned: KeyInFlash, fault: SimFault) -> None:
    """Replace the ProductID, if the fault has one, else the secret, in the NVS that holds it.

    Nothing happens where the key is not in an NVS that is not encrypted, or where the other
    ProductID needs more or fewer entries.
    """
    if burned.partition is None:
        return
    if fault.product_id:
        old, new = burned.product_id, fault.product_id
    else:
        old, new = burned.secret, OTHER_SECRET[: len(burned.secret)]
    place = burned.partition
    data = bytearray(flash.read(place.offset, place.size))
    for at in range(_ENTRY, len(data), _ENTRY):
        if data[at:].startswith(old.encode() + b"\0"):
            _replace(data, at - _ENTRY, new.encode() + b"\0")
    if bytes(data) != flash.read(place.offset, place.size):
        flash.erase(place.offset, place.size)
        flash.program(place.offset, bytes(data))


def _replace(data: bytearray, entry: int, value: bytes) -> None:
    """The value behind the entry of a text, with its size and both checksums of the entry."""
    (old_size,) = struct.unpack_from("<H", data, entry + 24)
    if -(-old_size // _ENTRY) != -(-len(value) // _ENTRY):
        return
    data[entry + _ENTRY : entry + _ENTRY + len(value)] = value
    struct.pack_into("<H", data, entry + 24, len(value))
    struct.pack_into("<I", data, entry + 28, crc32(value))
    head = bytes(data[entry : entry + 4] + data[entry + 8 : entry + _ENTRY])
    struct.pack_into("<I", data, entry + 4, crc32(head))
