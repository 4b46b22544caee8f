"""A firmware on the bench finds its key in whatever a carrier wrote, and nothing in rubbish."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.firmware.key_search import KeyInFlash, RunningFirmware, find
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.unit.unit_spec import UnitSpec
from burner.core.secrets.secret import Secret
from burner.flash.partition_table import Partition, PartitionTable
from burner.provisioning.file_carrier import FileCarrier, FileSettings
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.nvs_carrier import NvsCarrier, NvsSettings
from tests.provisioning.layouts import POSSIBLE, keys, layout, of_tencent, partition

APP = partition("app", "app, factory", 0x1000, offset=0x10000)
KEYS = partition("keys", "data, nvs_keys", 0x1000, offset=0x14000)
KINDS = {
    "nvs": 0x4000,
    "littlefs": 0x8000,
    "spiffs": 0x8000,
    "fat": 0x84000,
}
KEY = KeyConfig("S3EUVBRJLB", Secret(b"8XzjN8rfgFVGDTNTUGau4snA"), "plug-7")


def running(*burned: tuple[Partition, bytes]) -> RunningFirmware:
    flash = NorFlash(UnitSpec(flash_size=1 << 20))
    for place, data in burned:
        flash.program(place.offset, data)
    return RunningFirmware(flash, PartitionTable((APP, *(place for place, _ in burned))), APP)


def filled(kind: str, key: KeyConfig, **settings: Any) -> RunningFirmware:
    place = partition("key", f"data, {kind}", KINDS[kind], offset=0x18000)
    if kind == "nvs":
        nvs = {"kind": "nvs", "preset": "esp-qcloud", "partition": "key", **settings}
        nvs |= {"keys": {"device_name": "device_name"}}
        segments = NvsCarrier(NvsSettings.model_validate(nvs), POSSIBLE).fill(
            layout(place, KEYS), key
        )
        return running(*zip((place, KEYS), (s.data for s in segments), strict=False))
    system = {"type": "fat" if kind == "fat" else "littlefs", **settings}
    file = {"kind": "file", "partition": "key", "filesystem": system}
    own = FileCarrier(FileSettings.model_validate(of_tencent(file)), POSSIBLE)
    (segment,) = own.fill(layout(place), key)
    return running((place, segment.data))


@pytest.mark.parametrize("kind", KINDS)
@given(keys)
def test_whatever_key_a_carrier_wrote_is_found(kind: str, key: KeyConfig) -> None:
    assert find(filled(kind, key)) == KeyInFlash(
        key.product_id, key.product_secret.reveal().decode(), key.device_name
    )


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("nvs", {"key_partition": "keys"}),
        ("littlefs", {"block_size": "8K", "prog_size": 64, "cache_size": 64, "name_max": 32}),
        ("fat", {"wear_levelling": False}),
        ("fat", {"sector_size": 512}),
        ("fat", {"sector_size": 512, "wear_levelling": False}),
    ],
)
def test_it_is_found_in_every_form_that_firmware_mounts(
    kind: str, settings: dict[str, Any]
) -> None:
    assert find(filled(kind, KEY, **settings)) == KeyInFlash(
        KEY.product_id, KEY.product_secret.reveal().decode(), KEY.device_name
    )


@pytest.mark.parametrize("kind", KINDS)
@given(st.binary(max_size=5000), st.integers(0, 0x4000))
def test_rubbish_holds_no_key(kind: str, data: bytes, offset: int) -> None:
    place = partition("key", f"data, {kind}", KINDS[kind], offset=0x18000)
    assert find(running((place, bytes(offset) + data))) is None


@given(st.lists(st.tuples(st.integers(0, 0x3FFF), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_partition_holds_the_key_or_none(damage: list[tuple[int, int]]) -> None:
    for kind in KINDS:
        app = filled(kind, KEY)
        for at, value in damage:
            app.flash.program(0x18000 + at, bytes([value]))
        key = find(app)
        assert key is None or key.product_id == KEY.product_id


@pytest.mark.parametrize(
    "content", [b"[" * 1000, b"[]", b'"text"', b"\xff\xfe", b'{"productId":1}']
)
def test_a_file_that_is_no_configuration_holds_no_key(content: bytes) -> None:
    from burner.provisioning.littlefs_image import Littlefs, make_littlefs

    place = partition("key", "data, littlefs", 0x8000, offset=0x18000)
    data = make_littlefs(Littlefs(type="littlefs"), 0x8000, {"device_info.json": content})
    assert find(running((place, data))) is None
