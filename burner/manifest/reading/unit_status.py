"""The present word on the unit of an attempt: the same in status, report, lists and folders."""

from typing import Any

from sqlalchemy import ColumnElement, Select, select

from burner.manifest.fold.rows import REWORK, SCRAP, VOID, AttemptRow, MemberRow, UnitRow
from burner.manifest.fold.state import ManifestState
from burner.manifest.store.tables import TABLES

CORRECTIONS = (SCRAP, VOID, REWORK)

_attempts, _members, _units = TABLES[AttemptRow], TABLES[MemberRow], TABLES[UnitRow]


def select_with_words(*columns: ColumnElement[Any]) -> Select[Any]:
    """Attempts, each with three columns behind: the word on its unit in its batch (NULL without
    one), over all batches, and the number of its last void.
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
        select(*columns, _members.c.word, _units.c.word, _units.c.voided)
        .select_from(_attempts)
        .outerjoin(_members, in_batch)
        .outerjoin(_units, of_unit)
    )


def correction_of(
    attempt: AttemptRow, in_batch: str | None, of_unit: str | None, voided: int | None
) -> str:
    """The correction that stands on the unit of an attempt; empty where none does.

    Args:
        attempt: which.
        in_batch: the word on its unit in its batch.
        of_unit: the word over all batches.
        voided: number of the last void.
    """
    if voided is not None and attempt.number < voided:
        return VOID
    word = in_batch if attempt.batch else of_unit
    return word if word in CORRECTIONS else ""


def corrected(state: ManifestState, attempt: AttemptRow) -> str:
    """The same, of one attempt."""
    member = state.get(MemberRow, attempt.batch, attempt.unit_id)
    unit = state.get(UnitRow, attempt.product_id, attempt.unit_id)
    words = (unit.word, unit.voided) if unit else (None, None)
    return correction_of(attempt, member.word if member else None, *words)
