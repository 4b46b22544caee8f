"""A device against its record: what was burned, is it still there? Writes nothing.

`burner verify` shows these comparisons; a unit is KNOWN by the same ones.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from burner.core.code import Code, ErrorClass
from burner.core.errors import BurnerError
from burner.core.model import Record, Region, RegionClass, Silicon
from burner.core.secret import Secret
from burner.devices.device import ANY_CHIP, ConnectPlan, Device
from burner.flash import otadata
from burner.flash.partition_table import SECTOR_SIZE
from burner.manifest.reading.reader import Reader
from burner.provisioning import AtCarrier, Carrier, KeyConfig, KeyState, is_moved
from burner.release.release import KeylessRelease, Release

BAUD = 460800
"""Nothing large travels: the chip computes its digests itself."""
APPLICATION, CONFIGURATION = "application that starts", "key configuration"


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


@dataclass(frozen=True)
class Verified:
    """What came of one unit: the checks, or why there are none."""

    unit_id: str = ""
    """Empty where none could be read."""
    record: Record | None = None
    """Its last PASS."""
    checks: tuple[Check, ...] = ()
    problem: BurnerError | None = None

    @property
    def good(self) -> bool:
        """Whether the unit is what its record says."""
        return self.problem is None and passed(self.checks)

    @property
    def code(self) -> str:
        """Why it is not good; empty where it is."""
        if self.problem is not None:
            return self.problem.code
        return "" if self.good else Code.UNIT_CONTRADICTS_RECORD

    @property
    def differs(self) -> tuple[Check, ...]:
        """The comparisons that found something else than the record says."""
        return tuple(check for check in self.checks if check.verdict is Verdict.DIFFERS)


def verify_unit(device: Device, reader: Reader, release: KeylessRelease | None) -> Verified:
    """Identify the unit in a slot, find its record, compare, and leave it running."""
    product_id, unit_id = release.profile.product.id if release else "", ""
    try:
        silicon = device.identify(ConnectPlan(ANY_CHIP, BAUD))
        unit_id = silicon.unit_id
        record = reader.unit(unit_id, product_id).passed
        if record is None:
            reader.must_not_be_imported(unit_id, product_id)
            raise BurnerError(Code.NO_PASS_ON_RECORD, unit_id)
        return Verified(unit_id, record, verify(device, silicon, record, release))
    except BurnerError as error:
        return Verified(unit_id, problem=error)
    finally:
        device.close()


def verify(
    device: Device, silicon: Silicon, record: Record, release: KeylessRelease | None = None
) -> tuple[Check, ...]:
    """Compare a unit with its last PASS, and leave it running its application.

    Args:
        device: the unit, already identified.
        silicon: what identify read.
        record: the unit's record.
        release: with it, and only if it is the one recorded, the application that starts and the
            key configuration are compared too: the product secret by the fingerprint on record.

    Returns:
        A check of the part, one a region in flash order, one of the application that starts, one
        of the configuration. Regions that the firmware may change are left out, and said so.
    """
    checks = [part(silicon, record), *regions(device, record)]
    if release is not None and release.digest != record.attempt.release_digest:
        left_out = "the unit was burned from another release"
        checks.append(Check(CONFIGURATION, Verdict.LEFT_OUT, left_out))
        release = None
    started = False
    if release is not None:
        checks.append(application(device, release, record.attempt.regions))
        checks.append(recorded_configuration(device, record, release))
        started = isinstance(release.carrier, AtCarrier) and isinstance(release, Release)
    if not started:
        device.boot(0.0, lambda _: True)
    return tuple(checks)


def passed(checks: Iterable[Check]) -> bool:
    """Whether nothing that was compared differs."""
    return all(check.verdict is not Verdict.DIFFERS for check in checks)


def part(silicon: Silicon, record: Record) -> Check:
    """Whether this is the part of the record, by its second fingerprint."""
    before = record.attempt.silicon
    if before is None or not before.fingerprint or not silicon.fingerprint:
        return Check("second fingerprint", Verdict.LEFT_OUT, "this part has none on record")
    if silicon.differs_from(before):
        why = f"on record {before.fingerprint}, in the unit {silicon.fingerprint}"
        return Check("second fingerprint", Verdict.DIFFERS, why)
    return Check("second fingerprint", Verdict.SAME)


def regions(device: Device, record: Record) -> Iterator[Check]:
    """Each region, in flash order."""
    for region in sorted(record.attempt.regions, key=lambda r: r.offset):
        yield _region(device, region)


def _region(device: Device, region: Region) -> Check:
    what = f"{region.name} at {region.offset:#x}"
    if region.kind is RegionClass.MUTABLE:
        return Check(what, Verdict.LEFT_OUT, "the firmware may change it from its first boot on")
    if region.kind is RegionClass.BLANK:
        return Check(what, Verdict.LEFT_OUT, "burned blank; the firmware may have filled it")
    return Check(what, Verdict.SAME if device.matches(region) else Verdict.DIFFERS)


def application(device: Device, release: KeylessRelease, recorded: Iterable[Region] = ()) -> Check:
    """Whether the application starts that was burned: otadata selects it with every bootloader,
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
        return Check(APPLICATION, Verdict.DIFFERS, f"{region.name} in {burned.name} is another one")
    if partition is None or burned is None:
        return Check(APPLICATION, Verdict.LEFT_OUT, "this partition table has no otadata")
    sectors = (
        device.read(partition.offset + sector, otadata.ENTRY_SIZE).ljust(SECTOR_SIZE, b"\xff")
        for sector in (0, SECTOR_SIZE)
    )
    found = otadata.possible_applications(table, b"".join(sectors))
    if found == (burned,):
        return Check(APPLICATION, Verdict.SAME, burned.name)
    selected = " or ".join(application.name for application in found)
    if len(found) > 1:
        selected += ", depending on the bootloader: an entry is not confirmed"
    return Check(APPLICATION, Verdict.DIFFERS, f"burned was {burned.name}, selected is {selected}")


def check_burned_application(device: Device, release: Release) -> None:
    """A release that leaves otadata as it finds it may not start what it burned.

    Raises:
        BurnerError: E621.
    """
    if not otadata.burned_otadata(release.layout):
        found = application(device, release)
        if not passed([found]):
            raise BurnerError(Code.OTHER_APPLICATION_STARTS, found.why)


def check_burned_key(device: Device, release: Release, device_name: str) -> None:
    """Read back the key that was just written, and decode it; nothing for an AT firmware.

    Raises:
        BurnerError: E602 it is another one, E606, E607 there is none.
    """
    carrier = release.carrier
    if isinstance(carrier, AtCarrier):
        return
    read = _read(device, carrier, release)
    if carrier.decode(read) != release.key_for(device_name):
        raise BurnerError(Code.KEY_DIFFERS, f"in {', '.join(read)}")


def configuration(device: Device, record: Record, release: Release) -> Check:
    """Whether the unit holds today's key configuration, with the name of its record.

    An AT firmware is started to be asked; to look at the flash again, it must be met anew.
    """
    carrier, wanted = release.carrier, release.key_for(record.attempt.device_name)

    def state() -> KeyState:
        if isinstance(carrier, AtCarrier):
            _ask_firmware(device, carrier, wanted)
            return KeyState.SAME
        return carrier.compare(_read(device, carrier, release), wanted)

    return _of_key(state, release, wanted)


def recorded_configuration(device: Device, record: Record, release: KeylessRelease) -> Check:
    """Whether the unit holds the key configuration of its record; needs the secret of an AT
    firmware only, and where the record does not hold its fingerprint.
    """
    carrier, recorded = release.carrier, record.result.evidence.get("key", "")
    if isinstance(carrier, AtCarrier) or not recorded:
        if isinstance(release, Release):
            return configuration(device, record, release)
        asks = "the firmware can be asked" if recorded else "the record holds no fingerprint: it is"
        why = f"{asks} only with the product secret (--secret)"
        return Check(CONFIGURATION, Verdict.LEFT_OUT, why)
    attempt = record.attempt
    name = release.recorded_name(attempt.device_name)
    read = _read(device, carrier, release)
    unknown = KeyConfig(attempt.product_id, Secret(b""), name)
    try:
        found = carrier.decode(read)
    except BurnerError as error:
        if error.code.error_class is not ErrorClass.VERIFY:
            raise
        lost = error

        def state() -> KeyState:
            if carrier.compare(read, unknown) is KeyState.GONE:
                return KeyState.GONE
            raise lost

        return _of_key(state, release, unknown)
    wrong = [
        what
        for what, same in (
            ("ProductID", found.product_id == attempt.product_id),
            ("secret", found.product_secret.fingerprint(attempt.product_id) == recorded),
            ("name", found.device_name == name),
        )
        if not same
    ]
    if wrong:
        return Check(CONFIGURATION, Verdict.DIFFERS, f"decoded, with another {', '.join(wrong)}")
    return _of_key(lambda: carrier.compare(read, found), release, found)


def _read(device: Device, carrier: Carrier, release: KeylessRelease) -> dict[str, bytes]:
    places = carrier.places(release.layout)
    return {place.name: device.read(place.offset, place.size) for place in places}


def _of_key(compare: Callable[[], KeyState], release: KeylessRelease, wanted: KeyConfig) -> Check:
    """What a comparison of the key configuration came to."""
    try:
        state = compare()
    except BurnerError as error:
        if error.code.error_class is not ErrorClass.VERIFY:
            raise
        return Check(CONFIGURATION, Verdict.DIFFERS, str(error))
    if state is KeyState.SAME:
        return Check(
            CONFIGURATION, Verdict.SAME, f"{wanted.product_id} {wanted.device_name}".strip()
        )
    if state is KeyState.GONE and is_moved(release.profile.carrier):
        why = "gone: the firmware moves it when it first starts (carrier.after_boot)"
        return Check(CONFIGURATION, Verdict.LEFT_OUT, why)
    found = "gone" if state is KeyState.GONE else "decoded, but with other values"
    return Check(CONFIGURATION, Verdict.DIFFERS, found)


def _ask_firmware(device: Device, carrier: AtCarrier, wanted: KeyConfig) -> None:
    device.boot(0.0, lambda _: True)
    line = device.line(carrier.settings.port, carrier.settings.baud)
    try:
        carrier.verify(line, wanted)
    finally:
        line.close()
