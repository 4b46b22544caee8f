"""Comparisons of a unit with its record: the chip, the regions, the application that starts.

Nothing is written. The key is compared in `key_comparison`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from burner.core.attempt import Record
from burner.core.segments import Region, RegionClass
from burner.core.silicon import Silicon
from burner.devices.device import Device
from burner.flash import otadata
from burner.flash.partition_table import SECTOR_SIZE
from burner.release.release import KeylessRelease

APPLICATION = "application that starts"
OTHER_RELEASE = "the unit was burned from another release"
"""Why something is left out."""


class ComparisonVerdict(StrEnum):
    """The result of a comparison."""

    SAME = "same"
    DIFFERS = "differs"
    LEFT_OUT = "left out"
    """Not compared; `why` has the reason."""


@dataclass(frozen=True)
class Comparison:
    """One comparison: of a region, of the key configuration, or of the chip itself."""

    what: str
    verdict: ComparisonVerdict
    why: str = ""


def all_match(comparisons: Iterable[Comparison]) -> bool:
    """Whether no comparison found a difference."""
    return all(comparison.verdict is not ComparisonVerdict.DIFFERS for comparison in comparisons)


def compare_part(silicon: Silicon, record: Record) -> Comparison:
    """Compare the chip with the one on record, by the second fingerprint."""
    before = record.attempt.silicon
    if before is None or not before.fingerprint or not silicon.fingerprint:
        return Comparison(
            "second fingerprint",
            ComparisonVerdict.LEFT_OUT,
            "the record has no fingerprint of this part",
        )
    if silicon.differs_from(before):
        why = f"on record {before.fingerprint}, in the unit {silicon.fingerprint}"
        return Comparison("second fingerprint", ComparisonVerdict.DIFFERS, why)
    return Comparison("second fingerprint", ComparisonVerdict.SAME)


def compare_regions(device: Device, record: Record) -> Iterator[Comparison]:
    """Compare every region of the record, in flash order."""
    for region in sorted(record.attempt.regions, key=lambda r: r.offset):
        yield _compare_region(device, region)


def _compare_region(device: Device, region: Region) -> Comparison:
    what = f"{region.name} at {region.offset:#x}"
    if region.kind is RegionClass.MUTABLE:
        return Comparison(
            what, ComparisonVerdict.LEFT_OUT, "the firmware may change it from its first boot on"
        )
    if region.kind is RegionClass.BLANK:
        return Comparison(
            what, ComparisonVerdict.LEFT_OUT, "burned blank; the firmware may have filled it"
        )
    return Comparison(
        what, ComparisonVerdict.SAME if device.matches(region) else ComparisonVerdict.DIFFERS
    )


def compare_application(
    device: Device, release: KeylessRelease, recorded: Iterable[Region] = ()
) -> Comparison:
    """Check that the burned application starts, and is the recorded one.

    otadata must select it with every bootloader. It must hold what is recorded, also where the
    firmware may change it.
    """
    table = release.layout.table
    partition, burned = table.otadata, otadata.burned_application(release.layout)
    changed = (
        region
        for region in recorded
        if region.kind is RegionClass.MUTABLE and table.at(region.offset) == burned
        if not device.matches(region)
    )
    if burned and (region := next(changed, None)):
        return Comparison(
            APPLICATION, ComparisonVerdict.DIFFERS, f"{region.name} in {burned.name} is different"
        )
    if partition is None or burned is None:
        return Comparison(
            APPLICATION, ComparisonVerdict.LEFT_OUT, "this partition table has no otadata"
        )
    sectors = (
        device.read(partition.offset + sector, otadata.ENTRY_SIZE).ljust(SECTOR_SIZE, b"\xff")
        for sector in (0, SECTOR_SIZE)
    )
    applications = otadata.possible_applications(table, b"".join(sectors))
    if applications == (burned,):
        return Comparison(APPLICATION, ComparisonVerdict.SAME, burned.name)
    selected = " or ".join(application.name for application in applications)
    if len(applications) > 1:
        selected += ", depending on the bootloader: an entry is not confirmed"
    return Comparison(
        APPLICATION, ComparisonVerdict.DIFFERS, f"burned was {burned.name}, selected is {selected}"
    )
