"""What is burned: one product in three releases, for each variant of a chip and its regions."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from burner.bench.unit import Firmware, TextAt
from burner.carriers.littlefs_image import Littlefs, read_littlefs
from burner.carriers.nvs_reader import read_nvs
from burner.errors import BurnerError
from burner.image import BOOTLOADER_OFFSETS
from burner.release import Release, open_release
from burner.secrets import Secret
from tests.images import PRODUCT_ID, descriptor, esp_image, write_product

KEY = "Q7wE2rT9yU4iO6pA1sD3fG5h"
OTHER_KEY = "zX5cV8bN3mK1jH6gF9dS2aPq"
FLASH_SIZE = 1 << 20
TABLE = """\
nvs,      data, nvs,    0x9000,  0x4000
otadata,  data, ota,    0xd000,  0x2000
phy_init, data, phy,    0xf000,  0x1000
ota_0,    app,  ota_0,  0x10000, 0x20000
ota_1,    app,  ota_1,  0x30000, 0x20000
fctry,    data, nvs,    0x50000, 0x4000
store,    data, spiffs, 0x54000, 0x10000
"""
NVS, NVS_SIZE = 0x9000, 0x4000
OTADATA = 0xD000
OTA_1 = 0x30000
APP_START = 0x10000

_RAW = """{kind: raw, partition: fctry, class: %s, fields: [
  {name: region, type: "char[8]", value: %s},
  {name: pid, type: "char[11]", key: product_id},
  {name: secret, type: "char[33]", key: product_secret},
  {name: crc, type: u32, checksum: {algorithm: crc32}}]}"""
_NVS = "{kind: nvs, preset: esp-qcloud, class: %s, extra: [{key: region, type: string, value: %s}]}"
_FILE = (
    "{kind: file, partition: store, filesystem: littlefs, class: %s, keys: {device_name: null}, "
    "json: {region: %s}}"
)
_CARRIERS = {"nvs": _NVS, "raw": _RAW, "file": _FILE}


@dataclass(frozen=True)
class Variant:
    """How the product is made up."""

    chip: str
    carrier: str
    carrier_class: str
    app_class: str
    reburn: str

    def __str__(self) -> str:
        return "-".join((self.chip, self.carrier, self.carrier_class, self.app_class, self.reburn))


VARIANTS = {
    str(variant): variant
    for variant in (
        Variant("esp32c3", "nvs", "frozen", "frozen", "refuse"),
        Variant("esp32c3", "nvs", "mutable", "mutable", "upgrade"),
        Variant("esp32", "raw", "frozen", "mutable", "upgrade"),
        Variant("esp32", "nvs", "mutable", "frozen", "refuse"),
        Variant("esp32s3", "file", "mutable", "frozen", "upgrade"),
        Variant("esp32c6", "raw", "mutable", "mutable", "refuse"),
    )
}


@dataclass(frozen=True)
class Made:
    """A release and what its units must hold, told apart from the release itself."""

    release: Release
    version: str
    key: str
    region: str


@dataclass(frozen=True)
class Product:
    """The releases of one variant: the usual one, a newer one, the newer one with another key."""

    variant: Variant
    releases: tuple[Made, ...]
    firmware: Firmware
    stored: Callable[[bytes], Mapping[str, str]]
    """The key configuration in a whole flash, read without the release."""


def make(folder: Path, variant: Variant) -> Product:
    """Write the profiles and images, and open the releases."""
    parts = (("1.2.0", "usa", KEY), ("1.3.0", "china", KEY), ("1.3.0", "china", OTHER_KEY))
    releases = tuple(
        _made(folder / str(number), variant, *part) for number, part in enumerate(parts)
    )
    texts = _TEXTS if variant.carrier == "raw" else ()
    return Product(variant, releases, Firmware(texts=texts), _READERS[variant.carrier])


def _made(folder: Path, variant: Variant, version: str, region: str, key: str) -> Made:
    folder.mkdir(parents=True)
    bootloader = BOOTLOADER_OFFSETS[variant.chip]
    images = (
        f"[{{name: bootloader, file: bootloader.bin, offset: {bootloader:#x}}}, "
        f"{{name: app, file: app.bin, partition: ota_0, class: {variant.app_class}}}]"
    )
    profile = write_product(
        folder,
        table=TABLE,
        chip=variant.chip,
        app=application(version, variant.chip),
        bootloader=esp_image(chip=variant.chip, flash_size=0),
        product=f"{{name: blinky, version: {version}, id: {PRODUCT_ID}, secret: file:secret.txt}}",
        flash="{size: 1MB}",
        images=images,
        carrier=_CARRIERS[variant.carrier] % (variant.carrier_class, region),
        reburn=variant.reburn,
        boot=r"{product_id: 'product_id=(\w+)', device_name: 'device_name=([\w-]+)', timeout_s: 1}",
    )
    return Made(open_release(profile, Secret(key.encode())), version, key, region)


def application(version: str, chip: str) -> bytes:
    """An application large enough to be cut off in the middle."""
    noise = random.Random(version).randbytes(20_000)
    said = descriptor(version=version) + b"/device/register\0" + noise + bytes(30_000)
    return esp_image(said, chip=chip)


# -- what a unit holds, read by other means than the release's -------------------------------------

_PARTITION, _PARTITION_SIZE = 0x50000, 0x4000
_FILES, _FILES_SIZE = 0x54000, 0x10000
_TEXTS = (
    TextAt("product_id", "fctry", 8, 11),
    TextAt("product_secret", "fctry", 19, 33),
)


def _in_nvs(flash: bytes) -> Mapping[str, str]:
    try:
        values = read_nvs(flash[_PARTITION : _PARTITION + _PARTITION_SIZE])
    except BurnerError:
        return {}
    return {key: str(value) for (_, key), value in values.items()}


def _in_struct(flash: bytes) -> Mapping[str, str]:
    def text(offset: int, size: int) -> str:
        field = flash[_PARTITION + offset : _PARTITION + offset + size]
        return field.split(b"\0")[0].decode("ascii", "replace")

    return {"region": text(0, 8), "product_id": text(8, 11), "product_secret": text(19, 33)}


def _in_file(flash: bytes) -> Mapping[str, str]:
    data = flash[_FILES : _FILES + _FILES_SIZE]
    try:
        content = json.loads(
            read_littlefs(Littlefs(type="littlefs"), data, "device_info.json", 1024)
        )
    except (BurnerError, ValueError):
        return {}
    names = {"productId": "product_id", "productSecret": "product_secret", "region": "region"}
    return {ours: content.get(theirs, "") for theirs, ours in names.items()}


_READERS: Mapping[str, Callable[[bytes], Mapping[str, str]]] = {
    "nvs": _in_nvs,
    "raw": _in_struct,
    "file": _in_file,
}
