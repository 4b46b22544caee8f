"""A device against its record: what was burned, is it still there? Writes nothing."""

from dataclasses import dataclass
from enum import StrEnum

from burner.carriers import AtCarrier
from burner.devices import Device
from burner.errors import BurnerError
from burner.model import Record, Region, RegionClass, Silicon
from burner.release import Release


class Verdict(StrEnum):
    """What a comparison found."""

    SAME = "same"
    DIFFERS = "differs"
    LEFT_OUT = "left out"
    """Not compared, for the reason given."""


@dataclass(frozen=True)
class Check:
    """One comparison: of a region, of the configuration, or of the part itself."""

    what: str
    verdict: Verdict
    why: str = ""


def verify(
    device: Device, silicon: Silicon, record: Record, release: Release | None = None
) -> tuple[Check, ...]:
    """Compare a unit with its last PASS.

    Args:
        device: the unit, already identified.
        silicon: what identify read.
        record: the unit's record.
        release: with it, and only if it is the one recorded, the configuration is decoded too.

    Returns:
        A check of the part, one a region in flash order, one of the configuration. Regions that
        the firmware may change are left out, and said so.
    """
    regions = sorted(record.attempt.regions, key=lambda r: r.offset)
    checks = [_part(silicon, record), *(_region(device, region) for region in regions)]
    if release is not None:
        checks.append(_configuration(device, record, release))
    return tuple(checks)


def passed(checks: tuple[Check, ...]) -> bool:
    """Whether nothing that was compared differs."""
    return all(check.verdict is not Verdict.DIFFERS for check in checks)


def _part(silicon: Silicon, record: Record) -> Check:
    before = record.attempt.silicon
    if before is None or not before.fingerprint or not silicon.fingerprint:
        return Check("second fingerprint", Verdict.LEFT_OUT, "this part has none on record")
    if silicon.differs_from(before):
        why = f"on record {before.fingerprint}, in the unit {silicon.fingerprint}"
        return Check("second fingerprint", Verdict.DIFFERS, why)
    return Check("second fingerprint", Verdict.SAME)


def _region(device: Device, region: Region) -> Check:
    what = f"{region.name} at {region.offset:#x}"
    if region.kind is RegionClass.MUTABLE:
        return Check(what, Verdict.LEFT_OUT, "the firmware may change it from its first boot on")
    if region.kind is RegionClass.BLANK:
        return Check(what, Verdict.LEFT_OUT, "burned blank; the firmware may have filled it")
    return Check(what, Verdict.SAME if device.matches(region) else Verdict.DIFFERS)


def _configuration(device: Device, record: Record, release: Release) -> Check:
    what = "key configuration"
    if release.digest != record.attempt.release_digest:
        return Check(what, Verdict.LEFT_OUT, "the unit was burned from another release")
    carrier = release.carrier
    if isinstance(carrier, AtCarrier):
        return Check(what, Verdict.LEFT_OUT, "it was set by AT commands, not written to flash")
    read = {p.name: device.read(p.offset, p.size) for p in carrier.places(release.layout)}
    try:
        found = carrier.decode(read)
    except BurnerError as error:
        return Check(what, Verdict.DIFFERS, error.detail or error.row.says)
    wanted = release.key_for(record.attempt.device_name)
    if found == wanted:
        return Check(what, Verdict.SAME, f"{found.product_id} {found.device_name}".strip())
    return Check(what, Verdict.DIFFERS, "decoded, but with other values")
