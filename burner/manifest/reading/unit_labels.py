"""Printed labels as they stand: of a unit, and of batches."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection

from burner.core.unit_labels import UnitLabelState
from burner.manifest.fold.rows import PASS, UnitRow
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.store.table_state import TableState, row_of
from burner.manifest.store.tables import OWN, TABLES

_labels, _units = TABLES[UnitLabelRow], TABLES[UnitRow]
_of_unit = (
    (_units.c.log == _labels.c.log)
    & (_units.c.product_id == _labels.c.product_id)
    & (_units.c.unit_id == _labels.c.unit_id)
)


@dataclass(frozen=True)
class LabelCounts:
    """How many labels of good units stand how."""

    owed: int = 0
    doubtful: int = 0
    """Also prints that were started and have no end on record."""
    sent: int = 0
    confirmed: int = 0

    @property
    def open(self) -> int:
        """Labels that somebody must still look at."""
        return self.owed + self.doubtful

    @property
    def all(self) -> int:
        """Labels of good units."""
        return self.open + self.sent + self.confirmed


def unit_label(connection: Connection, product_id: str, unit_id: str) -> UnitLabelRow | None:
    """The label of a unit of our log; None: it has none to print."""
    return TableState(connection).get(UnitLabelRow, product_id, unit_id)


def labels_of_batch(
    connection: Connection, batch: str, *states: UnitLabelState, log: int = OWN
) -> list[UnitLabelRow]:
    """Labels of the good units of a batch, in the order in which they passed.

    Args:
        connection: to the manifest.
        batch: its id.
        states: only labels that stand so; none: all.
        log: in which it was opened.
    """
    query = select(_labels).join(_units, _of_unit).where(*_of_batch(batch, log))
    if states:
        query = query.where(_labels.c.state.in_([state.value for state in states]))
    rows = connection.execute(query.order_by(_labels.c.passed))
    return [row_of(UnitLabelRow, row) for row in rows]


def label_counts(connection: Connection, batch: str = "", log: int = OWN) -> LabelCounts:
    """How the labels of a batch stand; without one, those of all batches."""
    query = select(_labels.c.state, func.count()).join(_units, _of_unit)
    query = query.where(*_of_batch(batch, log)).group_by(_labels.c.state)
    counts: Mapping[str, int] = {state: int(n) for state, n in connection.execute(query)}
    return LabelCounts(
        owed=counts.get(UnitLabelState.OWED, 0),
        doubtful=counts.get(UnitLabelState.DOUBTFUL, 0) + counts.get(UnitLabelState.STARTED, 0),
        sent=counts.get(UnitLabelState.SENT, 0),
        confirmed=counts.get(UnitLabelState.CONFIRMED, 0),
    )


def _of_batch(batch: str, log: int) -> list[ColumnElement[bool]]:
    of_log: list[ColumnElement[bool]] = [_labels.c.log == log, _units.c.status == PASS]
    return [*of_log, _labels.c.batch == batch] if batch else of_log
