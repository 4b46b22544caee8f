"""Writing with esptool's low-level calls: exact progress, each segment compressed or not.

Flash parameters stay as the firmware team made them. esptool's own `write_flash` compresses
everything again for every unit, stops compressing after one incompressible file, and after a
reset in mid-write silently goes on at 115200; none of that can happen here.
"""

import logging
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.esp_worker.connection import ChipConnection, answers
from burner.devices.esp_worker.faults import is_noise, may_send_again
from burner.devices.esp_worker.tool import EspLoader, FatalError

ANSWER_S = 3.0
SLOWEST_S_PER_BYTE = 40e-6
"""Erasing and programming at the worst case of a datasheet, with margin; esptool has the same."""
MD5_S_PER_BYTE = 8e-6
_ERASE_BLOCK = 64 * 1024
_INFLATE_BUFFER = 32 * 1024
_SENDS = 3
"""A block that arrived damaged is sent so many times."""
_BOOT_LOG = re.compile(rb"rst:0x|ets [A-Z][a-z]{2}|ESP-ROM:|invalid header|boot mode:")
_BOOT_LOG_BAUDS = {"esp8266": 74880}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WireSegment:
    """A segment as it goes over the wire, kept in the worker from unit to unit."""

    md5: str
    size: int
    flash_size: int
    compressed: bool
    data: bytes = field(repr=False)
    timeouts_s: dict[int, tuple[float, ...]] = field(default_factory=dict, repr=False)

    def blocks(self, block_size: int) -> Iterator[tuple[bytes, float]]:
        """Blocks and the time each may take to be acknowledged."""
        if block_size not in self.timeouts_s:
            self.timeouts_s[block_size] = tuple(self._timeouts(block_size))
        for seq, timeout_s in enumerate(self.timeouts_s[block_size]):
            yield self.data[seq * block_size : (seq + 1) * block_size], timeout_s

    def _timeouts(self, block_size: int) -> Iterator[float]:
        """The stub acknowledges a block once the one before it is in flash."""
        inflate, before = zlib.decompressobj(), 0
        for start in range(0, len(self.data), block_size):
            block = self.data[start : start + block_size]
            size = len(inflate.decompress(block)) if self.compressed else len(block)
            yield flashing_s(max(before, size))
            before = size


def flashing_s(size: int) -> float:
    """Longest time to wait while `size` bytes are erased and programmed, in seconds."""
    erased = (size // _INFLATE_BUFFER + 2) * _ERASE_BLOCK
    return max(ANSWER_S, (size + erased) * SLOWEST_S_PER_BYTE)


def md5_s(size: int) -> float:
    """Longest time to wait for the chip's MD5 of `size` bytes, in seconds."""
    return max(ANSWER_S, size * MD5_S_PER_BYTE)


def write(esp: EspLoader, segment: WireSegment, offset: int) -> Iterator[tuple[int, float]]:
    """Write one segment; yields before each block (wire bytes done, seconds it may take).

    Raises:
        FatalError, OSError: as esptool and pyserial raise them.
    """
    if segment.compressed:
        esp.flash_defl_begin(segment.flash_size, len(segment.data), offset)
    else:
        esp.flash_begin(segment.flash_size, offset, logging=False)
    done, timeout_s = 0, ANSWER_S
    for seq, (block, timeout_s) in enumerate(segment.blocks(esp.FLASH_WRITE_SIZE)):
        yield done, timeout_s
        _send_block(esp, segment.compressed, block, seq, timeout_s)
        done += len(block)
    if esp.IS_STUB:
        finish = esp.flash_defl_finish if segment.compressed else esp.flash_finish
        finish(False, timeout=timeout_s)


def _send_block(esp: EspLoader, compressed: bool, block: bytes, seq: int, timeout_s: float) -> None:
    send = esp.flash_defl_block if compressed else esp.flash_block
    if not compressed:
        block += b"\xff" * (esp.FLASH_WRITE_SIZE - len(block))
    for sends_left in reversed(range(_SENDS)):
        try:
            send(block, seq, timeout=timeout_s)
        except FatalError as error:
            if not sends_left or not may_send_again(error):
                raise
            _log.warning("block %d arrived damaged, sent again: %s", seq, error)
            esp.flush_input()
        else:
            return


def check_md5(esp: EspLoader, segment: WireSegment, name: str, offset: int) -> None:
    """Compare the chip's MD5 of what was written with the segment's.

    Raises:
        BurnerError: E601 when they differ.
    """
    if esp.flash_md5sum(offset, segment.size) != segment.md5:
        raise BurnerError(Code.FLASH_DIFFERS, f"{name} at {offset:#x}")


def restarted(connection: ChipConnection, error: Exception) -> bool:
    """Whether the chip reset in the middle of a write, mostly by a brown-out.

    Then no stub answers any more, and its boot log is noise at the burning rate. A chip without a
    valid application resets again and again: its log is then read at the rate of the ROM.
    """
    try:
        if answers(connection.esp):
            return False
        port = connection.port
        port.baudrate = _BOOT_LOG_BAUDS.get(connection.chip, 115200)
        port.timeout = 0.4
        log = port.read(4096)
    except (OSError, ValueError):
        return False
    return _BOOT_LOG.search(log) is not None or is_noise(error)
