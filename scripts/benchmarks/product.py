"""The product that is burned for the measurements, made anew each time: same bytes everywhere.

1 MB of application that compresses to 0.62, a bootloader of 26 KB, a partition table, and 24 KB
of NVS with the key. Nothing else, so that esptool's own commands can write exactly the same.
"""

import sys
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import ROOT

sys.path.insert(0, str(ROOT / "firmware"))

import build

from burner.core.segments import Segment
from burner.release.opening import open_release
from burner.release.release import Release

SECRET = "x7Kq2mVw9TzR4cLp8HdY3sGf"
"""Of a product that exists nowhere."""
NVS = "fctry"
NVS_SIZE = 0x6000
TABLE = f"""\
{NVS}, data, nvs, 0x9000, {NVS_SIZE:#x}
phy_init, data, phy, 0xf000, 0x1000
app, app, factory, 0x10000, 1536K
"""
APPLICATION = 0x100000
"""Bytes of the application."""
SOURCE: dict[str, Any] = {
    "chip": "esp32s3",
    "project": "bench",
    "version": "1.0.0",
    "flash_size": "4MB",
    "flash_mode": "dio",
    "flash_frequency": "80m",
    "min_revision": 0,
    "max_revision": 199,
    "bootloader": {
        "entry": 0x403C9700,
        "says": "bench: a stand-in for a bootloader; it does nothing",
        "segments": [
            {"address": 0x3FCE2810, "size": 0x1800, "holds": "data"},
            {"address": 0x403C9700, "size": 0x0C00, "holds": "code"},
            {"address": 0x403CC700, "size": 0x4400, "holds": "code"},
        ],
    },
    "app": {
        "entry": 0x40374000,
        "texts": [
            "bench: a stand-in for a firmware; it does nothing",
            "/device/register",
            "0" * 23_000,  # brings the whole to 0.62
        ],
        # Flash-mapped segments: address and place in the file agree modulo 64 KB.
        "segments": [
            {"address": 0x3C030020, "size": 0x20000, "holds": "descriptor"},
            {"address": 0x3FC90000, "size": 0x4000, "holds": "data"},
            {"address": 0x40374000, "size": 0xBFE8, "holds": "code"},
            {"address": 0x42000020, "size": 0xCFFB0, "holds": "code"},
        ],
    },
}
PROFILE = """\
burner: 1
product: {{name: bench, version: 1.0.0, id: B3NCHB3NCH, secret: file:secret.txt}}
chip: {{type: esp32s3}}
flash: {{size: 4MB, baud: {baud}, early_baud: {early_baud}}}
partition_table: {{file: partitions.csv}}
images:
  - {{name: bootloader, file: bootloader.bin, offset: 0x0}}
  - {{name: app, file: app.bin, partition: app}}
carrier: {{kind: nvs, partition: {nvs}, namespace: qcloud-key}}
name: {{template: "{{mac}}"}}
"""
BOOT = """\
boot:
  product_id: 'product_id=(\\w+)'
  device_name: 'device_name=([\\w-]+)'
  challenge: {challenged}
"""


@dataclass(frozen=True)
class Product:
    """A product's folder, and how it is burned."""

    folder: Path
    baud: int = 921600
    early_baud: str = "auto"
    awaits_line: bool = False
    """Whether the firmware is started and its own words are compared."""
    challenged: bool = False
    """Whether it must then prove its key."""
    application: int = APPLICATION
    """Bytes of the application; the rest is its last segment."""
    tests: str = ""
    """The section of that name."""

    @property
    def profile(self) -> Path:
        """Written by `release`."""
        return self.folder / "bench.yaml"

    def release(self) -> Release:
        """Write the files, open them as `burner burn` does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("bootloader", "app"):
            (self.folder / f"{name}.bin").write_bytes(build.image(self._source(), name))
        (self.folder / "partitions.csv").write_text(TABLE)
        secret = self.folder / "secret.txt"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        text = PROFILE.format(baud=self.baud, early_baud=self.early_baud, nvs=NVS)
        boot = BOOT.format(challenged=str(self.challenged).lower()) if self.awaits_line else ""
        self.profile.write_text(text + boot + self.tests)
        return open_release(self.profile)

    def _source(self) -> dict[str, Any]:
        source = deepcopy(SOURCE)
        source["app"]["segments"][-1]["size"] -= APPLICATION - self.application
        return source

    def but(self, **changes: object) -> "Product":
        """The same product, burned another way."""
        return replace(self, **changes)  # type: ignore[arg-type]


def files(folder: Path, segments: tuple[Segment, ...]) -> list[str]:
    """The very bytes of a unit as files: `0x0 a.bin 0x8000 b.bin …`, for esptool."""
    arguments = []
    for segment in segments:
        path = folder / f"{segment.offset:x}.bin"
        path.write_bytes(segment.data)
        arguments += [hex(segment.offset), str(path)]
    return arguments
