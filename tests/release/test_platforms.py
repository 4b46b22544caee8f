"""`product.cloud`: what it changes of the checks of a profile."""

from pathlib import Path

import pytest

from burner.profile.reading import read_profile
from burner.provisioning.nvs_carrier import NvsSettings
from burner.release.preflight import preflight
from tests.images import write_product
from tests.runs import PROFILE

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdef"
OF_FIRMWARE = ("E107", "E122", "E128")
"""What is said of the example's firmware, and of a secret that is not at hand."""


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """The example's profile with other texts."""
    text = PROFILE.read_text(encoding="utf-8").replace("../firmware", str(ROOT / "firmware"))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "plug.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def of(cloud: str, product_id: str, preset: str) -> tuple[tuple[str, str], ...]:
    return (
        ("id: 7QKX2MPD0C", f"cloud: {cloud}\n  id: {product_id}"),
        ("preset: esp-qcloud", f"preset: {preset}"),
    )


ALIBABA = of("alibaba", "a1B2c3D4e5F", "esp-aliyun")
EXPLORER = of("tencent-explorer", "7QKX2MPD0C", "esp-qcloud")
VOLCENGINE = of("volcengine", "6a323b6b0000000000000000", "volcengine")


def findings(folder: Path, *changes: tuple[str, str]) -> list[tuple[str, str]]:
    """Code and field of each finding but those about the secret's place and the firmware."""
    seen = preflight(changed(folder, *changes)).findings
    return [(f.code, f.place.partition(" ")[2]) for f in seen if f.code not in OF_FIRMWARE]


def test_without_it_the_product_is_one_of_tencents_hub(tmp_path: Path) -> None:
    assert findings(tmp_path) == []
    reading = read_profile(changed(tmp_path))
    assert reading.profile is not None
    assert reading.profile.platform.title == "Tencent Cloud IoT Hub"


@pytest.mark.parametrize(
    "changes", [ALIBABA, VOLCENGINE, of("tencent-explorer", "7QKX2MPD0C", "esp-qcloud")]
)
def test_each_platform_has_its_ids_and_a_preset(
    tmp_path: Path, changes: tuple[tuple[str, str], ...]
) -> None:
    assert findings(tmp_path, *changes) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (of("alibaba", "a1-B2", "esp-aliyun"), ("E102", "product.id")),
        (of("alibaba", "YourProductKey", "esp-aliyun"), ("E104", "product.id")),
        (of("volcengine", "6a323b6b", "volcengine"), ("E102", "product.id")),
        (of("tencent-explorer", "a1B2c3D4e5F", "esp-qcloud"), ("E102", "product.id")),
        (of("alibaba", "a1B2c3D4e5F", "esp-qcloud"), ("E101", "carrier.preset")),
        (of("tencent-hub", "7QKX2MPD0C", "esp-aliyun"), ("E101", "carrier.preset")),
        (of("aws", "7QKX2MPD0C", "esp-qcloud"), ("E101", "product.cloud")),
        ((*ALIBABA, ('"{mac}"', '"plug-of-the-north-hall-{mac}"')), ("E163", "name")),
        ((*ALIBABA, ('"{mac}"', '"{mac:-2}"')), ("E163", "name")),
        ((*VOLCENGINE, ('"{mac}"', '"p:{mac}"')), ("E163", "name")),
    ],
)
def test_what_a_platform_does_not_take_is_found(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], found: tuple[str, str]
) -> None:
    assert found in findings(tmp_path, *changes)


def test_a_colon_is_taken_where_the_console_takes_it(tmp_path: Path) -> None:
    assert findings(tmp_path, *ALIBABA, ('"{mac}"', '"plug:{mac}"')) == []
    assert findings(tmp_path, ('"{mac}"', '"plug:{mac}"')) == [("E163", "name")]


def test_at_commands_are_tencents(tmp_path: Path) -> None:
    text = "kind: nvs\n  preset: esp-aliyun          # partition fctry, namespace qcloud-key"
    assert ("E101", "carrier.kind") in findings(tmp_path, *ALIBABA, (text, "kind: at"))


def test_nothing_is_said_of_a_carrier_that_stands_in_for_a_wrong_one(tmp_path: Path) -> None:
    wrong = ("preset: esp-qcloud", "preset: of-my-own")
    assert {place.split(".")[0] for _, place in findings(tmp_path, wrong)} == {"carrier"}


def test_an_application_must_hold_the_registration_of_its_platform(tmp_path: Path) -> None:
    for changes, warned in ((ALIBABA, True), ((), False)):
        seen = preflight(changed(tmp_path, *changes)).findings
        assert ("E122" in {f.code for f in seen}) is warned


def test_a_secret_is_judged_by_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    assert "E158" in {code for code, _ in findings(tmp_path)}
    assert findings(tmp_path, *ALIBABA) == []
    monkeypatch.setenv("PLUG_C3_SECRET", "YourProductSecret")
    assert ("E157", "product.secret") in findings(tmp_path, *ALIBABA)


def test_a_preset_fills_what_is_left_out() -> None:
    filled = NvsSettings.model_validate({"kind": "nvs", "preset": "esp-aliyun"})
    assert (filled.partition, filled.namespace) == ("fctry", "aliyun-key")
    assert filled.key_names() == ("ProductKey", "ProductSecret")
    keys = {"product_id": "pk", "device_name": "DeviceName"}
    own = NvsSettings.model_validate({"kind": "nvs", "preset": "esp-aliyun", "keys": keys})
    assert own.key_names() == ("pk", "ProductSecret", "DeviceName")


def test_a_field_must_take_the_product_id_that_it_gets(tmp_path: Path) -> None:
    """A struct for Tencent has no room for the ProductKey of Alibaba."""
    raw = (
        "kind: raw\n  partition: fctry\n  fields:\n"
        '    - {name: id, type: "char[11]", key: product_id}\n'
        '    - {name: secret, type: "char[33]", key: product_secret}'
    )
    nvs = "kind: nvs\n  preset: esp-aliyun          # partition fctry, namespace qcloud-key"
    assert ("E136", "carrier") in findings(tmp_path, *ALIBABA, (nvs, raw))
    assert findings(tmp_path, *ALIBABA, (nvs, raw.replace("char[11]", "char[12]"))) == []


@pytest.mark.parametrize(
    ("platform", "section", "found", "allowed"),
    [
        ((), "region: moon", ("registration.region", "found 'moon'"), "china, us-east, europe"),
        (ALIBABA, "region: china", ("registration.region", "found 'china'"), "cn-shanghai"),
        (
            (),
            "instance: iot-06z00a",
            ("registration.instance", "found 'iot-06z00a'"),
            "nothing: Tencent Cloud IoT Hub has no instances",
        ),
        (
            ALIBABA,
            "credentials: certificate",
            ("registration.credentials", "found 'certificate'"),
            "key: Alibaba Cloud IoT Platform has no others",
        ),
        (
            ALIBABA,
            "names: automatic",
            ("registration.names", "found 'automatic'"),
            "created-before or created-after",
        ),
    ],
)
def test_what_the_platform_cannot_be_is_refused(
    tmp_path: Path,
    platform: tuple[tuple[str, str], ...],
    section: str,
    found: tuple[str, str],
    allowed: str,
) -> None:
    path = changed(tmp_path, *platform)
    path.write_text(f"{path.read_text('utf-8')}\nregistration: {{{section}}}\n", "utf-8")
    (finding,) = (f for f in preflight(path).findings if f.code not in OF_FIRMWARE)
    assert (finding.code, finding.place.partition(" ")[2], finding.found) == ("E101", *found)
    assert allowed in finding.allowed


def test_what_the_platform_can_be_is_taken(tmp_path: Path) -> None:
    path = changed(tmp_path)
    section = "{names: automatic, credentials: certificate, region: us-east, preflight: required}"
    path.write_text(f"{path.read_text('utf-8')}\nregistration: {section}\n", "utf-8")
    assert {f.code for f in preflight(path).findings} <= set(OF_FIRMWARE)


@pytest.mark.parametrize(
    ("carrier", "differs"),
    [
        ("{kind: file, partition: store, filesystem: littlefs}", True),
        ("{kind: file, partition: store, filesystem: littlefs, json: {region: europe}}", False),
        ("{kind: file, partition: store, filesystem: littlefs, json: {region: [a]}}", False),
        ("{kind: at, region: us-east}", True),
        ("{kind: at}", False),
    ],
)
def test_the_region_that_is_burned_is_the_one_of_the_product(
    tmp_path: Path, carrier: str, differs: bool
) -> None:
    path = write_product(tmp_path, carrier=carrier, registration="{region: europe}")
    found = [f.place.partition(" ")[2] for f in preflight(path).findings if f.code == "E101"]
    assert found == ["registration.region"] * differs
