"""The in-memory device keeps the promises that the unit tests build on."""

import pytest

from burner.core.errors import BurnerError
from burner.core.segments import Segment
from burner.devices.device import ConnectPlan, Device
from tests.devices.esp_in_memory import FakeBoard, FakeDevice, NorFlash

PLAN = ConnectPlan("esp32c3", 921600)


def test_programming_only_clears_bits_and_an_erase_sets_whole_sectors() -> None:
    flash = NorFlash(0x4000)
    flash.program(0x1000, b"\x0f")
    flash.program(0x1000, b"\xf1")
    assert flash.read(0x1000, 2) == b"\x01\xff"
    flash.erase(0x1FFF, 1)
    assert flash.read(0x1000, 1) == b"\xff"


def test_what_was_written_is_there_and_matches() -> None:
    device: Device = FakeDevice(FakeBoard())
    segment = Segment("app", 0x10000, b"firmware" * 5000)
    device.identify(PLAN)
    steps = list(device.write([segment]))
    assert steps[-1] == (40000, 40000)
    assert device.matches(segment.region())
    assert device.read(0x10000, 8) == b"firmware"


def test_a_stuck_sector_fails_its_digest() -> None:
    board = FakeBoard(stuck_sectors=frozenset({0x10}))
    board.flash.program(0x10000, b"\x00")
    device = FakeDevice(board)
    with pytest.raises(BurnerError) as refused:
        list(device.write([Segment("app", 0x10000, b"\xe9" * 16)]))
    assert refused.value.code == "E601"


def test_a_failure_is_raised_as_often_as_it_was_asked_for() -> None:
    device = FakeDevice(FakeBoard())
    device.fails("identify", "E902", times=1)
    with pytest.raises(BurnerError):
        device.identify(PLAN)
    assert device.identify(PLAN).unit_id == "60:55:f9:00:00:01"
