"""The segments of one unit: those that every unit shares, and the key's. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from burner.core.segments import RegionClass, Segment
from burner.flash.layout import Layout
from burner.provisioning.carrier import FlashCarrier
from burner.provisioning.key_config import KeyConfig

BLOCK_SIZE = 0x10000
"""Bytes that flash erases at once; in smaller pieces the same bytes take longer to erase."""


def merge_segments(layout: Layout, filled: Sequence[Segment]) -> tuple[Segment, ...]:
    """All segments, ascending: those of a carrier added, or put in the place of their names."""
    segments = {**layout.segments, **{segment.name: segment for segment in filled}}
    return tuple(sorted(segments.values(), key=lambda s: s.offset))


def in_write_order(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The key last: a unit that is cut off never starts with it."""
    kinds = (RegionClass.BLANK, RegionClass.MUTABLE, RegionClass.FROZEN)
    return tuple(sorted(segments, key=lambda s: (s.confidential, kinds.index(s.kind), s.offset)))


def split_at_changes(layout: Layout, filled: Sequence[Segment]) -> tuple[Segment, ...]:
    """A carrier's segments, each image cut where it changed: the rest is every unit's.

    Cut at whole erase blocks. What was not changed is not confidential, and so is compressed once
    for all units.
    """
    parts: list[Segment] = []
    for segment in filled:
        built = layout.segments.get(segment.name)
        parts += _cut(segment, built.data) if built else [segment]
    return tuple(parts)


def _cut(segment: Segment, built: bytes) -> Iterator[Segment]:
    data = segment.data
    first = BLOCK_SIZE - segment.offset % BLOCK_SIZE
    blocks = pairwise([0, *range(first, len(data), BLOCK_SIZE), len(data)])

    def changed(block: tuple[int, int]) -> bool:
        return data[slice(*block)] != built[slice(*block)]

    for own, run in groupby(blocks, changed):
        stretch = list(run)
        start, end = stretch[0][0], stretch[-1][1]
        name = f"{segment.name}+{start:#x}" if start else segment.name
        place = segment.offset + start
        yield replace(segment, name=name, offset=place, data=data[start:end], confidential=own)


def key_segments(
    carrier: FlashCarrier | None, layout: Layout, key: KeyConfig
) -> tuple[Segment, ...]:
    """What a carrier makes of a key; nothing where no carrier writes it into flash."""
    if carrier is None:
        return ()
    return split_at_changes(layout, carrier.fill(layout, key))
