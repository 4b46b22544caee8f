"""Placing images, table and blanks in flash, and every check on the result. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.segments import RegionClass, Segment
from burner.flash import image as container
from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.image import AppImage
from burner.flash.layout import Layout
from burner.flash.partition_checks import check_table
from burner.flash.partition_table import (
    DATA,
    SECTOR_SIZE,
    SUBTYPES,
    Partition,
    PartitionTable,
    parse_table,
)
from burner.profile.images import FirmwareFile, ImageFile
from burner.profile.profile import TABLE, FlashPlan

_CHANGES_ON_BOOT = {SUBTYPES[DATA][word] for word in ("nvs", "ota", "phy")}


def place_images(
    plan: FlashPlan, files: Mapping[str, bytes]
) -> tuple[Layout | None, dict[str, AppImage], list[Finding]]:
    """Put everything at its offset; check the table, each image, and each in its place.

    Args:
        plan: what the profile says.
        files: the bytes, by `plan.files()`'s names; one that is missing is passed over.

    Returns:
        The layout (None without a usable table), the firmware images in it, and the findings.
    """
    table, findings = _table(plan, files)
    if table is None:
        alone = (_alone(plan, files, index) for index in range(len(plan.images)))
        return None, {}, [*findings, *chain.from_iterable(alone)]
    segments: dict[str, Segment] = {}
    images: dict[str, AppImage] = {}
    if plan.partition_table:
        segments[TABLE] = Segment(TABLE, plan.partition_table.offset, table.to_binary())
    for index, entry in enumerate(plan.images):
        at = plan.place("images", index)
        if entry.name in segments or entry.name == TABLE:
            findings.append(
                Finding(Code.PROFILE_INVALID, at, f"the name {entry.name} is taken", "another name")
            )
        elif entry.name in files:
            segment, problems = place_file(plan, table, entry, files[entry.name], at)
            findings += problems
            if segment is None:
                findings += _alone(plan, files, index)
                continue
            parsed, more = check_firmware(plan, table, segment, at)
            findings += more
            segments[entry.name] = segment
            images |= {entry.name: parsed} if parsed else {}
    findings += _bootloader_elsewhere(plan, table, segments)
    for index, name in enumerate(plan.blank):
        if partition := table.find(name):
            segments = {blank.name: blank for blank in _blanks(partition, segments)} | segments
        else:
            findings.append(_unknown(plan.place("blank", index), name, table))
    ordered = {s.name: s for s in sorted(segments.values(), key=lambda s: s.offset)}
    return Layout(plan.chip.type, plan.flash.size, table, ordered), images, findings


def all_placed(plan: FlashPlan, layout: Layout) -> bool:
    """Whether every image has a place and a name of its own; advice on less would mislead."""
    names = {entry.name for entry in plan.images} - {TABLE}
    return len(names) == len(plan.images) and names <= layout.segments.keys()


def check_segments(layout: Layout, segments: Sequence[Segment], at: str) -> list[Finding]:
    """What is wrong between segments: overlaps, the end of flash, a key inside an OTA slot."""
    findings = []
    for before, after in _neighbours(segments):
        if after.offset < sector_end(before.end):
            found = f"{after.name} at {after.offset:#x}, {before.name} ends at {before.end:#x}"
            findings.append(
                Finding(
                    Code.FLASH_REGIONS_OVERLAP, at, found, "each in sectors of its own (0x1000)"
                )
            )
    for segment in segments:
        if segment.end > layout.flash_size:
            found = f"{segment.name} ends at {segment.end:#x}, the flash at {layout.flash_size:#x}"
            findings.append(
                Finding(Code.LAYOUT_EXCEEDS_FLASH, at, found, "everything inside the flash")
            )
        slot = layout.table.at(segment.offset)
        # An image with the key patched into it is the carrier's to judge.
        patched = segment.name in layout.segments
        if segment.confidential and not patched and slot and slot.is_ota_slot:
            found = f"the key would lie in {slot.name}"
            findings.append(
                Finding(Code.KEY_OVERLAPS_OTA_SLOT, at, found, "a data partition of its own")
            )
    return findings


def _neighbours(segments: Sequence[Segment]) -> Iterator[tuple[Segment, Segment]]:
    """Each segment with the one that reaches farthest among those before it."""
    farthest: Segment | None = None
    for segment in segments:
        if farthest:
            yield farthest, segment
        if not farthest or segment.end > farthest.end:
            farthest = segment


def _table(
    plan: FlashPlan, files: Mapping[str, bytes]
) -> tuple[PartitionTable | None, list[Finding]]:
    source, chip, size = plan.partition_table, plan.chip.type, plan.flash.size
    if source is None:
        if chip == "esp8266":
            return PartitionTable(()), []
        missing = Finding(
            Code.PROFILE_INVALID, plan.place("partition_table"), "is missing", f"needed on {chip}"
        )
        return None, [missing]
    if TABLE not in files:
        return None, []
    at = plan.place("partition_table", "file")
    try:
        table = parse_table(files[TABLE], source.file, chip, source.offset)
    except BurnerError as error:
        problems = error.findings or (Finding(error.code, source.file, error.detail, ""),)
        return None, [Finding(f.code, f"{at} {f.place}", f.found, f.allowed) for f in problems]
    findings = check_table(table, f"{at} {source.file}", chip, source.offset, size)
    if source.offset % SECTOR_SIZE or source.offset <= BOOTLOADER_OFFSETS[chip]:
        where = plan.place("partition_table", "offset")
        allowed = "a multiple of 0x1000 behind the bootloader, as in the build's sdkconfig"
        findings.append(
            Finding(Code.PARTITIONS_CONFLICT, where, f"found {source.offset:#x}", allowed)
        )
    return table, findings


def place_file(
    plan: FlashPlan, table: PartitionTable, entry: FirmwareFile, data: bytes, at: str
) -> tuple[Segment | None, list[Finding]]:
    """An image at its offset, and whether table and image agree about that."""
    if entry.partition is not None:
        partition = table.find(entry.partition)
        if partition is None:
            return None, [_unknown(f"{at}.partition", entry.partition, table)]
        offset = partition.offset
    else:
        assert entry.offset is not None  # noqa: S101 - the model demands one of both
        offset, partition = entry.offset, table.at(entry.offset)
    own = entry if isinstance(entry, ImageFile) else None
    kind = (own and own.region_class) or _usual_class(partition)
    confidential = own is not None and own.confidential
    segment = Segment(entry.name, offset, data, kind, confidential)
    if not data:
        return segment, [Finding(Code.IMAGE_INVALID, f"{at}.file", "the file is empty", "")]
    return segment, list(_check_place(plan, table, partition, segment, at))


def _usual_class(partition: Partition | None) -> RegionClass:
    changes = partition and partition.type == DATA and partition.subtype in _CHANGES_ON_BOOT
    return RegionClass.MUTABLE if changes else RegionClass.FROZEN


def _check_place(
    plan: FlashPlan,
    table: PartitionTable,
    partition: Partition | None,
    segment: Segment,
    at: str,
) -> Iterator[Finding]:
    if segment.offset % SECTOR_SIZE:
        found = f"offset {segment.offset:#x} is unaligned"
        yield Finding(
            Code.IMAGES_CONTRADICT_TABLE, f"{at}.offset", found, f"a multiple of {SECTOR_SIZE:#x}"
        )
    if partition is None:
        if table.partitions and segment.offset != BOOTLOADER_OFFSETS[plan.chip.type]:
            names = ", ".join(f"{p.name} {p.offset:#x}" for p in table)
            found = f"no partition at {segment.offset:#x}, and the bootloader does not belong there"
            yield Finding(
                Code.IMAGES_CONTRADICT_TABLE, f"{at}.offset", found, f"the start of one of {names}"
            )
        return
    if segment.offset != partition.offset:
        found = f"{segment.offset:#x} lies inside {partition.name}, which starts elsewhere"
        yield Finding(Code.IMAGES_CONTRADICT_TABLE, f"{at}.offset", found, f"{partition.offset:#x}")
    if segment.end > partition.end:
        found = f"{len(segment.data):#x} bytes, {partition.name} has {partition.size:#x}"
        yield Finding(Code.IMAGE_EXCEEDS_PARTITION, f"{at}.file", found, "an image that fits")


def check_firmware(
    plan: FlashPlan, table: PartitionTable, segment: Segment, at: str
) -> tuple[AppImage | None, list[Finding]]:
    """The image parsed and checked, where firmware belongs; a finding where it does not."""
    partition = table.at(segment.offset)
    executable = partition.is_app if partition else True
    at = f"{at}.file"
    if not segment.data or not executable:
        return None, list(_check_data(partition, segment, at))
    if not table.partitions and segment.data[0] not in (
        container.MAGIC,
        container.MAGIC_ESP8266_V2,
    ):
        return None, []
    try:
        parsed = container.parse_image(segment.data)
    except BurnerError as error:
        return None, [Finding(error.code, at, error.detail, "a firmware image")]
    findings = container.check_image(parsed, plan.chip.type, at)
    boots = segment.offset == BOOTLOADER_OFFSETS[plan.chip.type] and plan.partition_table
    if boots and partition is None and parsed.descriptor:
        found = f"the application {parsed.descriptor.project_name} at the place of the bootloader"
        findings.append(
            Finding(Code.IMAGES_CONTRADICT_TABLE, at, found, "the bootloader of the same build")
        )
    return parsed, findings


def _alone(plan: FlashPlan, files: Mapping[str, bytes], index: int) -> Iterator[Finding]:
    """What is wrong with an image wherever it belongs, if it is firmware at all."""
    entry, at = plan.images[index], plan.place("images", index, "file")
    with suppress(BurnerError):
        yield from container.check_image(
            container.parse_image(files.get(entry.name, b"")), plan.chip.type, at
        )


def _bootloader_elsewhere(
    plan: FlashPlan, table: PartitionTable, segments: Mapping[str, Segment]
) -> Iterator[Finding]:
    """The bootloader's file in an app partition too: somebody mixed up two names."""
    starts = BOOTLOADER_OFFSETS[plan.chip.type]
    first = next((s.data for s in segments.values() if s.offset == starts), None)
    for segment in segments.values():
        partition = table.at(segment.offset)
        if partition and partition.is_app and segment.data == first:
            at = plan.place(*plan.files_field(segment.name))
            yield Finding(
                Code.IMAGES_CONTRADICT_TABLE,
                at,
                f"the bootloader in {partition.name}",
                "an application",
            )


def _check_data(partition: Partition | None, segment: Segment, at: str) -> Iterator[Finding]:
    """A data partition must not get a valid firmware image: two names were mixed up."""
    try:
        parsed = container.parse_image(segment.data)
    except BurnerError:
        return
    if partition and all(checksum.ok for checksum in parsed.checksums):
        found = f"a firmware image in {partition.name} ({partition.kind})"
        yield Finding(Code.IMAGES_CONTRADICT_TABLE, at, found, "an app partition")


def _blanks(partition: Partition, segments: Mapping[str, Segment]) -> Iterator[Segment]:
    """0xFF for what no image covers, from the next sector on."""
    offset = partition.offset
    name = partition.name
    for image in segments.values():
        if partition.offset <= image.offset < partition.end:
            offset = max(offset, sector_end(image.end))
            name = f"{partition.name}-rest"
    if offset < partition.end:
        yield Segment(name, offset, b"\xff" * (partition.end - offset), RegionClass.BLANK)


def sector_end(offset: int) -> int:
    """The end of the sector in which bytes end before an offset."""
    return -(-offset // SECTOR_SIZE) * SECTOR_SIZE


def _unknown(at: str, name: str, table: PartitionTable) -> Finding:
    names = ", ".join(p.name for p in table)
    return Finding(
        Code.PARTITION_UNKNOWN, at, f"the table has no partition {name!r}", f"one of {names}"
    )
