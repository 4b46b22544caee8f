"""Power, reset lines, rates and times of one chip, on a virtual clock."""

import random
import zlib
from dataclasses import replace

import pytest

from burner.bench.chip.mode import Mode
from burner.bench.download_mode.commands import SYNC_PAYLOAD, Op
from burner.bench.unit.unit_spec import (
    MB,
    UART_TIME,
    USB_TIME,
    FaultKind,
    FaultStep,
    SimFault,
    UnitSpec,
)
from tests.bench.host import Host, request, words

BLOCK = 0x4000


def host(*faults: SimFault, chip: str = "esp32c3", modelled: bool = False) -> Host:
    timing = UART_TIME if modelled else UnitSpec().timing
    return Host(UnitSpec(chip, faults=faults, timing=timing))


def answers(unit: Host) -> bool:
    unit.send(request(Op.SYNC, SYNC_PAYLOAD))
    return len(unit.receive()) == 8


def gone(unit: Host) -> bool:
    return not unit.chip.connected


def test_bytes_on_the_wire_are_counted_by_their_rate() -> None:
    unit = host(modelled=True)
    unit.wait(1)
    unit.chip.set_host_baud(9600, 1)
    unit.chip.receive(b"12345", 1)
    assert unit.chip.traffic["to_chip"] == {9600: 5}
    assert set(unit.chip.traffic["to_host"]) == {115200}


# reset lines


def test_power_on_boots_and_esptools_resets_do_what_they_should() -> None:
    unit = host()
    assert b"SPI_FAST_FLASH_BOOT" in unit.wait(1)
    assert not answers(unit)
    assert b"waiting for download" in unit.reset_into_download()
    assert answers(unit)
    assert b"SPI_FAST_FLASH_BOOT" in unit.reset_into_app()
    assert unit.chip.mode is Mode.APP


def test_the_tight_reset_of_a_posix_host_enters_download_mode() -> None:
    unit = host()
    for dtr, rts, hold_s in ((0, 0, 0), (1, 1, 0), (0, 1, 0.1), (1, 0, 0.05), (0, 0, 0), (0, 0, 0)):
        unit.lines(bool(dtr), bool(rts), hold_s)
    assert answers(unit)


def test_lines_that_come_late_from_a_remote_host_still_enter_download_mode() -> None:
    unit = host()
    unit.lines(dtr=False, rts=True, hold_s=0.2)
    unit.lines(dtr=True, rts=True, hold_s=0.1)
    unit.lines(dtr=True, rts=False, hold_s=0.1)
    unit.lines(dtr=False, rts=False, hold_s=0.1)
    assert answers(unit)


def test_io0_pulled_low_long_after_the_start_changes_nothing() -> None:
    unit = host()
    unit.lines(dtr=False, rts=True, hold_s=0.1)
    unit.lines(dtr=False, rts=False, hold_s=0.1)
    unit.lines(dtr=True, rts=False, hold_s=0.1)
    assert unit.chip.mode is Mode.APP


def test_opening_a_port_with_both_lines_asserted_resets_nothing() -> None:
    unit = host()
    unit.wait(1)
    unit.lines(dtr=True, rts=False)
    unit.lines(dtr=True, rts=True)
    assert unit.wait(1) == b""
    assert unit.chip.mode is Mode.APP


USB_JTAG = ((0, 0, 0.1), (1, 0, 0.1), (1, 1, 0), (0, 1, 0), (0, 1, 0.1), (0, 1, 0), (0, 0, 0))


def test_the_usb_bridge_of_the_chip_takes_its_own_reset_sequence() -> None:
    for timing, enters in ((USB_TIME, True), (UART_TIME, False)):
        unit = Host(UnitSpec(timing=timing))
        for dtr, rts, hold_s in USB_JTAG:
            unit.lines(bool(dtr), bool(rts), hold_s)
        unit.wait(0.5)
        assert (unit.chip.mode is Mode.DOWNLOAD) is enters


def test_the_usb_bridge_boots_the_application_by_a_plain_reset() -> None:
    unit = Host(UnitSpec(timing=USB_TIME))
    for dtr, rts, hold_s in USB_JTAG:
        unit.lines(bool(dtr), bool(rts), hold_s)
    assert b"SPI_FAST_FLASH_BOOT" in unit.reset_into_app()


def test_without_reset_lines_a_chip_stays_as_it_was_powered_up() -> None:
    unit = host(SimFault(FaultKind.NO_RESET))
    unit.reset_into_download()
    assert not answers(unit)
    unit.chip.unplug(unit.now)
    unit.chip.plug(unit.now, download=True)
    assert answers(unit)
    unit.reset_into_app()
    assert answers(unit)


def test_a_reset_clears_registers_and_keeps_the_efuses() -> None:
    unit = host()
    unit.connect()
    mac = unit.chip.silicon.read(0x60008844)
    unit.ask(Op.WRITE_REG, words(0x60000000, 7, 0xFFFFFFFF, 0))
    unit.ask(Op.WRITE_REG, words(0x60008844, 7, 0xFFFFFFFF, 0))
    unit.connect()
    assert unit.chip.silicon.read(0x60000000) == 0
    assert unit.chip.silicon.read(0x60008844) == mac


# rates


def test_the_rom_finds_the_hosts_rate_by_itself() -> None:
    unit = host()
    unit.reset_into_download()
    unit.baud(921600)
    assert answers(unit)
    unit.baud(115200)
    assert not answers(unit)


def test_a_change_of_rate_is_answered_at_the_old_one() -> None:
    unit = host()
    unit.connect()
    assert unit.ask(Op.CHANGE_BAUDRATE, words(460800, 0)) == bytes(4)
    assert not answers(unit)
    unit.baud(460800)
    assert answers(unit)


def test_the_esp8266_prints_its_boot_log_at_74880() -> None:
    unit = host(chip="esp8266")
    assert b"boot mode" not in unit.reset_into_app()
    unit.baud(74880)
    assert b"boot mode:(3,6)" in unit.reset_into_app()


def test_above_its_limit_a_bad_line_carries_nothing() -> None:
    unit = host(SimFault(FaultKind.GARBLE, baud=460800))
    unit.connect()
    for baud, works in ((460800, True), (921600, False)):
        unit.ask(Op.CHANGE_BAUDRATE, words(baud, 0))
        unit.baud(baud)
        assert answers(unit) is works


def test_noise_breaks_one_byte_in_so_many_and_a_checksum_finds_it() -> None:
    unit = host(SimFault(FaultKind.NOISE, baud=0, every=1000))
    unit.connect()
    replies = [unit.ask(Op.MEM_DATA, body=bytes(400))[:2] for _ in range(10)]
    assert b"\0\0" in replies
    assert b"\x01\x07" in replies


# time


def burn(unit: Host, data: bytes, baud: int) -> float:
    """Write compressed data through the stub; seconds it takes."""
    unit.start_stub()
    unit.ask(Op.CHANGE_BAUDRATE, words(baud, 115200))
    unit.baud(baud)
    packed, started = zlib.compress(data, 9), unit.now
    unit.ask(Op.FLASH_DEFL_BEGIN, words(len(data), 1, BLOCK, 0x10000, 0))
    for at in range(0, len(packed), BLOCK):
        unit.ask(Op.FLASH_DEFL_DATA, body=packed[at : at + BLOCK])
    unit.ask(Op.FLASH_DEFL_END, words(1))
    return unit.now - started


RANDOM = random.Random(1)
FIRMWARE = b"".join(RANDOM.randbytes(620) + bytes(380) for _ in range(262))


def test_a_burn_takes_the_longer_of_link_and_flash_as_the_stub_overlaps_them() -> None:
    link_s = len(zlib.compress(FIRMWARE, 9)) * 10 / 921600
    program_s = len(FIRMWARE) / 256 * UART_TIME.page_program_s
    assert program_s < link_s
    seconds = burn(host(modelled=True), FIRMWARE, 921600)
    assert link_s < seconds < link_s + 0.25
    dirty = host(modelled=True)
    dirty.chip.silicon.flash.program(0x10000, bytes(MB))
    assert burn(dirty, FIRMWARE, 2_000_000) > 4 * UART_TIME.block_erase_s + program_s


def test_at_a_low_rate_every_byte_takes_its_ten_bits() -> None:
    unit = host(modelled=True)
    unit.connect()
    started = unit.now
    unit.ask(Op.MEM_DATA, body=bytes(2000))
    assert unit.now - started == pytest.approx((2000 + 26 + 14) * 10 / 115200, rel=0.05)


def test_native_usb_knows_no_rates() -> None:
    unit = Host(UnitSpec(timing=USB_TIME))
    unit.connect()
    started = unit.now
    unit.baud(1200)
    unit.ask(Op.MEM_DATA, body=bytes(6000))
    assert unit.now - started == pytest.approx(6000 / 600_000, rel=0.2)


def test_the_digest_takes_its_time_and_blocks_what_follows() -> None:
    unit = Host(UnitSpec(timing=replace(UART_TIME, md5_s_per_mb=3.3)))
    unit.start_stub()
    started = unit.now
    unit.ask(Op.SPI_FLASH_MD5, words(0, MB, 0, 0))
    assert 3.3 < unit.now - started < 3.4


def test_with_time_off_everything_is_there_at_once() -> None:
    unit = host()
    unit.reset_into_download()
    started = unit.now
    unit.send(request(Op.SYNC, SYNC_PAYLOAD))
    assert len(unit.receive()) == 8
    assert unit.now == started


# faults that strike


def test_a_unit_pulled_out_at_a_byte_is_gone_with_its_port() -> None:
    unit = host(SimFault(FaultKind.UNPLUG, at_byte=5000))
    unit.start_stub()
    unit.ask(Op.FLASH_BEGIN, words(0x8000, 2, BLOCK, 0, 0))
    unit.send(request(Op.FLASH_DATA, body=bytes(BLOCK)))
    assert unit.receive() == []
    assert gone(unit)
    assert unit.chip.silicon.flash.is_blank(0)
    assert unit.chip.due() is None


def test_a_unit_pulled_out_once_comes_back_by_itself_and_is_well() -> None:
    unit = host(SimFault(FaultKind.UNPLUG, step=FaultStep.ERASE, once=True, seconds=2))
    unit.start_stub()
    unit.send(request(Op.FLASH_BEGIN, words(0x8000, 2, BLOCK, 0, 0)))
    unit.wait(1.9)
    assert gone(unit)
    unit.wait(0.2)
    assert not gone(unit)
    unit.start_stub()
    assert unit.ask(Op.FLASH_BEGIN, words(0x8000, 2, BLOCK, 0, 0)) == b"\0\0"


def test_a_port_that_vanishes_leaves_the_chip_as_it_was() -> None:
    unit = host(SimFault(FaultKind.PORT_GONE, step=FaultStep.MD5, once=True))
    unit.start_stub()
    unit.send(request(Op.SPI_FLASH_MD5, words(0, 64, 0, 0)))
    assert gone(unit)
    unit.wait(0.5)
    assert not gone(unit)
    assert len(unit.ask(Op.SPI_FLASH_MD5, words(0, 64, 0, 0))) == 18


def test_a_chip_that_hangs_is_silent_until_it_is_reset() -> None:
    unit = host(SimFault(FaultKind.HANG, step=FaultStep.READ, once=True))
    unit.start_stub()
    assert unit.ask_all(Op.READ_FLASH, words(0, 64, 0x1000, 64)) == []
    assert unit.ask_all(Op.SYNC) == []
    unit.start_stub()
    assert len(unit.ask_all(Op.READ_FLASH, words(0, 64, 0x1000, 64))) == 2


def test_a_brown_out_reboots_in_the_middle_of_a_write() -> None:
    unit = host(SimFault(FaultKind.BROWN_OUT))
    unit.start_stub()
    unit.ask(Op.FLASH_BEGIN, words(0x8000, 2, BLOCK, 0, 0))
    unit.send(request(Op.FLASH_DATA, body=bytes(BLOCK)))
    assert b"rst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)" in unit.wait(1)
    assert not answers(unit)
    assert b"rst:0x1 (POWERON)" in unit.reset_into_app()


def test_a_fault_at_a_byte_counts_anew_after_every_reset() -> None:
    unit = host(SimFault(FaultKind.HANG, at_byte=150))
    for _ in range(2):
        unit.connect()
        for _ in range(3):
            assert unit.ask(Op.READ_REG, words(0x40001000)) == bytes(4)
        assert [unit.ask_all(Op.READ_REG, words(0)) for _ in range(6)][-1] == []


def test_a_dead_unit_prints_nothing_and_answers_nothing() -> None:
    unit = host(SimFault(FaultKind.DEAD))
    assert unit.wait(1) + unit.reset_into_download() + unit.reset_into_app() == b""
    assert not answers(unit)


def test_faults_of_identity_change_what_the_silicon_is() -> None:
    other = (
        SimFault(FaultKind.WRONG_CHIP, chip="esp32s3"),
        SimFault(FaultKind.FLASH_SIZE, size=2 * MB),
    )
    built = UnitSpec(faults=(*other, SimFault(FaultKind.BLANK_MAC))).as_built()
    assert (built.chip, built.flash_size, built.mac.octets) == ("esp32s3", 2 * MB, bytes(6))
    twin = UnitSpec(
        faults=(SimFault(FaultKind.SAME_MAC, mac=UnitSpec().mac),), serial="2"
    ).as_built()
    assert twin.mac == UnitSpec().mac
    assert twin.flash_unique_id != UnitSpec().as_built().flash_unique_id
