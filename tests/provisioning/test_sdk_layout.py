"""What the carriers `file` and `patch` leave out, by platform."""

from pathlib import Path

import pytest

from burner.profile.reading import load_profile, read_profile
from burner.provisioning.file_carrier import FileSettings, JsonKeys
from burner.provisioning.patch_carrier import Array, PatchSettings
from tests.release.test_platforms import ALIBABA, EXPLORER, VOLCENGINE, changed
from tests.runs import PROFILE

Changes = tuple[tuple[str, str], ...]
FILE = "kind: file, partition: store, filesystem: littlefs"
PATCH = "kind: patch, image: app"
KEYS = "keys: {product_id: id, product_secret: key, device_name: null}"
OTHERS = pytest.mark.parametrize("platform", [ALIBABA, VOLCENGINE], ids=["alibaba", "volcengine"])


def carried_by(carrier: str, folder: Path, platform: Changes) -> Path:
    """The example's profile with another carrier."""
    text = PROFILE.read_text(encoding="utf-8")
    written = text[text.index("\ncarrier:") : text.index("\nname:")]
    # Of the platform, all but its NVS preset.
    return changed(folder, *platform[:1], (written, f"\ncarrier: {{{carrier}}}\n"))


def missing(path: Path) -> list[tuple[str, str, str]]:
    """Code, field and words of each finding."""
    findings = read_profile(path).findings
    return [(f.code, f.place.partition(" ")[2], f.found) for f in findings]


@pytest.mark.parametrize("platform", [(), EXPLORER], ids=["hub", "explorer"])
def test_with_tencent_it_is_as_in_its_sdks(platform: Changes, tmp_path: Path) -> None:
    file = load_profile(carried_by(FILE, tmp_path, platform)).carrier
    assert isinstance(file, FileSettings)
    assert file.keys == JsonKeys(
        product_id="productId", product_secret="productSecret", device_name="deviceName"
    )
    assert file.json_fields == {
        "auth_mode": "KEY",
        "region": "china",
        "key_deviceinfo": {"deviceSecret": "YOUR_IOT_PSK"},
    }
    named = f"{PATCH}, placeholders: {{device_name: {{text: YOUR_DEV_NAME}}}}"
    patch = load_profile(carried_by(named, tmp_path, platform)).carrier
    assert isinstance(patch, PatchSettings)
    assert patch.arrays() == (
        Array("product_id", b"PRODUCT_ID", 11, 1),
        Array("product_secret", b"YOUR_PRODUCT_SECRET", 33, 1),
        Array("device_name", b"YOUR_DEV_NAME", 49, 1),
    )


def test_what_is_written_comes_before_the_sdk(tmp_path: Path) -> None:
    file = load_profile(
        carried_by(f"{FILE}, json: {{}}, keys: {{device_name: null}}", tmp_path, ())
    ).carrier
    assert isinstance(file, FileSettings)
    assert (file.keys.product_id, file.keys.device_name) == ("productId", None)
    assert file.json_fields == {}
    own = f"{PATCH}, placeholders: {{product_id: {{text: OWN_ID, size: 40}}}}"
    patch = load_profile(carried_by(own, tmp_path, ())).carrier
    assert isinstance(patch, PatchSettings)
    assert patch.arrays() == (
        Array("product_id", b"OWN_ID", 40, 1),
        Array("product_secret", b"YOUR_PRODUCT_SECRET", 33, 1),
    )


@OTHERS
@pytest.mark.parametrize(
    ("carrier", "fields"),
    [
        (FILE, ["keys.product_id", "keys.product_secret", "keys.device_name", "json"]),
        (f"{FILE}, {KEYS}", ["json"]),
        (f"{FILE}, json: {{}}, keys: {{product_id: id, product_secret: s}}", ["keys.device_name"]),
        (PATCH, ["placeholders.product_id", "placeholders.product_secret"]),
        (
            f"{PATCH}, placeholders: {{product_id: {{text: OWN_ID}}, device_name: {{text: NAME}}}}",
            [
                *("placeholders.product_id.size", "placeholders.product_secret"),
                "placeholders.device_name.size",
            ],
        ),
    ],
)
def test_on_another_platform_nothing_of_tencents_is_burned_unasked(
    platform: Changes, carrier: str, fields: list[str], tmp_path: Path
) -> None:
    expected = [("E101", "carrier", f"{field} is missing") for field in fields]
    assert missing(carried_by(carrier, tmp_path, platform)) == expected


@OTHERS
def test_on_another_platform_a_carrier_that_says_all_is_taken(
    platform: Changes, tmp_path: Path
) -> None:
    sizes = "product_id: {text: OWN_ID, size: 40}, product_secret: {text: OWN_KEY, size: 40}"
    for carrier in (f"{FILE}, {KEYS}, json: {{}}", f"{PATCH}, placeholders: {{{sizes}}}"):
        assert missing(carried_by(carrier, tmp_path, platform)) == []


@pytest.mark.parametrize("carrier", [f"{FILE}, keys: 5", f"{PATCH}, placeholders: [1]", "kind: 7"])
@pytest.mark.parametrize("platform", [(), ALIBABA], ids=["tencent", "alibaba"])
def test_what_is_no_mapping_is_refused_in_its_place(
    carrier: str, platform: Changes, tmp_path: Path
) -> None:
    (code, place, _), *_ = missing(carried_by(carrier, tmp_path, platform))
    assert code == "E101"
    assert place.startswith("carrier")
