"""The key in device_info.json, in LittleFS and FAT partitions."""

import json
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from burner.core.errors import BurnerError
from burner.flash.layout import Layout
from burner.provisioning.fat_image import Fat, make_fat, read_fat
from burner.provisioning.file_carrier import FileCarrier, FileSettings
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.littlefs_image import Littlefs, make_littlefs, read_littlefs
from tests.provisioning.layouts import (
    KEY,
    NAMED,
    PLAIN,
    POSSIBLE,
    PRODUCT_ID,
    burned,
    keys,
    layout,
    of_tencent,
    partition,
)

LITTLEFS = Littlefs(type="littlefs")
FAT = Fat(type="fat")
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\n" * 250


def carrier(filesystem: Any = "littlefs", **more: Any) -> FileCarrier:
    given = {"kind": "file", "partition": "storage", "filesystem": filesystem, **more}
    return FileCarrier(FileSettings.model_validate(of_tencent(given)), POSSIBLE)


def table(kind: str = "littlefs", size: int = 0x100000) -> Layout:
    return layout(partition("storage", f"data, {kind}", size, offset=0x200000))


def image(own: FileCarrier, where: Layout, key: KeyConfig = NAMED) -> bytes:
    (segment,) = own.fill(where, key)
    assert (segment.name, segment.offset, segment.confidential) == ("storage", 0x200000, True)
    return segment.data


BOTH = pytest.mark.parametrize("kind", ["littlefs", "fat"])


@BOTH
def test_the_json_is_tencents(kind: str) -> None:
    content = json.loads(carrier(kind).content(NAMED))
    assert content == {
        "productId": PRODUCT_ID,
        "productSecret": PLAIN,
        "deviceName": "240AC4A1B2C3",
        "auth_mode": "KEY",
        "region": "china",
        "key_deviceinfo": {"deviceSecret": "YOUR_IOT_PSK"},
    }


@BOTH
@given(keys)
@settings(max_examples=30)
def test_what_is_burned_is_decoded_from_a_few_sectors(kind: str, key: KeyConfig) -> None:
    own, where = carrier(kind), table(kind)
    assert own.decode(burned(own, where, key)) == key
    assert sum(place.size for place in own.read_ranges(where)) <= 0x10000


SIZES = st.integers(1, 12)
FILES = st.lists(st.binary(max_size=9000).map(bytes.hex), max_size=4)


@given(keys, FILES, st.integers(0, 700), SIZES)
@settings(max_examples=40)
def test_further_files_and_a_long_json_are_found_too(
    key: KeyConfig, files: list[str], filler: int, size: int
) -> None:
    more = {
        "files": [{"name": f"f{n}.bin", "hex": content} for n, content in enumerate(files)],
        "json": {"filler": "x" * filler},
    }
    for kind, where in (("littlefs", table(size=size * 0x20000)), ("fat", table("fat", 0x90000))):
        own = carrier(kind, **more)
        assert own.decode(burned(own, where, key)) == key


@BOTH
def test_equal_input_gives_equal_bytes(kind: str) -> None:
    assert image(carrier(kind), table(kind)) == image(carrier(kind), table(kind))


@pytest.mark.full
def test_a_fat_does_not_know_what_time_it_is() -> None:
    first = image(carrier("fat"), table("fat"))
    time.sleep(2.1)  # FAT counts in two seconds
    assert image(carrier("fat"), table("fat")) == first


def test_the_files_of_a_fat_are_dated_at_its_epoch() -> None:
    data = make_fat(FAT, 0x84000, {"A": b"text"})
    entry = data[4096 * 4 : 4096 * 4 + 32]
    assert entry[:11] == b"A          "
    assert entry[14:20] == entry[22:24] + entry[24:26] * 2 == b"\0\0\x21\0\x21\0"


def test_only_a_name_makes_bytes_of_a_units_own() -> None:
    assert carrier().needs_name()
    shared = carrier(keys={"device_name": None})
    assert not shared.needs_name()
    assert b"deviceName" not in image(shared, table(), KEY)
    assert shared.decode(burned(shared, table(), KEY)) == KEY


def test_a_partition_that_the_firmware_changes_is_read_whole() -> None:
    (place,) = carrier(**{"class": "mutable"}).read_ranges(table())
    assert place.size == 0x100000


def test_of_what_was_just_burned_only_blocks_with_content_are_read() -> None:
    own, where = carrier(**{"class": "mutable"}), table()
    places = own.read_ranges(where, as_burned=True)
    assert sum(place.size for place in places) <= 0x10000
    (segment,) = own.fill(where, NAMED)
    read = {p.name: segment.data[p.offset - segment.offset :][: p.size] for p in places}
    assert own.decode(read) == NAMED


def test_other_names_for_everything() -> None:
    own = carrier(
        name="factory.json",
        keys={"product_id": "pid", "product_secret": "ps", "device_name": "dn"},
        json={"server": {"port": 8883}},
        files=[{"name": "ca.crt", "text": CERTIFICATE.decode()}],
    )
    data = image(own, table())
    content = json.loads(read_littlefs(LITTLEFS, data, "factory.json", 1024))
    assert content == {
        "pid": PRODUCT_ID,
        "ps": PLAIN,
        "dn": NAMED.device_name,
        "server": {"port": 8883},
    }
    assert read_littlefs(LITTLEFS, data, "ca.crt", 9999) == CERTIFICATE


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("E142", {"filesystem": "spiffs"}),
        ("E142", {"filesystem": {"type": "spiffs"}}),
        ("E135", {"files": [{"name": "Device_Info.json", "text": ""}]}),
        ("E135", {"json": {"productId": "x"}}),
        ("E135", {"keys": {"product_id": "k", "product_secret": "k"}}),
        ("E143", {"name": "a" * 60, "filesystem": {"type": "littlefs", "name_max": 32}}),
        ("E143", {"filesystem": {"type": "littlefs", "cache_size": 500}}),
        ("E143", {"filesystem": {"type": "littlefs", "prog_size": 0}}),
        ("E143", {"filesystem": {"type": "littlefs", "block_size": 0}}),
        ("E143", {"filesystem": {"type": "littlefs", "block_size": "1MB"}}),
        ("string_pattern_mismatch", {"name": "../x"}),
        ("value_error", {"files": [{"name": "x"}]}),
        ("union_tag_invalid", {"filesystem": "ext4"}),
        ("extra_forbidden", {"filesystem": {"type": "fat", "blocks": 1}}),
    ],
)
def test_settings_that_cannot_work_are_refused(code: str, changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        carrier(**changed)
    assert caught.value.errors()[0]["type"] == code


@pytest.mark.parametrize(
    ("code", "own", "where"),
    [
        ("E130", carrier(), layout()),
        ("E131", carrier(), table("nvs")),
        ("E131", carrier("fat"), table("littlefs")),
        ("E133", carrier(), table(size=0x1000)),
        ("E133", carrier(), table(size=0x8800)),
        ("E133", carrier(files=[{"name": "big", "hex": "00" * 0x9000}]), table(size=0x8000)),
        ("E133", carrier("fat"), table("fat", 0x83000)),
        (
            "E133",
            carrier("fat", files=[{"name": "big", "hex": "00" * 0x80000}]),
            table("fat", 0x84000),
        ),
        ("E141", carrier(json={"long": "x" * 1000}), table()),
    ],
)
def test_what_does_not_fit_is_found_without_a_key(
    code: str, own: FileCarrier, where: Layout
) -> None:
    assert [finding.code for finding in own.check(where)] == [code]


@BOTH
def test_what_fits_has_no_finding(kind: str) -> None:
    assert carrier(kind).check(table(kind, 0x84000)) == []


def made(kind: str, files: dict[str, bytes]) -> bytes:
    if kind == "fat":
        return make_fat(FAT, 0x100000, files)
    return make_littlefs(LITTLEFS, 0x100000, files)


@BOTH
def test_a_missing_or_foreign_file_holds_no_key(kind: str) -> None:
    own = carrier(kind)
    for code, content in (
        ("E606", {"other": b"{}"}),
        ("E606", {"device_info.json": b"{}"}),
        ("E606", {"device_info.json": b'{"productId":1,"productSecret":"s","deviceName":"n"}'}),
        ("E606", {"device_info.json": b"x" * 2000}),
        ("E607", {"device_info.json": b"[]"}),
        ("E607", {"device_info.json": b"\xff"}),
        ("E607", {"device_info.json": b"[" * 1000}),
    ):
        with pytest.raises(BurnerError) as caught:
            own.decode({"storage": made(kind, content)})
        assert caught.value.code == code, content
    for nothing in ({}, {"other": b""}):
        with pytest.raises(BurnerError) as caught:
            own.decode(nothing)
        assert caught.value.code == "E606"
    with pytest.raises(BurnerError) as caught:
        own.decode({"storage": b"\xff" * 0x100000})
    assert caught.value.code == "E607"


def test_the_library_writes_no_secret_into_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for kind in ("littlefs", "fat"):
        image(carrier(kind), table(kind))
    assert PLAIN not in caplog.text


def test_a_littlefs_has_the_firmwares_parameters() -> None:
    from littlefs import LittleFS, UserContext

    data = image(carrier(), table())
    system = LittleFS(
        context=UserContext(buffer=bytearray(data)),
        block_size=4096,
        block_count=256,
        name_max=64,
        read_size=128,
        prog_size=128,
        cache_size=512,
        disk_version=0x00020000,
    )
    statistics = system.fs_stat()
    assert (statistics.disk_version, statistics.name_max, statistics.block_count) == (
        0x00020000,
        64,
        256,
    )
    esp8266 = {
        "type": "littlefs",
        "block_size": "8K",
        "prog_size": 64,
        "cache_size": 64,
        "name_max": 32,
    }
    own = carrier(esp8266)
    assert own.decode(burned(own, table(), NAMED)) == NAMED


@pytest.mark.parametrize(
    ("system", "superblock"),
    [
        ({}, (0x20000, 0x1000, 256, 64)),
        ({"block_size": "8K", "name_max": 32}, (0x20000, 0x2000, 128, 32)),
        ({"name_max": 255, "disk_version": "2.1"}, (0x20001, 0x1000, 256, 255)),
    ],
)
def test_the_superblock_says_what_the_firmware_is_built_for(
    system: dict[str, Any], superblock: tuple[int, ...]
) -> None:
    data = image(carrier({"type": "littlefs", **system}), table())
    # littlefs, SPEC.md: 0x0ff tag and magic, 0x201 tag, then version, block size, blocks, name_max.
    assert data[8:16] == b"littlefs"
    assert struct.unpack_from("<4I", data, 20) == superblock


def test_a_fat_partition_is_what_esp_idf_expects() -> None:
    data = image(carrier("fat"), table("fat", 0x84000))
    assert data[:4096] == b"\xff" * 4096
    boot = data[4096:]
    assert boot[510:512] == b"\x55\xaa"
    assert struct.unpack_from("<H", boot, 11) == (4096,)
    assert struct.unpack_from("<H", boot, 19) == (128,)
    first, second, config = (data[-n * 4096 :][:64] for n in (3, 2, 1))
    assert first == second
    state = struct.unpack("<8I28xI", first)
    assert state[:7] == (0, 129, 0, 0, 16, 4096, 2)
    assert state[8] == zlib.crc32(first[:60], 0xFFFFFFFF)
    assert struct.unpack("<9I", config[:36]) == (
        0,
        0x84000,
        4096,
        4096,
        16,
        16,
        2,
        32,
        zlib.crc32(config[:32], 0xFFFFFFFF),
    )


def test_over_a_megabyte_the_state_takes_two_sectors() -> None:
    data = image(carrier("fat"), table("fat", 0x180000))
    assert struct.unpack_from("<II", data, 0x180000 - 5 * 4096) == (0, 0x180 - 6 + 1)
    assert carrier("fat").decode({"storage": data}) == NAMED


def moved(data: bytes, rounds: int, spare: int) -> bytes:
    """What wear levelling makes of a partition in which the spare sector has moved."""
    total = len(data) // 4096
    count = total - 4
    sectors = [data[4096 * (n + 1) : 4096 * (n + 2)] for n in range(count)]
    body = [sectors[(place + rounds) % count] for place in range(count)]
    body.insert(spare, b"\xff" * 4096)
    state = bytearray(data[-3 * 4096 : -3 * 4096 + 60])
    struct.pack_into("<I", state, 8, rounds)
    whole = bytes(state) + struct.pack("<I", zlib.crc32(state, 0xFFFFFFFF)) + b"\0" * 16 * spare
    return b"".join(body) + 2 * whole.ljust(4096, b"\xff") + data[-4096:]


@given(st.integers(0, 131), st.integers(0, 131))
def test_wear_levelling_may_have_moved_everything(rounds: int, spare: int) -> None:
    data = make_fat(FAT, 0x88000, {"a.txt": b"text"})
    assert moved(data, 0, 0) == data
    assert read_fat(FAT, moved(data, rounds, spare), "a.txt", 100) == b"text"


def test_a_read_only_fat_has_no_wear_levelling() -> None:
    own = carrier({"type": "fat", "wear_levelling": False, "sector_size": 512})
    where = table("fat", 0x20000)
    assert image(own, where)[510:512] == b"\x55\xaa"
    assert own.decode(burned(own, where, NAMED)) == NAMED


def damages(data: bytes, spots: list[int]) -> st.SearchStrategy[bytes]:
    def apply(changes: list[tuple[int, int]]) -> bytes:
        out = bytearray(data)
        for offset, value in changes:
            out[offset] = value
        return bytes(out)

    change = st.tuples(st.sampled_from(spots), st.integers(0, 255))
    return st.lists(change, min_size=1, max_size=8).map(apply)


SMALL = make_littlefs(LITTLEFS, 0x8000, {"a": b"text", "b": b"long" * 2000})
SMALL_FAT = make_fat(FAT, 0x84000, {"a": b"text", "b": b"long" * 2000})
FAT_SPOTS = [
    *range(4096, 4096 + 64),
    *range(8192, 8200),
    *range(16384, 16384 + 128),
    *range(0x81000, 0x81000 + 80),
]


def readable(read: Callable[[str], bytes]) -> None:
    for name in ("a", "b"):
        with suppress(BurnerError):
            read(name)


@given(damages(SMALL, [n for n in range(0x2000) if SMALL[n] != 0xFF]))
def test_a_damaged_littlefs_is_read_or_refused(data: bytes) -> None:
    readable(lambda name: read_littlefs(LITTLEFS, data, name, 9999))


def commits(block: bytes) -> Iterator[tuple[int, int]]:
    """Where each commit of a LittleFS metadata block starts, and where its CRC stands."""
    start, at, tag = 0, 4, 0xFFFFFFFF
    while not (tag := tag ^ struct.unpack_from(">I", block, at)[0]) >> 31:
        at += 4
        if tag >> 24 & 0x78 == 0x50 and tag >> 20 & 0x7FC == 0x500:
            yield start, at
            start = at + (tag & 0x3FF)
            following = tag >> 20 & 1
            at, tag = start, tag ^ following << 31
        else:
            at += 0 if tag & 0x3FF == 0x3FF else tag & 0x3FF


SEALS = list(commits(SMALL[0x1000:0x2000]))


def resealed(data: bytes) -> bytes:
    """With CRCs that say all is well: what no bit flip makes, but a bug could."""
    out = bytearray(data)
    for start, at in SEALS:
        crc = zlib.crc32(out[0x1000 + start : 0x1000 + at]) ^ 0xFFFFFFFF
        struct.pack_into("<I", out, 0x1000 + at, crc)
    return bytes(out)


def test_resealing_a_sound_littlefs_changes_nothing() -> None:
    assert len(SEALS) > 3
    assert resealed(SMALL) == SMALL


@given(damages(SMALL, list(range(0x1000, 0x1000 + SEALS[-1][1]))).map(resealed))
def test_a_littlefs_that_lies_is_read_or_refused(data: bytes) -> None:
    readable(lambda name: read_littlefs(LITTLEFS, data, name, 9999))


@given(damages(SMALL_FAT, FAT_SPOTS))
def test_a_damaged_fat_is_read_or_refused(data: bytes) -> None:
    readable(lambda name: read_fat(FAT, data, name, 9999))


@given(st.binary(max_size=20000))
def test_any_bytes_are_no_file_system(data: bytes) -> None:
    for own in (carrier("littlefs"), carrier("fat")):
        with pytest.raises(BurnerError) as caught:
            own.decode({"storage": data})
        assert caught.value.code == "E607"
