"""The ROM's download mode: the commands of a chip before a stub runs."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5

from burner.bench.download_mode.commands import (
    NOTHING,
    SYNC_ANSWERS,
    SYNC_PAYLOAD,
    CommandResult,
    NextMode,
    Op,
    Request,
    parse,
    reply,
)
from burner.bench.silicon.nor_flash import SECTOR
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import MB, FaultKind

INVALID_MESSAGE = 0x05
FAILED = 0x06
BAD_CHECKSUM = 0x07
BAD_PACKET = 0x64

SYNC_VALUE = 0x20120707
SLOW_READ_LIMIT = 64
SECTORS_IN_BLOCK = 16
S3_READ_POINTER = 0x3FCEF688
"""Where the ESP32-S3's ROM keeps the address of its flash read; esptool starts a stub by it
when secure boot is on."""

SECURE_DOWNLOAD_OPS = frozenset(
    {
        Op.SYNC,
        Op.FLASH_BEGIN,
        Op.FLASH_DATA,
        Op.FLASH_END,
        Op.FLASH_DEFL_BEGIN,
        Op.FLASH_DEFL_DATA,
        Op.FLASH_DEFL_END,
        Op.SPI_SET_PARAMS,
        Op.SPI_ATTACH,
        Op.CHANGE_BAUDRATE,
        Op.GET_SECURITY_INFO,
    }
)


@dataclass
class RomWrite:
    """A write to flash in progress: `remaining` bytes are still to come, from `offset` on."""

    offset: int
    remaining: int
    inflater: "zlib._Decompress | None" = None


class Rom:
    """The ROM's command loop. The flash's model gives the times."""

    def __init__(self, silicon: SimSilicon) -> None:
        self.silicon = silicon
        self._status_size = 2 if silicon.target.name == "esp8266" else 4
        self._last = (int(Op.SYNC), SYNC_VALUE)
        self._download: RomWrite | None = None
        self._upload_to = self._upload_block = 0
        self._handlers = self._commands()

    def _commands(self) -> dict[int, Callable[[Request], CommandResult]]:
        handlers: dict[int, Callable[[Request], CommandResult]] = {
            Op.SYNC: self._sync,
            Op.READ_REG: self._read_reg,
            Op.WRITE_REG: self._write_reg,
            Op.MEM_BEGIN: self._mem_begin,
            Op.MEM_DATA: self._mem_data,
            Op.MEM_END: self._mem_end,
            Op.FLASH_BEGIN: self._flash_begin,
            Op.FLASH_DATA: self._flash_data,
            Op.FLASH_END: self._flash_end,
        }
        target = self.silicon.target
        if target.name == "esp8266":
            return handlers
        handlers |= {
            Op.SPI_SET_PARAMS: self._good,
            Op.SPI_ATTACH: self._good,
            Op.READ_FLASH_SLOW: self._read_flash_slow,
            Op.CHANGE_BAUDRATE: self._change_baud,
            Op.FLASH_DEFL_BEGIN: self._flash_begin,
            Op.FLASH_DEFL_DATA: self._flash_data,
            Op.FLASH_DEFL_END: self._flash_end,
            Op.SPI_FLASH_MD5: self._md5,
        }
        if target.has_security_info:
            handlers[Op.GET_SECURITY_INFO] = self._security_info
        if self.silicon.in_secure_download:
            return {op: handler for op, handler in handlers.items() if op in SECURE_DOWNLOAD_OPS}
        return handlers

    def handle(self, packet: bytes) -> CommandResult:
        """Execute one SLIP payload."""
        request = parse(packet)
        if request is None:
            return NOTHING
        handler = self._handlers.get(request.op)
        return handler(request) if handler else self._unsupported()

    def _reply(self, op: int, value: int = 0, data: bytes = b"", error: int = 0) -> bytes:
        self._last = (op, value)
        status = bytes((1, error)) if error else b"\0\0"
        return reply(op, value, data, status.ljust(self._status_size, b"\0"))

    def _good(self, request: Request) -> CommandResult:
        return CommandResult((self._reply(request.op),))

    def _bad(self, request: Request, error: int) -> CommandResult:
        return CommandResult((self._reply(request.op, error=error),))

    def _unsupported(self) -> CommandResult:
        """Answer an unknown command as the ROM does: 8 errors with the opcode of the last reply.

        esptool recognises an unsupported command by the wrong opcode, and drains the rest.
        """
        op, value = self._last
        status = bytes((1, INVALID_MESSAGE)).ljust(self._status_size, b"\0")
        return CommandResult((reply(op, value, status=status),) * SYNC_ANSWERS)

    def _sync(self, request: Request) -> CommandResult:
        if request.data != SYNC_PAYLOAD:
            return self._bad(request, INVALID_MESSAGE)
        return CommandResult((self._reply(request.op, SYNC_VALUE),) * SYNC_ANSWERS)

    def _read_reg(self, request: Request) -> CommandResult:
        return CommandResult((self._reply(request.op, self.silicon.read(request.words(1)[0])),))

    def _write_reg(self, request: Request) -> CommandResult:
        self.silicon.write(request.data)
        then = NextMode.APP if self.silicon.watchdog_fired else NextMode.STAY
        self.silicon.watchdog_fired = False
        return CommandResult((self._reply(request.op),), then=then)

    def _mem_begin(self, request: Request) -> CommandResult:
        _, _, self._upload_block, self._upload_to = request.words(4)
        return self._good(request)

    def _mem_data(self, request: Request) -> CommandResult:
        if not request.is_body_valid():
            return self._bad(request, BAD_CHECKSUM)
        number = request.words(2)[1]
        self.silicon.memory[self._upload_to + number * self._upload_block] = request.body
        return self._good(request)

    def _mem_end(self, request: Request) -> CommandResult:
        stay, entry = request.words(2)
        then = NextMode.STAY if stay or not entry else NextMode.STUB
        return CommandResult((self._reply(request.op),), then=then)

    def _erase_size(self, offset: int, size: int) -> int:
        """What the ROM erases for a wanted size, in bytes.

        The ESP8266's counts the sectors before the first 64 KB boundary twice; esptool's
        `get_erase_size` asks for less to make up for it.
        """
        if self.silicon.target.name != "esp8266":
            return size
        sectors = -(-size // SECTOR)
        head = SECTORS_IN_BLOCK - offset // SECTOR % SECTORS_IN_BLOCK
        return (sectors + min(sectors, head)) * SECTOR

    def _flash_begin(self, request: Request) -> CommandResult:
        if len(request.data) != (16 if self.silicon.target.is_first_family else 20):
            return self._bad(request, BAD_PACKET)
        size, _, _, offset = request.words(4)
        if offset + size > self.silicon.flash.size:
            return self._bad(request, FAILED)
        seconds = self.silicon.flash.erase(offset, self._erase_size(offset, size))
        packed = request.op == Op.FLASH_DEFL_BEGIN
        self._download = RomWrite(offset, size, zlib.decompressobj() if packed else None)
        return CommandResult((self._reply(request.op),), before_s=seconds)

    def _flash_data(self, request: Request) -> CommandResult:
        download = self._download
        if download is None:
            return self._bad(request, FAILED)
        if not request.is_body_valid():
            return self._bad(request, BAD_CHECKSUM)
        try:
            inflater = download.inflater
            data = inflater.decompress(request.body) if inflater else request.body
        except zlib.error:
            return self._bad(request, FAILED)
        seconds = self.silicon.flash.program(download.offset, data)
        download.offset += len(data)
        return CommandResult((self._reply(request.op),), before_s=seconds)

    def _flash_end(self, request: Request) -> CommandResult:
        self._download = None
        return CommandResult((self._reply(request.op),), then=NextMode.APP)

    def _read_flash_slow(self, request: Request) -> CommandResult:
        offset, size = request.words(2)
        if self.silicon.registers.get(S3_READ_POINTER):
            return CommandResult(then=NextMode.STUB)
        if size > SLOW_READ_LIMIT or offset + size > self.silicon.flash.size:
            return self._bad(request, FAILED)
        data = self.silicon.flash.read(offset, size).ljust(SLOW_READ_LIMIT, b"\0")
        return CommandResult((self._reply(request.op, data=data),))

    def _change_baud(self, request: Request) -> CommandResult:
        target = self.silicon.target
        baud = request.words(1)[0] * target.crystal_mhz // target.rom_crystal_mhz
        return CommandResult((self._reply(request.op),), baud=baud)

    def _md5(self, request: Request) -> CommandResult:
        offset, size = request.words(2)
        if offset + size > self.silicon.flash.size:
            return self._bad(request, FAILED)
        digest = flash_md5(self.silicon, offset, size).hex().encode()
        seconds = size / MB * self.silicon.unit.timing.md5_s_per_mb
        return CommandResult((self._reply(request.op, data=digest),), before_s=seconds)

    def _security_info(self, request: Request) -> CommandResult:
        if self.silicon.unit.has(FaultKind.NO_SECURITY_INFO):
            return self._bad(request, INVALID_MESSAGE)
        return CommandResult((self._reply(request.op, data=self.silicon.security_info()),))


def flash_md5(silicon: SimSilicon, offset: int, size: int) -> bytes:
    """The digest the chip reports, 16 bytes; wrong where the unit's fault says so."""
    digest = md5(silicon.flash.read(offset, size), usedforsecurity=False).digest()
    if silicon.faults.meets(FaultKind.WRONG_MD5):
        return digest[::-1]
    return digest
