"""The two dialects at the level of their packets, where esptool never goes."""

import hashlib
import random
import struct
import zlib
from functools import reduce
from operator import xor as xor_of_two

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.download_mode.commands import Op, parse, xor
from burner.bench.unit.unit_spec import MB, FaultKind, SimFault, UnitSpec
from tests.bench.host import Host, request, words

GOOD = b"\0\0"
WORDS = st.one_of(st.integers(0, 0xFFFFFFFF), st.integers(0, 0x2000), st.just(4 * MB))
DATA_OPS = (Op.MEM_DATA, Op.FLASH_DATA, Op.FLASH_DEFL_DATA)
IMAGE = random.Random(3).randbytes(3000) + bytes(60_000)


def host(chip: str = "esp32c3", *faults: SimFault, stub: bool = False) -> Host:
    made = Host(UnitSpec(chip, faults=faults))
    made.start_stub() if stub else made.connect()
    return made


def packed(numbers: list[int]) -> bytes:
    return words(*numbers)


def begin_packed(to: Host, offset: int, size: int) -> bytes:
    return to.ask(Op.FLASH_DEFL_BEGIN, words(size, 1, 0x4000, offset, 0))


@given(st.binary(max_size=100))
def test_the_folded_checksum_is_the_xor_of_all_bytes(data: bytes) -> None:
    assert xor(data) == reduce(xor_of_two, data, 0)


@given(st.binary(max_size=40))
def test_whatever_is_no_request_is_none(packet: bytes) -> None:
    parsed = parse(packet)
    assert parsed is None or packet == request(parsed.op, parsed.data)[:4] + packet[4:]


@pytest.mark.parametrize(("chip", "size"), [("esp8266", 2), ("esp32", 4), ("esp32c6", 4)])
def test_the_roms_status_has_two_bytes_on_the_esp8266_and_four_later(chip: str, size: int) -> None:
    assert host(chip).ask(Op.MEM_BEGIN, words(1, 1, 1, 0)) == bytes(size)


def test_a_rom_that_does_not_know_a_command_says_so_eight_times_as_the_last_one() -> None:
    old = host("esp32")
    old.ask(Op.READ_REG, words(0x40001000))
    replies = old.ask_all(Op.GET_SECURITY_INFO)
    assert len(replies) == 8
    assert {(reply[1], reply[8:10]) for reply in replies} == {(Op.READ_REG, b"\x01\x05")}


def test_a_wrong_checksum_is_refused_and_nothing_is_written() -> None:
    for stub, status in ((False, b"\x01\x07"), (True, b"\xc1\x00")):
        unit = host(stub=stub)
        unit.ask(Op.FLASH_BEGIN, words(0x1000, 1, 0x400, 0, 0))
        bad = bytearray(request(Op.FLASH_DATA, body=bytes(64)))
        bad[-1] ^= 1
        unit.send(bytes(bad))
        assert unit.receive()[0][8:10] == status
        assert unit.chip.silicon.flash.is_blank(0)


def test_the_first_roms_take_four_words_to_begin_and_the_later_ones_five() -> None:
    assert host("esp32").ask(Op.FLASH_BEGIN, words(0x1000, 4, 0x400, 0, 0))[0] == 1
    assert host("esp32c3").ask(Op.FLASH_BEGIN, words(0x1000, 4, 0x400, 0))[0] == 1


def test_the_rom_erases_at_begin_and_the_stub_one_sector_and_then_as_it_writes() -> None:
    for stub, erased in ((False, [True, True, False]), (True, [True, False, False])):
        unit = host(stub=stub)
        unit.chip.silicon.flash.program(0, bytes(0x3000))
        unit.ask(Op.FLASH_BEGIN, words(0x2000, 1, 0x4000, 0, 0))
        blank = [unit.chip.silicon.flash.is_blank(at) for at in (0, 0x1000, 0x2000)]
        assert blank == erased


def test_the_esp8266s_rom_erases_the_sectors_before_a_block_twice_over() -> None:
    unit = host("esp8266")
    unit.chip.silicon.flash.program(0, bytes(0x20000))
    unit.ask(Op.FLASH_BEGIN, words(0x8000, 1, 0x400, 0x1000))
    blank = [unit.chip.silicon.flash.is_blank(at) for at in range(0, 0x14000, 0x1000)]
    assert blank == [False] + [True] * 16 + [False] * 3


def test_the_roms_digest_is_text_and_the_stubs_is_raw() -> None:
    digest = hashlib.md5(b"\xff" * 0x1000).digest()
    assert host().ask(Op.SPI_FLASH_MD5, words(0, 0x1000, 0, 0))[:32] == digest.hex().encode()
    assert host(stub=True).ask(Op.SPI_FLASH_MD5, words(0, 0x1000, 0, 0)) == digest + GOOD


def test_the_stub_writes_what_it_was_sent_and_nothing_beyond() -> None:
    unit = host(stub=True)
    flash = unit.chip.silicon.flash
    flash.program(0x10000, bytes(0x20000))
    assert begin_packed(unit, 0x11000, len(IMAGE)) == GOOD
    assert unit.ask(Op.FLASH_DEFL_DATA, body=zlib.compress(IMAGE, 9)) == GOOD
    assert unit.ask(Op.FLASH_DEFL_END, words(1)) == GOOD
    assert flash.read(0x10000, 0x1000) == bytes(0x1000)
    assert flash.read(0x11000, len(IMAGE)) == IMAGE
    last_sector_end = 0x11000 + -(-len(IMAGE) // 0x1000) * 0x1000
    assert flash.is_blank(0x11000 + len(IMAGE), last_sector_end - 0x11000 - len(IMAGE))
    assert flash.read(last_sector_end, 16) == bytes(16)


def test_the_stub_tells_of_a_bad_block_in_place_of_the_next_reply() -> None:
    unit = host(stub=True)
    begin_packed(unit, 0, 1000)
    assert unit.ask(Op.FLASH_DEFL_DATA, body=b"this is not deflated") == GOOD
    assert unit.ask(Op.READ_REG, words(0x40001000))[0] == 0xC7
    assert unit.ask(Op.READ_REG, words(0x40001000)) == GOOD


def test_the_stub_counts_what_it_is_given() -> None:
    unit = host(stub=True)
    assert unit.ask(Op.FLASH_DEFL_DATA, body=b"early")[0] == 0xC6
    for size in (999, 1001):
        begin_packed(unit, 0, 1000)
        unit.ask(Op.FLASH_DEFL_DATA, body=zlib.compress(bytes(size)))
        assert unit.ask(Op.FLASH_DEFL_END, words(1))[0] == 0xC0
    assert unit.chip.silicon.flash.read(0, 1001) == bytes(1000) + b"\xff"


def test_the_stub_takes_the_padding_of_a_last_raw_block_for_what_it_is() -> None:
    unit = host(stub=True)
    unit.ask(Op.FLASH_BEGIN, words(100, 1, 0x4000, 0, 0))
    assert unit.ask(Op.FLASH_DATA, body=bytes(100) + b"\x55" * 100) == GOOD
    assert unit.ask(Op.FLASH_END, words(1)) == GOOD
    assert unit.chip.silicon.flash.read(0, 101) == bytes(100) + b"\xff"


def test_the_stub_writes_inflated_bytes_by_the_dictionary_and_at_the_streams_end() -> None:
    unit = host(stub=True)
    flash = unit.chip.silicon.flash
    data = bytes(0x9000)
    stream = zlib.compress(data)
    begin_packed(unit, 0, len(data))
    unit.ask(Op.FLASH_DEFL_DATA, body=stream[:-4])
    assert flash.is_blank(0x8000)
    assert not flash.is_blank(0)
    unit.ask(Op.FLASH_DEFL_DATA, body=stream[-4:])
    assert flash.read(0, len(data)) == data
    assert unit.ask(Op.FLASH_DEFL_END, words(1)) == GOOD


def test_the_stub_answers_a_packet_that_is_no_request() -> None:
    unit = host(stub=True)
    for packet, status in ((b"\x01\x0a\x04\0\0\0\0\0", 0xC3), (b"\0\x0a\x04\0\0\0\0\0", 0xC0)):
        unit.send(packet)
        assert unit.receive()[0][8] == status
    assert unit.ask(Op.READ_REG, bytes(5))[0] == 0xC0


def test_nothing_can_be_begun_beyond_the_end_of_the_flash() -> None:
    for stub in (False, True):
        unit = host(stub=stub)
        for op in (Op.FLASH_BEGIN, Op.FLASH_DEFL_BEGIN):
            assert unit.ask(op, words(0x1000, 1, 0x400, 4 * MB, 0))[0] != 0
    assert unit.ask(Op.ERASE_REGION, words(4 * MB, 0x1000))[0] != 0
    assert unit.ask(Op.ERASE_REGION, words(0, 100))[0] != 0
    assert unit.ask(Op.READ_FLASH, words(4 * MB, 1, 0x1000, 64)) == GOOD
    assert unit.ask(Op.MEM_BEGIN, words(1, 1, 1, 0))[0] == 0xC4


def test_the_stub_reads_one_acknowledged_block_after_the_other() -> None:
    unit = host(stub=True)
    unit.chip.silicon.flash.program(0, IMAGE)
    first = unit.ask_all(Op.READ_FLASH, words(0, 0x1800, 0x1000, 64))
    assert [len(frame) for frame in first] == [10, 0x1000]
    assert unit.receive() == []
    unit.send(words(0x1000))
    (rest,) = unit.receive()
    unit.send(words(0x1800))
    (digest,) = unit.receive()
    assert first[1] + rest == IMAGE[:0x1800]
    assert digest == hashlib.md5(IMAGE[:0x1800]).digest()
    assert unit.ask(Op.READ_REG, words(0x40001000)) == GOOD


def test_the_stub_stops_reading_at_anything_but_an_acknowledgement() -> None:
    unit = host(stub=True)
    unit.ask_all(Op.READ_FLASH, words(0, 0x3000, 0x1000, 64))
    unit.send(b"enough")
    assert unit.receive() == [hashlib.md5(b"\xff" * 0x1000).digest()]
    assert unit.ask(Op.READ_REG, words(0x40001000)) == GOOD


def test_the_stub_answers_sync_with_zero_and_the_rom_does_not() -> None:
    for stub in (False, True):
        unit = host(stub=stub)
        values = {
            struct.unpack_from("<I", reply, 4)[0]
            for reply in unit.ask_all(Op.SYNC, b"\x07\x07\x12\x20" + 32 * b"\x55")
        }
        assert (values == {0}) is stub


def test_an_unknown_command_is_refused_by_the_stub() -> None:
    assert host(stub=True).ask(0xD5)[0] == 0xC3
    assert host("esp32", stub=True).ask(Op.GET_SECURITY_INFO)[0] == 0xFF


def test_a_wrong_digest_can_be_had_once() -> None:
    unit = host("esp32c3", SimFault(FaultKind.WRONG_MD5, once=True), stub=True)
    right = hashlib.md5(b"\xff" * 64).digest()
    assert unit.ask(Op.SPI_FLASH_MD5, words(0, 64, 0, 0))[:16] != right
    assert unit.ask(Op.SPI_FLASH_MD5, words(0, 64, 0, 0))[:16] == right


OPCODES = st.one_of(st.sampled_from(list(Op)), st.integers(0, 255))
COMMANDS = st.lists(
    st.tuples(OPCODES, st.one_of(st.binary(max_size=40), st.lists(WORDS, max_size=5).map(packed))),
    max_size=8,
)


@given(COMMANDS, st.sampled_from(["esp8266", "esp32", "esp32c6"]), st.booleans())
def test_whatever_a_host_sends_the_chip_lives_on(
    commands: list[tuple[int, bytes]], chip: str, stub: bool
) -> None:
    unit = host(chip, stub=stub)
    for op, data in commands:
        unit.send(request(op, data, body=data if op in DATA_OPS else None))
        unit.receive()
    unit.connect()
