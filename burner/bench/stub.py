"""Espressif's flasher stub as a dialect: what answers once a stub was uploaded and started.

It acknowledges a data block before it works on it, so the next block is on the wire meanwhile;
what goes wrong with a block is told with the next reply.
"""

import struct
import zlib
from collections.abc import Callable

from burner.bench.commands import (
    NOTHING,
    SYNC_ANSWERS,
    Answer,
    Op,
    Request,
    Then,
    parse,
    reply,
)
from burner.bench.nor import BLOCK, SECTOR
from burner.bench.rom import Download, flash_md5
from burner.bench.silicon import Silicon
from burner.bench.unit import MB

GREETING = b"OHAI"

BAD_LENGTH = 0xC0
BAD_CHECKSUM = 0xC1
INVALID_COMMAND = 0xC3
FAILED_SPI = 0xC4
NOT_IN_FLASH_MODE = 0xC6
INFLATE_ERROR = 0xC7
NOT_ENOUGH_DATA = 0xC8
TOO_MUCH_DATA = 0xC9


class Sending:
    """READ_FLASH under way: one frame out, one acknowledgement in, and a digest at the end."""

    def __init__(self, silicon: Silicon, offset: int, size: int, block: int) -> None:
        self._data = silicon.flash.read(offset, size)
        self._digest = flash_md5(silicon, offset, size)
        self._block = block
        self._sent = 0

    def frame(self) -> bytes:
        """The next frame: a block, or the digest once every block is acknowledged."""
        if self._sent >= len(self._data):
            return self._digest
        block = self._data[self._sent : self._sent + self._block]
        self._sent += len(block)
        return block

    def acknowledged(self, packet: bytes) -> bool:
        """Whether the host has got all that was sent."""
        return len(packet) == 4 and struct.unpack("<I", packet)[0] == self._sent

    @property
    def done(self) -> bool:
        """Whether only the digest is left to send."""
        return self._sent >= len(self._data)


class Stub:
    """The stub's command loop."""

    def __init__(self, silicon: Silicon) -> None:
        self.silicon = silicon
        self._download: Download | None = None
        self._erased_to = 0
        self._dirty = False
        self._sending: Sending | None = None
        self._late_error = 0
        self._handlers: dict[int, Callable[[Request], Answer]] = {
            Op.SYNC: self._sync,
            Op.READ_REG: self._read_reg,
            Op.WRITE_REG: self._write_reg,
            Op.MEM_BEGIN: self._good,
            Op.MEM_DATA: self._mem_data,
            Op.MEM_END: self._good,
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
            Op.ERASE_FLASH: self._erase_flash,
            Op.ERASE_REGION: self._erase_region,
            Op.READ_FLASH: self._read_flash,
            Op.RUN_USER_CODE: lambda _: Answer(then=Then.APP),
        }
        if silicon.target.has_security_info:
            self._handlers[Op.GET_SECURITY_INFO] = self._security_info

    def handle(self, packet: bytes) -> Answer:
        """What the stub makes of one SLIP payload."""
        if self._sending:
            return self._go_on_sending(self._sending, packet)
        request = parse(packet)
        if request is None:
            return NOTHING
        handler = self._handlers.get(request.op)
        if handler is None:
            return Answer((self._reply(request.op, error=INVALID_COMMAND),))
        return handler(request)

    def _reply(self, op: int, value: int = 0, data: bytes = b"", error: int = 0) -> bytes:
        if error:
            return reply(op, value, status=bytes((error, 0)))
        return reply(op, value, data)

    def _good(self, request: Request) -> Answer:
        return Answer((self._reply(request.op),))

    def _bad(self, request: Request, error: int) -> Answer:
        return Answer((self._reply(request.op, error=error),))

    def _sync(self, request: Request) -> Answer:
        return Answer((self._reply(request.op),) * SYNC_ANSWERS)

    def _read_reg(self, request: Request) -> Answer:
        return Answer((self._reply(request.op, self.silicon.read(request.words(1)[0])),))

    def _write_reg(self, request: Request) -> Answer:
        self.silicon.write(request)
        then = Then.APP if self.silicon.watchdog_fired else Then.STAY
        self.silicon.watchdog_fired = False
        return Answer((self._reply(request.op),), then=then)

    def _mem_data(self, request: Request) -> Answer:
        return self._good(request) if request.body_is_sound() else self._bad(request, BAD_CHECKSUM)

    def _change_baud(self, request: Request) -> Answer:
        return Answer((self._reply(request.op),), baud=request.words(1)[0])

    def _security_info(self, request: Request) -> Answer:
        return Answer((self._reply(request.op, data=self.silicon.security_info()),))

    def _md5(self, request: Request) -> Answer:
        offset, size = request.words(2)
        if offset + size > self.silicon.flash.size:
            return self._bad(request, FAILED_SPI)
        digest = flash_md5(self.silicon, offset, size)
        seconds = size / MB * self.silicon.unit.timing.md5_s_per_mb
        return Answer((self._reply(request.op, data=digest),), before_s=seconds)

    def _erase_flash(self, request: Request) -> Answer:
        seconds = self.silicon.flash.erase(0, self.silicon.flash.size)
        return Answer((self._reply(request.op),), before_s=seconds)

    def _erase_region(self, request: Request) -> Answer:
        offset, size = request.words(2)
        if offset % SECTOR or size % SECTOR or offset + size > self.silicon.flash.size:
            return self._bad(request, BAD_LENGTH)
        return Answer((self._reply(request.op),), before_s=self.silicon.flash.erase(offset, size))

    def _flash_begin(self, request: Request) -> Answer:
        """Nothing is erased yet: the stub erases as it writes."""
        size, _, _, offset = request.words(4)
        if offset + size > self.silicon.flash.size:
            return self._bad(request, BAD_LENGTH)
        packed = request.op == Op.FLASH_DEFL_BEGIN
        self._download = Download(offset, size, zlib.decompressobj() if packed else None)
        self._erased_to = offset // SECTOR * SECTOR
        # The ESP8266's stub is an old one and erases blank sectors like any other.
        self._dirty = self.silicon.target.name == "esp8266"
        self._late_error = 0
        return self._good(request)

    def _flash_data(self, request: Request) -> Answer:
        download, late = self._download, self._late_error
        self._late_error = 0
        if download is None:
            return self._bad(request, NOT_IN_FLASH_MODE)
        if not request.body_is_sound():
            return self._bad(request, BAD_CHECKSUM)
        if late:
            return self._bad(request, late)
        seconds = self._write(download, request.body)
        return Answer((self._reply(request.op),), after_s=seconds)

    def _write(self, download: Download, body: bytes) -> float:
        """Work on an acknowledged block; returns seconds. An error waits for the next reply."""
        try:
            data = download.inflater.decompress(body) if download.inflater else body
        except zlib.error:
            self._late_error = INFLATE_ERROR
            return 0.0
        data, beyond = data[: download.remaining], data[download.remaining :]
        if beyond.strip(b"\xff"):  # esptool pads its last block with 0xFF
            self._late_error = TOO_MUCH_DATA
        seconds = self._erase_ahead(download.offset + len(data), download)
        seconds += self.silicon.flash.program(download.offset, data)
        download.offset += len(data)
        download.remaining -= len(data)
        return seconds

    def _erase_ahead(self, end: int, download: Download) -> float:
        """Erase up to `end`, 64 KB at a time where the write covers them; returns seconds.

        Since version 1.1 the stub leaves blank sectors alone until it meets the first dirty one.
        """
        flash = self.silicon.flash
        last = download.offset + download.remaining
        seconds = 0.0
        while self._erased_to < end:
            start = self._erased_to
            whole_block = start % BLOCK == 0 and start + BLOCK <= last
            self._dirty = self._dirty or not flash.is_blank(start)
            step = BLOCK if whole_block and self._dirty else SECTOR
            if self._dirty:
                seconds += flash.erase(start, step)
            self._erased_to += step
        return seconds

    def _flash_end(self, request: Request) -> Answer:
        """Answered once the last block is in the flash; `stay` 0 goes back to the ROM."""
        download, late = self._download, self._late_error
        self._download, self._late_error = None, 0
        if download is None:
            return self._bad(request, NOT_IN_FLASH_MODE)
        if not late and download.remaining:
            late = NOT_ENOUGH_DATA
        if late:
            return self._bad(request, late)
        return Answer(
            (self._reply(request.op),), then=Then.STAY if request.words(1)[0] else Then.ROM
        )

    def _read_flash(self, request: Request) -> Answer:
        offset, size, block, _ = request.words(4)
        if offset + size > self.silicon.flash.size or not block:
            return self._bad(request, FAILED_SPI)
        self._sending = Sending(self.silicon, offset, size, block)
        return Answer((self._reply(request.op), self._next_frame(self._sending)))

    def _go_on_sending(self, sending: Sending, packet: bytes) -> Answer:
        if not sending.acknowledged(packet):
            self._sending = None
            return NOTHING
        return Answer((self._next_frame(sending),))

    def _next_frame(self, sending: Sending) -> bytes:
        if sending.done:
            self._sending = None
        return sending.frame()
