"""The reference firmware that is kept: what its sources give, and what a bootloader expects."""

import hashlib
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from burner.flash.image import parse_image

REFERENCE = Path(__file__).parents[2] / "firmware" / "reference"
IMAGES = REFERENCE.parent / "plug-c3"
NAMES = ("bootloader.bin", "app.bin")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(REFERENCE / "build.py"))


def test_the_images_were_built_from_these_sources(script: dict[str, Any]) -> None:
    kept = script["kept"]()
    again = "run python firmware/reference/build.py"
    assert kept["sources"] == script["source_digest"](), again
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
    images = script["build"]()
    assert set(images) == set(NAMES)
    for name in NAMES:
        assert images[name] == (IMAGES / name).read_bytes(), name


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
