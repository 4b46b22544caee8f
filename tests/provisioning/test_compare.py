"""Whether a unit that comes back still holds its key configuration; one table, every carrier."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from burner.core.secrets.secret import Secret
from burner.core.segments import Segment
from burner.flash.layout import Layout
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.provisioning.at_carrier import AtCarrier
from burner.provisioning.carrier import FlashCarrier, KeyState
from burner.provisioning.carriers import CarrierSettings, carrier_for
from burner.provisioning.key_config import PossibleKeys
from burner.release.preflight import preflight
from tests.images import TABLE, app_image, write_product
from tests.provisioning.layouts import (
    KEY,
    NAMED,
    POSSIBLE,
    burned,
    keys,
    layout,
    of_tencent,
    partition,
)

SETTINGS: TypeAdapter[Any] = TypeAdapter(CarrierSettings)
ARRAYS = ("PRODUCT_ID", "YOUR_PRODUCT_SECRET" + "\0" * 13, "YOUR_DEV_NAME" + "\0" * 35)
NVS = {
    "kind": "nvs",
    "preset": "esp-qcloud",
    "keys": {"device_name": "device_name"},
    "extra": [{"key": "region", "type": "string", "value": "china"}],
}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "nvs": NVS,
    "encrypted": {**NVS, "key_partition": "keys"},
    "littlefs": {"kind": "file", "partition": "store", "filesystem": "littlefs"},
    "fat": {"kind": "file", "partition": "ffat", "filesystem": "fat"},
    "patch": {
        "kind": "patch",
        "image": "app",
        "placeholders": {"device_name": {"text": "YOUR_DEV_NAME"}},
    },
    "raw": {
        "kind": "raw",
        "partition": "store",
        "fields": [
            {"name": "magic", "type": "u32", "value": 7},
            {"name": "pid", "type": "char[11]", "key": "product_id"},
            {"name": "secret", "type": "char[33]", "key": "product_secret"},
            {"name": "name", "type": "char[49]", "key": "device_name"},
        ],
    },
}
CLASSES = [
    (kind, region_class)
    for kind in KINDS
    for region_class in ("frozen", "mutable")
    if (kind, region_class) != ("patch", "mutable")
]
ERASABLE = [kind for kind in KINDS if kind != "patch"]


def made(kind: str, **more: Any) -> FlashCarrier:
    return made_for(POSSIBLE, kind, **more)


def made_for(possible: PossibleKeys, kind: str, **more: Any) -> FlashCarrier:
    carrier = carrier_for(SETTINGS.validate_python(of_tencent({**KINDS[kind], **more})), possible)
    assert not isinstance(carrier, AtCarrier)
    return carrier


def where() -> Layout:
    return layout(
        partition("fctry", "data, nvs", 0x6000),
        partition("keys", "data, nvs_keys", 0x1000, offset=0x1C000),
        partition("store", "data, littlefs", 0x10000, offset=0x20000),
        partition("ffat", "data, fat", 0x84000, offset=0x30000),
        segments=[Segment("app", 0x100000, app_image("code", *ARRAYS))],
    )


def erased(read: Mapping[str, bytes], byte: bytes = b"\xff") -> dict[str, bytes]:
    """What the firmware does that moves its key: the key of encryption stays."""
    return {name: data if name == "keys" else byte * len(data) for name, data in read.items()}


@pytest.mark.parametrize(("kind", "region_class"), CLASSES)
def test_the_same_key_is_the_same_and_another_is_another(kind: str, region_class: str) -> None:
    carrier = made(kind, **({} if kind == "patch" else {"class": region_class}))
    read = burned(carrier, where(), NAMED)
    others = (
        replace(NAMED, product_secret=Secret(b"anotherSecretProductKey4")),
        replace(NAMED, product_id="AAAAAAAAAA"),
        replace(NAMED, device_name="ANOTHER"),
    )
    assert carrier.compare(read, NAMED) is KeyState.SAME
    assert {carrier.compare(read, other) for other in others} == {KeyState.OTHER}


@given(key=keys, other=keys, kind=st.sampled_from(["nvs", "littlefs", "raw"]))
def test_any_key_is_told_from_any_other(key: Any, other: Any, kind: str) -> None:
    carrier = made(kind)
    state = carrier.compare(burned(carrier, where(), key), other)
    assert state is (KeyState.SAME if key == other else KeyState.OTHER)


@pytest.mark.parametrize("kind", ERASABLE)
def test_a_partition_that_was_erased_holds_no_key(kind: str) -> None:
    carrier = made(kind, after_boot="moved")
    assert carrier.compare(erased(burned(carrier, where(), NAMED)), NAMED) is KeyState.GONE


@pytest.mark.parametrize("kind", ["littlefs", "fat", "raw"])
def test_a_partition_that_was_overwritten_with_zeros_holds_no_key(kind: str) -> None:
    carrier = made(kind, after_boot="moved")
    assert carrier.compare(erased(burned(carrier, where(), NAMED), b"\0"), NAMED) is KeyState.GONE


def written_by_firmware(kind: str, json_text: str) -> dict[str, bytes]:
    """The partition after the firmware has written its file anew."""
    empty = {"keys": {"product_id": "a", "product_secret": "b", "device_name": None}}
    values = json.loads(json_text)
    carrier = made(kind, json=values, **empty, after_boot="moved")
    return burned(carrier, where(), KEY)


@pytest.mark.parametrize("kind", ["littlefs", "fat"])
def test_a_file_without_the_key_is_one_whose_key_is_gone(kind: str) -> None:
    read = written_by_firmware(kind, '{"region": "china"}')
    assert made(kind, after_boot="moved").compare(read, NAMED) is KeyState.GONE


@pytest.mark.parametrize("kind", ["littlefs", "fat"])
def test_a_file_with_a_part_of_the_key_holds_another_one(kind: str) -> None:
    read = written_by_firmware(kind, f'{{"productId": "{NAMED.product_id}"}}')
    assert made(kind, after_boot="moved").compare(read, NAMED) is KeyState.OTHER


def test_what_registration_returns_is_no_change_of_the_key() -> None:
    registered = {
        "auth_mode": "KEY",
        "region": "china",
        "key_deviceinfo": {"deviceSecret": "7WmFA/MEs+Fy+32QwJWtYw=="},
        "online": True,
    }
    read = burned(made("littlefs", json=registered), where(), NAMED)
    assert made("littlefs").compare(read, NAMED) is KeyState.SAME
    elsewhere = burned(made("littlefs", json={**registered, "region": "usa"}), where(), NAMED)
    assert made("littlefs").compare(elsewhere, NAMED) is KeyState.OTHER


def test_only_a_trigger_of_the_own_platform_gives_way_to_what_registration_returns() -> None:
    alibaba = PossibleKeys(NAMED.product_id, PLATFORMS[Cloud.ALIBABA].rules)
    registered = {"key_deviceinfo": {"deviceSecret": "7WmFA/MEs+Fy+32QwJWtYw=="}}
    fields = {"auth_mode": "KEY", "region": "china", **registered}
    read = burned(made("littlefs", json=fields), where(), NAMED)
    assert made_for(alibaba, "littlefs").compare(read, NAMED) is KeyState.OTHER


def test_what_is_burned_beside_the_key_counts_too() -> None:
    usa = made("nvs", extra=[{"key": "region", "type": "string", "value": "usa"}])
    assert made("nvs").compare(burned(usa, where(), NAMED), NAMED) is KeyState.OTHER
    other = made("littlefs", files=[{"name": "ca.crt", "text": "other"}])
    ours = made("littlefs", files=[{"name": "ca.crt", "text": "ours"}])
    assert ours.compare(burned(other, where(), NAMED), NAMED) is KeyState.OTHER


@pytest.mark.parametrize(("region_class", "size"), [("frozen", 0x1000), ("mutable", 0x6000)])
def test_of_nvs_is_read_what_can_hold_something(region_class: str, size: int) -> None:
    (place,) = made("nvs", **{"class": region_class}).read_ranges(where())
    assert place.size == size


def test_what_was_just_burned_is_read_where_it_holds_something() -> None:
    (place,) = made("nvs", **{"class": "mutable"}).read_ranges(where(), as_burned=True)
    assert place.size == 0x1000


# -- what a profile may say ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("carrier", "found"),
    [
        (
            "{kind: nvs, preset: esp-qcloud, after_boot: moved, class: frozen}",
            "after_boot: moved with class: frozen",
        ),
        ("{kind: nvs, preset: esp-qcloud, after_boot: away}", "found 'away'"),
        ("{kind: at, after_boot: moved}", "is not a known key"),
    ],
)
def test_settings_that_contradict_are_found(tmp_path: Path, carrier: str, found: str) -> None:
    (finding,) = preflight(write_product(tmp_path, carrier=carrier)).findings
    assert (finding.code, finding.found) == ("E101", found)
    assert "carrier" in finding.place


def test_a_key_cannot_be_moved_out_of_a_partition_that_is_read_only(tmp_path: Path) -> None:
    table = TABLE.replace(
        "fctry,    data, nvs,   ,        0x4000", "fctry, data, nvs, , 0x4000, readonly"
    )
    carrier = "{kind: nvs, preset: esp-qcloud, after_boot: moved}"
    (finding,) = preflight(write_product(tmp_path, table=table, carrier=carrier)).findings
    assert finding.found == "after_boot: moved, and the table marks fctry readonly"
    assert finding.place.endswith("carrier.after_boot")
