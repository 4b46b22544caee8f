"""A stub that goes on after a program had the port, and what keeps it from going on."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from burner.bench.process import BenchProcess
from burner.core.segments import Segment
from burner.devices.device import ConnectPlan
from burner.devices.esp import EspDevice
from burner.devices.esp_worker.serial_port import open_port
from burner.devices.esp_worker.tool import CHIP_DEFS, StubFlasher, reset
from burner.devices.segment_cache import SegmentCache

CHIPS = ("esp8266", "esp32", "esp32s2", "esp32s3", "esp32c3", "esp32c6")
ROM_BAUD = 115200
BAUD = 921600
APP = Segment("app", 0x10000, b"firmware" * 5000)

Slots = Callable[[str], EspDevice]


@pytest.fixture(scope="module")
def bench(described: Callable[[str], BenchProcess]) -> Iterator[BenchProcess]:
    units = "".join(f"  - {{chip: {chip}}}\n" for chip in CHIPS)
    with described(f"slots: 6\ntime: off\nunits:\n{units}") as running:
        yield running


@pytest.fixture
def slot(bench: BenchProcess, tmp_path: Path) -> Iterator[Slots]:
    with contextlib.ExitStack() as stack:

        def start(chip: str) -> EspDevice:
            ports = list(bench.slots.values())[CHIPS.index(chip)]
            esp = EspDevice(ports, tmp_path / "slot.log", SegmentCache())
            stack.callback(esp.stop)
            esp.start()
            return esp

        yield start


@contextlib.contextmanager
def program(esp: EspDevice, baud: int = BAUD) -> Iterator[Any]:
    """The port, as a program of the fixture has it."""
    with contextlib.closing(open_port(esp.free_port(), baud)) as port:
        yield port


def connected_rom(port: Any) -> Any:
    """The ROM after a reset by esptool, as a program of the fixture may use it."""
    rom = CHIP_DEFS["esp32c3"](port, ROM_BAUD)
    rom.get_usb_vid_pid = lambda: (None, None)
    rom.connect(attempts=2)
    return rom


@pytest.mark.parametrize("chip", CHIPS)
def test_a_chip_that_a_program_left_alone_goes_on_without_a_reset(
    slot: Slots, tmp_path: Path, chip: str
) -> None:
    esp = slot(chip)
    mac = esp.identify(ConnectPlan(chip, BAUD, early_baud=True)).mac
    with program(esp, 9600) as port:
        port.write(b"*IDN?\r\n")
    with program(esp):
        pass
    assert esp.resume() == mac
    assert list(esp.write([APP]))
    assert esp.matches(APP.region())
    assert esp.boot(5.0, lambda _: True)
    assert (tmp_path / "slot.log").read_text().count("Running stub flasher") == 1


def test_a_chip_whose_port_no_program_wanted_goes_on(slot: Slots) -> None:
    esp = slot("esp32c3")
    mac = esp.identify(ConnectPlan("esp32c3", BAUD)).mac
    assert esp.resume() == mac
    assert list(esp.write([APP]))


def test_a_chip_that_a_program_has_reset_must_be_identified_again(slot: Slots) -> None:
    esp, plan = slot("esp32c3"), ConnectPlan("esp32c3", BAUD)
    mac = esp.identify(plan).mac
    with program(esp) as port:
        reset.HardReset(port)()
        port.dtr = False
        reset.HardReset(port)()
    assert esp.resume() is None
    assert esp.identify(plan).mac == mac


def test_a_rom_that_answers_at_the_stubs_rate_is_not_taken_for_the_stub(slot: Slots) -> None:
    esp = slot("esp32c3")
    esp.identify(ConnectPlan("esp32c3", ROM_BAUD))
    with program(esp, ROM_BAUD) as port:
        connected_rom(port)
    assert esp.resume() is None


@pytest.mark.parametrize("build", ["ours", "another"])
def test_a_stub_that_a_program_started_is_used_only_if_it_is_of_our_build(
    slot: Slots, build: str
) -> None:
    esp = slot("esp32c3")
    mac = esp.identify(ConnectPlan("esp32c3", ROM_BAUD)).mac
    with program(esp, ROM_BAUD) as port:
        rom = connected_rom(port)
        stub = StubFlasher(rom)
        if build == "another":
            stub.text = bytes(reversed(stub.text))
        rom.run_stub(stub)
    assert esp.resume() == (mac if build == "ours" else None)


def test_a_chip_whose_fuses_a_program_has_burned_must_be_identified_again(slot: Slots) -> None:
    esp, plan = slot("esp32"), ConnectPlan("esp32", BAUD)
    assert not esp.identify(plan).security.flash_encryption
    with program(esp) as port:
        stub = CHIP_DEFS["esp32"].STUB_CLASS(CHIP_DEFS["esp32"](port, BAUD))
        encrypted = stub.EFUSE_SPI_BOOT_CRYPT_CNT_MASK
        stub.write_reg(stub.EFUSE_SPI_BOOT_CRYPT_CNT_REG, encrypted)
    assert esp.resume() is None


def test_a_dialogue_on_the_chips_own_port_ends_the_connection(slot: Slots) -> None:
    esp = slot("esp32c3")
    esp.identify(ConnectPlan("esp32c3", BAUD))
    esp.line("esp").close()
    assert esp.resume() is None


def test_a_board_that_was_taken_out_must_be_identified_again(
    slot: Slots, bench: BenchProcess
) -> None:
    esp, place = slot("esp32c3"), list(bench.slots)[CHIPS.index("esp32c3")]
    esp.identify(ConnectPlan("esp32c3", BAUD))
    esp.free_port()
    bench.control.unplug(place)
    try:
        assert esp.resume() is None
    finally:
        bench.control.plug(place)
