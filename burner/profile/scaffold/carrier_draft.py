"""The `carrier` of a new profile: a text for each preset, and a guess from a build."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from burner.core.errors import BurnerError
from burner.flash.partition_table import DATA, SUBTYPES, Partition
from burner.platforms.platform import Cloud
from burner.platforms.platforms import NVS_PRESETS, PLATFORMS
from burner.platforms.tencent import SDK_LAYOUT
from burner.profile.builds.build import Build
from burner.profile.profile import FILL_IN
from burner.profile.scaffold.yaml_text import line, scalar
from burner.provisioning.patch_carrier import PatchSettings, locate
from burner.provisioning.sdk_layout import with_sdk_layout

_NVS: Final = SUBTYPES[DATA]["nvs"]
_FILE_SYSTEMS: Final = {SUBTYPES[DATA][word]: word for word in ("littlefs", "spiffs", "fat")}
_ESP_QCLOUD_TABLE: Final = 0xC000
_ESP_QCLOUD_NAMESPACE: Final = b"qcloud-key\0"
_AT_COMMAND: Final = b"TCPRDINFOSET"
_FIRST_CUSTOM: Final = 0x40
"""Data subtypes from here on are the project's own, or none that burner knows by a use."""


@dataclass(frozen=True)
class CarrierDraft:
    """The text of a carrier, and the partition it fills; empty where that is not decided."""

    lines: tuple[str, ...]
    partition: str = ""
    cloud: Cloud | None = None
    """The platform, where the layout is not Tencent's."""
    answers_challenge: bool = True
    """Whether a firmware with this layout can be asked to prove its key."""


def draft_carrier(build: Build | None, preset: str) -> CarrierDraft:
    """The carrier of a layout, or the one that a build's partitions suggest."""
    if preset:
        return PRESETS[preset](build)
    if build is None or _nvs_partition(build):
        return _nvs(build)
    if _has_placeholders(build):
        return _c_sdk(build)
    return _nvs(build) if build.table_file else _without_table(build)


def needs_table(preset: str) -> bool:
    """Whether a layout has the key in a partition."""
    return preset in (*NVS_PRESETS, "nvs", "device-info")


def _esp_qcloud(_: Build | None) -> CarrierDraft:
    return CarrierDraft(
        (
            line("  kind: nvs"),
            line("  preset: esp-qcloud", "partition fctry, namespace qcloud-key"),
            *_nvs_keys(),
        ),
        "fctry",
    )


def _of_platform(preset: str) -> Callable[[Build | None], CarrierDraft]:
    """The layout of an NVS preset that is not Tencent's."""
    known = NVS_PRESETS[preset]
    about = f"partition {known.partition}, namespace {known.namespace}"
    keys = tuple(line(f"    {value}: {key}") for value, key in known.keys.items())
    lines = (
        line("  kind: nvs"),
        line(f"  preset: {preset}", about),
        line("  keys:", "the names that the firmware reads"),
        *keys,
        line("    device_name: null", "a key, if the firmware does not find its name by itself"),
    )
    cloud = next(cloud for cloud, one in PLATFORMS.items() if one.nvs_preset == known)
    draft = CarrierDraft(lines, known.partition, cloud)
    return lambda _: draft


def _nvs(build: Build | None) -> CarrierDraft:
    partition = _nvs_partition(build)
    if build and partition == "fctry" and _is_esp_qcloud(build):
        return _esp_qcloud(build)
    why = "the table's nvs partition beside nvs" if partition else _advice(build)
    return CarrierDraft(
        (
            line("  kind: nvs", "or file, patch, raw, at: docs/carriers.md"),
            line(f"  partition: {scalar(partition or FILL_IN)}", why),
            line(f"  namespace: {FILL_IN}", "which the firmware opens"),
            *((_MUTABLE,) if not partition else ()),
            *_nvs_keys(),
        ),
        partition,
    )


_MUTABLE: Final = line("  # class: mutable", "if it is nvs itself: the firmware writes there too")


def _is_esp_qcloud(build: Build) -> bool:
    """Whether `fctry` is that of Espressif's SDK for Tencent; other SDKs have one too."""
    app = build.application
    at = build.table_file.offset if build.table_file else 0
    return at == _ESP_QCLOUD_TABLE or (app is not None and _ESP_QCLOUD_NAMESPACE in app.data)


def _nvs_keys() -> tuple[str, ...]:
    return (
        line("  keys:", "the names that the firmware reads"),
        line("    product_id: product_id"),
        line("    product_secret: product_secret"),
        line("    device_name: null", "a key, if the firmware does not find its name by itself"),
    )


def _c_sdk(build: Build | None) -> CarrierDraft:
    own = build is not None and not _has_placeholders(build)
    app = build.application if build else None
    return CarrierDraft(
        (
            line("  kind: patch", "arrays of the source, replaced in the application"),
            line(f"  image: {scalar(app.name if app else 'app')}"),
            line("  placeholders:", _OWN_ARRAYS if own else "as the source has them"),
            line(f"    product_id: {{text: {FILL_IN if own else 'PRODUCT_ID'}}}"),
            line(f"    product_secret: {{text: {FILL_IN if own else 'YOUR_PRODUCT_SECRET'}}}"),
            line("    device_name: null", "{text: YOUR_DEV_NAME}, if the source has it too"),
        )
    )


_OWN_ARRAYS: Final = "char[11] and char[33] with these texts; else give size: BYTES"


def _without_table(build: Build) -> CarrierDraft:
    """Carriers that work without a partition: AT firmware, else arrays of the application."""
    app = build.application
    if app and _AT_COMMAND in app.data:
        return _at(build)
    return CarrierDraft((*_ELSEWHERE, *_c_sdk(build).lines))


_ELSEWHERE: Final = (
    "  # There is no partition table, so no nvs and no file. Does the firmware read a struct at a",
    "  # place in flash? `profile new --preset raw`. Is it Tencent's AT firmware? `--preset at`.",
)


def _device_info(build: Build | None) -> CarrierDraft:
    partition = _only(build, lambda p: p.subtype in _FILE_SYSTEMS)
    kind = "fat" if partition and partition.subtype == SUBTYPES[DATA]["fat"] else "littlefs"
    name = partition.name if partition else FILL_IN
    return CarrierDraft(
        (
            line("  kind: file"),
            line(f"  partition: {scalar(name)}", "with a file system, of its own"),
            line(f"  filesystem: {kind}", "littlefs or fat; its parameters: docs/carriers.md"),
            line("  name: device_info.json"),
            line(
                "  keys: {product_id: productId, product_secret: productSecret, "
                "device_name: deviceName}"
            ),
        ),
        partition.name if partition else "",
    )


def _raw(build: Build | None) -> CarrierDraft:
    partition = _only(
        build, lambda p: p.subtype >= _FIRST_CUSTOM and p.subtype not in _FILE_SYSTEMS
    )
    place = line(f"  partition: {scalar(partition.name if partition else FILL_IN)}", "of its own")
    if build and not build.table_file:
        place = line(f"  offset: {FILL_IN}", "of the struct in flash: in a sector of its own")
    return CarrierDraft(
        (
            line("  kind: raw"),
            place,
            line("  endian: little"),
            line("  fields:", "the firmware's struct, packed, member by member; an example:"),
            f'    - {{name: magic, type: "char[8]", value: {FILL_IN}}}',
            '    - {name: product_id, type: "char[11]", key: product_id}',
            '    - {name: product_secret, type: "char[33]", key: product_secret}',
            "    - {name: crc, type: u32, checksum: {algorithm: crc32}}",
        ),
        partition.name if partition else "",
    )


def _at(_: Build | None) -> CarrierDraft:
    return CarrierDraft(
        (
            line("  kind: at", "Tencent's AT firmware: gets the key after it has booted"),
            line("  port: esp", "modem, where the module has a port of its own"),
            line("  baud: 115200"),
        ),
        answers_challenge=False,
    )


PRESETS: Final[Mapping[str, Callable[[Build | None], CarrierDraft]]] = {
    "esp-qcloud": _esp_qcloud,
    "esp-aliyun": _of_platform("esp-aliyun"),
    "volcengine": _of_platform("volcengine"),
    "nvs": _nvs,
    "c-sdk": _c_sdk,
    "device-info": _device_info,
    "raw": _raw,
    "at": _at,
}
"""Layouts by name."""


def _only(build: Build | None, wanted: Callable[[Partition], bool]) -> Partition | None:
    """The data partition of a kind, if there is exactly one."""
    partitions = [p for p in build.table if p.type == DATA and wanted(p)] if build else []
    return partitions[0] if len(partitions) == 1 else None


def _nvs_partition(build: Build | None) -> str:
    """The nvs partition that a factory fills: not the default one. Empty where it is not clear."""
    if build is None:
        return ""
    names = [p.name for p in build.table if (p.type, p.subtype) == (DATA, _NVS) and p.name != "nvs"]
    if len(names) > 1:
        names = [name for name in names if "fct" in name.lower() or "fac" in name.lower()]
    return names[0] if len(names) == 1 else ""


def _advice(build: Build | None) -> str:
    """Where the key may go, when the table does not tell."""
    if build is None:
        return "of type nvs, of its own"
    own = [p.name for p in build.table if p.type == DATA and p.subtype in (_NVS, *_FILE_SYSTEMS)]
    if set(own) <= {"nvs"}:
        return "the table has only nvs; a partition of its own is better"
    return f"one of {', '.join(map(scalar, own))}"


def _has_placeholders(build: Build) -> bool:
    """Whether the application has the arrays of Tencent's C SDK."""
    carrier = with_sdk_layout({"kind": "patch", "image": "app"}, SDK_LAYOUT)
    settings = PatchSettings.model_validate(carrier)
    try:
        return build.application is not None and all(
            locate(build.application.data, array) for array in settings.arrays()
        )
    except BurnerError:
        return False
