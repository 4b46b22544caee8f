"""Corrections of a unit by a person: rework, scrap, void. Earlier records are not changed."""

from enum import StrEnum

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, Correction
from burner.manifest.fold.imports import imported_units
from burner.manifest.fold.rows import NEVER, BatchRow, MemberRow, UnitRow
from burner.manifest.reading.unit_search import imported_unit_error
from burner.manifest.store.table_state import TableState
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_operator_and_reason


class CorrectionKind(StrEnum):
    """What a person declares of a unit."""

    REWORK = "rework"
    """It is being repaired and may be burned again; its records stay valid. Ends a scrap."""
    SCRAP = "scrap"
    """It is thrown away; its place in the batch is free."""
    VOID = "void"
    """Its attempts do not count (a trial, a mistake); its place and names are free."""


def correct(
    ledger: Ledger,
    kind: CorrectionKind,
    unit_id: str,
    *,
    product_id: str,
    operator: str,
    reason: str,
) -> tuple[str, ...]:
    """Record a correction of a unit, once for each batch that it was in, so that the export of
    every batch shows it.

    Args:
        ledger: of the station (or desk) that records it.
        kind: rework, scrap or void.
        unit_id: the unit.
        product_id: under which product.
        operator: who declares it.
        reason: why.

    Returns:
        The batches that it was in.

    Raises:
        BurnerError: E712 unknown, E731 without operator or reason, E738 one is more than a line,
            E762 void of a unit that only an imported log knows; E7.
    """
    require_operator_and_reason(f"unit {unit_id}", operator, reason)
    batches: list[str] = []

    def make(state: TableState) -> list[AnyEntry]:
        unit = state.get(UnitRow, product_id, unit_id)
        if unit is None or unit.record == NEVER:
            imported = next(imported_units(state, product_id, unit_id), None)
            if imported is None:
                raise BurnerError(Code.UNIT_UNKNOWN, unit_id)
            if kind is CorrectionKind.VOID:
                origin, row = imported
                raise imported_unit_error(row, origin)
        rows = [state.get(BatchRow, m.batch) for m in state.rows(MemberRow, unit_id=unit_id)]
        batches[:] = [row.batch for row in rows if row and row.product_id == product_id]
        return [
            ledger.new_entry(
                Correction,
                batch=batch,
                product_id=product_id,
                unit_id=unit_id,
                what=kind.value,
                operator=operator,
                reason=reason,
            )
            for batch in batches or [""]
        ]

    ledger.append(make)
    return tuple(batches)
