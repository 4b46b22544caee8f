"""`burner verify`: one unit compared with its last PASS in the manifest. Nothing is written."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from burner.burn.challenge import compare_answer
from burner.burn.comparison import (
    OTHER_RELEASE,
    Comparison,
    ComparisonVerdict,
    all_match,
    compare_application,
    compare_part,
    compare_regions,
)
from burner.burn.key_comparison import CONFIGURATION, compare_recorded_key
from burner.core.attempt import Record, has_answered
from burner.core.code import Code
from burner.core.errors import BurnerError, Fault
from burner.core.silicon import Silicon
from burner.devices.device import ANY_CHIP, ConnectPlan, Device
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_history import UnitHistory
from burner.release.release import KeylessRelease, Release

BAUD = 460800
"""Little data is sent: the chip computes the digests itself."""


class UnitVerdict(StrEnum):
    """The result for one unit, as QA reads it."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    DIFFERS = "DIFFERS"
    FAIL = "FAIL"
    """Not compared: the unit is bad."""
    ERROR = "ERROR"
    """Not compared: the slot or the station is bad."""


@dataclass(frozen=True)
class VerifyResult:
    """The comparisons of one unit with its record, or why there are none."""

    unit_id: str = ""
    """Empty where it could not be read."""
    record: Record | None = None
    """Its last PASS."""
    comparisons: tuple[Comparison, ...] = ()
    problem: BurnerError | None = None

    @property
    def good(self) -> bool:
        """Whether the unit is what its record says."""
        return self.problem is None and all_match(self.comparisons)

    @property
    def code(self) -> str:
        """Why it is not good; empty where it is."""
        if self.problem is not None:
            return self.problem.code
        return "" if self.good else Code.UNIT_CONTRADICTS_RECORD

    @property
    def verdict(self) -> UnitVerdict:
        """The result for this unit."""
        if self.problem is not None:
            is_unit = self.problem.row.fault is Fault.UNIT
            return UnitVerdict.FAIL if is_unit else UnitVerdict.ERROR
        return UnitVerdict.PASS if self.good else UnitVerdict.DIFFERS

    @property
    def differs(self) -> tuple[Comparison, ...]:
        """The comparisons that found a difference."""
        return tuple(
            comparison
            for comparison in self.comparisons
            if comparison.verdict is ComparisonVerdict.DIFFERS
        )


def verify_unit(
    device: Device, reader: ManifestReader, release: KeylessRelease | None
) -> VerifyResult:
    """Identify the unit in a slot, find its record, compare, and leave it running."""
    product_id, unit_id = release.profile.product.id if release else "", ""
    try:
        silicon = device.identify(ConnectPlan(ANY_CHIP, BAUD))
        unit_id = silicon.unit_id
        history = reader.unit(unit_id, product_id)
        record = history.passed
        if record is None:
            reader.refuse_imported_unit(unit_id, product_id)
            raise _no_pass(unit_id, history)
        return VerifyResult(unit_id, record, compare_with_record(device, silicon, record, release))
    except BurnerError as error:
        return VerifyResult(unit_id, problem=error)
    finally:
        device.close()


def _no_pass(unit_id: str, history: UnitHistory) -> BurnerError:
    """Why no PASS of a unit counts: E464 it was scrapped; else E620, with a later correction."""
    if history.scrapped:
        return BurnerError(Code.UNIT_SCRAPPED, history.scrapped)
    if history.voided:
        return BurnerError(Code.NO_PASS_ON_RECORD, f"{unit_id}: voided by {history.voided}")
    if history.declared_rework:
        detail = f"{unit_id}: rework declared: {history.declared_rework}"
        return BurnerError(Code.NO_PASS_ON_RECORD, detail)
    return BurnerError(Code.NO_PASS_ON_RECORD, unit_id)


def compare_with_record(
    device: Device, silicon: Silicon, record: Record, release: KeylessRelease | None = None
) -> tuple[Comparison, ...]:
    """Compare a unit with its last PASS, and leave it running its application.

    Args:
        device: the unit, already identified.
        silicon: what identify read.
        record: the unit's record.
        release: with it, and only if it is the one recorded, the application that starts and the
            key configuration are compared too: the product secret by the fingerprint on record.

    Returns:
        One comparison of the chip, one for each region in flash order, one of the application that
        starts, one of the key configuration, one of the challenge where the unit answered one
        when it was burned. What is not compared is left out, with the reason.
    """
    comparisons = [compare_part(silicon, record), *compare_regions(device, record)]
    recorded = release is not None and release.digest == record.attempt.release_digest
    if release is not None and recorded:
        comparisons.append(compare_application(device, release, record.attempt.regions))
        comparisons.append(compare_recorded_key(device, record, release))
    elif release is not None:
        comparisons.append(Comparison(CONFIGURATION, ComparisonVerdict.LEFT_OUT, OTHER_RELEASE))
    if has_answered(record.result.evidence):
        again = partial(device.identify, ConnectPlan(ANY_CHIP, BAUD))
        comparisons.append(compare_answer(device, record, release, again))
    elif not (recorded and isinstance(release, Release) and release.key_by_dialogue):
        device.boot(0.0, lambda _: True)
    return tuple(comparisons)
