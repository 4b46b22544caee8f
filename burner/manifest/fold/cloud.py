"""Rules of the cloud platform: preflights of batches, and names that the platform has."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.entries.cloud_kinds import (
    CloudPreflight,
    NamesConfirmed,
    Reconciled,
    RegistrationProved,
)
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import BatchOpened
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import (
    NEVER,
    BatchRow,
    Change,
    ConfirmedNameRow,
    LogRow,
    NameRow,
    UnitRow,
)
from burner.platforms.platform import DEFAULT_CLOUD
from burner.profile.registration import NameCreation, PreflightCondition


class CloudTerms(NamedTuple):
    """What a batch asks of the platform."""

    platform: str
    """`product.cloud`; empty: it is of no release."""
    name_creation: str
    """When the platform gets its names, as `NameCreation`; empty: not known."""
    preflight_required: bool


def terms_of(entry: BatchOpened) -> CloudTerms:
    """By the index of the release, and by what was asked for with the opening.

    A newer burner may have written the index: nothing else of its section is looked at.
    """
    profile = json.loads(entry.index)["profile"] if entry.index else {}
    section = profile.get("registration", {})
    try:
        platform = str(profile["product"].get("cloud", DEFAULT_CLOUD)) if profile else ""
        names = section.get("names")
        creation = "" if names is None else NameCreation(names).value
        condition = PreflightCondition(section.get("preflight", PreflightCondition.OPTIONAL))
    except (AttributeError, ValueError):
        raise inconsistent(f"batch {entry.batch}: the index is of no release") from None
    required = entry.preflight_required or condition is PreflightCondition.REQUIRED
    return CloudTerms(platform, creation, required)


# -- preflight ------------------------------------------------------------------------------------


def with_preflight(row: BatchRow, number: int, entry: CloudPreflight) -> BatchRow:
    """The last preflight of a batch counts. A good one says which key the next unit must have."""
    if entry.product_id != row.product_id:
        raise inconsistent(f"batch {row.batch}: a preflight of product {entry.product_id}")
    if row.key and entry.key and row.key != entry.key:
        detail = f"batch {row.batch}: key {row.key}, not {entry.key}"
        raise BurnerError(Code.BATCH_HAS_OTHER_KEY, detail)
    if not entry.failures and (not entry.key or entry.quantity is None):
        raise inconsistent(f"batch {row.batch}: a good preflight lacks its key or its quantity")
    return row._replace(
        preflight=number,
        preflight_failures=" ".join(entry.failures),
        preflight_units=entry.quantity or 0,
        preflight_key="" if entry.failures else entry.key,
    )


def require_preflight(row: BatchRow) -> None:
    """Refuse to begin a unit of a batch whose required preflight is missing, or not good.

    Raises:
        BurnerError: E816, E817.
    """
    if not row.preflight_required:
        return
    if row.preflight == NEVER:
        raise BurnerError(Code.PREFLIGHT_MISSING, f"batch {row.batch}")
    if row.preflight_failures:
        failures = row.preflight_failures.replace(" ", ", ")
        raise BurnerError(Code.PREFLIGHT_NOT_GOOD, f"batch {row.batch}: {failures}")


def require_preflight_of_next(row: BatchRow) -> None:
    """Refuse one more unit than the required preflight of a batch was made for.

    Raises:
        BurnerError: E817.
    """
    if row.preflight_required and row.taken >= row.preflight_units:
        units = counted(row.preflight_units, "unit")
        raise BurnerError(Code.PREFLIGHT_NOT_GOOD, f"batch {row.batch}: it was for {units}")


# -- names ----------------------------------------------------------------------------------------


def confirm_names(
    state: ManifestState,  # noqa: ARG001 - as every rule
    number: int,
    entry: NamesConfirmed,
) -> tuple[Change, ...]:
    """The platform has these names."""
    if not entry.product_id or list(entry.names) != sorted(set(entry.names)):
        raise inconsistent("confirmed names are of no product, or not in order")
    rest = (entry.platform, number, entry.endpoint)
    return tuple(ConfirmedNameRow(entry.product_id, name, *rest) for name in entry.names)


def check_name_confirmed(state: ManifestState, row: BatchRow, name: str) -> None:
    """Refuse a unit whose name the platform is not known to have, where it must.

    In an export of a batch, and where an imported log is not at hand, that cannot be judged.

    Raises:
        BurnerError: E818.
    """
    before = row.name_creation == NameCreation.CREATED_BEFORE
    if before and state.whole and not is_confirmed(state, row, name):
        raise BurnerError(Code.NAME_NOT_CONFIRMED, name)


def is_confirmed(state: ManifestState, row: BatchRow, name: str) -> bool:
    """Whether the platform of a batch is known to have a name: by our log, or an imported one."""
    key = (row.product_id, name, row.platform)
    if state.get(ConfirmedNameRow, *key) is not None:
        return True
    return any(
        other is None or other.get(ConfirmedNameRow, *key) is not None
        for other in _imported_logs(state)
    )


def _imported_logs(state: ManifestState) -> Iterator[ManifestState | None]:
    """Each imported log; None: its records are not at hand."""
    for log in state.rows(LogRow, own=False):
        yield state.foreign(log.origin, log.size)


# -- proofs and reconciliations -------------------------------------------------------------------


def confirm_proved_name(
    state: ManifestState, number: int, entry: RegistrationProved
) -> tuple[Change, ...]:
    """The name of a unit that was burned here; registered, it is on the platform."""
    unit = state.get(UnitRow, entry.product_id, entry.unit_id)
    if unit is None or unit.last == NEVER:
        raise BurnerError(Code.UNIT_UNKNOWN, entry.unit_id)
    holder = state.get(NameRow, entry.product_id, entry.device_name)
    may_be_imported = holder is None and None in _imported_logs(state)
    if state.whole and not may_be_imported and (holder is None or holder.unit_id != unit.unit_id):
        raise inconsistent(f"unit {entry.unit_id} does not have the name {entry.device_name}")
    if not entry.registered:
        return ()
    key = (entry.product_id, entry.device_name, entry.platform)
    known = state.get(ConfirmedNameRow, *key)
    if known and entry.endpoint and not known.endpoint:
        return ()  # the platform itself said so before
    return (ConfirmedNameRow(*key, number, entry.endpoint),)


def check_reconciliation(entry: Reconciled) -> tuple[Change, ...]:
    """Refuse one that lacks its product or its export; it changes nothing."""
    if not entry.product_id or (entry.source == "export") != bool(entry.export):
        raise inconsistent("a reconciliation lacks its product or its export")
    return ()
