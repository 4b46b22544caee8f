"""The whole flash of a unit in order: what a release writes, what it leaves, what is free."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burner.core.errors import BurnerError
from burner.core.segments import Segment
from burner.flash.image import parse_image
from burner.flash.layout import Layout

SECTOR = 0x1000


@dataclass(frozen=True)
class FlashRow:
    """A row of the layout: a segment, a partition that is not written, or a gap. Bytes."""

    offset: int
    size: int
    used: int
    what: str
    region_class: str
    sha256: str


def flash_map(layout: Layout, segments: Sequence[Segment]) -> Iterator[FlashRow]:
    """The whole flash in order: what is written, what is not, what belongs to nobody."""
    taken = [_of_segment(layout, segment) for segment in segments]
    starts = {row.offset for row in taken}
    taken += [
        FlashRow(p.offset, p.size, 0, f"{p.name} ({p.kind})", "not written", "")
        for p in layout.table
        if p.offset not in starts
    ]
    end = 0
    for row in sorted(taken, key=lambda row: row.offset):
        if row.offset > end:
            yield FlashRow(end, row.offset - end, 0, "", "free", "")
        yield row
        end = max(end, row.offset + row.size)
    if end < layout.flash_size:
        yield FlashRow(end, layout.flash_size - end, 0, "", "free", "")


def _of_segment(layout: Layout, segment: Segment) -> FlashRow:
    region = segment.region()
    partition = layout.table.at(segment.offset)
    size = -(-region.size // SECTOR) * SECTOR
    what = segment.name
    if partition:
        what = f"{partition.name} ({partition.kind})"
        if segment.offset == partition.offset:
            size = partition.size
        if segment.name != partition.name:
            what += f": {segment.name}"
    digest = "holds the key" if segment.confidential else region.sha256
    return FlashRow(
        region.offset, size, region.size, what + _described(segment), region.kind, digest
    )


def _described(segment: Segment) -> str:
    """What an application says of itself."""
    try:
        descriptor = parse_image(segment.data).descriptor
    except BurnerError:
        return ""
    return f", {descriptor.project_name} {descriptor.version}" if descriptor else ""
