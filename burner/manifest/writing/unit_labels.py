"""Prints of unit labels put on record: the start before the first byte leaves, and the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_labels import LabelPrintEnd, UnitLabelState
from burner.manifest.entries.entry import MAX_TEXT, new_nonce
from burner.manifest.entries.unit_label_kinds import UnitLabelEnded, UnitLabelStarted
from burner.manifest.fold.rows import NEVER
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import require_operator_and_reason


@dataclass(frozen=True)
class LabelPrint:
    """One print of the label of a unit."""

    row: UnitLabelRow
    """As it stood before."""
    printer: str
    operator: str = ""
    reason: str = ""
    """Why it is printed again; empty: it is owed."""
    id: str = field(default_factory=new_nonce)
    """So that a call that is repeated, since its answer was lost, records nothing twice."""


def start_print(ledger: Ledger, label: LabelPrint) -> int:
    """Record that a print begins. Only then may its bytes leave.

    Returns:
        The number of the record.

    Raises:
        BurnerError: E777 it was printed before, or may have been, and nobody ordered it again;
            E778 there is no label to print; E731, E738 the operator or the reason; E7.
    """
    row = label.row
    if label.operator or label.reason:
        require_operator_and_reason(f"unit {row.unit_id}", label.operator, label.reason)
    (number,) = ledger.append(
        lambda _: [
            ledger.new_entry(
                UnitLabelStarted,
                **_unit_of(row),
                device_name=row.device_name,
                passed=row.passed,
                printer=label.printer[:MAX_TEXT],
                operator=label.operator,
                reason=label.reason,
            )
        ],
        key=f"{label.id} start",
    )
    return number


def end_print(
    ledger: Ledger,
    label: LabelPrint,
    started: int,
    result: LabelPrintEnd,
    error: BurnerError | None = None,
) -> None:
    """Record how a print ended.

    Raises:
        BurnerError: E7.
    """
    code, detail = (error.code, error.detail[:MAX_TEXT]) if error else ("", "")
    ended = {"started": started, "result": result, "code": code, "detail": detail}
    _append_end(ledger, label.row, f"{label.id} end", ended)


def confirm_label(ledger: Ledger, row: UnitLabelRow) -> None:
    """Record that the printed label of a unit was scanned.

    Raises:
        BurnerError: E779 it was not printed; E7.
    """
    if row.started == NEVER or row.state == UnitLabelState.OWED:
        raise BurnerError(Code.LABEL_NOT_PRINTED_YET, f"unit {row.unit_id}")
    if row.state != UnitLabelState.CONFIRMED:
        key = f"{row.product_id} {row.unit_id} {row.started} confirmed"
        ended = {"started": row.started, "result": LabelPrintEnd.CONFIRMED}
        _append_end(ledger, row, key, ended)


def _append_end(ledger: Ledger, row: UnitLabelRow, key: str, ended: Mapping[str, Any]) -> None:
    ledger.append(lambda _: [ledger.new_entry(UnitLabelEnded, **_unit_of(row), **ended)], key=key)


def _unit_of(row: UnitLabelRow) -> dict[str, str]:
    return {"batch": row.batch, "product_id": row.product_id, "unit_id": row.unit_id}
