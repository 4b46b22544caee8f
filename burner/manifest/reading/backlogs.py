"""What waits: messages for a MES, and labels that are to be printed or looked at.

By index, so that to ask each second costs stations nothing.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, case, func, select
from sqlalchemy.engine import Connection

from burner.core.unit_labels import UnitLabelState
from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import NEVER, PASS, UnitRow
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.outbox import REFUSED, WAITING
from burner.manifest.store.tables import OWN, TABLES, outbox

_labels, _units = TABLES[UnitLabelRow], TABLES[UnitRow]
_same_unit = and_(*(_units.c[name] == _labels.c[name] for name in ("log", "product_id", "unit_id")))
PRINTING = timedelta(minutes=1)
"""A print that was started, and has no end on record, is at work so long; then it is doubtful."""


class MessageBacklog(NamedTuple):
    """Messages for one destination that are not delivered."""

    destination: str
    refused: bool
    """They wait for a person; else they are sent by themselves."""
    number: int
    since: datetime
    """Of the first one."""


def message_backlogs(connection: Connection) -> list[MessageBacklog]:
    """Of each destination that has any."""
    columns = (outbox.c.destination, outbox.c.state)
    query = (
        select(*columns, func.count(), func.min(outbox.c.number))
        .where(outbox.c.state.in_([WAITING, REFUSED]))
        .group_by(*columns)
        .order_by(*columns)
    )
    return [
        MessageBacklog(destination, state == REFUSED, int(number), _made(connection, first))
        for destination, state, number, first in connection.execute(query).all()
    ]


def _made(connection: Connection, number: int) -> datetime:
    query = select(outbox.c.at).where(outbox.c.number == number)
    return moment(connection.execute(query).scalar_one())


class LabelBacklog(NamedTuple):
    """Labels of good units of a batch that somebody must still look at."""

    batch: str
    doubtful: bool
    """Perhaps they were printed; else they were not."""
    number: int


def label_backlogs(
    connection: Connection, batches: Collection[str], now: datetime
) -> list[LabelBacklog]:
    """Of these batches of our log, where there are any."""
    states = (UnitLabelState.OWED, UnitLabelState.DOUBTFUL, UnitLabelState.STARTED)
    is_started = _labels.c.state == UnitLabelState.STARTED.value
    of_print = case((is_started, _labels.c.started), else_=NEVER).label("of_print")
    columns = (_labels.c.batch, _labels.c.state, of_print)
    query = (
        select(*columns, func.count())
        .join(_units, _same_unit)
        .where(_labels.c.log == OWN, _labels.c.batch.in_(batches))
        .where(_labels.c.state.in_([state.value for state in states]), _units.c.status == PASS)
        .group_by(*columns)
    )
    counts = Counter[tuple[str, bool]]()
    for batch, state, started, number in connection.execute(query).all():
        if started != NEVER and now - moment(entry_at(connection, started).at) < PRINTING:
            continue
        counts[batch, state != UnitLabelState.OWED] += int(number)
    return [LabelBacklog(*key, number) for key, number in sorted(counts.items())]
