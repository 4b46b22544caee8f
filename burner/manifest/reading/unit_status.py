"""The present status of the unit of an attempt: one rule for status, report, lists and folders."""

from typing import Any

from sqlalchemy import ColumnElement, Select, select

from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import REWORK, SCRAP, VOID, AttemptRow, MemberRow, UnitRow
from burner.manifest.store.tables import TABLES

CORRECTIONS = (SCRAP, VOID, REWORK)

_attempts, _members, _units = TABLES[AttemptRow], TABLES[MemberRow], TABLES[UnitRow]


def select_with_unit_status(*columns: ColumnElement[Any]) -> Select[Any]:
    """Attempts with three more columns: the status of the unit in its batch (NULL without one),
    its status over all batches, and the number of its last void.
    """
    in_batch = (
        (_members.c.log == _attempts.c.log)
        & (_members.c.batch == _attempts.c.batch)
        & (_members.c.unit_id == _attempts.c.unit_id)
    )
    of_unit = (
        (_units.c.log == _attempts.c.log)
        & (_units.c.product_id == _attempts.c.product_id)
        & (_units.c.unit_id == _attempts.c.unit_id)
    )
    return (
        select(*columns, _members.c.status, _units.c.status, _units.c.voided)
        .select_from(_attempts)
        .outerjoin(_members, in_batch)
        .outerjoin(_units, of_unit)
    )


def applied_correction(
    attempt: AttemptRow, in_batch: str | None, of_unit: str | None, voided: int | None
) -> str:
    """The correction of its unit that applies to an attempt; empty: none.

    Args:
        attempt: the attempt.
        in_batch: status of its unit in its batch.
        of_unit: status of its unit over all batches.
        voided: number of the last void.
    """
    if voided is not None and attempt.number < voided:
        return VOID
    status = in_batch if attempt.batch else of_unit
    return status if status in CORRECTIONS else ""


def find_correction(state: ManifestState, attempt: AttemptRow) -> str:
    """The same for one attempt, from a state."""
    member = state.get(MemberRow, attempt.batch, attempt.unit_id)
    unit = state.get(UnitRow, attempt.product_id, attempt.unit_id)
    status, voided = (unit.status, unit.voided) if unit else (None, None)
    return applied_correction(attempt, member.status if member else None, status, voided)
