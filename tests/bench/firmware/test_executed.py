"""A chip boots: the program in its flash speaks, or the model, and it is known which and why."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from burner.bench import processor
from burner.bench.firmware.console import BootRecord
from burner.bench.firmware.executed import why_modelled
from burner.bench.unit.modem_spec import ModemSpec
from burner.bench.unit.unit_spec import (
    UART_TIME,
    FaultKind,
    FaultStep,
    FirmwareBehaviour,
    SimFault,
    TestFirmware,
    TextPlace,
    UnitSpec,
)
from tests.bench.host import Host
from tests.bench.processor.programs import CODE, ECHO, HELLO, TIME, UART, WAIT, boot_image, put

UNTIL_HALF_A_SECOND = (
    *TIME[1:6],
    0x01735313,  # srli t1, t1, 23
    0xFE0306E3,  # beqz t1, -20
)
"""Looks at the timer until 0.524 seconds are over since the reset."""
EXECUTED = BootRecord(executed=True)
UNIT = UnitSpec()


@pytest.fixture(autouse=True)
def _with_emulator() -> None:
    pytest.importorskip("unicorn")


def burned(*program: int, unit: UnitSpec = UNIT) -> Host:
    host = Host(unit)
    host.reset_into_download()
    host.chip.silicon.flash.program(0, boot_image(*program))
    return host


def faulty(kind: FaultKind, step: FaultStep | None = None) -> UnitSpec:
    return UnitSpec(faults=(SimFault(kind, step=step, once=True),))


def test_the_program_speaks_behind_the_lines_of_the_rom() -> None:
    host = burned(*HELLO)
    assert host.reset_into_app().decode() == (
        "ESP-ROM:esp32c3-api1-20210207\r\n"
        "Build:Feb  7 2021\r\n"
        "rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\n"
        "SPIWP:0xee\r\n"
        "mode:DIO, clock div:1\r\n"
        f"load:{CODE:#010x},len:0x1c\r\n"
        f"entry {CODE:#010x}\r\n"
        "Hi"
    )
    assert host.chip.flash_boot.record == EXECUTED


def test_a_boot_writes_nothing_to_the_flash() -> None:
    host = burned(*HELLO)
    flash = host.chip.silicon.flash
    before = flash.read(0, flash.size)
    host.reset_into_app()
    assert flash.read(0, flash.size) == before


def test_input_reaches_the_program_and_its_answer_the_host() -> None:
    host = burned(*ECHO, unit=UnitSpec(timing=UART_TIME))
    host.reset_into_app()
    host.chip.receive(b"hello", host.now)
    assert host.wait(0.0001) == b""
    assert host.wait(0.1) == b"hello"


def test_the_program_knows_how_long_the_reset_is_over() -> None:
    host = burned(*TIME, unit=UnitSpec(timing=UART_TIME))
    assert host.reset_into_app().endswith(bytes((int(0.3 * 16e6) >> 22,)))
    host.wait(6.0)
    host.chip.receive(b"x", host.now)
    assert host.wait(0.1) == bytes((int(8.0 * 16e6) >> 22,))


def test_what_a_program_prints_after_it_has_waited_by_the_timer_comes_so_much_later() -> None:
    program = (*UART, *put("a"), *UNTIL_HALF_A_SECOND, *put("b"), *WAIT)
    host = burned(*program, unit=UnitSpec(timing=UART_TIME))
    host.lines(dtr=False, rts=True, hold_s=0.1)
    host.lines(dtr=False, rts=False)
    assert host.wait(0.5).endswith(b"a")
    assert host.wait(0.05) == b"b"


def test_a_program_that_waits_by_the_timer_after_its_lines_answers_so_much_later() -> None:
    host = burned(*UART, *put("a"), *UNTIL_HALF_A_SECOND, *ECHO, unit=UnitSpec(timing=UART_TIME))
    host.lines(dtr=False, rts=True, hold_s=0.1)
    host.lines(dtr=False, rts=False)
    assert host.wait(0.4).endswith(b"a")
    host.chip.receive(b"x", host.now)
    assert host.wait(0.1) == b""
    assert host.wait(0.05) == b"x"
    host.chip.receive(b"y", host.now)
    assert host.wait(0.01) == b"y"


def test_a_reset_starts_the_program_anew() -> None:
    host = burned(*ECHO)
    host.reset_into_app()
    host.lines(dtr=False, rts=True)
    host.chip.receive(b"lost", host.now)
    host.lines(dtr=False, rts=False)
    assert b"lost" not in host.wait(1.0)
    host.chip.receive(b"kept", host.now)
    assert host.wait(1.0) == b"kept"


def test_power_that_is_lost_ends_the_program() -> None:
    host = burned(*ECHO)
    host.reset_into_app()
    host.chip.unplug(host.now)
    assert host.chip.flash_boot.record is None
    host.chip.receive(b"x", host.now)
    assert host.wait(1.0) == b""
    host.chip.plug(host.now)
    assert b"entry" in host.wait(1.0)


def test_a_brown_out_at_the_start_starts_it_again() -> None:
    host = burned(*HELLO, unit=faulty(FaultKind.BROWN_OUT, FaultStep.BOOT))
    host.chip.plug(host.now)  # the fault showed when the flash was empty
    log = host.reset_into_app()
    assert log.endswith(b"Hi")


def test_a_chip_that_hangs_at_the_start_executes_nothing() -> None:
    unit = UnitSpec(faults=(SimFault(FaultKind.HANG, step=FaultStep.BOOT),))
    host = burned(*HELLO, unit=unit)
    assert host.reset_into_app() == b""
    assert host.chip.flash_boot.record is None


def test_what_the_program_prints_is_noise_on_a_garbled_line() -> None:
    unit = UnitSpec(faults=(SimFault(FaultKind.GARBLE, baud=2400),))
    assert b"Hi" not in burned(*HELLO, unit=unit).reset_into_app()


@pytest.mark.parametrize(
    ("unit", "why"),
    [
        (UnitSpec(chip="esp32"), "programs of esp32 are not executed"),
        (UnitSpec(modem=ModemSpec(port="esp")), "an AT firmware or a modem"),
        (faulty(FaultKind.ENCRYPTED), "the fault encrypted is one of the model"),
        (faulty(FaultKind.SECURE_BOOT), "the fault secure-boot is one of the model"),
        (faulty(FaultKind.PRINTS_SECRET), "the fault prints-secret is one of the model"),
        (faulty(FaultKind.DEAD), "the fault dead is one of the model"),
        (faulty(FaultKind.BLANK_MAC), ""),
        (faulty(FaultKind.GARBLE), ""),
        (UnitSpec(modem=ModemSpec()), ""),
    ],
)
def test_the_model_speaks_for_a_unit_that_no_program_can_be(unit: UnitSpec, why: str) -> None:
    assert why in why_modelled(unit)
    assert bool(why_modelled(unit)) == bool(why)


@pytest.mark.parametrize(
    ("firmware", "why"),
    [
        (FirmwareBehaviour(), ""),
        (
            FirmwareBehaviour(test_firmware=TestFirmware((), (), ())),
            "the unit or the profile describes the firmware: route",
        ),
        (FirmwareBehaviour(executed=False), "the bench was told not to execute"),
        (
            FirmwareBehaviour(device_name="{mac}"),
            "the unit or the profile describes the firmware: device_name",
        ),
        (
            FirmwareBehaviour(lines=("SN=1",)),
            "the unit or the profile describes the firmware: lines",
        ),
        (
            FirmwareBehaviour(texts=(TextPlace("product_id", "cfg", 0, 11),)),
            "",  # the program knows its own place; only the model must be told
        ),
        (
            FirmwareBehaviour(prints=False),
            "the unit or the profile describes the firmware: prints: false",
        ),
        (
            FirmwareBehaviour(baud=9600),
            "the unit or the profile describes the firmware: baud: 9600",
        ),
        (
            FirmwareBehaviour(rollback=True),
            "the unit or the profile describes the firmware: rollback",
        ),
        (
            FirmwareBehaviour(moves_key=True),
            "the unit or the profile describes the firmware: moves_key",
        ),
    ],
)
def test_the_model_speaks_for_a_unit_whose_firmware_is_described(
    firmware: FirmwareBehaviour, why: str
) -> None:
    assert why_modelled(UnitSpec(firmware=firmware)) == why


def test_a_program_that_needs_what_is_not_modelled_leaves_the_boot_to_the_model() -> None:
    host = burned(0x420003B7, 0x0003A303)  # lui t2, 0x42000; lw t1, 0(t2)
    log = host.reset_into_app().decode()
    assert log.endswith("E (30) boot: load partition table error!\r\n")
    assert host.chip.flash_boot.record == BootRecord(
        executed=False,
        reason="reads flash through the cache at 0x42000000, at 0x403ce804",
    )


def test_without_the_emulator_the_model_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "unicorn", None)
    host = burned(*HELLO)
    assert b"load partition table error" in host.reset_into_app()
    assert host.chip.flash_boot.record == BootRecord(
        executed=False, reason="unicorn is not installed: pip install 'burner[emulator]'"
    )


def test_with_an_emulator_that_cannot_be_loaded_the_model_speaks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "unicorn.py"
    broken.write_text("raise ImportError('no library')")
    for name in [name for name in sys.modules if name.split(".")[0] == "unicorn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "burner.bench.processor.machine", raising=False)
    monkeypatch.delattr(processor, "machine", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    host = burned(*HELLO)
    host.reset_into_app()
    assert host.chip.flash_boot.record == BootRecord(
        executed=False, reason="unicorn cannot be loaded: no library"
    )


def test_a_program_that_stops_later_says_so() -> None:
    host = burned(*ECHO[:4], 0xFFFFFFFF)
    host.reset_into_app()
    assert host.chip.flash_boot.record == EXECUTED
    host.chip.receive(b"x", host.now)
    host.wait(1.0)
    assert host.chip.flash_boot.record == BootRecord(
        executed=True, reason="it crashed, at 0x403ce814"
    )


def test_a_program_begins_in_a_memory_without_traces_of_the_one_before() -> None:
    reads = (0x3FC80337, 0x00032303, 0x0062A023)  # lui t1, 0x3fc80; lw t1, 0(t1); print
    writes = (0x3FC80337, 0x00532023)  # sw t0, 0(t1)
    for _ in range(2):  # in one emulator, one after the other
        host = burned(*UART, *reads, *writes, *WAIT)
        assert host.reset_into_app().endswith(b"entry 0x403ce800\r\n\xa5")
        host.chip.unplug(host.now)


def test_what_is_executed_ahead_is_not_seen_before_the_start() -> None:
    host = burned(*HELLO, unit=UnitSpec(timing=UART_TIME))
    host.lines(dtr=False, rts=True, hold_s=0.1)
    host.lines(dtr=False, rts=False)
    assert host.wait(0.29) == b""
    assert host.chip.flash_boot.record is None
    host.chip.silicon.flash.erase(0, 0x1000)  # so that it would not start a second time
    assert host.wait(0.2).endswith(b"Hi")


def test_a_reset_into_download_mode_drops_what_was_executed_ahead() -> None:
    host = burned(*HELLO, unit=UnitSpec(timing=UART_TIME))
    host.lines(dtr=False, rts=True, hold_s=0.1)
    host.lines(dtr=False, rts=False)
    host.wait(0.1)
    assert b"waiting for download" in host.reset_into_download()
    assert b"Hi" not in host.wait(2.0)


def test_boots_are_counted_by_who_spoke() -> None:
    host = burned(*HELLO)
    host.reset_into_app()
    host.reset_into_app()
    host.chip.silicon.flash.erase(0, 0x1000)
    host.reset_into_app()
    assert host.chip.flash_boot.counts == {EXECUTED: 2}


def test_a_start_whose_program_stops_later_is_counted_with_the_reason() -> None:
    host = burned(*ECHO[:4], 0xFFFFFFFF)
    host.reset_into_app()
    host.reset_into_app()
    host.chip.receive(b"x", host.now)
    host.wait(1.0)
    counts = {EXECUTED: 1, BootRecord(executed=True, reason="it crashed, at 0x403ce814"): 1}
    assert host.chip.flash_boot.counts == counts
    host.chip.unplug(host.now)
    assert host.chip.flash_boot.counts == counts


def test_a_boot_is_described_as_plain_values() -> None:
    assert EXECUTED.describe() == {"by": "executed"}
    other = replace(EXECUTED, executed=False, reason="why")
    assert other.describe() == {"by": "model", "reason": "why"}


def test_a_program_that_was_run_ahead_and_never_started_gives_its_processor_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from burner.bench.processor.machine import Machine

    boot = burned(*HELLO).chip.flash_boot
    boot.run_ahead()
    unused = [Machine()]
    monkeypatch.setattr(Machine, "_unused", unused)
    boot.run_ahead()
    assert len(unused) == 1
