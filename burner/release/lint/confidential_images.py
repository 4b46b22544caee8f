"""Whether confidential images are where a release can hold them sealed. Pure."""

from collections.abc import Iterator

from burner.core.code import Code
from burner.core.errors import Finding
from burner.flash.layout import Layout
from burner.profile.profile import FlashPlan, Profile

MAX_SIZE = 16 * 1024 * 1024
"""Bytes of all confidential images; a sealed part has room for them."""


def check_confidential_images(plan: FlashPlan, layout: Layout) -> Iterator[Finding]:
    """Confidential images outside data partitions: a release is checked without their bytes."""
    sealed = [
        layout.segments[i.name] for i in plan.images if i.confidential and i.name in layout.segments
    ]
    if (size := sum(len(segment.data) for segment in sealed)) > MAX_SIZE:
        found = f"{size} bytes in confidential images"
        yield Finding(Code.PROFILE_INVALID, plan.place("images"), found, f"at most {MAX_SIZE}")
    patched = plan.carrier if isinstance(plan, Profile) and plan.carrier.kind == "patch" else None
    for index, image in enumerate(plan.images):
        segment = layout.segments.get(image.name)
        if not image.confidential or segment is None:
            continue
        at = plan.place("images", index, "confidential")
        partition = layout.table.at(segment.offset)
        if partition is None or partition.is_app:
            found = f"{image.name} is not in a data partition"
            yield Finding(Code.PROFILE_INVALID, at, found, "false, or a data partition for it")
        elif patched and patched.image == image.name:
            found = f"the carrier writes the key into {image.name}"
            yield Finding(Code.PROFILE_INVALID, at, found, "false: the key is secret anyway")
