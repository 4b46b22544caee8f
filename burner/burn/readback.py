"""Flash read back and compared: with the record of the unit, or with what was just written.

Nothing is written. Used by the step `verify`, by `burner verify`, and to decide that a unit is
KNOWN.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from burner.core.attempt import Record
from burner.core.code import Code, ErrorClass
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.core.segments import Region, RegionClass
from burner.core.silicon import Silicon
from burner.devices.device import Device
from burner.flash import otadata
from burner.flash.partition_table import SECTOR_SIZE
from burner.provisioning.at_carrier import AtCarrier
from burner.provisioning.carrier import FlashCarrier, KeyState
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.partition_settings import is_moved
from burner.release.release import KeylessRelease, Release

APPLICATION, CONFIGURATION = "application that starts", "key configuration"


class ComparisonResult(StrEnum):
    """The result of a comparison."""

    SAME = "same"
    DIFFERS = "differs"
    LEFT_OUT = "left out"
    """Not compared; `why` has the reason."""


@dataclass(frozen=True)
class Comparison:
    """One comparison: of a region, of the key configuration, or of the chip itself."""

    what: str
    verdict: ComparisonResult
    why: str = ""


def all_match(comparisons: Iterable[Comparison]) -> bool:
    """Whether no comparison found a difference."""
    return all(comparison.verdict is not ComparisonResult.DIFFERS for comparison in comparisons)


def compare_part(silicon: Silicon, record: Record) -> Comparison:
    """Whether this is the chip on record, by its second fingerprint."""
    before = record.attempt.silicon
    if before is None or not before.fingerprint or not silicon.fingerprint:
        return Comparison(
            "second fingerprint",
            ComparisonResult.LEFT_OUT,
            "the record has no fingerprint of this part",
        )
    if silicon.differs_from(before):
        why = f"on record {before.fingerprint}, in the unit {silicon.fingerprint}"
        return Comparison("second fingerprint", ComparisonResult.DIFFERS, why)
    return Comparison("second fingerprint", ComparisonResult.SAME)


def compare_regions(device: Device, record: Record) -> Iterator[Comparison]:
    """Every region of the record, in flash order."""
    for region in sorted(record.attempt.regions, key=lambda r: r.offset):
        yield _compare_region(device, region)


def _compare_region(device: Device, region: Region) -> Comparison:
    what = f"{region.name} at {region.offset:#x}"
    if region.kind is RegionClass.MUTABLE:
        return Comparison(
            what, ComparisonResult.LEFT_OUT, "the firmware may change it from its first boot on"
        )
    if region.kind is RegionClass.BLANK:
        return Comparison(
            what, ComparisonResult.LEFT_OUT, "burned blank; the firmware may have filled it"
        )
    return Comparison(
        what, ComparisonResult.SAME if device.matches(region) else ComparisonResult.DIFFERS
    )


def compare_application(
    device: Device, release: KeylessRelease, recorded: Iterable[Region] = ()
) -> Comparison:
    """Whether the burned application starts: otadata selects it with every bootloader,
    and it holds what is recorded, also where the firmware may change it.
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
            APPLICATION, ComparisonResult.DIFFERS, f"{region.name} in {burned.name} is different"
        )
    if partition is None or burned is None:
        return Comparison(
            APPLICATION, ComparisonResult.LEFT_OUT, "this partition table has no otadata"
        )
    sectors = (
        device.read(partition.offset + sector, otadata.ENTRY_SIZE).ljust(SECTOR_SIZE, b"\xff")
        for sector in (0, SECTOR_SIZE)
    )
    applications = otadata.possible_applications(table, b"".join(sectors))
    if applications == (burned,):
        return Comparison(APPLICATION, ComparisonResult.SAME, burned.name)
    selected = " or ".join(application.name for application in applications)
    if len(applications) > 1:
        selected += ", depending on the bootloader: an entry is not confirmed"
    return Comparison(
        APPLICATION, ComparisonResult.DIFFERS, f"burned was {burned.name}, selected is {selected}"
    )


def check_burned_application(device: Device, release: Release) -> None:
    """Check that otadata selects the burned application, where the release does not write otadata.

    Raises:
        BurnerError: E621.
    """
    if not otadata.burned_otadata(release.layout):
        comparison = compare_application(device, release)
        if comparison.verdict is ComparisonResult.DIFFERS:
            raise BurnerError(Code.OTHER_APPLICATION_STARTS, comparison.why)


def check_burned_key(device: Device, release: Release, device_name: str) -> None:
    """Read back and decode the key that was just written; an AT firmware has none in flash.

    Raises:
        BurnerError: E602 it is another one, E606, E607 there is none.
    """
    carrier = release.carrier
    if isinstance(carrier, AtCarrier):
        return
    read = _read(device, carrier, release)
    if carrier.decode(read) != release.key_for(device_name):
        raise BurnerError(Code.KEY_DIFFERS, f"in {', '.join(read)}")


def compare_key(device: Device, record: Record, release: Release) -> Comparison:
    """Whether the unit holds today's key configuration, with the name of its record.

    An AT firmware is started to be asked; to look at the flash again, it must be met anew.
    """
    carrier, key = release.carrier, release.key_for(record.attempt.device_name)

    def state() -> KeyState:
        if isinstance(carrier, AtCarrier):
            _verify_by_dialogue(device, carrier, key)
            return KeyState.SAME
        return carrier.compare(_read(device, carrier, release), key)

    return _key_comparison(state, release, key)


def compare_recorded_key(device: Device, record: Record, release: KeylessRelease) -> Comparison:
    """Whether the unit holds the key configuration of its record; needs the secret of an AT
    firmware only, and where the record does not hold its fingerprint.
    """
    carrier, recorded = release.carrier, record.result.evidence.get("key", "")
    if isinstance(carrier, AtCarrier) or not recorded:
        if isinstance(release, Release):
            return compare_key(device, record, release)
        asks = "the firmware can be asked" if recorded else "no fingerprint on record: compared"
        why = f"{asks} only with the product secret (--secret)"
        return Comparison(CONFIGURATION, ComparisonResult.LEFT_OUT, why)
    attempt = record.attempt
    name = release.recorded_name(attempt.device_name)
    read = _read(device, carrier, release)
    unknown = KeyConfig(attempt.product_id, Secret(b""), name)
    try:
        decoded = carrier.decode(read)
    except BurnerError as error:
        if error.code.error_class is not ErrorClass.VERIFY:
            raise
        lost = error

        def state() -> KeyState:
            if carrier.compare(read, unknown) is KeyState.GONE:
                return KeyState.GONE
            raise lost

        return _key_comparison(state, release, unknown)
    wrong = [
        what
        for what, same in (
            ("ProductID", decoded.product_id == attempt.product_id),
            ("secret", decoded.product_secret.fingerprint(attempt.product_id) == recorded),
            ("name", decoded.device_name == name),
        )
        if not same
    ]
    if wrong:
        return Comparison(
            CONFIGURATION, ComparisonResult.DIFFERS, f"decoded, with another {', '.join(wrong)}"
        )
    return _key_comparison(lambda: carrier.compare(read, decoded), release, decoded)


def _read(device: Device, carrier: FlashCarrier, release: KeylessRelease) -> dict[str, bytes]:
    places = carrier.read_ranges(release.layout)
    return {place.name: device.read(place.offset, place.size) for place in places}


def _key_comparison(
    compare: Callable[[], KeyState], release: KeylessRelease, key: KeyConfig
) -> Comparison:
    """The comparison of a key configuration."""
    try:
        state = compare()
    except BurnerError as error:
        if error.code.error_class is not ErrorClass.VERIFY:
            raise
        return Comparison(CONFIGURATION, ComparisonResult.DIFFERS, str(error))
    if state is KeyState.SAME:
        return Comparison(
            CONFIGURATION,
            ComparisonResult.SAME,
            f"{key.product_id} {key.device_name}".strip(),
        )
    if state is KeyState.GONE and is_moved(release.profile.carrier):
        why = "gone: the firmware moves it when it first starts (carrier.after_boot)"
        return Comparison(CONFIGURATION, ComparisonResult.LEFT_OUT, why)
    why = "gone" if state is KeyState.GONE else "decoded, but with other values"
    return Comparison(CONFIGURATION, ComparisonResult.DIFFERS, why)


def _verify_by_dialogue(device: Device, carrier: AtCarrier, key: KeyConfig) -> None:
    device.boot(0.0, lambda _: True)
    line = device.line(carrier.settings.port, carrier.settings.baud)
    try:
        carrier.verify(line, key)
    finally:
        line.close()
