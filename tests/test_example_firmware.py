"""The example images: made again, they are the same bytes."""

import runpy
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[1] / "firmware"
PRODUCTS = sorted(path.parent for path in FIRMWARE.glob("*/source.toml"))


@pytest.mark.parametrize("folder", PRODUCTS, ids=lambda p: p.name)
def test_a_build_gives_the_bytes_that_are_kept(folder: Path) -> None:
    build = runpy.run_path(str(FIRMWARE / "build.py"))["build"]
    images = build(folder)
    assert sorted(images) == ["app.bin", "bootloader.bin"]
    for name, data in images.items():
        assert data == (folder / name).read_bytes()


@pytest.mark.parametrize("folder", PRODUCTS, ids=lambda p: p.name)
def test_the_images_say_that_they_do_nothing(folder: Path) -> None:
    for name in ("app.bin", "bootloader.bin"):
        assert b"stand-in" in (folder / name).read_bytes()
