"""A unit that the manifest knows: its facts on record and in flash, for the rules of `reburn`."""

from dataclasses import replace

from burner.burn import reburn
from burner.burn.comparison import (
    ComparisonVerdict,
    all_match,
    compare_application,
    compare_regions,
)
from burner.burn.key_comparison import compare_key
from burner.burn.reburn import InFlash, OnRecord, ReburnAction
from burner.core.attempt import Attempt, Record
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.device import Device
from burner.manifest.reading.unit_history import UnitHistory
from burner.profile.profile import Reburn
from burner.release.release import Release


def decide_by_record(
    history: UnitHistory, attempt: Attempt, release: Release
) -> ReburnAction | None:
    """Decide by the manifest alone; None where the flash must be read.

    Args:
        history: of the unit under this product.
        attempt: the one that begins: its silicon, its name (empty while it is not known), and the
            reason where a rework is declared.
        release: what it is to become.

    Raises:
        BurnerError: E455, E456, E462, E464, E465: the unit is not burned here.
    """
    rule = reburn.rule_by_record(_on_record(history, attempt, release))
    if rule and rule.action is ReburnAction.REFUSE:
        raise BurnerError(rule.code, _refusal_detail(rule.code, history, attempt))
    return rule.action if rule else None


def decide_by_flash(device: Device, good: Record, release: Release) -> ReburnAction:
    """Decide on a good unit of this release, key and name by its flash.

    No more is read than needed.

    Raises:
        BurnerError: E453 a frozen region differs; whatever reading raises.
    """
    differing = next(
        (c for c in compare_regions(device, good) if c.verdict is ComparisonVerdict.DIFFERS), None
    )
    recorded = good.attempt.regions
    has_application = differing is None and all_match(
        [compare_application(device, release, recorded)]
    )
    has_key = has_application and all_match([compare_key(device, good, release)])
    rule = reburn.rule_by_flash(
        InFlash(frozen=differing is None, key=has_key, application=has_application)
    )
    if rule.action is ReburnAction.REFUSE:
        what = differing.what if differing else ""
        raise BurnerError(
            rule.code, f"{good.attempt.unit_id}: {_pass_detail(good)}; {what} differs"
        )
    return rule.action


def _on_record(history: UnitHistory, attempt: Attempt, release: Release) -> OnRecord:
    passed = history.other_product or history.passed
    latest = history.other_product or history.last
    now, before = attempt.silicon, latest.attempt.silicon if latest else None
    unit = OnRecord(
        good=False,
        scrapped=bool(history.scrapped),
        rework=bool(attempt.rework),
        same_part=not (passed and now and before and now.differs_from(before)),
    )
    good = history.other_product or history.good
    if good is None:
        return unit
    key = good.result.evidence.get("key", release.key_fingerprint)
    same_product = good.attempt.product_id == attempt.product_id
    return replace(
        unit,
        good=True,
        same_key=same_product and key == release.key_fingerprint,
        same_release=good.attempt.release_digest == release.digest,
        same_name=attempt.device_name in ("", good.attempt.device_name),
        upgrade=release.profile.reburn is Reburn.UPGRADE,
    )


def _refusal_detail(code: str, history: UnitHistory, now: Attempt) -> str:
    """The records for which the unit is refused."""
    passed = history.other_product or history.passed
    if passed is None or code == Code.UNIT_SCRAPPED:
        return history.scrapped
    before = passed.attempt
    other_product = before.product_id != now.product_id
    what: dict[str, str] = {
        Code.PASSED_WITH_OTHER_RELEASE: f"with {before.profile}",
        Code.MAC_TAKEN: "on another flash chip",
        Code.PASSED_WITH_OTHER_KEY: f"as product {before.product_id}"
        if other_product
        else "with another secret",
        Code.PASSED_UNDER_OTHER_NAME: f"as {before.device_name}, now {now.device_name}",
    }
    return f"{now.unit_id}: {_pass_detail(passed)}, {what[code]}"


def _pass_detail(good: Record) -> str:
    attempt, ended = good.attempt, good.result.ended
    return f"PASS at {ended:%Y-%m-%d %H:%M} UTC in slot {attempt.slot}, batch {attempt.batch}"
