"""What is on record of the unit in a slot, and what its flash says of that: rows of `reburn`."""

from dataclasses import replace

from burner.burn import reburn, verify
from burner.burn.reburn import Action, InFlash, OnRecord
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.model import Attempt, Record
from burner.devices.device import Device
from burner.manifest.reading.unit_history import UnitHistory
from burner.profile.profile import Reburn
from burner.release.release import Release


def by_record(history: UnitHistory, attempt: Attempt, release: Release) -> Action | None:
    """What the manifest alone decides; None where the flash must be read.

    Args:
        history: of the unit under this product.
        attempt: the one that begins: its silicon, its name (empty while it is not known), and the
            reason where a rework is declared.
        release: what it is to become.

    Raises:
        BurnerError: E455, E456, E462, E464, E465: the unit is not burned here.
    """
    row = reburn.by_record(_on_record(history, attempt, release))
    if row and row.action is Action.REFUSE:
        raise BurnerError(row.code, _because(row.code, history, attempt))
    return row.action if row else None


def by_flash(device: Device, good: Record, release: Release) -> Action:
    """What is done with a good unit of this release, key and name. Reads no more than needed.

    Raises:
        BurnerError: E453 a frozen region differs; whatever reading raises.
    """
    differs = next((c for c in verify.regions(device, good) if not verify.passed([c])), None)
    recorded = good.attempt.regions
    application = differs is None and verify.passed([verify.application(device, release, recorded)])
    key = application and verify.passed([verify.configuration(device, good, release)])
    row = reburn.by_flash(InFlash(frozen=differs is None, key=key, application=application))
    if row.action is Action.REFUSE:
        what = differs.what if differs else ""
        raise BurnerError(row.code, f"{good.attempt.unit_id}: {_where(good)}; {what} differs")
    return row.action


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


def _because(code: str, history: UnitHistory, now: Attempt) -> str:
    """What the manifest says that has the unit refused."""
    passed = history.other_product or history.passed
    if passed is None or code == Code.UNIT_SCRAPPED:
        return history.scrapped
    before = passed.attempt
    other_product = before.product_id != now.product_id
    other_key = f"as product {before.product_id}" if other_product else "with another secret"
    what: dict[str, str] = {
        Code.PASSED_WITH_OTHER_RELEASE: f"with {before.profile}",
        Code.MAC_TAKEN: "on another flash chip",
        Code.PASSED_WITH_OTHER_KEY: other_key,
        Code.PASSED_UNDER_OTHER_NAME: f"as {before.device_name}, now {now.device_name}",
    }
    return f"{now.unit_id}: {_where(passed)}, {what[code]}"


def _where(good: Record) -> str:
    attempt, ended = good.attempt, good.result.ended
    return f"PASS at {ended:%Y-%m-%d %H:%M} UTC in slot {attempt.slot}, batch {attempt.batch}"
