"""A person's word on a unit: rework, scrap, void. Nothing that was written before is touched."""

from enum import StrEnum

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, Correction
from burner.manifest.fold.imports import in_imported_logs
from burner.manifest.fold.rows import NEVER, BatchRow, MemberRow, UnitRow
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_search import found_units, only_imported
from burner.manifest.store.state import TableState
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_who_and_why


class CorrectionKind(StrEnum):
    """What is said."""

    REWORK = "rework"
    """It is being repaired; its records stand. Ends a scrap."""
    SCRAP = "scrap"
    """It is thrown away; its place in the batch is free again."""
    VOID = "void"
    """Its attempts do not count (a trial, a mistake); its place and its names are free again."""


def correct(
    ledger: Ledger,
    word: CorrectionKind,
    unit_id: str,
    *,
    product_id: str,
    operator: str,
    reason: str,
) -> tuple[str, ...]:
    """Write a correction of a unit, once under each batch that it has been in, so that the records
    of every batch tell of it.

    Args:
        ledger: of the station (or desk) at which it is said.
        word: rework, scrap or void.
        unit_id: the unit.
        product_id: under which product.
        operator: who says so.
        reason: why.

    Returns:
        The batches that it has been in.

    Raises:
        BurnerError: E712 unknown, E731 without operator or reason, E738 one is more than a line,
            E762 void of a unit that only an imported log knows; E7.
    """
    require_who_and_why(f"unit {unit_id}", operator, reason)
    found: list[str] = []

    def make(state: TableState) -> list[AnyEntry]:
        ours = state.get(UnitRow, product_id, unit_id)
        if ours is None or ours.record == NEVER:
            imported = next(in_imported_logs(state, product_id, unit_id), None)
            if imported is None:
                raise BurnerError(Code.UNIT_UNKNOWN, unit_id)
            if word is CorrectionKind.VOID:
                origin, known = imported
                raise only_imported(known, origin)
        batches = [member.batch for member in state.rows(MemberRow, unit_id=unit_id)]
        found[:] = [
            b for b in batches if (row := state.get(BatchRow, b)) and row.product_id == product_id
        ]
        return [
            ledger.entry(
                Correction,
                batch=batch,
                product_id=product_id,
                unit_id=unit_id,
                what=word.value,
                operator=operator,
                reason=reason,
            )
            for batch in found or [""]
        ]

    ledger.append(make)
    return tuple(found)


def the_unit(reader: ManifestReader, text: str, product_id: str = "") -> tuple[str, str]:
    """UnitId and ProductID of the one unit that is meant.

    Args:
        reader: of the manifest.
        text: any of the unit's IDs or names.
        product_id: under which product, where it has several.

    Raises:
        BurnerError: E712 no unit, or several.
    """
    with reader.connection() as connection:
        rows = [row for _, row in found_units(connection, text, product_id)]
    if len(rows) != 1:
        named = ", ".join(f"{row.unit_id} of {row.product_id}" for row in rows)
        raise BurnerError(Code.UNIT_UNKNOWN, f"{text}: {named}" if named else text)
    return rows[0].unit_id, rows[0].product_id
