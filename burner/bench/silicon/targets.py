"""Facts of every chip that esptool knows, as data.

Addresses, ids and bit places are those that esptool 5.6 reads (`esptool/targets/*.py`); a test
compares this table with esptool's classes. ROM banners are those the parts print.
"""

from dataclasses import dataclass
from typing import NamedTuple


class EfuseField(NamedTuple):
    """A stretch of bits in an eFuse word: value bits `low` … `low + width - 1` sit at `shift`."""

    address: int
    shift: int
    width: int
    low: int = 0


class SpiRegisters(NamedTuple):
    """SPI1, the controller of the flash: its base address and register offsets."""

    base: int
    usr: int = 0x18
    usr1: int = 0x1C
    usr2: int = 0x20
    data: int = 0x58
    address_msb: bool = False
    """The address sits in the register's high bits."""


class EfuseFlag(NamedTuple):
    """A register and the mask of a flag in it."""

    address: int
    mask: int


@dataclass(frozen=True)
class Target:
    """One chip type."""

    name: str
    """esptool's `CHIP_DEFS` key."""
    chip_id: int
    """Of image headers and security info; -1 where there is none (ESP8266)."""
    spi: SpiRegisters
    mac: int
    """Address of the eFuse word with the low 32 bits of the MAC."""
    banner: str
    """First line of the ROM's boot log."""
    magic: int = 0
    """What address 0x40001000 reads, on the chips that are known by it."""
    has_security_info: bool = True
    has_chip_id: bool = True
    """Security info tells the chip id."""
    has_eui64: bool = False
    """MAC_EXT beside the MAC: chips with IEEE 802.15.4."""
    revision: tuple[int, int] = (0, 0)
    major: tuple[EfuseField, ...] = ()
    minor: tuple[EfuseField, ...] = ()
    encryption: EfuseFlag | None = None
    secure_boot: EfuseFlag | None = None
    watchdog: int = 0
    """RTC watchdog's CONFIG0: bit 31 starts it, and it resets the chip."""
    bootloader: int = 0
    """Flash offset where the ROM looks for the second-stage bootloader."""
    crystal_mhz: int = 40
    rom_crystal_mhz: int = 40
    """What the ROM reckons its baud rates with."""
    clock_divider: int = 0
    """Address of the UART's divider; crystal * `clock_factor` / baud."""
    clock_factor: int = 1
    log_baud: int = 115200
    """Of the ROM's boot log."""
    boot_code: int = 0xC
    """`boot:` of a start from flash; the ROM's download mode clears bit 3."""
    presets: tuple[tuple[int, int], ...] = ()
    """Registers that hold something else than 0."""

    @property
    def is_first_family(self) -> bool:
        """ESP8266 and ESP32: FLASH_BEGIN without the word for encryption."""
        return self.name in ("esp8266", "esp32")


def _banner(name: str, date: str, build: str) -> str:
    return f"ESP-ROM:{name}-{date}\r\nBuild:{build}"


_TARGETS = (
    Target(
        "esp8266",
        chip_id=-1,
        spi=SpiRegisters(0x60000200, 0x1C, 0x20, 0x24, 0x40, address_msb=True),
        mac=0x3FF00050,
        banner="ets Jan  8 2013",
        magic=0xFFF0C101,
        has_security_info=False,
        has_chip_id=False,
        crystal_mhz=26,
        rom_crystal_mhz=26,
        clock_divider=0x60000014,
        clock_factor=2,
        log_baud=74880,
    ),
    Target(
        "esp32",
        chip_id=0,
        spi=SpiRegisters(0x3FF42000, 0x1C, 0x20, 0x24, 0x80, address_msb=True),
        mac=0x3FF5A004,
        banner="ets Jul 29 2019 12:21:46",
        magic=0x00F01D83,
        has_security_info=False,
        has_chip_id=False,
        revision=(3, 1),
        # Major 1, 2, 3 read as 1, 3, 7: one more bit each (esptool, get_major_chip_version).
        major=(
            EfuseField(0x3FF5A00C, 15, 1),
            EfuseField(0x3FF5A014, 20, 1, 1),
            EfuseField(0x3FF6607C, 31, 1, 2),
        ),
        minor=(EfuseField(0x3FF5A014, 24, 2),),
        encryption=EfuseFlag(0x3FF5A000, 1 << 20),
        secure_boot=EfuseFlag(0x3FF5A018, 1 << 4),
        bootloader=0x1000,
        clock_divider=0x3FF40014,
        boot_code=0x13,
        presets=(
            (0x3FF5A00C, 1 << 9 | 1 << 13),  # package D0WD, 240 MHz
            (0x3FF5A010, 128),  # 8 MHz clock calibration; with RTCCALICFG1 it gives 40 MHz
            (0x3FF5F06C, 800 << 7),
        ),
    ),
    Target(
        "esp32s2",
        chip_id=2,
        spi=SpiRegisters(0x3F402000),
        mac=0x3F41A044,
        banner=_banner("esp32s2", "rc4-20191025", "Oct 25 2019"),
        magic=0x000007C6,
        has_chip_id=False,
        revision=(1, 0),
        major=(EfuseField(0x3F41A050, 18, 2),),
        minor=(EfuseField(0x3F41A054, 4, 3), EfuseField(0x3F41A050, 20, 1, 3)),
        encryption=EfuseFlag(0x3F41A034, 1 << 18),
        secure_boot=EfuseFlag(0x3F41A038, 1 << 20),
        watchdog=0x3F408094,
        bootloader=0x1000,
        clock_divider=0x3F400014,
        boot_code=0x8,
    ),
    Target(
        "esp32s3",
        chip_id=9,
        spi=SpiRegisters(0x60002000),
        mac=0x60007044,
        banner=_banner("esp32s3", "20210327", "Mar 27 2021"),
        revision=(0, 2),
        major=(EfuseField(0x60007058, 24, 2),),
        minor=(EfuseField(0x60007050, 18, 3), EfuseField(0x60007058, 23, 1, 3)),
        encryption=EfuseFlag(0x60007034, 1 << 18),
        secure_boot=EfuseFlag(0x60007038, 1 << 20),
        watchdog=0x60008098,
        clock_divider=0x60000014,
        boot_code=0x8,
    ),
    Target(
        "esp32c3",
        chip_id=5,
        spi=SpiRegisters(0x60002000),
        mac=0x60008844,
        banner=_banner("esp32c3", "api1-20210207", "Feb  7 2021"),
        revision=(0, 4),
        major=(EfuseField(0x60008858, 24, 2),),
        minor=(EfuseField(0x60008850, 18, 3), EfuseField(0x60008858, 23, 1, 3)),
        encryption=EfuseFlag(0x60008834, 1 << 18),
        secure_boot=EfuseFlag(0x60008838, 1 << 20),
        watchdog=0x60008090,
        clock_divider=0x60000014,
    ),
    Target(
        "esp32c2",
        chip_id=12,
        spi=SpiRegisters(0x60002000),
        mac=0x60008840,
        banner=_banner("esp8684", "api2-20220127", "Jan 27 2022"),
        revision=(1, 2),
        major=(EfuseField(0x60008844, 20, 2),),
        minor=(EfuseField(0x60008844, 16, 4),),
        encryption=EfuseFlag(0x60008830, 1 << 7),
        secure_boot=EfuseFlag(0x60008830, 1 << 21),
        watchdog=0x60008084,
        crystal_mhz=26,
        clock_divider=0x60000014,
        log_baud=74880,
    ),
    Target(
        "esp32c6",
        chip_id=13,
        spi=SpiRegisters(0x60003000),
        mac=0x600B0844,
        banner=_banner("esp32c6", "20220919", "Sep 19 2022"),
        has_eui64=True,
        revision=(0, 1),
        major=(EfuseField(0x600B0850, 22, 2),),
        minor=(EfuseField(0x600B0850, 18, 4),),
        encryption=EfuseFlag(0x600B0834, 1 << 18),
        secure_boot=EfuseFlag(0x600B0838, 1 << 20),
        clock_divider=0x60000014,
    ),
    Target(
        "esp32c61",
        chip_id=20,
        spi=SpiRegisters(0x60003000),
        mac=0x600B4844,
        banner=_banner("esp32c61", "20240523", "May 23 2024"),
        revision=(1, 0),
        major=(EfuseField(0x600B484C, 4, 2),),
        minor=(EfuseField(0x600B484C, 0, 4),),
        encryption=EfuseFlag(0x600B4830, 1 << 23),
        secure_boot=EfuseFlag(0x600B4834, 1 << 26),
        watchdog=0x600B1C00,
        clock_divider=0x60000014,
    ),
    Target(
        "esp32c5",
        chip_id=23,
        spi=SpiRegisters(0x60003000),
        mac=0x600B4844,
        banner=_banner("esp32c5", "eco2-20250121", "Jan 21 2025"),
        has_eui64=True,
        revision=(1, 0),
        major=(EfuseField(0x600B484C, 4, 2),),
        minor=(EfuseField(0x600B484C, 0, 4),),
        encryption=EfuseFlag(0x600B4834, 1 << 16),
        secure_boot=EfuseFlag(0x600B4838, 1 << 25),
        watchdog=0x600B1C00,
        bootloader=0x2000,
        crystal_mhz=48,
        rom_crystal_mhz=48,
        clock_divider=0x60000014,
        presets=((0x60096110, 48 << 24),),  # the crystal the ROM expects
    ),
    Target(
        "esp32h2",
        chip_id=16,
        spi=SpiRegisters(0x60003000),
        mac=0x600B0844,
        banner=_banner("esp32h2", "20221101", "Nov  1 2022"),
        has_eui64=True,
        revision=(0, 1),
        major=(EfuseField(0x600B0850, 21, 2),),
        minor=(EfuseField(0x600B0850, 18, 3),),
        encryption=EfuseFlag(0x600B0834, 1 << 18),
        secure_boot=EfuseFlag(0x600B0838, 1 << 20),
        crystal_mhz=32,
        rom_crystal_mhz=32,
        clock_divider=0x60000014,
    ),
    Target(
        "esp32h21",
        chip_id=25,
        spi=SpiRegisters(0x60003000),
        mac=0x600B4044,
        banner=_banner("esp32h21", "20240701", "Jul  1 2024"),
        has_eui64=True,
        revision=(0, 1),
        major=(EfuseField(0x600B4058, 8, 2),),
        minor=(EfuseField(0x600B4058, 4, 4),),
        encryption=EfuseFlag(0x600B4034, 1 << 18),
        secure_boot=EfuseFlag(0x600B4038, 1 << 20),
        crystal_mhz=32,
        rom_crystal_mhz=32,
        clock_divider=0x60000014,
    ),
    Target(
        "esp32h4",
        chip_id=28,
        spi=SpiRegisters(0x60099000),
        mac=0x600B1844,
        banner=_banner("esp32h4", "20250325", "Mar 25 2025"),
        has_eui64=True,
        revision=(0, 1),
        major=(EfuseField(0x600B1850, 22, 2),),
        minor=(EfuseField(0x600B1850, 18, 4),),
        encryption=EfuseFlag(0x600B1830, 1 << 23),
        secure_boot=EfuseFlag(0x600B1838, 1 << 5),
        bootloader=0x2000,
        crystal_mhz=32,
        rom_crystal_mhz=32,
        clock_divider=0x60012014,
        presets=((0x600B1854, 1 << 10),),  # temperature grade H
    ),
    Target(
        "esp32p4",
        chip_id=18,
        spi=SpiRegisters(0x5008D000),
        mac=0x5012D044,
        banner=_banner("esp32p4", "eco2-20240710", "Jul 10 2024"),
        revision=(1, 0),
        major=(EfuseField(0x5012D04C, 4, 2), EfuseField(0x5012D04C, 23, 1, 2)),
        minor=(EfuseField(0x5012D04C, 0, 4),),
        encryption=EfuseFlag(0x5012D034, 1 << 18),
        secure_boot=EfuseFlag(0x5012D038, 1 << 20),
        watchdog=0x50116000,
        bootloader=0x2000,
        clock_divider=0x3FF40014,
    ),
    Target(
        "esp32s31",
        chip_id=32,
        spi=SpiRegisters(0x20501000),
        mac=0x20715050,
        banner=_banner("esp32s31", "20250630", "Jun 30 2025"),
        major=(EfuseField(0x2071505C, 22, 2),),
        minor=(EfuseField(0x2071505C, 18, 4),),
        encryption=EfuseFlag(0x20715034, 1 << 21),
        secure_boot=EfuseFlag(0x2071503C, 1 << 2),
        watchdog=0x20801000,
        bootloader=0x2000,
        clock_divider=0x60000014,
    ),
    Target(
        "esp32e22",
        chip_id=31,
        spi=SpiRegisters(0xC3003000),
        mac=0xC4008044,
        banner=_banner("esp32e22", "20250407", "Apr  7 2025"),
        secure_boot=EfuseFlag(0xC4008038, 1 << 20),
        clock_divider=0xC3102014,
    ),
)

TARGETS: dict[str, Target] = {target.name: target for target in _TARGETS}
"""By esptool's name."""
