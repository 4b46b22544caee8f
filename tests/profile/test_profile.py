"""Profiles: what an engineer may write, and every mistake named in one go."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from burner.core.errors import BurnerError, Finding
from burner.core.yaml_schema import StrictModel
from burner.flash.chips import CHIP_IDS
from burner.profile.profile import FILL_IN, ChipName, Profile
from burner.profile.reading import load_profile, read_profile
from tests.images import SECRET, write_product

GOLDEN = Path(__file__).parents[1] / "golden" / "defaults.json"
PROFILES = sorted(Path(__file__).parents[2].glob("profiles/*.yaml"))


def refused(path: Path) -> tuple[Finding, ...]:
    with pytest.raises(BurnerError) as caught:
        load_profile(path)
    return caught.value.findings


def product(**changed: str) -> str:
    fields = {"name": "blinky", "version": "1.2.0", "id": "S3EUVBRJLB", "secret": "env:A"} | changed
    return "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"


@pytest.mark.parametrize("value", ["yes", "no", "off", "1", "0", '"true"'])
def test_only_true_and_false_are_true_and_false(tmp_path: Path, value: str) -> None:
    text = PROFILES[0].read_text(encoding="utf-8")
    path = tmp_path / "product.yaml"
    boot = f"boot:\n  challenge: {value}\n  expect: x\n"
    path.write_text(re.sub(r"^boot:\n(?:[ #].*\n|\n)*", "", text, flags=re.M) + boot, "utf-8")
    found = [f for f in refused(path) if f.place.endswith("boot.challenge")]
    assert [(f.code, f.allowed) for f in found] == [("E101", "true or false")]


def test_every_switch_of_a_file_takes_only_true_and_false() -> None:
    lax, models = [], list(StrictModel.__subclasses__())
    for model in models:
        models += model.__subclasses__()
        for name, field in model.model_fields.items():
            if field.annotation is bool and not field.metadata:
                lax.append(f"{model.__name__}.{name}")
    assert lax == [], "use pydantic's StrictBool"


def test_a_published_default_never_changes() -> None:
    # Neither a release nor its digest holds what the profile left out: another default would make
    # other units under the digest that records name.
    schema = Profile.model_json_schema()
    models = {"Profile": schema, **schema["$defs"]}
    today = {
        f"{model}.{field}": about["default"]
        for model, described in models.items()
        for field, about in described.get("properties", {}).items()
        if "default" in about
    }
    published = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert today == published, "add new ones to tests/golden/defaults.json, change none"


def test_a_profile_becomes_a_frozen_model(tmp_path: Path) -> None:
    profile = load_profile(write_product(tmp_path))
    assert profile.title == "blinky 1.2.0"
    assert profile.flash.size == 4 << 20
    assert profile.flash.baud == 921600
    assert profile.carrier.kind == "nvs"
    assert profile.path == tmp_path / "product.yaml"
    assert (
        profile.place("images", 1, "partition")
        == f"{tmp_path / 'product.yaml'}:8 images[1].partition"
    )
    assert list(profile.files()) == ["bootloader", "app", "partition-table"]
    assert profile.files_field("app") == ("images", 1, "file")


def test_all_mistakes_of_a_profile_come_at_once(tmp_path: Path) -> None:
    path = write_product(
        tmp_path,
        product=product(name="Big Name", version="1.10", id="PRODUCT_ID", secret="env:A"),
        flash="{size: 3MB, baud: 12}",
        images="[{name: app, file: app.bin, partition: ota_0, offset: 0}]",
        carrier="{kind: nvs, namespace: n}",
        colour="red",
    )
    codes = [(f.code, f.place.split()[1]) for f in refused(path)]
    assert codes == [
        ("E101", "product.name"),
        ("E101", "product.version"),
        ("E104", "product.id"),
        ("E101", "flash.size"),
        ("E101", "flash.baud"),
        ("E101", "images[0]"),
        ("E101", "carrier.partition"),
        ("E101", "colour"),
    ]


def test_a_literal_secret_is_refused_with_the_remedy_and_never_repeated(tmp_path: Path) -> None:
    (finding,) = refused(write_product(tmp_path, product=product(secret=SECRET)))
    assert finding.code == "E150"
    assert finding.place == f"{tmp_path / 'product.yaml'}:2 product.secret"
    assert "env:NAME" in finding.allowed
    assert SECRET not in str(finding)


@pytest.mark.parametrize("secret", ["12345678901234567890", "'env:'", "[a]", "''", "{a: b}"])
def test_whatever_stands_for_the_secret_is_not_shown(tmp_path: Path, secret: str) -> None:
    (finding,) = refused(write_product(tmp_path, product=product(secret=secret)))
    assert "not shown" in finding.found


@pytest.mark.parametrize(
    ("product_id", "code"),
    [
        ("YOUR_DEVICE_NAME", "E104"),
        ("S3EUVBRJL", "E102"),
        ("S3EUVBRJLBX", "E102"),
        ("S3EUVB-JLB", "E102"),
        ("' S3EUVBRJL'", "E102"),
        ("1234567890", "E101"),
    ],
)
def test_a_product_id_must_be_one(tmp_path: Path, product_id: str, code: str) -> None:
    (finding,) = refused(write_product(tmp_path, product=product(id=product_id)))
    assert finding.code == code


def test_a_product_id_of_digits_may_be_quoted(tmp_path: Path) -> None:
    path = write_product(tmp_path, product=product(id="'1234567890'"))
    assert load_profile(path).product.id == "1234567890"


def test_the_plan_of_the_flash_survives_mistakes_elsewhere(tmp_path: Path) -> None:
    reading = read_profile(write_product(tmp_path, product="{}"))
    assert len(reading.findings) == 4
    assert reading.profile is None
    assert reading.plan
    assert reading.plan.place("images", 0) == f"{tmp_path / 'product.yaml'}:7 images[0]"


def test_a_profile_of_a_newer_format_asks_for_a_newer_burner(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    path.write_text(path.read_text().replace("burner: 1", "burner: 2"))
    (finding,) = refused(path)
    assert (finding.code, finding.found) == ("E106", "format 2")
    assert finding.allowed == "this burner reads 1"


def test_what_is_to_be_filled_in_says_of_which_form(tmp_path: Path) -> None:
    (finding,) = refused(write_product(tmp_path, product=product(id=FILL_IN)))
    assert finding.code == "E180"
    assert finding.allowed.startswith("exactly 10 of 0-9 and A-Z")


def test_a_file_that_is_no_profile_has_no_plan(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("- a\n- b\n")
    reading = read_profile(path)
    assert reading.plan is None
    assert reading.findings


def test_the_schema_knows_every_key_and_refuses_others() -> None:
    schema = Profile.model_json_schema()
    assert set(schema["properties"]) == set(Profile.model_fields)
    assert schema["additionalProperties"] is False
    assert "class" in schema["$defs"]["ImageFile"]["properties"]
    assert json.dumps(schema).count("_document") == 0


def test_every_chip_with_an_image_format_can_be_named() -> None:
    assert set(get_args(ChipName)) == {"esp8266", *CHIP_IDS}


@pytest.mark.parametrize("path", PROFILES, ids=lambda p: p.stem)
def test_a_bundled_profile_is_sound_and_names_no_secret(path: Path) -> None:
    profile = load_profile(path)
    assert profile.product.secret.startswith("env:")
    assert profile.product.name == path.stem
