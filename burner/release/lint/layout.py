"""Warnings about a layout: it can be burned, but may not work. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.segments import RegionClass, Segment
from burner.flash import otadata
from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.image import AppImage
from burner.flash.layout import Layout
from burner.flash.partition_table import DATA, SECTOR_SIZE, SUBTYPES, PartitionTable
from burner.platforms.platform import DEFAULT_CLOUD, Platform
from burner.platforms.platforms import PLATFORMS
from burner.platforms.rules import ProductRules
from burner.profile.profile import FlashPlan, Profile

SDK_DATA = 5 * SECTOR_SIZE
"""Bytes at the end of an ESP8266's flash without a table: RF calibration, RF data, parameters."""
DEFAULT_NVS = "nvs"
"""ESP-IDF's NVS_DEFAULT_PART_NAME: Wi-Fi and PHY write there from the first boot on."""
_KEEPS_VALUES = {SUBTYPES[DATA][word] for word in ("nvs", "fat", "spiffs", "littlefs")}

LayoutWarning = tuple[str, tuple[str, str]]
"""Code; what was found, and what would be better."""


def check_layout(
    plan: FlashPlan,
    layout: Layout,
    images: Mapping[str, AppImage],
    carried: Collection[str] = (),
    *,
    all_placed: bool = True,
) -> list[Finding]:
    """Every warning about the whole layout and each firmware image in it.

    Args:
        plan: what the profile says.
        layout: the segments as they will be burned.
        images: the firmware images among them, by name.
        carried: names of the segments that the key configuration fills.
        all_placed: whether every image is in the layout; else only each image is judged alone.
    """
    whole = (*_start(layout, images), *_room(layout.table, carried)) if all_placed else ()
    findings = [
        Finding(code, plan.place("images"), found, better, True) for code, (found, better) in whole
    ]
    findings += [
        Finding(code, plan.place("carrier"), found, better, True)
        for code, (found, better) in _key(layout, carried)
    ]
    platform = plan.platform if isinstance(plan, Profile) else PLATFORMS[DEFAULT_CLOUD]
    names = [entry.name for entry in plan.images]
    for index, entry in enumerate(plan.images):
        if entry.name in images and names.count(entry.name) == 1:
            at = plan.place("images", index, "file")
            segment, image = layout.segments[entry.name], images[entry.name]
            warnings = (
                *_header(plan, layout, segment, image),
                *_content(platform, layout, segment),
            )
            findings += [
                Finding(code, at, found, better, True) for code, (found, better) in warnings
            ]
    return findings


def is_application(layout: Layout, segment: Segment) -> bool:
    """Whether a firmware image lies where an application is started from."""
    if not layout.table.partitions:
        return True
    partition = layout.table.at(segment.offset)
    return partition is not None and partition.is_app


def _start(layout: Layout, images: Mapping[str, AppImage]) -> Iterator[LayoutWarning]:
    """Will the unit start, and start what is burned?"""
    bootloader_at = BOOTLOADER_OFFSETS[layout.chip]
    firmware = [layout.segments[name] for name in images]
    if not any(segment.offset == bootloader_at for segment in firmware):
        yield (
            Code.BOOT_PART_NOT_BURNED,
            (f"no bootloader at {bootloader_at:#x}", "the bootloader of the same build"),
        )
    applications = {s.offset for s in firmware if is_application(layout, s)}
    if not applications:
        yield Code.BOOT_PART_NOT_BURNED, ("no application", "an image in an app partition")
        return
    starts = otadata.burned_application(layout)
    if starts and starts.offset not in applications:
        yield (
            Code.OTHER_APPLICATION_MAY_START,
            (f"{starts.name} starts, and nothing is burned there", "the image there"),
        )
    elif len(possible := otadata.burned_applications(layout)) > 1:
        names = " or ".join(application.name for application in possible)
        found = f"{names} starts, depending on the bootloader: an entry of otadata is not confirmed"
        yield Code.OTHER_APPLICATION_MAY_START, (found, "entries in state VALID or UNDEFINED")
    ota = layout.table.otadata
    if ota and not any(ota.offset <= s.offset < ota.end for s in layout.segments.values()):
        better = f"blank: [{ota.name}], so that a reworked unit starts what is burned"
        yield Code.OTHER_APPLICATION_MAY_START, (f"{ota.name} is not written", better)


def _room(table: PartitionTable, carried: Collection[str]) -> Iterator[LayoutWarning]:
    """Can the device keep what registration returns?"""
    for partition in table:
        keeps = partition.type == DATA and partition.subtype in _KEEPS_VALUES
        if keeps and not partition.readonly and partition.name not in carried:
            return
    if table.partitions:
        found = "no writable nvs or file-system partition beside the key's"
        yield Code.REGISTRATION_PARTITION_MISSING, (found, "data, nvs of 0x4000 or more")


def _key(layout: Layout, carried: Collection[str]) -> Iterator[LayoutWarning]:
    """Does the firmware change the very bytes that the key's record promises?"""
    last = max((layout.segments[name].end for name in carried), default=0)
    if not layout.table.partitions and last > layout.flash_size - SDK_DATA:
        found = f"the key lies in the last {SDK_DATA // SECTOR_SIZE} sectors, which the SDK uses"
        yield (
            Code.KEY_WHERE_FIRMWARE_WRITES,
            (found, f"a sector below {layout.flash_size - SDK_DATA:#x}"),
        )
    for segment in (layout.segments[name] for name in carried):
        partition = layout.table.at(segment.offset)
        changes = partition and partition.type == DATA and partition.name == DEFAULT_NVS
        if changes and segment.kind is RegionClass.FROZEN:
            found = f"the key lies in {DEFAULT_NVS}, where the firmware keeps its own values"
            yield (
                Code.KEY_WHERE_FIRMWARE_WRITES,
                (found, "a data partition of its own, or class: mutable"),
            )


def _header(
    plan: FlashPlan, layout: Layout, segment: Segment, image: AppImage
) -> Iterator[LayoutWarning]:
    starts_first = segment.offset == BOOTLOADER_OFFSETS[layout.chip]
    if starts_first and image.flash_size and image.flash_size != layout.flash_size:
        found = f"{segment.name} is for {_megabytes(image.flash_size)}"
        yield (
            Code.IMAGE_FLASH_SIZE_DIFFERS,
            (found, f"flash.size says {_megabytes(layout.flash_size)}"),
        )
    major, minor = (int(n) for n in (plan.chip.min_revision or "0.0").split("."))
    if image.min_revision > major * 100 + minor:
        needs = f"{image.min_revision // 100}.{image.min_revision % 100}"
        yield (
            Code.IMAGE_NEEDS_NEWER_CHIP,
            (f"{segment.name} needs v{needs}", f'chip.min_revision: "{needs}"'),
        )


def _content(platform: Platform, layout: Layout, segment: Segment) -> Iterator[LayoutWarning]:
    """What stands inside an application, or does not."""
    if not is_application(layout, segment):
        return
    if not any(path.encode() in segment.data for path in platform.registration_texts):
        yield (
            Code.DYNAMIC_REGISTRATION_MISSING,
            (f"{segment.name} has no registration path", "dynamic registration"),
        )
    for word, alone in _mistakes(platform.rules).items():
        if alone.search(segment.data):
            yield (
                Code.PLACEHOLDER_IN_APPLICATION,
                (f"{segment.name} holds {word!r}", "no placeholder"),
            )


@cache
def _mistakes(rules: ProductRules) -> Mapping[str, re.Pattern[bytes]]:
    """Placeholder → what finds it where it stands alone.

    A search a word: alternatives, or a look behind first, take ten times as long.
    """
    return {
        word: re.compile(rb"%s\0(?<![A-Za-z0-9_]%s\0)" % (word.encode(), word.encode()))
        for word in sorted(rules.placeholders - rules.triggers)
    }


def _megabytes(size: int) -> str:
    return f"{size // 1048576}MB" if size >= 1048576 else f"{size // 1024}KB"
