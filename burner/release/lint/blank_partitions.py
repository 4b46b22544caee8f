"""Whether blank partitions, images and the key keep out of each other's way. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.segments import RegionClass, Segment
from burner.flash.layout import Layout
from burner.flash.partition_table import Partition
from burner.profile.profile import FlashPlan


def check_blanks(
    plan: FlashPlan, layout: Layout, keys: Sequence[Segment], route: Sequence[Segment] = ()
) -> Iterator[Finding]:
    """What cannot be blank, or is not wholly, and names that would stand for two things.

    Args:
        plan: what the profile says.
        layout: what it places: images and blanks.
        keys: what the carrier fills beside the images.
        route: what is written before it, and must not stay.
    """
    images = [s for s in layout.segments.values() if s.kind is not RegionClass.BLANK]
    for index, name in enumerate(plan.blank):
        at = plan.place("blank", index)
        partition = layout.table.find(name)
        if name in plan.blank[:index]:
            yield Finding(
                Code.BLANK_PARTITION_INVALID, at, f"{name} occurs twice", "each partition once"
            )
        elif partition and _within(partition, keys):
            found = f"{name} is blank, and the carrier fills it"
            yield Finding(
                Code.BLANK_PARTITION_INVALID,
                at,
                found,
                f"leave {name} out of blank: no old data stays there",
            )
        elif partition and _within(partition, route):
            continue
        elif partition and (written := _within(partition, images)):
            found = f"{name} is blank, and {written} is written there: only the rest is blank"
            allowed = f"leave {name} out of blank, unless old bytes behind {written} must be erased"
            yield Finding(Code.BLANK_PARTITION_INVALID, at, found, allowed, warning=True)
    yield from _check_names(plan, layout, keys)


def _check_names(plan: FlashPlan, layout: Layout, keys: Iterable[Segment]) -> Iterator[Finding]:
    """An image that is called as a partition which something else fills would be lost."""
    filled = {segment.name for segment in keys}
    taken = filled | {name for name in plan.blank if layout.table.find(name)}
    for index, image in enumerate(plan.images):
        placed, partition = layout.segments.get(image.name), layout.table.find(image.name)
        own = placed and partition and partition.offset <= placed.offset < partition.end
        at = plan.place("images", index)
        if image.name in filled and own:
            found = f"the image {image.name} lies where the carrier puts the key"
            yield Finding(
                Code.FLASH_REGIONS_OVERLAP, at, found, "no image in the partition of the key"
            )
        elif image.name in taken and not own:
            found = f"{image.name} is also the name of a partition that something else fills"
            yield Finding(Code.PROFILE_INVALID, at, found, "another name for the image")


def _within(partition: Partition, segments: Iterable[Segment]) -> str:
    """The first segment that begins in a partition; empty where none does."""
    inside = (s.name for s in segments if partition.offset <= s.offset < partition.end)
    return next(inside, "")
