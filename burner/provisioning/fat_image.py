"""A FAT partition as ESP-IDF mounts it: made and read by fatfs-ng, wear levelling by ourselves.

`esp_vfs_fat_spiflash_mount_rw_wl` puts a wear-levelling layer below FAT; firmware that mounts
read-only (`…_mount_ro`) has none. The layer (ESP-IDF, component wear_levelling, version 2), in
sectors of 4096 bytes: one spare sector, the volume, the state twice, the configuration. The state
has a CRC, and 16 bytes for every move of the spare sector; a sector of the volume lies behind the
spare one, shifted by the rounds it has made. fatfs-ng has such a layer too, but with another CRC,
and with one sector of state where a partition over 1 MB has two.

FatFs gives no volume of less than 128 sectors. Dates and the serial number are fixed, so that
equal input gives equal bytes. The library holds its state in the process: one caller at a time.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, Literal

from pydantic import StrictBool

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.core.yaml_schema import StrictModel

SECTOR_SIZE: Final = 4096
MIN_SECTORS: Final = 128
_STATE: Final = struct.Struct("<8I28x")
_CONFIG: Final = struct.Struct("<8I")
_RECORD_SIZE: Final = 16
_UPDATE_RATE, _VERSION, _BUFFER_SIZE = 16, 2, 32
_DEVICE_ID: Final = 0x6E727562
_EPOCH: Final = struct.pack("<HH", 0, 0x21)
"""FAT's first second: 1980-01-01 00:00."""
_ONE_AT_A_TIME: Final = Lock()


class Fat(StrictModel):
    """Parameters of the firmware's FAT."""

    type: Literal["fat"]
    """FAT."""
    wear_levelling: StrictBool = True
    """Whether ESP-IDF's wear levelling is used; false where the firmware mounts the partition
    read-only."""
    sector_size: Literal[4096, 512] = 4096
    """Bytes: CONFIG_WL_SECTOR_SIZE; 512 with its mode "performance"."""


def make_fat(settings: Fat, size: int, files: Mapping[str, bytes]) -> bytes:
    """A partition of `size` bytes with files in its root; equal input gives equal bytes.

    Raises:
        BurnerError: E133 too small, E143 it could not be made.
    """
    overhead = _overhead(size // SECTOR_SIZE) if settings.wear_levelling else 0
    least = overhead * SECTOR_SIZE + MIN_SECTORS * settings.sector_size
    if size % SECTOR_SIZE or size < least:
        raise BurnerError(
            Code.PARTITION_TOO_SMALL,
            f"{size:#x} bytes; FAT needs whole sectors, {least:#x} at least",
        )
    volume = _make_volume(settings, size - overhead * SECTOR_SIZE, files)
    return _wrap(volume, size) if settings.wear_levelling else volume


def read_fat(settings: Fat, data: bytes, name: str, most: int) -> bytes:
    """A file of a partition.

    Raises:
        BurnerError: E606 no such file or larger than `most` bytes, E607 no valid FAT.
    """
    volume = _unwrap(data) if settings.wear_levelling else data
    content: bytes | None = None
    code = Code.KEY_PARTITION_DAMAGED
    try:
        with _mounted(settings, bytearray(volume)) as part:
            code = Code.KEY_NOT_FOUND
            if part.stat(f"/{name}")["size"] <= most:
                content = bytes(part.read_file(f"/{name}"))
    except _refusals():
        content = None
    if content is None:
        raise BurnerError(code, f"{name} in FAT")
    return content


def _make_volume(settings: Fat, size: int, files: Mapping[str, bytes]) -> bytes:
    flash = bytearray(b"\xff" * size)
    refused = ""
    try:
        with _mounted(settings, flash, blank=True) as part:
            for name, content in files.items():
                part.write_file(f"/{name}", content)
                # A full volume takes what fits and says nothing.
                if part.read_file(f"/{name}") != content:
                    refused = Code.PARTITION_TOO_SMALL
    except _refusals():
        refused = refused or Code.FILE_SYSTEM_PARAMETERS_INVALID
    if refused:  # outside the handler: the exception's context may hold a file
        raise BurnerError(refused, f"{counted(len(files), 'file')} into {size:#x} bytes of FAT")
    _fix_dates(flash)
    return bytes(flash)


@contextmanager
def _mounted(settings: Fat, flash: bytearray, blank: bool = False) -> Iterator[Any]:
    """The root of a volume, unmounted in the end: the library has room for ten volumes only."""
    from fatfs import create_extended_partition, pyf_mkfs

    with _ONE_AT_A_TIME:
        size = settings.sector_size
        part = create_extended_partition(_disk(flash, size))
        try:
            if blank:
                # As ESP-IDF formats: two FATs, one sector of root entries, a sector a cluster.
                # Partition.mkfs has a work area too small for these sectors, and says nothing.
                root = part._adjust_path("")
                if pyf_mkfs(root, 2, 0, SECTOR_SIZE // 32, size, SECTOR_SIZE):
                    raise OSError
            part.mount()
            yield part
        finally:
            part.unmount()


def _disk(flash: bytearray, sector_size: int) -> Any:
    """The block device that the library reads and writes, over a byte array.

    The library's own one raises where only C could catch it.
    """
    from fatfs import RamDisk

    class FatFlash(RamDisk):  # type: ignore[misc]
        def read(self, sector: int, count: int) -> bytes:
            start = sector * sector_size
            return bytes(flash[start : start + count]).ljust(count, b"\xff")

        def write(self, sector: int, count: int, buff: bytes) -> None:
            start = sector * sector_size
            if start + count <= len(flash):
                flash[start : start + count] = buff

    return FatFlash(flash, sector_size=sector_size)


def _refusals() -> tuple[type[Exception], ...]:
    """What the library raises on damaged volumes; SystemError is its cython's."""
    from fatfs import FatFSException

    return FatFSException, OSError, ValueError, SystemError, MemoryError


def _fix_dates(volume: bytearray) -> None:
    """Write a fixed serial number, and fixed dates in the root directory."""
    size, _, reserved, fats, entries, _, _, fat_size = struct.unpack_from("<HBHBHHBH", volume, 11)
    volume[39:43] = struct.pack("<I", _DEVICE_ID)
    root = (reserved + fats * fat_size) * size
    for at in range(root, root + entries * 32, 32):
        is_entry = volume[at] not in (0x00, 0xE5) and volume[at + 11] != 0x0F
        if is_entry:
            volume[at + 14 : at + 20] = _EPOCH + _EPOCH[2:]
            volume[at + 22 : at + 26] = _EPOCH


def _state_sectors(sectors: int) -> int:
    """Sectors that one copy of the state takes, of so many in the partition."""
    return -(-(_STATE.size + 4 + sectors * _RECORD_SIZE) // SECTOR_SIZE)


def _overhead(sectors: int) -> int:
    """Sectors that wear levelling takes: the spare one, two states, the configuration."""
    return 2 + 2 * _state_sectors(sectors)


def _wrap(volume: bytes, size: int) -> bytes:
    """The partition around a volume, as if the spare sector had never moved."""
    most_moves = len(volume) // SECTOR_SIZE + 1
    state = _STATE.pack(0, most_moves, 0, 0, _UPDATE_RATE, SECTOR_SIZE, _VERSION, _DEVICE_ID)
    config = _CONFIG.pack(
        0, size, SECTOR_SIZE, SECTOR_SIZE, _UPDATE_RATE, _RECORD_SIZE, _VERSION, _BUFFER_SIZE
    )
    copy = _with_crc(state).ljust(_state_sectors(size // SECTOR_SIZE) * SECTOR_SIZE, b"\xff")
    tail = _with_crc(config) + bytes(12)
    return b"\xff" * SECTOR_SIZE + volume + 2 * copy + tail.ljust(SECTOR_SIZE, b"\xff")


def _unwrap(data: bytes) -> bytes:
    """The volume inside a partition, wherever its sectors have moved to.

    Raises:
        BurnerError: E607 where the state is damaged.
    """
    total = len(data) // SECTOR_SIZE
    states = _state_sectors(total) * SECTOR_SIZE
    count = total - _overhead(total)
    start = len(data) - SECTOR_SIZE - 2 * states
    if len(data) % SECTOR_SIZE or count <= 0:
        raise BurnerError(
            Code.KEY_PARTITION_DAMAGED,
            f"{len(data):#x} bytes are not a partition with wear levelling",
        )
    for at in (start, start + states):
        state = data[at : at + _STATE.size + 4]
        if state == _with_crc(state[:-4]):
            break
    else:
        raise BurnerError(Code.KEY_PARTITION_DAMAGED, "the state of wear levelling is damaged")
    _, _, rounds, *_ = _STATE.unpack_from(state)
    records = data[at + len(state) : at + states].rstrip(b"\xff")
    spare = -(-len(records) // _RECORD_SIZE)
    volume = bytearray()
    for sector in range(count):
        place = (sector - rounds) % count
        place += place >= spare
        volume += data[place * SECTOR_SIZE : (place + 1) * SECTOR_SIZE]
    return bytes(volume)


def _with_crc(data: bytes) -> bytes:
    # ESP-IDF starts its ROM's CRC with all ones, which zlib's convention inverts once more.
    return data + struct.pack("<I", zlib.crc32(data, 0xFFFFFFFF))
