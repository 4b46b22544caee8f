"""The key in NVS: Espressif's bytes, read back by our own reader."""

import struct
import zlib
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from burner.core.errors import BurnerError
from burner.core.segments import RegionClass
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.nvs_carrier import NvsCarrier, NvsSettings
from burner.provisioning.nvs_reader import NvsValue, read_key_partition, read_nvs
from burner.provisioning.nvs_writer import write_nvs
from tests.provisioning.layouts import (
    KEY,
    NAMED,
    PLAIN,
    POSSIBLE,
    PRODUCT_ID,
    burned,
    keys,
    layout,
    partition,
)

FCTRY = partition("fctry", "data, nvs", 0x4000)
NVS_KEYS = partition("nvs_keys", "data, nvs_keys", 0x1000, offset=0x30000)
LAYOUT = layout(FCTRY, NVS_KEYS)
ENCRYPTION_KEY = bytes(range(64))


def carrier(**settings: Any) -> NvsCarrier:
    preset = {"kind": "nvs", "preset": "esp-qcloud", **settings}
    return NvsCarrier(
        NvsSettings.model_validate(preset), POSSIBLE, lambda size: ENCRYPTION_KEY[:size]
    )


def refusal(**settings: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        carrier(**settings)
    return caught.value.errors()[0]["type"]


def test_esp_qcloud_gives_the_golden_bytes() -> None:
    (segment,) = carrier().fill(LAYOUT, KEY)
    assert (segment.name, segment.offset, len(segment.data)) == ("fctry", 0x15000, 0x4000)
    assert segment.confidential
    assert segment.kind is RegionClass.FROZEN
    assert (
        sha256(segment.data).hexdigest()
        == "8c994ba98914cf02babf9175454e3dcbe6166995ed28c1e652b13abf05a659ca"
    )


def test_only_what_differs_makes_bytes_of_a_units_own() -> None:
    assert not carrier().needs_name()
    assert carrier(keys={"device_name": "device_name"}).needs_name()
    assert carrier(key_partition="nvs_keys").needs_name()


@given(keys)
def test_what_is_burned_is_decoded(key: KeyConfig) -> None:
    named = carrier(keys={"device_name": "device_name"})
    assert named.decode(burned(named, LAYOUT, key)) == key


def test_other_namespaces_and_keys_and_values_beside_them() -> None:
    own = carrier(
        namespace="iot",
        keys={"product_id": "pid", "product_secret": "sec", "device_name": "dev"},
        extra=[
            {"key": "region", "type": "string", "value": "ap-guangzhou"},
            {"namespace": "hw", "key": "rev", "type": "u8", "value": 255},
            {"namespace": "hw", "key": "offset", "type": "i16", "value": -32768},
            {"key": "blob", "type": "hex", "value": "00ff"},
        ],
    )
    data = burned(own, LAYOUT, NAMED)["fctry"]
    assert dict(read_nvs(data)) == {
        ("iot", "pid"): PRODUCT_ID,
        ("iot", "sec"): PLAIN,
        ("iot", "dev"): NAMED.device_name,
        ("iot", "region"): "ap-guangzhou",
        ("hw", "rev"): 255,
        ("hw", "offset"): -32768,
        ("iot", "blob"): b"\x00\xff",
    }


def test_the_region_may_be_one_that_the_firmware_changes() -> None:
    (segment,) = carrier(**{"class": "mutable"}).fill(LAYOUT, KEY)
    assert segment.kind is RegionClass.MUTABLE


def test_encrypted_nvs_hides_the_key_and_gives_it_back() -> None:
    own = carrier(key_partition="nvs_keys")
    values, key_page = own.fill(LAYOUT, KEY)
    assert PLAIN.encode() not in values.data
    assert read_key_partition(key_page.data) == ENCRYPTION_KEY
    assert key_page.confidential
    assert len(key_page.data) == 0x1000
    assert own.decode(burned(own, LAYOUT, KEY)) == KEY


def test_two_units_never_share_an_encryption_key() -> None:
    own = NvsCarrier(carrier(key_partition="nvs_keys").settings, POSSIBLE)
    assert own.fill(LAYOUT, KEY)[1].data != own.fill(LAYOUT, KEY)[1].data


def test_a_wifi_key_brings_no_entries_nobody_asked_for() -> None:
    own = carrier(extra=[{"key": "sta.ssid", "type": "string", "value": "line"}])
    values = read_nvs(burned(own, LAYOUT, KEY)["fctry"])
    assert [key for _, key in values] == ["product_id", "product_secret", "sta.ssid"]


def test_a_second_visit_to_a_namespace_lands_in_that_namespace() -> None:
    data = write_nvs(0x3000, {("a", "x"): ("u8", 1), ("b", "x"): ("u8", 2), ("a", "y"): ("u8", 3)})
    assert dict(read_nvs(data)) == {("a", "x"): 1, ("b", "x"): 2, ("a", "y"): 3}


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("E134", {"namespace": "a-name-of-sixteen"}),
        ("E134", {"namespace": ""}),
        ("E134", {"keys": {"product_id": "schlüssel"}}),
        ("E134", {"extra": [{"key": "n", "type": "u8", "value": 300}]}),
        ("E134", {"extra": [{"key": "n", "type": "i8", "value": -129}]}),
        ("E134", {"extra": [{"key": "n", "type": "u8", "value": "1"}]}),
        ("E134", {"extra": [{"key": "n", "type": "hex", "value": "zz"}]}),
        ("E134", {"extra": [{"key": "n", "type": "string", "value": "a\0b"}]}),
        ("E135", {"keys": {"product_id": "key", "product_secret": "key"}}),
        ("E135", {"extra": [{"key": "product_id", "type": "u8", "value": 1}]}),
        ("extra_forbidden", {"name_space": "x"}),
        ("literal_error", {"extra": [{"key": "n", "type": "blob", "value": 1}]}),
    ],
)
def test_settings_that_nvs_cannot_hold_are_refused(code: str, changed: dict[str, Any]) -> None:
    assert refusal(**changed) == code


def test_a_secret_in_the_place_of_a_keys_name_is_not_shown() -> None:
    with pytest.raises(ValidationError) as refused:
        carrier(keys={"product_secret": "S" * 24})
    assert "24 characters, not shown" in str(refused.value)
    assert "SSS" not in str(refused.value)


def test_the_same_key_in_two_namespaces_is_no_double() -> None:
    carrier(extra=[{"namespace": "other", "key": "product_id", "type": "u8", "value": 1}])


def test_without_a_preset_partition_and_namespace_are_required() -> None:
    with pytest.raises(ValidationError, match="namespace"):
        NvsSettings.model_validate({"kind": "nvs", "partition": "fctry"})


@pytest.mark.parametrize(
    ("code", "table"),
    [
        ("E130", layout(partition("other", "data, nvs", 0x4000))),
        ("E131", layout(partition("fctry", "data, fat", 0x4000))),
        ("E131", layout(partition("fctry", "app, ota_0", 0x4000))),
        ("E133", layout(partition("fctry", "data, nvs", 0x2000))),
        ("E133", layout(partition("fctry", "data, nvs", 0x4800))),
    ],
)
def test_a_partition_that_will_not_do_is_found_without_a_key(code: str, table: Any) -> None:
    (finding,) = carrier().check(table)
    assert finding.code == code
    assert not finding.warning
    assert carrier().check(LAYOUT) == []


def test_a_small_partition_will_do_where_firmware_only_reads_it() -> None:
    data = write_nvs(0x1000, {("a", "x"): ("string", "y")}, readonly=True)
    assert len(data) == 0x1000
    assert dict(read_nvs(data)) == {("a", "x"): "y"}


@pytest.mark.parametrize(
    ("code", "entries"),
    [
        ("E133", {("a", f"k{n}"): ("string", "x" * 1000) for n in range(12)}),
        ("E134", {("a", "k"): ("string", "x" * 3968)}),
        ("E134", {("a", "k"): ("string", "x" * 4000)}),
        ("E134", {("a", "k"): ("u8", 300)}),
        ("E134", {("a", "a key of sixteen"): ("u8", 1)}),
    ],
)
def test_what_does_not_fit_is_our_error_and_shows_no_value(
    code: str, entries: dict[tuple[str, str], tuple[str, NvsValue]]
) -> None:
    with pytest.raises(BurnerError) as caught:
        write_nvs(0x3000, entries)
    assert caught.value.code == code
    assert caught.value.__context__ is None
    assert "xxx" not in str(caught.value)


NAMES = st.text("abcdefghijklmnopqrstuvwxyz_.-0123", min_size=1, max_size=15)
TYPED = st.one_of(
    st.tuples(st.just("u8"), st.integers(0, 255)),
    st.tuples(st.just("i32"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("u64"), st.integers(0, 2**64 - 1)),
    st.tuples(st.just("i64"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(
        st.just("string"),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=400),
    ),
    st.tuples(st.just("binary"), st.binary(max_size=6000)),
)
ENTRIES = st.dictionaries(st.tuples(NAMES, NAMES), TYPED, max_size=20)


@given(ENTRIES, st.none() | st.just(ENCRYPTION_KEY))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
def test_whatever_the_generator_writes_we_read(
    entries: dict[tuple[str, str], tuple[str, NvsValue]], key: bytes | None
) -> None:
    data = write_nvs(0x40000, entries, key)
    assert dict(read_nvs(data, key)) == {place: value for place, (_, value) in entries.items()}


def version_1(entries: list[tuple[str, str, object]]) -> bytes:
    from esp_idf_nvs_partition_gen import nvs_partition_gen as generator

    image = BytesIO()
    with generator.nvs_open(image, 0x3000, generator.Page.VERSION1) as nvs:
        nvs.write_namespace("old")
        for key, kind, value in entries:
            nvs.write_entry(key, value, kind, 1)
    return image.getvalue()


def test_version_1_is_read_too() -> None:
    data = version_1([("s", "string", "text"), ("b", "binary", b"\1\2" * 200), ("n", "u8", 7)])
    assert dict(read_nvs(data)) == {
        ("old", "s"): "text",
        ("old", "b"): b"\1\2" * 200,
        ("old", "n"): 7,
    }


def golden() -> bytearray:
    return bytearray(burned(carrier(), LAYOUT, KEY)["fctry"])


def test_an_erased_entry_is_passed_over() -> None:
    data = golden()
    data[32] &= 0b11000011  # entries 1 and 2: product_id and its text
    assert ("qcloud-key", "product_id") not in read_nvs(bytes(data))
    assert read_nvs(bytes(data))["qcloud-key", "product_secret"] == PLAIN


def test_the_later_of_two_values_counts() -> None:
    older = write_nvs(0x3000, {("a", "x"): ("u8", 1)})
    newer = bytearray(write_nvs(0x3000, {("a", "x"): ("u8", 2)})[:0x1000])
    newer[4:8] = struct.pack("<I", 7)
    newer[28:32] = struct.pack("<I", zlib.crc32(newer[4:28], 0xFFFFFFFF))
    assert dict(read_nvs(bytes(newer) + older[:0x1000])) == {("a", "x"): 2}


@pytest.mark.parametrize("offset", [0, 4, 8, 28, 64, 65, 66, 72, 96, 128, 130, 160, 200])
def test_a_flipped_bit_is_noticed(offset: int) -> None:
    data = golden()
    data[offset] ^= 0x10
    with pytest.raises(BurnerError) as caught:
        read_nvs(bytes(data))
    assert caught.value.code == "E607"
    assert PLAIN not in str(caught.value)


def test_a_partition_without_the_key_says_which_is_missing() -> None:
    empty = write_nvs(0x4000, {("qcloud-key", "product_id"): ("string", PRODUCT_ID)})
    with pytest.raises(BurnerError, match="qcloud-key/product_secret") as caught:
        carrier().decode({"fctry": empty})
    assert caught.value.code == "E606"
    with pytest.raises(BurnerError, match="fctry"):
        carrier().decode({})


def test_the_wrong_encryption_key_reads_nothing() -> None:
    own = carrier(key_partition="nvs_keys")
    read = burned(own, LAYOUT, KEY)
    for bad in (b"\xff" * 4096, b"", bytes(4096)):
        with pytest.raises(BurnerError):
            own.decode({**read, "nvs_keys": bad})
    with pytest.raises(BurnerError):
        read_nvs(read["fctry"], bytes(range(1, 65)))
    with pytest.raises(BurnerError):
        read_nvs(read["fctry"], b"short")


@given(st.binary(max_size=9000) | st.binary(min_size=4096, max_size=4096))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for key in (None, ENCRYPTION_KEY):
        with suppress(BurnerError):
            read_nvs(data, key)


@given(st.lists(st.tuples(st.integers(0, 0x3FF), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_damage_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    data = golden()
    for offset, value in damage:
        data[offset] = value
    with suppress(BurnerError):
        read_nvs(bytes(data))
