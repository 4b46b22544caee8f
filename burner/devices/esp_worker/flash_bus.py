"""Commands to the flash chip over SPI, with few round trips.

esptool saves and restores the SPI controller's registers around every single command: 57 round
trips to attach a flash, a millisecond or two each. Here they are saved once, and all writes of a
command go in one packet: ROM and stub take any number, in order (esp-flasher-stub,
command_handler.c). The registers and bits are those of esptool's `run_spiflash_command`; the
ESP8266's differ and stay esptool's.
"""

import struct
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from burner.devices.esp_worker.tool import EspLoader, FatalError

_COMMAND = 1 << 31
_ADDRESS = 1 << 30
_DUMMY = 1 << 29
_MISO = 1 << 28
_START = 1 << 18
_OPCODE_BITS = 7 << 28
_ADDRESS_BITS_SHIFT = 26
_POLLS = 10


def is_known(esp: EspLoader) -> bool:
    """Whether the chip's SPI controller has the registers this file knows."""
    return esp.SPI_MISO_DLEN_OFFS is not None


class FlashBus:
    """The SPI controller; `with FlashBus(esp) as bus` restores its registers at the end."""

    def __init__(self, esp: EspLoader) -> None:
        self._esp = esp
        base = esp.SPI_REG_BASE
        self._start, self._address = base, base + 4
        self._usr, self._usr1 = base + esp.SPI_USR_OFFS, base + esp.SPI_USR1_OFFS
        self._usr2, self._w0 = base + esp.SPI_USR2_OFFS, base + esp.SPI_W0_OFFS
        self._miso_length = base + esp.SPI_MISO_DLEN_OFFS
        self._saved: tuple[int, int] = (0, 0)

    def __enter__(self) -> Self:
        self._saved = self._esp.read_reg(self._usr), self._esp.read_reg(self._usr2)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write({self._usr: self._saved[0], self._usr2: self._saved[1]})

    def run(
        self, opcode: int, read_bits: int = 0, address: int | None = None, dummy_bits: int = 0
    ) -> bytes:
        """One command; a 24-bit address and dummy bits go before what is read.

        Args:
            opcode: the command byte.
            read_bits: 0 to 64, whole bytes.
            address: a place in the flash, where the command takes one.
            dummy_bits: clock cycles between address and data.

        Raises:
            FatalError: the command did not come to its end, or the chip did not answer.
        """
        flags, lengths, registers = _COMMAND, 0, dict[int, int]()
        if address is not None:
            flags |= _ADDRESS
            lengths |= 23 << _ADDRESS_BITS_SHIFT
            shift = 8 if self._esp.SPI_ADDR_REG_MSB else 0
            registers[self._address] = address << shift
        if dummy_bits:
            flags |= _DUMMY
            lengths |= dummy_bits - 1
        if read_bits:
            flags |= _MISO
            registers[self._miso_length] = read_bits - 1
        if lengths:
            registers[self._usr1] = lengths
        registers |= {self._usr: flags, self._usr2: _OPCODE_BITS | opcode, self._start: _START}
        self._write(registers)
        self._wait()
        return self._words(read_bits)

    def _write(self, registers: Mapping[int, int]) -> None:
        """Address → value, in order; with no bits masked and no delays."""
        packet = b"".join(
            struct.pack("<4I", *register, 0xFFFFFFFF, 0) for register in registers.items()
        )
        self._esp.check_command("write registers", self._esp.ESP_CMDS["WRITE_REG"], packet)

    def _wait(self) -> None:
        for _ in range(_POLLS):
            if not self._esp.read_reg(self._start) & _START:
                return
        raise FatalError("SPI command did not complete in time")

    def _words(self, bits: int) -> bytes:
        places = range(self._w0, self._w0 + (bits + 31) // 32 * 4, 4)
        words = b"".join(int(self._esp.read_reg(place)).to_bytes(4, "little") for place in places)
        return words[: bits // 8]
