"""The reference firmware that is kept: what its sources give, and what a bootloader expects."""

import hashlib
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from burner.flash.image import parse_image
from burner.profile.profile import Profile
from burner.profile.reading import load_profile
from tests.firmware.products import ARRAYS, ENCRYPTED_NVS, LABEL, PLUG, PRODUCTS

REFERENCE = Path(__file__).parents[2] / "firmware" / "reference"
IMAGES = REFERENCE.parent / "plug-c3"
NAMES = ("bootloader.bin", "app.bin")
PLUG_C3 = load_profile(PLUG)


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(REFERENCE / "build.py"))


def test_the_images_were_built_from_these_sources(script: dict[str, Any]) -> None:
    kept = script["kept"]()
    again = "run python firmware/reference/build.py"
    assert kept["sources"] == script["source_digest"](PLUG_C3), again
    digests = {name: hashlib.sha256((IMAGES / name).read_bytes()).hexdigest() for name in NAMES}
    assert {name: kept[name] for name in NAMES} == digests, again


@pytest.mark.full
def test_a_build_gives_the_bytes_that_are_kept(script: dict[str, Any]) -> None:
    try:
        compiler = script["compiler"]()
    except script["CompilerMissingError"] as error:
        pytest.skip(str(error))
    if compiler != script["kept"]()["compiler"]:
        pytest.skip(f"the images were built by another compiler than {compiler}")
    images = script["build"](PLUG_C3)
    assert set(images) == set(NAMES)
    for name in NAMES:
        assert images[name] == (IMAGES / name).read_bytes(), name


def own_product(**updates: Any) -> Profile:
    """plug-c3 with another name, and what a test changes."""
    named = PLUG_C3.product.model_copy(update={"name": "thermostat", "version": "3.0.1"})
    return PLUG_C3.model_copy(update={"product": named, **updates})


@pytest.mark.full
def test_a_profile_of_ones_own_gives_a_program_of_that_product(script: dict[str, Any]) -> None:
    try:
        images = script["build"](own_product())
    except script["CompilerMissingError"] as error:
        pytest.skip(str(error))
    descriptor = parse_image(images["app.bin"]).descriptor
    assert descriptor is not None
    assert (descriptor.project_name, descriptor.version) == ("thermostat", "3.0.1")


def test_the_program_is_built_for_the_product_of_its_profile(script: dict[str, Any]) -> None:
    script["check_product"](own_product())
    assert '#define PRODUCT_NAME "thermostat"\n' in script["generated"](own_product())["product.h"]
    assert script["source_digest"](own_product()) != script["kept"]()["sources"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"chip": PRODUCTS[LABEL].chip}, "chip.type: found esp32s2; esp32c3 alone"),
        ({"carrier": PRODUCTS[ARRAYS].carrier}, "carrier.kind: found patch; it reads nvs alone"),
        (
            {"carrier": PRODUCTS[ENCRYPTED_NVS].carrier},
            "carrier.key_partition: it does not read encrypted nvs",
        ),
        (
            {"name": PRODUCTS[LABEL].name},
            "name.template: found {label}; of a unit it reads the MAC alone",
        ),
        (
            {"product": PLUG_C3.product.model_copy(update={"name": "x" * 32})},
            "product.name: found 32 characters; at most 31",
        ),
        ({"partition_table": None}, "partition_table: found none; the loader reads one"),
    ],
)
def test_a_product_that_the_program_cannot_serve_is_refused_with_the_reason(
    script: dict[str, Any], changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(script["ProductUnsuitableError"]) as refused:
        script["check_product"](own_product(**changes))
    assert str(refused.value) == why


def test_a_profile_of_another_chip_ends_the_build_with_one_line(
    script: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sensor = PLUG.with_name("sensor-esp32.yaml")
    monkeypatch.setattr(sys, "argv", ["build.py", "--profile", str(sensor), "-o", str(tmp_path)])
    with pytest.raises(SystemExit, match="no reference program for this product"):
        script["main"]()
    assert list(tmp_path.iterdir()) == []


def test_a_profile_of_ones_own_never_replaces_the_images_that_are_kept(
    script: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["build.py", "--profile", "thermostat.yaml"])
    with pytest.raises(SystemExit):
        script["main"]()
    assert "--profile needs -o FOLDER" in capsys.readouterr().err


def test_a_python_without_burners_packages_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "esptool.cmds", None)
    with pytest.raises(SystemExit, match=r"has no esptool.*\.venv/bin/python"):
        runpy.run_path(str(REFERENCE / "build.py"))


def test_the_application_names_its_product_and_can_register() -> None:
    data = (IMAGES / "app.bin").read_bytes()
    image = parse_image(data)
    assert image.descriptor is not None
    assert (image.descriptor.project_name, image.descriptor.version) == ("plug-c3", "1.2.0")
    for text in (b"/device/register\0", b"BURNER-RESPONSE 1 "):
        assert text in data


@pytest.mark.parametrize("name", NAMES)
def test_every_segment_lies_in_memory_of_its_own(name: str) -> None:
    """The map of docs/reference-firmware.md; an address for code is one of data 0x700000 lower."""
    stages = {"app.bin": (0x3FC80000, 0x3FCA8000), "bootloader.bin": (0x3FCCC000, 0x3FCDA710)}
    low, high = stages[name]
    image = parse_image((IMAGES / name).read_bytes())
    assert all(checksum.ok for checksum in image.checksums)
    assert [checksum.kind for checksum in image.checksums] == ["checksum", "SHA-256"]
    assert (image.chip, image.flash_size, image.min_revision) == ("esp32c3", 4 << 20, 3)
    for segment in image.segments:
        start = segment.address - (0x700000 if segment.address >= 0x40000000 else 0)
        assert low <= start
        assert start + segment.size <= high


def test_the_page_names_every_address_outside_of_the_processor() -> None:
    page = (REFERENCE.parents[1] / "docs" / "reference-firmware.md").read_text(encoding="utf-8")
    used = set()
    for name in ("chip.c", "loader.ld", "application.ld", "sections.ld"):
        text = (REFERENCE / name).read_text(encoding="utf-8")
        used |= set(re.findall(r"0x(?:3F|40|60)[0-9A-F]{6}\b", text))
    assert used
    assert {address for address in used if address not in page} == set()
