"""The worker's own rules: checksums, waiting times, lines, and what an error is called."""

import errno
import time
import zlib

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.chip import rom_baud
from burner.bench.chip.chip import SimChip
from burner.bench.unit.unit_spec import UnitSpec
from burner.core.errors import BurnerError
from burner.devices.esp_worker import (
    boot_mode,
    connection,
    early_baud,
    faults,
    listening,
    reading,
    tool,
    writing,
)
from burner.devices.esp_worker.connection import ChipConnection, ConnectRequest
from burner.devices.esp_worker.flash_bus import FlashBus
from burner.devices.esp_worker.writing import WireSegment
from tests.bench.sim_serial import SimSerial

MB = 1024 * 1024


def slow_checksum(data: bytes, state: int = 0xEF) -> int:
    for byte in data:
        state ^= byte
    return state


@given(st.binary(max_size=20_000), st.integers(0, 255))
def test_the_quick_checksum_is_the_slow_one(data: bytes, state: int) -> None:
    assert tool.checksum(data, state) == slow_checksum(data, state)


def test_the_mac_crc_is_the_one_of_the_esp32s_efuse() -> None:
    # summary of a real part: MAC 24:0a:c4:00:8e:ea; and the check value of CRC-8/MAXIM
    assert reading.crc8(b"123456789") == 0xA1


@pytest.mark.parametrize("vendor", [0xEF, 0xC8, 0x20], ids=["winbond", "gigadevice", "xmc"])
@pytest.mark.parametrize("chip", ["esp8266", "esp32", "esp32s3", "esp32c3", "esp32c6"])
def test_the_quick_way_to_the_flash_finds_what_esptools_way_finds(chip: str, vendor: int) -> None:
    unit = UnitSpec(chip, flash_vendor=vendor)
    silicon = SimChip(unit, time.monotonic())
    silicon.plug(time.monotonic(), download=True)
    rom = tool.CHIP_DEFS[chip](SimSerial(silicon))
    rom.connect("no-reset")
    met = ChipConnection(tool.cmds.run_stub(rom), chip, 115200)
    quick = reading.silicon(met)
    tool.cmds.attach_flash(met.esp)
    assert quick["flash_id"] == met.esp.flash_id(cache=False)
    assert quick["flash_size"] == unit.flash_size
    assert quick["fingerprint"] == unit.flash_unique_id.hex()
    assert quick["mac"] == str(unit.mac)


def test_the_flashs_controller_is_given_back_as_it_was() -> None:
    silicon = SimChip(UnitSpec("esp32c3"), time.monotonic())
    silicon.plug(time.monotonic(), download=True)
    rom = tool.CHIP_DEFS["esp32c3"](SimSerial(silicon))
    rom.connect("no-reset")
    registers = [rom.SPI_REG_BASE + rom.SPI_USR_OFFS, rom.SPI_REG_BASE + rom.SPI_USR2_OFFS]
    for register in registers:
        rom.write_reg(register, 0x1234)
    with FlashBus(rom) as bus:
        bus.run(0x9F, 24)
    assert [rom.read_reg(register) for register in registers] == [0x1234, 0x1234]


class Rom:
    """As much of an ESP32's ROM as the choice of its rate looks at."""

    def __init__(self, calibrated_hz: float = 40e6, usb: bool = False) -> None:
        self.get_rom_cal_crystal_freq = lambda: calibrated_hz
        self.uses_usb_jtag_serial = lambda: usb
        self.uses_usb_otg = lambda: False


@pytest.mark.parametrize(
    ("chip", "baud", "rom", "early"),
    [
        ("esp32c3", 921600, Rom(), True),
        ("esp32", 921600, Rom(), True),
        ("esp32", 921600, Rom(calibrated_hz=0), False),
        ("esp8266", 921600, Rom(), False),
        ("esp32h4", 921600, Rom(), False),
        ("esp32c3", 115200, Rom(), False),
        ("esp32s3", 921600, Rom(usb=True), False),
    ],
)
def test_the_rate_is_changed_early_only_where_that_is_safe(
    chip: str, baud: int, rom: Rom, early: bool
) -> None:
    plan = ConnectRequest("COM1", chip, baud, early_baud=True)
    assert connection.may_change_early(rom, plan) is early


@pytest.mark.parametrize("chip", sorted(rom_baud.STUB_READS_IT))
@pytest.mark.parametrize("revision", [None, (3, 0)], ids=["usual", "v3.0"])
def test_the_rom_is_told_the_rate_where_its_stub_reads_it(
    chip: str, revision: tuple[int, int] | None
) -> None:
    simulated = SimChip(UnitSpec(chip, revision=revision), time.monotonic())
    simulated.plug(time.monotonic(), download=True)
    rom = tool.CHIP_DEFS[chip](SimSerial(simulated))
    rom.connect("no-reset")
    if not early_baud.is_possible(rom, chip):
        assert rom_baud.address(simulated.silicon) == 0
        return
    early_baud.set_rom_baud(rom, chip, 921600)
    assert rom_baud.of_stub(simulated.silicon) == 921600


C3 = b"ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\nrst:0x1 (POWERON),"
ESP32 = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),"


@pytest.mark.parametrize(
    ("log", "off"),
    [
        (C3 + b"boot:0x4 (DOWNLOAD(USB/UART0/1))\r\nSPIWP:0xee\r\nmode:DIO", True),
        (C3 + b"boot:0x5 (DOWNLOAD(USB/UART0/1))\r\nDownload mode is disabled\r\n", True),
        (C3 + b"boot:0x5 (DOWNLOAD(USB/UART0/1))\r\nwaiting for download\r\n", False),
        (C3 + b"boot:0x5 (DOWNLOAD(USB/UART0/1))\r\n", False),
        (C3 + b"boot:0x1 (SPI_DOWNLOAD_BOOT)\r\nwait spi download\r\n", False),
        (C3 + b"boot:0xc (SPI_FAST_FLASH_BOOT)\r\nSPIWP:0xee\r\n", False),
        (ESP32 + b"boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nconfigsip: 0\r\n", False),
        (b"Download mode is disabled. Restart with GPIO0 high.\r\n", True),
        (b"\x8f\x1c\xe2", False),
        (b"", False),
    ],
)
def test_the_roms_log_tells_a_mode_switched_off_from_a_bad_contact(log: bytes, off: bool) -> None:
    assert boot_mode.download_is_off(log) is off


def wire_segment(data: bytes) -> WireSegment:
    packed = zlib.compress(data, 9)
    return WireSegment("", len(data), len(data), compressed=True, data=packed)


@given(st.binary(min_size=1, max_size=100_000), st.sampled_from([0x400, 0x4000]))
def test_blocks_are_the_whole_segment(data: bytes, block_size: int) -> None:
    packed = wire_segment(data)
    assert b"".join(block for block, _ in packed.blocks(block_size)) == packed.data


def test_a_block_may_take_as_long_as_what_it_unpacks_to() -> None:
    blank = wire_segment(b"\xff" * MB)
    ((_, timeout_s),) = blank.blocks(0x4000)
    assert timeout_s == writing.flashing_s(MB)
    assert timeout_s > 40
    assert writing.flashing_s(100) < 10


class Scripted:
    """A port that gives what was written down, a chunk a read."""

    def __init__(self, *chunks: bytes | OSError) -> None:
        self.chunks = list(chunks)
        self.timeout: float | None = None
        self.in_waiting = 0

    def read(self, size: int) -> bytes:
        if not self.chunks:
            return b""
        chunk = self.chunks.pop(0)
        if isinstance(chunk, OSError):
            raise chunk
        return chunk


def lines_of(*chunks: bytes | OSError) -> list[str]:
    port = Scripted(*chunks)
    return list(listening.lines(port, 5.0, lambda: not port.chunks))


def test_lines_are_whole_however_they_arrive() -> None:
    assert lines_of(b"ESP-R", b"OM\r\nbo", b"ot\n", b"rest") == ["ESP-ROM", "boot", "rest"]


def test_noise_is_text_all_the_same() -> None:
    assert lines_of(b"\xff\xfe\n", b"ok\n") == ["\ufffd\ufffd", "ok"]


def test_a_firmware_without_line_ends_still_gives_lines() -> None:
    assert [len(line) for line in lines_of(b"x" * 2500)] == [1000, 1000, 500]


def test_listening_ends_with_its_time() -> None:
    assert list(listening.lines(Scripted(), 0.0, lambda: False)) == []


FATAL = tool.FatalError


@pytest.mark.parametrize(
    ("error", "untouched", "half_written"),
    [
        (FATAL("Failed to connect to ESP32-C3: No serial data received."), "E301", "E301"),
        (FATAL("Failed to connect to ESP32: Wrong boot mode detected (0x13)!"), "E305", "E305"),
        (
            FATAL("Failed to connect to ESP32: Download mode successfully detected, but"),
            "E306",
            "E306",
        ),
        (
            FATAL("Failed to connect to X: Invalid head of packet (0x65): Possible serial noise"),
            "E307",
            "E307",
        ),
        (FATAL("Failed to set baud rate 12. The driver may not support"), "E309", "E309"),
        (FATAL("This chip is ESP32-C6, not ESP32-C3. Wrong chip argument?"), "E401", "E401"),
        (FATAL("Failed to start stub flasher. There was no response."), "E313", "E313"),
        (FATAL("Digest mismatch: expected 00, got 01"), "E311", "E311"),
        (FATAL("Failed to write (result was C400: Failed SPI operation)"), "E503", "E503"),
        (FATAL("Failed to write (result was C700: Inflate error)"), "E307", "E504"),
        (FATAL("No serial data received."), "E310", "E501"),
        (serial.SerialTimeoutException("Write timeout"), "E310", "E501"),
        (serial.SerialException("device disconnected"), "E308", "E505"),
        (OSError(errno.EIO, "Input/output error"), "E308", "E505"),
        (serial.SerialException("socket disconnected"), "E319", "E319"),
        (serial.SerialException("connection failed (socket error): [Errno 32]"), "E319", "E319"),
        (serial.SerialException("timeout while waiting for option 'purge'"), "E319", "E319"),
        (FATAL("Failed to get security info (result was 0105: Invalid message)"), "E448", "E448"),
        (FATAL("Failed to read target memory (result was 0105: Invalid)"), "E307", "E504"),
        (BurnerError("E601", "app"), "E601", "E601"),
        (ZeroDivisionError("bug"), "E901", "E901"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_error_below_us_has_its_code(
    error: Exception, untouched: str, half_written: str
) -> None:
    assert faults.to_burner_error(error).code == untouched
    assert faults.to_burner_error(error, writing=True).code == half_written


def test_only_a_block_that_arrived_damaged_is_sent_again() -> None:
    assert faults.may_send_again(FATAL("x (result was C100: Bad data checksum)"))
    assert faults.may_send_again(FATAL("x (result was 0107: Checksum error)"))
    assert not faults.may_send_again(FATAL("x (result was C700: Inflate error)"))
    assert not faults.may_send_again(FATAL("No serial data received."))
