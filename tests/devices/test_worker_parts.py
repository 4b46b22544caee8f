"""The worker's own rules: checksums, waiting times, lines, and what an error is called."""

import errno
import zlib

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from burner.devices.esp_worker import faults, listening, reading, tool, writing
from burner.devices.esp_worker.writing import Goods
from burner.errors import BurnerError

MB = 1024 * 1024


def slow_checksum(data: bytes, state: int = 0xEF) -> int:
    for byte in data:
        state ^= byte
    return state


@given(st.binary(max_size=20_000), st.integers(0, 255))
def test_the_quick_checksum_is_the_slow_one(data: bytes, state: int) -> None:
    assert tool.CHIP_DEFS["esp32"].checksum(data, state) == slow_checksum(data, state)


def test_the_mac_crc_is_the_one_of_the_esp32s_efuse() -> None:
    # summary of a real part: MAC 24:0a:c4:00:8e:ea; and the check value of CRC-8/MAXIM
    assert reading.crc8(b"123456789") == 0xA1


def test_esptool_reads_our_settings_and_none_of_this_folder() -> None:
    import esptool.loader

    assert esptool.loader.WRITE_BLOCK_ATTEMPTS == 1


def goods(data: bytes) -> Goods:
    packed = zlib.compress(data, 9)
    return Goods("", len(data), len(data), compressed=True, data=packed)


@given(st.binary(min_size=1, max_size=100_000), st.sampled_from([0x400, 0x4000]))
def test_blocks_are_the_whole_segment(data: bytes, block_size: int) -> None:
    packed = goods(data)
    assert b"".join(block for block, _ in packed.blocks(block_size)) == packed.data


def test_a_block_may_take_as_long_as_what_it_unpacks_to() -> None:
    blank = goods(b"\xff" * MB)
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


def heard(*chunks: bytes | OSError) -> list[str]:
    port = Scripted(*chunks)
    return list(listening.lines(port, 5.0, lambda: not port.chunks))


def test_lines_are_whole_however_they_arrive() -> None:
    assert heard(b"ESP-R", b"OM\r\nbo", b"ot\n", b"rest") == ["ESP-ROM", "boot", "rest"]


def test_noise_is_text_all_the_same() -> None:
    assert heard(b"\xff\xfe\n", b"ok\n") == ["\ufffd\ufffd", "ok"]


def test_a_firmware_without_line_ends_still_gives_lines() -> None:
    assert [len(line) for line in heard(b"x" * 2500)] == [1000, 1000, 500]


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
        (BurnerError("E601", "app"), "E601", "E601"),
        (ZeroDivisionError("bug"), "E901", "E901"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_error_below_us_has_its_code(
    error: Exception, untouched: str, half_written: str
) -> None:
    assert faults.explain(error).code == untouched
    assert faults.explain(error, writing=True).code == half_written


def test_only_a_block_that_arrived_damaged_is_sent_again() -> None:
    assert faults.may_send_again(FATAL("x (result was C100: Bad data checksum)"))
    assert faults.may_send_again(FATAL("x (result was 0107: Checksum error)"))
    assert not faults.may_send_again(FATAL("x (result was C700: Inflate error)"))
    assert not faults.may_send_again(FATAL("No serial data received."))
