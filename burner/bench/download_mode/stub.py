"""Espressif's flasher stub: the commands after a stub was uploaded and started.

It acknowledges a data block before it writes it, so the next block can be sent meanwhile. An error
with a block is reported in place of the next reply. Behaviour and codes are those of
esp-flasher-stub 1.1 (`command_handler.c`), which esptool 5.6 brings in a later version.
"""

import struct
from collections.abc import Callable

from burner.bench.download_mode.commands import (
    DATA_HEADER,
    NOTHING,
    SYNC_ANSWERS,
    CommandResult,
    NextMode,
    Op,
    Request,
    parse,
    reply,
)
from burner.bench.download_mode.rom import flash_md5
from burner.bench.download_mode.transfers import FlashRead, FlashWrite
from burner.bench.silicon.nor_flash import SECTOR
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import MB

GREETING = b"OHAI"

GOOD = 0
BAD_LENGTH = 0xC0
BAD_CHECKSUM = 0xC1
INVALID_COMMAND = 0xC3
FAILED_SPI = 0xC4
NOT_IN_FLASH_MODE = 0xC6
INFLATE_ERROR = 0xC7
NOT_ENOUGH_DATA = 0xC8
TOO_MUCH_DATA = 0xC9
NOT_IMPLEMENTED = 0xFF

LARGEST_READ = 0x1000
SIZES: dict[int, int] = {
    Op.SYNC: 36,
    Op.FLASH_END: 4,
    Op.FLASH_DEFL_END: 4,
    Op.MEM_BEGIN: 16,
    Op.MEM_END: 8,
    Op.READ_REG: 4,
    Op.SPI_ATTACH: 4,
    Op.SPI_SET_PARAMS: 24,
    Op.CHANGE_BAUDRATE: 8,
    Op.SPI_FLASH_MD5: 16,
    Op.GET_SECURITY_INFO: 0,
    Op.READ_FLASH: 16,
    Op.ERASE_REGION: 8,
}
"""Bytes of payload of the commands that have a fixed size."""


class Stub:
    """The stub's command loop."""

    def __init__(self, silicon: SimSilicon) -> None:
        self.silicon = silicon
        self._writing: FlashWrite | None = None
        self._sending: FlashRead | None = None
        self._memory_left: int | None = None
        self._late_error = GOOD
        self._handlers: dict[int, Callable[[Request], CommandResult]] = {
            Op.SYNC: self._sync,
            Op.READ_REG: self._read_reg,
            Op.WRITE_REG: self._write_reg,
            Op.MEM_BEGIN: self._mem_begin,
            Op.MEM_DATA: self._mem_data,
            Op.MEM_END: self._mem_end,
            Op.SPI_SET_PARAMS: self._good,
            Op.SPI_ATTACH: self._good,
            Op.CHANGE_BAUDRATE: self._change_baud,
            Op.FLASH_BEGIN: self._flash_begin,
            Op.FLASH_DEFL_BEGIN: self._flash_begin,
            Op.FLASH_DATA: self._flash_data,
            Op.FLASH_DEFL_DATA: self._flash_data,
            Op.FLASH_END: self._flash_end,
            Op.FLASH_DEFL_END: self._flash_end,
            Op.SPI_FLASH_MD5: self._md5,
            Op.GET_SECURITY_INFO: self._security_info,
            Op.ERASE_FLASH: self._erase_flash,
            Op.ERASE_REGION: self._erase_region,
            Op.READ_FLASH: self._read_flash,
            Op.RUN_USER_CODE: lambda _: CommandResult(then=NextMode.APP),
        }

    def handle(self, packet: bytes) -> CommandResult:
        """Execute one SLIP payload."""
        if self._sending:
            return self._go_on_sending(self._sending, packet)
        request = parse(packet)
        if request is None:
            return self._malformed(packet)
        if self._late_error:
            late, self._late_error = self._late_error, GOOD
            return self._bad(request, late)
        handler = self._handlers.get(request.op)
        if handler is None:
            return self._bad(request, INVALID_COMMAND)
        if len(request.data) != SIZES.get(request.op, len(request.data)):
            return self._bad(request, BAD_LENGTH)
        return handler(request)

    def _malformed(self, packet: bytes) -> CommandResult:
        if len(packet) < 8:
            return NOTHING
        error = INVALID_COMMAND if packet[0] else BAD_LENGTH
        return CommandResult((reply(packet[1], status=bytes((error, 0))),))

    def _good(self, request: Request) -> CommandResult:
        return CommandResult((reply(request.op),))

    def _bad(self, request: Request, error: int) -> CommandResult:
        return CommandResult((reply(request.op, status=bytes((error, 0))),))

    # registers, RAM, the line

    def _sync(self, request: Request) -> CommandResult:
        return CommandResult((reply(request.op),) * SYNC_ANSWERS)

    def _read_reg(self, request: Request) -> CommandResult:
        return CommandResult((reply(request.op, self.silicon.read(request.words(1)[0])),))

    def _write_reg(self, request: Request) -> CommandResult:
        if not request.data or len(request.data) % 16:
            return self._bad(request, NOT_ENOUGH_DATA)
        self.silicon.write(request.data)
        then = NextMode.APP if self.silicon.watchdog_fired else NextMode.STAY
        self.silicon.watchdog_fired = False
        return CommandResult((reply(request.op),), then=then)

    def _mem_begin(self, request: Request) -> CommandResult:
        self._memory_left = request.words(1)[0]
        return self._good(request)

    def _mem_data(self, request: Request) -> CommandResult:
        if self._memory_left is None:
            return self._bad(request, NOT_IN_FLASH_MODE)
        size = request.words(1)[0]
        if size != len(request.body) or size > self._memory_left:
            return self._bad(request, TOO_MUCH_DATA)
        self._memory_left -= size
        return self._good(request)

    def _mem_end(self, request: Request) -> CommandResult:
        if self._memory_left is None:
            return self._bad(request, NOT_IN_FLASH_MODE)
        self._memory_left = None
        then = NextMode.STAY if request.words(1)[0] else NextMode.STUB
        return CommandResult((reply(request.op),), then=then)

    def _change_baud(self, request: Request) -> CommandResult:
        return CommandResult((reply(request.op),), baud=request.words(1)[0])

    def _security_info(self, request: Request) -> CommandResult:
        if not self.silicon.target.has_security_info:
            return self._bad(request, NOT_IMPLEMENTED)
        return CommandResult((reply(request.op, data=self.silicon.security_info()),))

    # flash

    def _beyond_the_end(self, offset: int, size: int) -> bool:
        return offset + size > self.silicon.flash.size

    def _md5(self, request: Request) -> CommandResult:
        offset, size = request.words(2)
        if self._beyond_the_end(offset, size):
            return self._bad(request, FAILED_SPI)
        digest = flash_md5(self.silicon, offset, size)
        seconds = size / MB * self.silicon.unit.timing.md5_s_per_mb
        return CommandResult((reply(request.op, data=digest),), before_s=seconds)

    def _erase_flash(self, request: Request) -> CommandResult:
        seconds = self.silicon.flash.erase(0, self.silicon.flash.size)
        return CommandResult((reply(request.op),), before_s=seconds)

    def _erase_region(self, request: Request) -> CommandResult:
        offset, size = request.words(2)
        if offset % SECTOR or size % SECTOR:
            return self._bad(request, BAD_LENGTH)
        if self._beyond_the_end(offset, size):
            return self._bad(request, FAILED_SPI)
        return CommandResult((reply(request.op),), before_s=self.silicon.flash.erase(offset, size))

    def _flash_begin(self, request: Request) -> CommandResult:
        """The first sector is erased at once; the rest as it is written."""
        if len(request.data) not in (16, 20):
            return self._bad(request, BAD_LENGTH)
        size, _, _, offset = request.words(4)
        if self._beyond_the_end(offset, size):
            return self._bad(request, FAILED_SPI)
        packed = request.op == Op.FLASH_DEFL_BEGIN
        self._writing = FlashWrite(self.silicon, offset, size, packed)
        return CommandResult((reply(request.op),), after_s=self._writing.erase_next())

    def _flash_data(self, request: Request) -> CommandResult:
        if len(request.data) < DATA_HEADER:
            return self._bad(request, NOT_ENOUGH_DATA)
        if self._writing is None:
            return self._bad(request, NOT_IN_FLASH_MODE)
        if request.words(1)[0] != len(request.body):
            return self._bad(request, TOO_MUCH_DATA)
        if not request.is_body_valid():
            return self._bad(request, BAD_CHECKSUM)
        seconds, is_valid = self._writing.take(request.body)
        self._late_error = GOOD if is_valid else INFLATE_ERROR
        return CommandResult((reply(request.op),), after_s=seconds)

    def _flash_end(self, request: Request) -> CommandResult:
        """Answer once the last block is in the flash; `stay` 0 goes back to the ROM."""
        if self._writing is None:
            return self._bad(request, NOT_IN_FLASH_MODE)
        if self._writing.remaining:
            return self._bad(request, BAD_LENGTH)
        self._writing = None
        then = NextMode.STAY if request.words(1)[0] else NextMode.ROM
        return CommandResult((reply(request.op),), then=then)

    def _read_flash(self, request: Request) -> CommandResult:
        offset, size, block, _ = request.words(4)
        if not 0 < block <= LARGEST_READ:
            self._late_error = BAD_LENGTH
            return self._good(request)
        if self._beyond_the_end(offset, size):
            self._late_error = FAILED_SPI
            return self._good(request)
        sending = FlashRead(self.silicon, offset, size, block)
        if sending.done:
            return CommandResult((reply(request.op), sending.digest()))
        self._sending = sending
        return CommandResult((reply(request.op), sending.frame()))

    def _go_on_sending(self, sending: FlashRead, packet: bytes) -> CommandResult:
        """Send the next block after an acknowledgement (one word); anything else ends the read."""
        if len(packet) == struct.calcsize("<I") and not sending.done:
            return CommandResult((sending.frame(),))
        self._sending = None
        return CommandResult((sending.digest(),))
