"""Printed labels as they stand: of a unit, and of batches."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.engine import Connection

from burner.core.unit_labels import UnitLabelState
from burner.manifest.entries.values import moment
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import NEVER, PASS, AttemptRow, UnitRow
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.table_state import TableState, row_of
from burner.manifest.store.tables import OWN, TABLES

_labels, _units, _attempts = TABLES[UnitLabelRow], TABLES[UnitRow], TABLES[AttemptRow]
_of_unit = (
    (_units.c.log == _labels.c.log)
    & (_units.c.product_id == _labels.c.product_id)
    & (_units.c.unit_id == _labels.c.unit_id)
)
PRINTING = timedelta(minutes=1)
"""A print that was started, and has no end on record, is at work so long; then it is doubtful."""


class AttemptLabel(NamedTuple):
    """The printed label that the PASS of an attempt owes."""

    state: str = ""
    """As `UnitLabelState`; empty: it owes none."""
    prints: int | None = None


@dataclass(frozen=True)
class LabelCounts:
    """How many labels of good units stand how."""

    owed: int = 0
    printing: int = 0
    """Prints that were started a moment ago."""
    doubtful: int = 0
    """Also prints that were started earlier and have no end on record."""
    sent: int = 0
    confirmed: int = 0

    @property
    def open(self) -> int:
        """Labels that somebody must still look at."""
        return self.owed + self.printing + self.doubtful

    @property
    def all(self) -> int:
        """Labels of good units."""
        return self.open + self.sent + self.confirmed


def unit_label(connection: Connection, product_id: str, unit_id: str) -> UnitLabelRow | None:
    """The label of a unit of our log; None: it has none to print."""
    return TableState(connection).get(UnitLabelRow, product_id, unit_id)


def find_label(state: ManifestState, attempt: AttemptRow) -> AttemptLabel:
    """The label that the PASS of an attempt owes, from a state."""
    row = state.get(UnitLabelRow, attempt.product_id, attempt.unit_id)
    if row is None or row.passed != attempt.number:
        return AttemptLabel()
    return AttemptLabel(row.state, row.prints)


def with_attempt_labels(query: Select[Any]) -> Select[Any]:
    """A query of attempts with two more columns, those of `AttemptLabel`; NULL: it owes none."""
    owed = (
        (_labels.c.log == _attempts.c.log)
        & (_labels.c.product_id == _attempts.c.product_id)
        & (_labels.c.unit_id == _attempts.c.unit_id)
        & (_labels.c.passed == _attempts.c.number)
    )
    return query.outerjoin(_labels, owed).add_columns(_labels.c.state, _labels.c.prints)


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
    query = select(_labels).join(_units, _of_unit).where(*_of_batches([batch], log))
    if states:
        query = query.where(_labels.c.state.in_([state.value for state in states]))
    rows = connection.execute(query.order_by(_labels.c.passed))
    return [row_of(UnitLabelRow, row) for row in rows]


def is_printing(
    connection: Connection, started: int, now: datetime | None = None, log: int = OWN
) -> bool:
    """Whether the print that a record started, and that has no end on record, is at work.

    Args:
        connection: to the manifest.
        started: number of the record.
        now: None: by this computer's clock.
        log: of the record.
    """
    at = moment(entry_at(connection, started, log).at)
    return (now or datetime.now(UTC)) - at < PRINTING


def label_counts(connection: Connection, batch: str, log: int = OWN) -> LabelCounts:
    """How the labels of a batch stand."""
    return label_counts_by_batch(connection, [batch], log=log).get(batch, LabelCounts())


def label_counts_by_batch(
    connection: Connection, batches: Collection[str], now: datetime | None = None, log: int = OWN
) -> Mapping[str, LabelCounts]:
    """How the labels of batches stand, of those that have any; by index.

    Args:
        connection: to the manifest.
        batches: of one log.
        now: see `is_printing`.
        log: in which they were opened.
    """
    is_started = _labels.c.state == UnitLabelState.STARTED.value
    of_print = case((is_started, _labels.c.started), else_=NEVER).label("of_print")
    columns = (_labels.c.batch, _labels.c.state, of_print)
    query = select(*columns, func.count()).join(_units, _of_unit)
    query = query.where(*_of_batches(batches, log)).group_by(*columns)
    numbers: dict[str, Counter[str]] = {}
    for batch, state, started, number in connection.execute(query).all():
        counted = state
        if state == UnitLabelState.STARTED:
            at_work = is_printing(connection, started, now, log)
            counted = "printing" if at_work else UnitLabelState.DOUBTFUL.value
        numbers.setdefault(batch, Counter())[counted] += int(number)
    return {batch: LabelCounts(**numbers[batch]) for batch in sorted(numbers)}


def _of_batches(batches: Collection[str], log: int) -> list[ColumnElement[bool]]:
    of_log: list[ColumnElement[bool]] = [_labels.c.log == log, _units.c.status == PASS]
    return [*of_log, _labels.c.batch.in_(batches)]
