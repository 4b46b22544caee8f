"""What a route writes before the product: placed, and whether the product replaces it all. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.segments import Segment
from burner.flash import otadata
from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.layout import Layout
from burner.profile.profile import TABLE, Profile
from burner.release.placement.placement import (
    check_firmware,
    check_segments,
    place_file,
    sector_end,
)


def place_route(
    profile: Profile, layout: Layout, files: Mapping[str, bytes]
) -> tuple[tuple[Segment, ...], list[Finding]]:
    """The segments that a route writes, ascending, and what is wrong with them.

    Args:
        profile: with a route.
        layout: what the product writes.
        files: the bytes, by `profile.files()`'s names; one that is missing is passed over.
    """
    own: dict[str, Segment] = {}
    findings: list[Finding] = []
    applications: set[int] = set()
    for index, entry in enumerate(profile.route.images if profile.route else ()):
        at = profile.place("route", "images", index)
        if entry.name in {*own, TABLE, *layout.segments}:
            found = f"the name {entry.name} is taken"
            findings.append(Finding(Code.PROFILE_INVALID, at, found, "another name"))
        elif entry.name in files:
            segment, problems = place_file(profile, layout.table, entry, files[entry.name], at)
            findings += problems
            if segment is None:
                continue
            own[entry.name] = segment
            parsed, problems = check_firmware(profile, layout.table, segment, at)
            findings += problems
            applications |= {segment.offset} if parsed else set()
    segments = tuple(sorted((*own.values(), *_shared(layout, own.values())), key=_offset))
    if len(own) == len(profile.route.images if profile.route else ()):
        at = profile.place("route", "images")
        findings += check_segments(layout, segments, at)
        findings += _check_start(layout, segments, applications, at)
    return segments, findings


def check_replaced(
    profile: Profile, route: Iterable[Segment], product: Sequence[Segment]
) -> Iterator[Finding]:
    """A finding for each image of a route of which something would stay in the unit.

    Args:
        profile: with the route.
        route: what the route writes.
        product: what is written after it, ascending, with the key.
    """
    names = [entry.name for entry in profile.route.images] if profile.route else []
    for segment in route:
        left = _first_left(segment, product)
        if left < segment.end and segment.name in names:
            at = profile.place("route", "images", names.index(segment.name))
            found = f"{segment.end - left:#x} bytes of {segment.name} would stay from {left:#x} on"
            allowed = "its partition in `blank`, or an image of the product over all of it"
            yield Finding(Code.ROUTE_NOT_REPLACED, at, found, allowed)


def _first_left(segment: Segment, product: Sequence[Segment]) -> int:
    """The first byte of a segment that the product leaves there; its end where there is none."""
    reached = segment.offset
    for written in product:
        if written.offset <= reached < sector_end(written.end):
            reached = sector_end(written.end)  # the rest of the sector is erased with it
    return min(reached, segment.end)


def _shared(layout: Layout, own: Iterable[Segment]) -> Iterator[Segment]:
    """What of the product the test firmware needs to start, where the route has nothing itself."""
    ota, replaced = layout.table.otadata, {segment.offset for segment in own}
    for segment in layout.segments.values():
        starts = segment.offset == BOOTLOADER_OFFSETS[layout.chip] and bool(layout.table.partitions)
        selects = ota is not None and ota.offset <= segment.offset < ota.end
        if segment.offset not in replaced and (starts or selects or segment.name == TABLE):
            yield segment


def _check_start(
    layout: Layout, segments: Sequence[Segment], applications: set[int], at: str
) -> Iterator[Finding]:
    """Whether the bootloader starts one of the applications of the route."""
    if not layout.table.partitions:
        starts, name = BOOTLOADER_OFFSETS[layout.chip], "the application"
    else:
        held = Layout(layout.chip, layout.flash_size, layout.table, {s.name: s for s in segments})
        application = otadata.burned_application(held)
        if application is None:
            return  # the table has no application: that is said of the product
        starts, name = application.offset, application.name
    if starts not in applications:
        found = f"{name} at {starts:#x} starts, and no image of the route is there"
        yield Finding(Code.ROUTE_DOES_NOT_START, at, found, f"the test firmware in {name}")


def _offset(segment: Segment) -> int:
    return segment.offset
