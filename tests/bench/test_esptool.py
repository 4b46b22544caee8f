"""The real, unmodified esptool against the simulated chips."""

import hashlib
import random
import time
from typing import Any

import pytest
from esptool import FatalError, cmds
from esptool.targets import CHIP_DEFS

from burner.bench.chip.chip import SimChip
from burner.bench.silicon.targets import TARGETS
from burner.bench.unit.unit_spec import MB, FaultKind, SimFault, UnitSpec, mac_for
from tests.bench.sim_serial import SimSerial

SIX = ("esp8266", "esp32", "esp32s2", "esp32s3", "esp32c3", "esp32c6")
OTHERS = tuple(name for name in TARGETS if name not in SIX)
DATA = random.Random(5).randbytes(5000) + b"configuration" * 4000


def connected(unit: UnitSpec, reset: bool = False) -> tuple[SimChip, Any]:
    """A chip, and esptool connected to it; without `reset` the boot button was held at power-on."""
    chip = SimChip(unit, time.monotonic())
    if not reset:
        chip.plug(time.monotonic(), download=True)
    mode = "default-reset" if reset else "no-reset"
    return chip, cmds.detect_chip(SimSerial(chip), connect_mode=mode)


def write(esp: Any, *places: tuple[int, bytes], **options: bool) -> None:
    cmds.write_flash(
        esp, list(places), flash_freq="keep", flash_mode="keep", flash_size="keep", **options
    )


@pytest.mark.parametrize("name", SIX)
def test_esptool_identifies_burns_and_reads_back_every_chip_through_the_stub(name: str) -> None:
    unit = UnitSpec(name, mac_for(7, 3, name), flash_size=8 * MB)
    chip, esp = connected(unit, reset=True)
    assert isinstance(esp, CHIP_DEFS[name])
    assert bytes(esp.read_mac("BASE_MAC")) == unit.mac.octets
    esp = cmds.run_stub(esp)
    assert esp.IS_STUB
    esp.change_baud(921600)
    cmds.attach_flash(esp)
    assert esp.flash_id() == 0x1740EF
    assert cmds.detect_flash_size(esp) == "8MB"
    write(esp, (0x10000, DATA), (0x7FF000, b"\x00" * 4096))
    cmds.verify_flash(esp, [(0x10000, DATA)])
    assert cmds.read_flash(esp, 0x10000, len(DATA)) == DATA
    cmds.erase_region(esp, 0x10000, 0x1000)
    assert chip.silicon.flash.read(0x10000, 0x2000) == b"\xff" * 0x1000 + DATA[0x1000:0x2000]
    cmds.erase_flash(esp)
    assert chip.silicon.flash.is_blank(0, 8 * MB)
    assert esp.flash_md5sum(0, MB) == hashlib.md5(b"\xff" * MB).hexdigest()


@pytest.mark.parametrize("name", SIX)
def test_esptool_burns_every_chip_without_a_stub(name: str) -> None:
    chip, esp = connected(UnitSpec(name))
    chip.silicon.flash.program(0x10000, bytes(0x20000))
    cmds.attach_flash(esp)
    if name != "esp8266":
        esp.change_baud(921600)
    write(esp, (0x10000, DATA), compress=name != "esp8266")
    assert chip.silicon.flash.read(0x10000, len(DATA)) == DATA
    if name == "esp8266":
        with pytest.raises(FatalError, match="does not support"):
            cmds.read_flash(esp, 0, 64)
        with pytest.raises(FatalError, match="does not support"):
            cmds.erase_region(esp, 0, 0x1000)
        return
    cmds.verify_flash(esp, [(0x10000, DATA)])
    assert cmds.read_flash(esp, 0x10000, 1000) == DATA[:1000]
    cmds.erase_region(esp, 0x10000, 0x1000)
    assert chip.silicon.flash.read(0x10000, 0x2000) == b"\xff" * 0x1000 + DATA[0x1000:0x2000]


@pytest.mark.full
@pytest.mark.parametrize("name", OTHERS)
def test_the_rest_of_esptools_chips_work_too(name: str) -> None:
    unit = UnitSpec(name, mac_for(7, 3, name))
    chip, esp = connected(unit)
    assert isinstance(esp, CHIP_DEFS[name])
    assert bytes(esp.read_mac("BASE_MAC")) == unit.mac.octets
    assert "Unknown" not in esp.get_chip_description()
    esp = cmds.run_stub(esp)
    esp.change_baud(460800)
    cmds.attach_flash(esp)
    write(esp, (0x10000, DATA))
    assert chip.silicon.flash.read(0x10000, len(DATA)) == DATA


def test_a_chip_with_802_15_4_has_an_eui64_beside_its_base_mac() -> None:
    unit = UnitSpec("esp32c6", mac_for(1, 0, "esp32c6"))
    _, esp = connected(unit)
    mac = unit.mac.octets
    assert bytes(esp.read_mac("EUI64")) == mac[:3] + b"\xff\xfe" + mac[3:]


@pytest.mark.parametrize("name", ["esp32", "esp32s3", "esp32c3", "esp32c2", "esp32p4"])
def test_the_revision_is_the_one_asked_for(name: str) -> None:
    _, esp = connected(UnitSpec(name, revision=(1, 1)))
    assert esp.get_chip_revision() == 101


def test_esptool_can_leave_by_the_watchdog() -> None:
    chip, esp = connected(UnitSpec("esp32s3"))
    cmds.reset_chip(cmds.run_stub(esp), "watchdog-reset")
    assert b"SPI_FAST_FLASH_BOOT" in chip.take(time.monotonic())


def test_a_stub_left_running_is_found_again() -> None:
    chip, esp = connected(UnitSpec("esp32c3"))
    cmds.reset_chip(cmds.run_stub(esp), "no-reset-stub")
    again = cmds.detect_chip(SimSerial(chip), connect_mode="no-reset")
    assert again.IS_STUB
    cmds.reset_chip(again, "no-reset")
    assert not cmds.detect_chip(SimSerial(chip), connect_mode="no-reset").IS_STUB


def test_secure_boot_and_flash_encryption_show() -> None:
    faults = (SimFault(FaultKind.SECURE_BOOT), SimFault(FaultKind.ENCRYPTED))
    for name in ("esp32", "esp32s3", "esp32c6", "esp32c5"):
        _, esp = connected(UnitSpec(name, faults=faults))
        assert esp.get_secure_boot_enabled()
        assert esp.get_flash_encryption_enabled()
    assert esp.get_security_info()["parsed_flags"]["SECURE_BOOT_EN"]
    assert esp.get_security_info()["flash_crypt_cnt"] == 1


def test_the_esp32s3_runs_its_stub_under_secure_boot_by_the_rom_pointer() -> None:
    _, esp = connected(UnitSpec("esp32s3", faults=(SimFault(FaultKind.SECURE_BOOT),)))
    assert cmds.run_stub(esp).IS_STUB


@pytest.mark.parametrize("name", ["esp32c3", "esp32s2"])
def test_in_secure_download_mode_only_writing_is_left(name: str) -> None:
    chip, esp = connected(UnitSpec(name, faults=(SimFault(FaultKind.SECURE_DOWNLOAD),)))
    assert esp.secure_download_mode
    assert not cmds.run_stub(esp).IS_STUB
    cmds.attach_flash(esp)
    write(esp, (0x10000, DATA[:9000]), no_compress=True)
    assert chip.silicon.flash.read(0x10000, 9000) == DATA[:9000]
    with pytest.raises(FatalError):
        esp.read_mac()


def test_wrong_bytes_in_the_flash_fail_esptools_own_verification() -> None:
    for kind in (FaultKind.STUCK_SECTOR, FaultKind.BIT_FLIP, FaultKind.WRONG_MD5):
        _, esp = connected(UnitSpec("esp32c3", faults=(SimFault(kind),)))
        with pytest.raises(FatalError, match=r"MD5|empty"):
            write(cmds.run_stub(esp), (0x10000, DATA[:4096]))


def test_a_dead_unit_never_answers() -> None:
    chip = SimChip(UnitSpec(faults=(SimFault(FaultKind.DEAD),)), time.monotonic())
    with pytest.raises(FatalError, match="No serial data received"):
        cmds.detect_chip(SimSerial(chip), connect_attempts=1)


def test_a_unit_that_leaves_reset_late_is_met_at_the_second_try() -> None:
    chip = SimChip(
        UnitSpec(faults=(SimFault(FaultKind.LATE_RESET, seconds=0.3),)), time.monotonic()
    )
    with pytest.raises(FatalError):
        cmds.detect_chip(SimSerial(chip), connect_attempts=1)
    assert cmds.detect_chip(SimSerial(chip), connect_attempts=2).CHIP_NAME == "ESP32-C3"


def test_the_unique_id_of_the_flash_tells_two_units_with_one_mac_apart() -> None:
    ids = []
    for serial in ("first", "second"):
        unit = UnitSpec("esp32", serial=serial)
        _, esp = connected(unit)
        halves = [
            esp.run_spiflash_command(0x4B, read_bits=32, dummy_len=clocks) for clocks in (32, 64)
        ]
        ids.append(b"".join(half.to_bytes(4, "little") for half in halves))
        assert ids[-1] == unit.flash_unique_id
    assert ids[0] != ids[1]
