"""Rules of printed labels: what is owed, and that nothing is printed twice by itself."""

import json
from collections.abc import Iterable

from burner.core.canonical_json import digest
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_labels import LabelPrintEnd, UnitLabelState
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import OutcomeEntry
from burner.manifest.entries.unit_label_kinds import UnitLabelEnded, UnitLabelStarted
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import NEVER, PASS, BatchRow, Change, IdRow, UnitRow
from burner.manifest.fold.unit_label_row import UnitLabelRow

NOT_PRINTED = ("scan_back", "examples")
"""The parts of the section that say nothing of what is printed."""


def digest_in(index: str) -> str:
    """What the label of each unit is made of, by the index of a release; empty: it prints none."""
    profile = json.loads(index)["profile"] if index else {}
    section = profile.get("label")
    if not isinstance(section, dict):
        return ""
    printed = {key: value for key, value in section.items() if key not in NOT_PRINTED}
    return digest(printed)


def owe(
    state: ManifestState,
    batch: BatchRow,
    entry: OutcomeEntry,
    device_name: str,
    ids: Iterable[IdRow],
) -> tuple[Change, ...]:
    """After a PASS its label is owed, unless the unit has had the same one.

    Args:
        state: before the record.
        batch: of the attempt.
        entry: the PASS of an attempt that began.
        device_name: the unit's.
        ids: of the unit, as they were before it.
    """
    if not batch.unit_label or entry.intent is None:
        return ()
    values = {row.source: row.value for row in ids if row.opened == entry.intent}
    row = UnitLabelRow(
        *(entry.product_id, entry.unit_id, entry.batch, device_name, entry.intent, entry.station),
        content=digest({"label": batch.unit_label, "name": device_name, "ids": values}),
        state=UnitLabelState.OWED.value,
        before="",
        started=NEVER,
        prints=0,
    )
    known = state.get(UnitLabelRow, entry.product_id, entry.unit_id)
    if known and known.content == row.content and known.state != UnitLabelState.OWED:
        return ()
    return (row,)


def start(state: ManifestState, number: int, entry: UnitLabelStarted) -> tuple[Change, ...]:
    """A print begins: of an owed label, or again with operator and reason.

    In an export of a batch, what other batches printed is not at hand, and is not judged.

    Raises:
        BurnerError: E777 it was printed, or may have been; E778 the unit has no label to print.
    """
    row = state.get(UnitLabelRow, entry.product_id, entry.unit_id)
    if row is None or row.batch != entry.batch:
        raise BurnerError(Code.NO_LABEL_TO_PRINT, f"unit {entry.unit_id}")
    if state.whole:
        _check_good(state, row)
        is_ordered = bool(entry.operator.strip() and entry.reason.strip())
        if row.state != UnitLabelState.OWED and not is_ordered:
            detail = f"unit {entry.unit_id}, record {row.started}: {row.state}"
            raise BurnerError(Code.LABEL_PRINTED_BEFORE, detail)
        if (entry.passed, entry.device_name) != (row.passed, row.device_name):
            raise inconsistent(f"unit {entry.unit_id}: the label of another PASS")
    before = row.state if row.state != UnitLabelState.STARTED else UnitLabelState.DOUBTFUL
    started = row._replace(
        state=UnitLabelState.STARTED.value,
        before=str(before),
        started=number,
        prints=row.prints + 1,
    )
    return (started,)


def _check_good(state: ManifestState, row: UnitLabelRow) -> None:
    unit = state.get(UnitRow, row.product_id, row.unit_id)
    if unit is None or unit.status != PASS:
        what = unit.status if unit else "unknown"
        raise BurnerError(Code.NO_LABEL_TO_PRINT, f"unit {row.unit_id} is {what}")


def end(state: ManifestState, entry: UnitLabelEnded) -> tuple[Change, ...]:
    """A print has ended, or its label was scanned. It changes only the row of the last start."""
    row = state.get(UnitLabelRow, entry.product_id, entry.unit_id)
    if row is None or row.batch != entry.batch or row.started != entry.started:
        if state.whole:
            raise inconsistent(f"record {entry.started} started no print of unit {entry.unit_id}")
        return ()
    if entry.result == LabelPrintEnd.CONFIRMED:
        if row.state == UnitLabelState.OWED:
            raise inconsistent(f"unit {entry.unit_id}: a label was scanned that was not printed")
        return (row._replace(state=UnitLabelState.CONFIRMED.value),)
    if row.state == UnitLabelState.CONFIRMED and row.before:  # scanned before the print ended
        return (row._replace(before=""),)
    if row.state != UnitLabelState.STARTED:
        raise inconsistent(f"the print of record {entry.started} had ended before")
    if entry.result == LabelPrintEnd.NOT_SENT:
        return (row._replace(state=row.before, before="", prints=row.prints - 1),)
    ended = UnitLabelState(entry.result.value)
    return (row._replace(state=ended.value, before=""),)
