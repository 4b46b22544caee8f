"""The key in a C struct that the profile describes."""

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.provisioning.carrier import KeyState
from burner.provisioning.checksums import CHECKSUMS
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.raw_carrier import RawCarrier, pack
from burner.provisioning.raw_settings import RawSettings
from burner.release.preflight import preflight
from tests.images import write_product
from tests.provisioning.layouts import KEY, NAMED, PLAIN, POSSIBLE, burned, keys, layout, partition

LAYOUT = layout(partition("cfg", "data, undefined", 0x1000))
PID = {"name": "pid", "type": "char[11]", "key": "product_id"}
SECRET = {"name": "secret", "type": "char[33]", "key": "product_secret"}
NAME = {"name": "dev", "type": "char[49]", "key": "device_name"}
MAGIC = {"name": "magic", "type": "u32", "value": 0x4B455931}
CRC = {"name": "crc", "type": "u32", "checksum": {"algorithm": "crc32"}}


def settings(*fields: dict[str, Any], **more: Any) -> RawSettings:
    given = {"kind": "raw", "partition": "cfg", "fields": fields, **more}
    return RawSettings.model_validate(given)


def carrier(*fields: dict[str, Any], **more: Any) -> RawCarrier:
    return RawCarrier(settings(*fields, **more), POSSIBLE)


WHOLE = carrier(MAGIC, PID, SECRET, NAME, {"name": "pad", "type": "bytes[3]"}, CRC)


@pytest.mark.parametrize(
    ("algorithm", "of_the_nine_digits"),
    [
        ("crc32", 0xCBF43926),
        ("crc32-idf", zlib.crc32(b"123456789", 0xFFFFFFFF)),
        ("crc16-ccitt", 0x29B1),
        ("crc16-xmodem", 0x31C3),
        ("crc16-modbus", 0x4B37),
        ("crc8", 0xF4),
        ("sum8", 0xDD),
        ("sum16", 0x01DD),
        ("sum32", 0x01DD),
        ("xor8", 0x31),
    ],
)
def test_every_checksum_has_its_published_check_value(
    algorithm: Any, of_the_nine_digits: int
) -> None:
    assert CHECKSUMS[algorithm].compute(b"123456789") == of_the_nine_digits
    assert of_the_nine_digits < 1 << CHECKSUMS[algorithm].bits


def test_the_struct_is_what_c_would_make_of_it() -> None:
    body = struct.pack("<I11s33s49s3x", 0x4B455931, b"S3EUVBRJLB", PLAIN.encode(), b"240AC4A1B2C3")
    assert pack(WHOLE.settings, NAMED) == body + struct.pack("<I", zlib.crc32(body))


def test_big_endian_is_big_endian() -> None:
    own = settings(MAGIC, PID, SECRET, CRC, endian="big")
    data = pack(own, KEY)
    assert data[:4] == b"KEY1"
    assert data[-4:] == struct.pack(">I", zlib.crc32(data[:-4]))


def test_only_a_name_makes_bytes_of_a_units_own() -> None:
    assert WHOLE.needs_name()
    assert not carrier(PID, SECRET).needs_name()


@given(keys)
def test_what_is_burned_is_decoded(key: KeyConfig) -> None:
    assert WHOLE.decode(burned(WHOLE, LAYOUT, key)) == key


TEXTS = (PID, SECRET, NAME)
ALGORITHMS = st.sampled_from(sorted(CHECKSUMS))


@given(
    keys,
    st.permutations(TEXTS),
    st.lists(ALGORITHMS, max_size=3),
    st.sampled_from(["little", "big"]),
    st.integers(0, 300),
)
def test_any_struct_is_decoded(
    key: KeyConfig, texts: list[Any], algorithms: list[str], endian: str, offset: int
) -> None:
    checks = [
        {"name": f"check{n}", "type": "u64", "checksum": {"algorithm": algorithm}}
        for n, algorithm in enumerate(algorithms)
    ]
    length = {"name": "length", "type": "u8", "length_of": "secret"}
    own = carrier(length, *texts, *checks, endian=endian, offset=offset)
    (segment,) = own.fill(LAYOUT, key)
    assert segment.offset == 0x15000
    assert len(segment.data) == offset + own.settings.size
    assert own.decode(burned(own, LAYOUT, key)) == key


def test_a_checksum_before_what_it_covers_and_over_itself() -> None:
    head = {**CRC, "checksum": {"algorithm": "crc32", "first": "pid", "last": "secret"}}
    whole = {
        "name": "all",
        "type": "u16",
        "checksum": {"algorithm": "crc16-modbus", "first": "crc", "last": "all"},
    }
    data = pack(settings(head, PID, SECRET, whole), KEY)
    assert data[:4] == struct.pack("<I", zlib.crc32(data[4:-2]))
    expected = CHECKSUMS["crc16-modbus"].compute(data[:-2] + b"\0\0")
    assert data[-2:] == struct.pack("<H", expected)


def test_lengths_constants_and_unterminated_arrays() -> None:
    own = settings(
        {"name": "length", "type": "u8", "length_of": "pid"},
        {"name": "tag", "type": "char[4]", "value": "v1"},
        {"name": "mark", "type": "bytes[2]", "value": "C0de"},
        {"name": "minus", "type": "i16", "value": -2},
        {"name": "pid", "type": "char[10]", "key": "product_id", "terminated": False},
        SECRET,
    )
    head = b"\x0av1\0\0\xc0\xde\xfe\xffS3EUVBRJLB"
    assert pack(own, KEY) == head + PLAIN.encode().ljust(33, b"\0")


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("E135", [PID, SECRET, PID]),
        ("E140", [PID]),
        ("E140", [PID, SECRET, {"name": "x", "type": "u8"}]),
        ("E140", [PID, SECRET, {"name": "x", "type": "u8", "key": "device_name"}]),
        ("E140", [PID, SECRET, {"name": "x", "type": "char[4]", "value": 1}]),
        ("E140", [PID, SECRET, {"name": "x", "type": "bytes[2]", "value": "abc"}]),
        ("E140", [PID, SECRET, {"name": "x", "type": "bytes[2]", "value": "abcdef"}]),
        ("E140", [PID, SECRET, {"name": "x", "type": "u8", "value": 1, "length_of": "pid"}]),
        ("E140", [PID, SECRET, {"name": "x", "type": "u8", "length_of": "nobody"}]),
        ("E140", [PID, SECRET, MAGIC, {"name": "x", "type": "u8", "length_of": "magic"}]),
        ("E140", [PID, SECRET, {**CRC, "type": "u16"}]),
        ("E140", [CRC, PID, SECRET]),
        ("E140", [PID, SECRET, {**CRC, "checksum": {"algorithm": "crc32", "first": "nobody"}}]),
        ("E140", [{**PID, "type": "char"}, SECRET]),
        ("E140", [{**PID, "type": "char[0]"}, SECRET]),
        ("E140", [{**PID, "type": "u24"}, SECRET]),
        ("literal_error", [PID, SECRET, {**CRC, "checksum": {"algorithm": "md5"}}]),
        ("E140", []),
    ],
)
def test_a_struct_that_does_not_add_up_is_refused(code: str, fields: list[Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(*fields)
    assert caught.value.errors()[0]["type"] == code


@pytest.mark.parametrize(
    ("code", "own"),
    [
        ("E136", carrier({**PID, "type": "char[10]"}, SECRET)),
        ("E136", carrier(PID, SECRET, {"name": "x", "type": "u8", "value": 256})),
        ("E136", carrier(PID, SECRET, {"name": "x", "type": "i8", "value": -129})),
        ("E133", carrier(PID, SECRET, offset=0xFF0)),
        ("E130", carrier(PID, SECRET, partition="other")),
    ],
)
def test_what_does_not_fit_is_found_without_a_key(code: str, own: RawCarrier) -> None:
    assert [finding.code for finding in own.check(LAYOUT)] == [code]
    assert carrier(PID, SECRET).check(LAYOUT) == []


def test_a_value_too_long_for_its_array_is_not_shown() -> None:
    own = carrier(PID, {**SECRET, "type": "char[24]"})
    with pytest.raises(BurnerError) as caught:
        own.fill(LAYOUT, KEY)
    assert caught.value.code == "E136"
    assert PLAIN not in str(caught.value)


@pytest.mark.parametrize("offset", [0, 5, 14, 20, 40, 60, 97, 99])
def test_any_changed_byte_is_noticed(offset: int) -> None:
    data = bytearray(burned(WHOLE, LAYOUT, NAMED)["cfg"])
    data[offset] ^= 0x80
    with pytest.raises(BurnerError) as caught:
        WHOLE.decode({"cfg": bytes(data)})
    assert caught.value.code == "E607"
    assert caught.value.__context__ is None


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    for own in (WHOLE, carrier(PID, SECRET)):
        with pytest.raises(BurnerError) as caught:
            own.decode({"cfg": data})
        assert caught.value.code in {"E606", "E607"}


def test_an_erased_partition_holds_no_key() -> None:
    with pytest.raises(BurnerError):
        WHOLE.decode({"cfg": b"\xff" * WHOLE.settings.size})
    with pytest.raises(BurnerError, match="cfg"):
        WHOLE.decode({})


def test_the_key_it_decodes_is_a_secret() -> None:
    assert isinstance(WHOLE.decode(burned(WHOLE, LAYOUT, NAMED)).product_secret, Secret)


# -- without a partition table -------------------------------------------------------------------

BARE = layout(chip="esp8266")


def test_without_a_table_the_struct_lies_at_its_place_in_flash() -> None:
    raw = carrier(MAGIC, PID, SECRET, partition="", offset=0x1FF010)
    (segment,) = raw.fill(BARE, KEY)
    assert (segment.name, segment.offset, segment.end) == ("key", 0x1FF000, 0x1FF040)
    assert segment.data[:0x10] == b"\xff" * 0x10, "a sector is erased whole"
    assert raw.decode(burned(raw, BARE, KEY)) == KEY
    assert raw.compare(burned(raw, BARE, KEY), KEY) is KeyState.SAME


def test_where_there_is_a_table_the_key_has_a_partition() -> None:
    (finding,) = carrier(PID, SECRET, partition="").check(LAYOUT)
    assert (finding.code, finding.place) == ("E130", "carrier.partition")
    assert "cfg" in finding.allowed


@pytest.mark.parametrize(
    ("offset", "codes"),
    [("0x1ff000", []), ("0", ["E113"]), ("0x3fb000", ["E144"]), ("0x400000", ["E114", "E144"])],
)
def test_a_place_in_flash_must_be_free(tmp_path: Path, offset: str, codes: list[str]) -> None:
    fields = "{name: a, type: 'char[11]', key: product_id}, "
    fields += "{name: b, type: 'char[33]', key: product_secret}"
    path = write_product(
        tmp_path,
        chip="esp8266",
        partition_table="",
        images="[{name: app, file: app.bin, offset: 0}]",
        blank="",
        carrier=f"{{kind: raw, offset: {offset}, fields: [{fields}]}}",
    )
    assert [finding.code for finding in preflight(path).findings] == codes
