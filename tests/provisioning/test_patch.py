"""The key in place of placeholders inside real application images."""

import re
import struct
import subprocess
import sys
from functools import reduce
from hashlib import sha256
from operator import xor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from burner.core.errors import BurnerError
from burner.core.segments import Segment
from burner.flash.image import parse_image
from burner.flash.layout import Layout
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.patch_carrier import PatchCarrier, PatchSettings
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

FACTORY = partition("factory", "app, factory", 0x100000, offset=0x10000)


def carrier(**placeholders: Any) -> PatchCarrier:
    given = {"kind": "patch", "image": "app", "placeholders": placeholders}
    return PatchCarrier(PatchSettings.model_validate(of_tencent(given)), POSSIBLE)


NAMELESS = carrier()
THREE = carrier(device_name={"text": "YOUR_DEV_NAME"})


def image(data: bytes, *, tail: bytes = b"") -> bytes:
    """An ESP32-C3 image of one segment that holds `data`, and what follows it."""
    data = data.ljust(-(-len(data) // 4) * 4, b"\0")
    header = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x42000000)
    extended = struct.pack("<BBBBHBHH4xB", 0xEE, 0, 0, 0, 5, 0, 0, 0, 1)
    body = header + extended + struct.pack("<II", 0x3C000020, len(data)) + data
    body = body.ljust(len(body) | 15, b"\0") + bytes([reduce(xor, data, 0xEF)])
    return body + sha256(body).digest() + tail


def arrays(name: bytes = b"YOUR_DEV_NAME") -> bytes:
    """Tencent's arrays between neighbours."""
    return (
        b"set PRODUCT_ID\0"
        + b"PRODUCT_ID".ljust(11, b"\0")
        + b"\x12\x34"
        + b"YOUR_PRODUCT_SECRET".ljust(33, b"\0")
        + name.ljust(49, b"\0")
        + b"after"
    )


def at(data: bytes, chip: str = "esp32c3") -> Layout:
    return layout(FACTORY, chip=chip, segments=[Segment("app", 0x10000, data)])


def patched(own: PatchCarrier, data: bytes, key: KeyConfig = NAMED) -> bytes:
    (segment,) = own.fill(at(data), key)
    assert (segment.name, segment.offset, segment.confidential) == ("app", 0x10000, True)
    return segment.data


def refused(own: PatchCarrier, data: bytes, key: KeyConfig = NAMED) -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        own.fill(at(data), key)
    assert PLAIN not in str(caught.value)
    return caught.value


def test_tencents_arrays_are_filled_and_their_neighbours_left_alone() -> None:
    before, after = image(arrays()), patched(THREE, image(arrays()))
    assert (
        b"set PRODUCT_ID\0S3EUVBRJLB\0\x12\x34" + PLAIN.encode() + bytes(9) + b"240AC4A1B2C3"
        in after
    )
    assert len(after) == len(before)
    assert all(checksum.ok for checksum in parse_image(after).checksums)


def test_only_a_name_makes_bytes_of_a_units_own() -> None:
    assert THREE.needs_name()
    assert not NAMELESS.needs_name()


@given(keys)
def test_what_is_patched_is_decoded_from_its_arrays_alone(key: KeyConfig) -> None:
    where = at(image(arrays()))
    assert THREE.decode(burned(THREE, where, key)) == key
    assert sum(place.size for place in THREE.read_ranges(where)) == 11 + 33 + 49


def test_a_placeholder_may_stand_in_several_arrays() -> None:
    twice = carrier(
        product_id={"text": "PRODUCT_ID", "count": 2},
        product_secret={"text": "YOUR_PRODUCT_SECRET", "size": 40},
    )
    data = image(b"PRODUCT_ID\0\0" + b"PRODUCT_ID\0\0" + b"YOUR_PRODUCT_SECRET".ljust(40, b"\0"))
    where = at(data)
    read = burned(twice, where, KEY)
    assert twice.decode(read) == KEY
    with pytest.raises(BurnerError, match="product_id differ"):
        twice.decode({**read, "app.product_id[1]": b"A" * 10 + b"\0"})


@pytest.mark.parametrize(
    "data",
    [
        b"nothing of the kind",
        arrays() + arrays(),
        arrays() + b"\0PRODUCT_ID\0text",
        arrays().replace(b"\x12\x34", b"").replace(b"SECRET\0\0", b"SECRET\0X"),
        b"YOUR_PRODUCT_SECRET".ljust(33, b"\0") + b"MY_PRODUCT_ID\0",
        b"YOUR_PRODUCT_SECRET".ljust(33, b"\0") + b"PRODUCT_ID: %s\0",
        b"PRODUCT_ID\0" + b"YOUR_PRODUCT_SECRET".ljust(28, b"\0"),
    ],
)
def test_a_placeholder_that_is_not_the_array_it_should_be_is_refused(data: bytes) -> None:
    assert refused(NAMELESS, image(data)).code == "E137"


def test_text_outside_the_segments_is_not_touched() -> None:
    data = image(arrays(), tail=b"PRODUCT_ID".ljust(11, b"\0"))
    assert patched(THREE, data).endswith(b"PRODUCT_ID\0")


def test_a_value_too_long_for_its_array_is_refused() -> None:
    small = carrier(product_secret={"text": "YOUR_PRODUCT_SECRET", "size": 24})
    error = refused(small, image(arrays()))
    assert (error.code, error.detail) == ("E136", "product_secret: 24 bytes and a NUL")


@pytest.mark.parametrize(
    ("code", "placeholders"),
    [
        ("E135", {"product_id": {"text": "SAME"}, "product_secret": {"text": "SAME"}}),
        ("E136", {"product_id": {"text": "PRODUCT_ID", "size": 10}}),
        ("string_pattern_mismatch", {"product_id": {"text": "ID"}}),
    ],
)
def test_settings_that_cannot_work_are_refused(code: str, placeholders: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        carrier(**placeholders)
    assert caught.value.errors()[0]["type"] == code


def test_signed_encrypted_and_damaged_images_are_refused() -> None:
    good = image(arrays())
    signed = good.ljust(0x1000, b"\xff") + b"\xe7\x02" + bytes(0xFFE)
    assert refused(NAMELESS, signed).code == "E139"
    assert "signature v2" in refused(NAMELESS, signed).detail
    assert refused(NAMELESS, sha256(b"x").digest() * 64).code == "E139"
    assert refused(NAMELESS, b"").code == "E139"
    assert refused(NAMELESS, good[:-1] + bytes([good[-1] ^ 1])).code == "E117"


def test_an_image_that_the_profile_does_not_have_is_named() -> None:
    with pytest.raises(BurnerError, match="app") as caught:
        NAMELESS.fill(layout(FACTORY), KEY)
    assert caught.value.code == "E132"


def test_check_finds_without_a_key_what_will_not_work() -> None:
    assert NAMELESS.check(at(image(arrays()))) == []
    assert [finding.code for finding in NAMELESS.check(at(image(b"nothing")))] == ["E137"] * 2
    slot = partition("ota_0", "app, ota_0", 0x100000, offset=0x10000)
    where = layout(slot, segments=[Segment("app", 0x10000, image(arrays()))])
    (finding,) = NAMELESS.check(where)
    assert (finding.code, finding.warning) == ("E138", True)


@pytest.mark.parametrize("bad", [b"", b"\0" * 11, b"\xff" * 11, b"A" * 11, b"AB\0C" + b"\0" * 7])
def test_an_array_that_holds_no_text_is_noticed(bad: bytes) -> None:
    read = burned(NAMELESS, at(image(arrays())), KEY)
    with pytest.raises(BurnerError) as caught:
        NAMELESS.decode({**read, "app.product_id": bad})
    assert caught.value.code == "E606"


@given(st.binary(max_size=400))
def test_any_bytes_are_patched_or_refused(data: bytes) -> None:
    assert refused(NAMELESS, data).code in {"E117", "E137", "E139"}
    assert refused(NAMELESS, image(data)).code == "E137"


REAL = {
    "esp_idf_blink_esp32s2.bin": ("esp32s2", ("blink", 32, 1), ("ASCII", 26, 2)),
    "idf_hello_esp32c3/hello_world.bin": ("esp32c3", ("hello_world", 32, 1), ("ASCII", 26, 2)),
    "esp8266_deepsleep.bin": ("esp8266", ("pp.c", 16, 1), ("ieee80211_hostap.c", 32, 1)),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_image_is_valid_to_esptool_afterwards(name: str, shared_images: Path) -> None:
    from esptool.bin_image import LoadFirmwareImage

    chip, *spots = REAL[name]
    pid, secret = ({"text": t, "size": size, "count": count} for t, size, count in spots)
    own = carrier(product_id=pid, product_secret=secret)
    where = at((shared_images / name).read_bytes(), chip)
    assert own.decode(burned(own, where, KEY)) == KEY
    (segment,) = own.fill(where, KEY)
    assert segment.data.count(PRODUCT_ID.encode()) == 1
    loaded = LoadFirmwareImage(chip, segment.data)
    assert loaded.checksum == loaded.calculate_checksum()
    if chip != "esp8266":
        assert loaded.stored_digest == loaded.calc_digest
        assert (
            sum(a != b for a, b in zip(segment.data, where.segments["app"].data, strict=True)) < 120
        )


@pytest.mark.parametrize("name", REAL)
def test_esptools_image_info_finds_a_patched_image_valid(
    name: str, shared_images: Path, tmp_path: Path
) -> None:
    chip, *spots = REAL[name]
    pid, secret = ({"text": t, "size": size, "count": count} for t, size, count in spots)
    own = carrier(product_id=pid, product_secret=secret)
    (segment,) = own.fill(at((shared_images / name).read_bytes(), chip), KEY)
    (tmp_path / "patched.bin").write_bytes(segment.data)
    command = [sys.executable, "-m", "esptool", "--chip", chip, "image-info", "patched.bin"]
    output = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    checksums = [
        line for line in output.splitlines() if re.match("(Checksum|Validation hash):", line)
    ]
    assert len(checksums) == (1 if chip == "esp8266" else 2)
    assert all(line.endswith("(valid)") for line in checksums)


def test_a_real_signed_image_is_refused_with_what_to_do(shared_images: Path) -> None:
    error = refused(NAMELESS, (shared_images / "bootloader_signed_v2_rsa.bin").read_bytes())
    assert (error.code, error.detail) == ("E139", "app has a signature v2")
    assert "nvs" in error.row.do
