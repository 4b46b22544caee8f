"""What is burned: one product in three releases, for each variant of a chip and its regions."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

from burner.bench.from_profile import defaults_of
from burner.bench.modem.at_firmware import StoredProduct
from burner.bench.unit.unit_spec import FirmwareBehaviour
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.provisioning.at_carrier import AtCarrier
from burner.provisioning.littlefs_image import Littlefs, read_littlefs
from burner.provisioning.nvs_reader import read_nvs
from burner.release.opening import open_release
from burner.release.release import Release
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
_PARTITION, _PARTITION_SIZE = 0x50000, 0x4000
_FILES, _FILES_SIZE = 0x54000, 0x10000
CARRIERS = ((_PARTITION, _PARTITION_SIZE), (_FILES, _FILES_SIZE))
"""Start and size of the partitions that may hold a key."""
OTADATA = 0xD000
OTA_1 = 0x30000
APP_START = 0x10000

_RAW = """{kind: raw, partition: fctry, $CLASS, fields: [
  {name: region, type: "char[8]", value: $REGION},
  {name: pid, type: "char[11]", key: product_id},
  {name: secret, type: "char[33]", key: product_secret},
  {name: crc, type: u32, checksum: {algorithm: crc32}}]}"""
_NVS = (
    "{kind: nvs, preset: esp-qcloud, $CLASS, keys: {device_name: $NAME}, "
    "extra: [{key: region, type: string, value: $REGION}]}"
)
_FILE = (
    "{kind: file, partition: store, filesystem: littlefs, $CLASS, keys: {device_name: $NAME}, "
    "json: {region: $REGION}}"
)
_PATCH = "{kind: patch, image: app, placeholders: {device_name: {text: YOUR_DEV_NAME}}}"
_AT = "{kind: at, region: $REGION, ready_s: 3, answer_s: 3}"
_CARRIERS = {"nvs": _NVS, "raw": _RAW, "file": _FILE, "patch": _PATCH, "at": _AT}
_CLASSES = {"frozen": "class: frozen", "mutable": "class: mutable", "moved": "after_boot: moved"}
_NAMES = {
    "derived": "",
    "burned": "{template: 'unit-{mac}'}",
    "late": "{template: '{serial}'}",
}
_LATE = r"{serial: {source: firmware, line: 'serial=(\w+)', pattern: 'PLG[0-9]{4}'}}"
_BOOT = r"{product_id: 'product_id=(\w+)', device_name: 'device_name=([\w-]+)', timeout_s: 1}"
_CHALLENGED = _BOOT.replace("}", ", challenge: true}")


@dataclass(frozen=True)
class Variant:
    """How the product is made up."""

    chip: str
    carrier: str
    carrier_class: str
    """Also `moved`: mutable, and the firmware moves its key."""
    app_class: str
    reburn: str
    name: str = "derived"
    """`derived` by the firmware, `burned` with the key, or `late`: burned after a first start."""
    rollback: bool = False

    def __str__(self) -> str:
        parts = (self.chip, self.carrier, self.carrier_class, self.app_class, self.reburn)
        more = (self.name if self.name != "derived" else "", "rollback" if self.rollback else "")
        return "-".join((*parts, *filter(None, more)))


VARIANTS = {
    str(variant): variant
    for variant in (
        Variant("esp32c3", "nvs", "frozen", "frozen", "refuse"),
        Variant("esp32c3", "nvs", "mutable", "mutable", "upgrade"),
        Variant("esp32", "raw", "frozen", "mutable", "upgrade"),
        Variant("esp32", "nvs", "mutable", "frozen", "refuse"),
        Variant("esp32s3", "file", "mutable", "frozen", "upgrade"),
        Variant("esp32c6", "raw", "mutable", "mutable", "refuse"),
        Variant("esp32c3", "at", "-", "frozen", "refuse", "burned"),
        Variant("esp32", "patch", "-", "frozen", "upgrade", "burned", rollback=True),
        Variant("esp32c6", "patch", "-", "mutable", "refuse", "burned"),
        Variant("esp32s3", "nvs", "moved", "frozen", "upgrade", "burned"),
        Variant("esp32c3", "raw", "moved", "frozen", "refuse", rollback=True),
        Variant("esp32c6", "file", "moved", "mutable", "upgrade"),
        Variant("esp32c3", "nvs", "frozen", "frozen", "upgrade", "late", rollback=True),
    )
}


@dataclass(frozen=True)
class CampaignRelease:
    """A release and what its units must hold, told apart from the release itself."""

    release: Release
    version: str
    key: str
    region: str


@dataclass(frozen=True)
class Product:
    """The releases of one variant: the usual one, a newer one, the newer one with another key."""

    variant: Variant
    releases: tuple[CampaignRelease, ...]
    firmware: FirmwareBehaviour

    def stored(self, flash: bytes, at_product: StoredProduct | None) -> Mapping[str, str]:
        """The key configuration of a unit, read without the release.

        Args:
            flash: all of it.
            told: what its AT firmware keeps.
        """
        if self.variant.carrier == "at":
            return _at_product(at_product)
        if self.variant.carrier_class == "moved" and (moved := _moved(flash)):
            return moved
        if self.variant.carrier == "patch":
            return _in_arrays(flash, self.firmware)
        return _READERS[self.variant.carrier](flash)

    def wanted(
        self, made: CampaignRelease, product_id: str, device_name: str, *, written: bool
    ) -> Mapping[str, str]:
        """What a good unit of this release has stored; after a move nobody can read its secret."""
        wanted = {"product_id": product_id}
        if written or self.variant.carrier_class != "moved":
            wanted["product_secret"] = made.key
        if self.variant.name != "derived":
            wanted["device_name"] = device_name
        if self.variant.carrier != "patch" and self.variant.carrier_class != "moved":
            wanted["region"] = made.region
        return wanted


def make(folder: Path, variant: Variant, clock: Callable[[], float]) -> Product:
    """Write the profiles and images, and open the releases; `clock` gives seconds."""
    parts = (("1.2.0", "usa", KEY), ("1.3.0", "china", KEY), ("1.3.0", "china", OTHER_KEY))
    releases = tuple(
        _made(folder / str(number), variant, clock, *part) for number, part in enumerate(parts)
    )
    firmware = defaults_of(releases[0].release.profile.path).firmware
    firmware = replace(firmware, rollback=variant.rollback)
    return Product(variant, releases, firmware)


def _made(
    folder: Path, variant: Variant, clock: Callable[[], float], version: str, region: str, key: str
) -> CampaignRelease:
    folder.mkdir(parents=True)
    bootloader = BOOTLOADER_OFFSETS[variant.chip]
    images = (
        f"[{{name: bootloader, file: bootloader.bin, offset: {bootloader:#x}}}, "
        f"{{name: app, file: app.bin, partition: ota_0, class: {variant.app_class}}}]"
    )
    carrier = Template(_CARRIERS[variant.carrier]).substitute(
        CLASS=_CLASSES.get(variant.carrier_class, ""),
        REGION=region,
        NAME="null" if variant.name == "derived" else "device_name",
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
        carrier=carrier,
        name=_NAMES[variant.name],
        identity=_LATE if variant.name == "late" else "",
        reburn=variant.reburn,
        boot=_BOOT if variant.carrier == "at" else _CHALLENGED,
    )
    release = open_release(profile, Secret(key.encode()))
    if isinstance(release.carrier, AtCarrier):
        release = replace(release, carrier=AtCarrier(release.carrier.settings, clock))
    return CampaignRelease(release, version, key, region)


def application(version: str, chip: str) -> bytes:
    """An application large enough to be cut off in the middle."""
    noise = random.Random(version).randbytes(20_000)
    arrays = b"\0PRODUCT_ID\0" + b"YOUR_PRODUCT_SECRET".ljust(33, b"\0")
    arrays += b"YOUR_DEV_NAME".ljust(49, b"\0")
    texts = b"/device/register\0BURNER-RESPONSE 1 "
    content = descriptor(version=version) + texts + arrays + noise + bytes(30_000)
    return esp_image(content, chip=chip)


# -- what a unit holds, read by other means than the release's -------------------------------------


def _at_product(product: StoredProduct | None) -> Mapping[str, str]:
    if product is None:
        return {}
    return {
        "product_id": product.product_id,
        "product_secret": product.secret.decode(),
        "device_name": product.name,
        "region": product.region,
    }


def _moved(flash: bytes) -> Mapping[str, str]:
    """What the firmware stored in its own NVS, if it moved its key."""
    try:
        values = read_nvs(flash[NVS : NVS + NVS_SIZE])
    except BurnerError:
        return {}
    return {key: str(value) for (space, key), value in values.items() if space == "own_key"}


def _in_arrays(flash: bytes, firmware: FirmwareBehaviour) -> Mapping[str, str]:
    starts = {text.value: APP_START + text.offset for text in firmware.texts}
    sizes = {text.value: text.size for text in firmware.texts}
    return {
        value: flash[start : start + sizes[value]].split(b"\0")[0].decode("ascii", "replace")
        for value, start in starts.items()
    }


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
