"""Our table of chips says what esptool's classes say."""

from typing import Any

import pytest
from esptool.targets import CHIP_DEFS

from burner.bench.silicon.silicon import mac_crc8
from burner.bench.silicon.targets import TARGETS, EfuseFlag
from burner.bench.unit.unit_spec import VENDOR_PREFIXES, mac_for
from burner.flash.chips import BOOTLOADER_OFFSETS, CHIP_IDS


def test_every_chip_of_esptool_is_there() -> None:
    assert set(TARGETS) == set(CHIP_DEFS) == set(VENDOR_PREFIXES)


@pytest.mark.parametrize("name", TARGETS)
def test_ids_and_addresses_are_esptools(name: str) -> None:
    target, chip = TARGETS[name], CHIP_DEFS[name]
    spi: Any = target.spi
    assert target.chip_id == (-1 if chip.IMAGE_CHIP_ID is None else chip.IMAGE_CHIP_ID)
    assert spi.base == chip.SPI_REG_BASE
    assert (spi.usr, spi.usr1, spi.usr2, spi.data) == (
        chip.SPI_USR_OFFS,
        chip.SPI_USR1_OFFS,
        chip.SPI_USR2_OFFS,
        chip.SPI_W0_OFFS,
    )
    assert spi.address_msb == chip.SPI_ADDR_REG_MSB
    assert target.bootloader == chip.BOOTLOADER_FLASH_OFFSET
    assert target.clock_divider == chip.UART_CLKDIV_REG
    assert target.clock_factor == chip.XTAL_CLK_DIVIDER
    assert target.has_security_info == chip.SECURITY_INFO_SUPPORTED
    assert target.has_chip_id != chip.USES_MAGIC_VALUE
    if chip.USES_MAGIC_VALUE:
        assert target.magic == chip.MAGIC_VALUE


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in ("esp8266", "esp32")])
def test_efuse_places_are_esptools(name: str) -> None:
    target, chip = TARGETS[name], CHIP_DEFS[name]
    assert target.mac == chip.MAC_EFUSE_REG
    assert target.secure_boot == EfuseFlag(
        chip.EFUSE_SECURE_BOOT_EN_REG, chip.EFUSE_SECURE_BOOT_EN_MASK
    )
    if target.encryption:
        assert target.encryption.address == chip.EFUSE_SPI_BOOT_CRYPT_CNT_REG
        mask = chip.EFUSE_SPI_BOOT_CRYPT_CNT_MASK
        assert target.encryption.mask == mask & -mask
    if target.watchdog:
        assert target.watchdog == chip.RTC_CNTL_WDTCONFIG0_REG


def test_our_own_rules_agree_with_the_bench() -> None:
    for name, chip_id in CHIP_IDS.items():
        assert TARGETS[name].chip_id == chip_id
        assert TARGETS[name].bootloader == BOOTLOADER_OFFSETS[name]


def test_the_crc_of_an_esp32s_mac_is_the_documented_one() -> None:
    # esptool's docs, "eFuse summary" of an ESP32: MAC 94:b9:7e:5a:6e:58 (CRC 0xe2 OK).
    assert mac_crc8(bytes.fromhex("94b97e5a6e58")) == 0xE2


def test_macs_of_a_bench_are_distinct_and_the_same_again_for_the_same_seed() -> None:
    macs = [mac_for(7, number, "esp32c3") for number in range(1000)]
    assert len(set(macs)) == 1000
    assert macs == [mac_for(7, number, "esp32c3") for number in range(1000)]
    assert set(macs).isdisjoint(mac_for(8, number, "esp32c3") for number in range(1000))
    assert not any(mac.octets[0] & 0b11 for mac in macs)
