"""The hardware that ROM and stub access: registers, eFuses, SPI flash, security state."""

import struct
from dataclasses import dataclass, field, replace

from burner.bench.modem.modem import SimModem
from burner.bench.silicon.fault_state import FaultState
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.silicon.targets import TARGETS, EfuseField, Target
from burner.bench.unit.unit_spec import FaultKind, UnitSpec

MAGIC_ADDRESS = 0x40001000
USER_COMMAND = 1 << 18
"""SPI_CMD: start a user-defined transfer; the controller clears it when done."""
USR_ADDRESS = 1 << 30
USR_DUMMY = 1 << 29
MAC_EXT = 0xFFFE
WATCHDOG_ON = 1 << 31


def mac_crc8(mac: bytes) -> int:
    """The ESP32's eFuse CRC of a MAC (Dallas/Maxim, polynomial 0x8C reflected)."""
    crc = 0
    for byte in mac:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8C if crc & 1 else 0)
    return crc


@dataclass
class SimSilicon:
    """One part: its registers as a sparse memory, and its flash."""

    unit: UnitSpec
    flash: NorFlash
    target: Target = field(init=False)
    faults: FaultState = field(init=False)
    registers: dict[int, int] = field(default_factory=dict)
    memory: dict[int, bytes] = field(default_factory=dict)
    """What was uploaded into RAM: address → block."""
    baud: int = 115200
    """The UART's rate, as in the divider register."""
    watchdog_fired: bool = False
    modem: SimModem | None = field(init=False, default=None)
    """A modem behind the chip's console, or the AT firmware that runs on the chip."""
    _flash_status: list[int] = field(default_factory=lambda: [0, 0, 0])

    def __post_init__(self) -> None:
        self.target = TARGETS[self.unit.chip]
        self.faults = FaultState(self.unit)
        if self.unit.modem and self.unit.modem.port == "esp":
            spec = replace(self.unit.modem, mac=str(self.unit.mac))
            self.modem = SimModem(spec, product_file=self.unit.product_file)
        self.reset()

    def reset(self) -> None:
        """Set the registers to their values after a reset, eFuses included."""
        target, unit = self.target, self.unit
        self.registers = {MAGIC_ADDRESS: target.magic, **dict(target.presets)}
        major, minor = unit.revision or target.revision
        # The ESP32 codes its major revision with one more bit for each step: 0, 1, 3, 7.
        self._burn(target.major, (1 << major) - 1 if target.name == "esp32" else major)
        self._burn(target.minor, minor)
        self._burn_mac()
        if target.encryption and unit.has(FaultKind.ENCRYPTED):
            self._set(target.encryption.address, target.encryption.mask)
        if target.secure_boot and unit.has(FaultKind.SECURE_BOOT):
            self._set(target.secure_boot.address, target.secure_boot.mask)

    def _set(self, address: int, bits: int) -> None:
        self.registers[address] = self.registers.get(address, 0) | bits

    def _burn(self, fields: tuple[EfuseField, ...], value: int) -> None:
        for place in fields:
            bits = value >> place.low & ((1 << place.width) - 1)
            self._set(place.address, bits << place.shift)

    def _burn_mac(self) -> None:
        mac, base = self.unit.mac.octets, self.target.mac
        if self.target.name == "esp8266":
            self.registers[base] = mac[5] << 24
            self.registers[base + 4] = mac[3] << 8 | mac[4]
            self.registers[base + 12] = int.from_bytes(mac[:3], "big")
            return
        high, low = struct.unpack(">HI", mac)
        if self.target.name == "esp32":
            wrong = 0xFF if self.unit.has(FaultKind.MAC_CRC) else 0
            high |= (mac_crc8(mac) ^ wrong) << 16
        elif self.target.has_eui64:
            high |= MAC_EXT << 16
        self._set(base, low)
        self._set(base + 4, high)

    def security_info(self) -> bytes:
        """The payload of GET_SECURITY_INFO: flags, crypt count, key purposes, chip id, API."""
        flags = self.unit.has(FaultKind.SECURE_BOOT) | self.in_secure_download << 2
        count = int(self.unit.has(FaultKind.ENCRYPTED))
        info = struct.pack("<IB7x", flags, count)
        return (
            info + struct.pack("<II", self.target.chip_id, 0) if self.target.has_chip_id else info
        )

    @property
    def is_burned(self) -> bool:
        """Whether something lies in flash where the ROM looks for an image."""
        return not self.flash.is_blank(self.target.bootloader, 16)

    @property
    def in_secure_download(self) -> bool:
        """Whether the ROM answers only the commands for writing."""
        return self.unit.has(FaultKind.SECURE_DOWNLOAD)

    def read(self, address: int) -> int:
        """A word of RAM, or a register's value."""
        for start, block in self.memory.items():
            if start <= address < start + len(block):
                return int.from_bytes(block[address - start :][:4], "little")
        if address == self.target.clock_divider:
            return round(self.target.crystal_mhz * 1e6 * self.target.clock_factor / self.baud)
        return self.registers.get(address, 0)

    def write(self, data: bytes) -> None:
        """The payload of WRITE_REG: any number of address, value, mask, delay."""
        for start in range(0, len(data) - 15, 16):
            address, value, mask, _ = struct.unpack_from("<4I", data, start)
            old = self.registers.get(address, 0)
            self.registers[address] = old & ~mask | value & mask
            if address == self.target.spi.base and value & USER_COMMAND:
                self._transfer()
            if address == self.target.watchdog and value & WATCHDOG_ON:
                self.watchdog_fired = True

    def _transfer(self) -> None:
        """A user-defined transfer to the flash: opcode, address, dummy, then data both ways."""
        spi, registers = self.target.spi, self.registers
        registers[spi.base] &= ~USER_COMMAND
        opcode = registers.get(spi.base + spi.usr2, 0) & 0xFF
        usr, usr1 = registers.get(spi.base + spi.usr, 0), registers.get(spi.base + spi.usr1, 0)
        address_bits = (usr1 >> 26) + 1 if usr & USR_ADDRESS else 0
        dummy_bits = (usr1 & 0xFF) + 1 if usr & USR_DUMMY else 0
        unused_bits = max(32 - address_bits, 0) if spi.address_msb else 0
        address = registers.get(spi.base + 4, 0) >> unused_bits
        sent = registers.get(spi.base + spi.data, 0)
        answer = self._flash_command(opcode, address, (address_bits + dummy_bits) // 8, sent)
        for word, value in enumerate(struct.unpack("<2I", answer[:8].ljust(8, b"\0"))):
            registers[spi.base + spi.data + 4 * word] = value

    def _flash_command(self, opcode: int, address: int, skipped: int, sent: int) -> bytes:
        """The flash's answer. `skipped`: bytes clocked between the opcode and the answer."""
        match opcode:
            case 0x9F:  # RDID
                capacity = self.flash.size.bit_length() - 1
                return bytes((self.unit.flash_vendor, 0x40, capacity))
            case 0x5A:  # RDSFDP
                return self._sfdp()[address : address + 4]
            case 0x4B:  # unique id, after four dummy bytes
                return self.unit.flash_unique_id[max(skipped - 4, 0) :]
            case 0x05 | 0x35 | 0x15:
                return bytes((self._flash_status[(0x05, 0x35, 0x15).index(opcode)],))
            case 0x01 | 0x31 | 0x11:
                self._flash_status[(0x01, 0x31, 0x11).index(opcode)] = sent & 0xFF
                return b""
            case _:  # write enable, reset, power down: nothing to see
                return b""

    def _sfdp(self) -> bytes:
        """JESD216 header and the two words of the basic table that name size and erase."""
        header = b"SFDP" + bytes((5, 1, 1, 0xFF, 0, 5, 1, 16, 0x80, 0, 0, 0xFF))
        vendor = bytes((self.unit.flash_vendor, 0, 1, 0, 0, 0, 0, 0xFF))
        table = struct.pack("<II", 0xFFF920E5, self.flash.size * 8 - 1)
        return (header + vendor).ljust(0x80, b"\xff") + table.ljust(64, b"\xff")
