"""How many units were new in a batch, and how many of them passed at their first attempt."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.engine import Connection

from burner.core.attempt import judges_unit
from burner.manifest.fold.rows import NEVER, OPEN, PASS, AttemptRow
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.store.tables import OWN, TABLES

_attempts = TABLES[AttemptRow]
_unit, _outcome, _code = _attempts.c.unit_id, _attempts.c.outcome, _attempts.c.code


class FirstAttempts(NamedTuple):
    """The first attempts on the units of a batch, as a report counts them."""

    new: int
    passed: int
    refused: frozenset[str]
    """Units that failed before they were begun: a later attempt is not their first."""


def first_attempts(reader: ManifestReader, batch: str, size: int) -> FirstAttempts:
    """Those that had ended when our log had this size, or were cut off: their unit was begun
    again.
    """
    of_batch = (_attempts.c.log == OWN, _attempts.c.batch == batch, _unit != "")
    superseded_by = _attempts.c.superseded_by
    cut_off = (_outcome == OPEN) & (superseded_by != NEVER) & (superseded_by < size)
    has_ended = (_outcome != OPEN) & (_attempts.c.ended < size)
    ended = (*of_batch, has_ended)
    begun = (*of_batch, or_(has_ended, cut_off), _attempts.c.began, _attempts.c.nth == 1)
    not_begun = (*ended, _attempts.c.began.is_(False), _attempts.c.nth == 0)
    by_outcome = select(_outcome, func.count()).where(*begun).group_by(_outcome)
    with reader.connection() as connection:
        rows = connection.execute(select(_unit, _outcome, _code).where(*not_begun))
        failed = {unit for unit, outcome, code in rows if judges_unit(outcome, code, began=False)}
        refused = sorted(failed)
        new, passed = _counts(connection, by_outcome)
        for units in _chunks(refused):
            later, passed_later = _counts(connection, by_outcome.where(_unit.in_(units)))
            new, passed = new - later, passed - passed_later
    return FirstAttempts(new + len(refused), passed, frozenset(refused))


def _counts(connection: Connection, by_outcome: Select[Any]) -> tuple[int, int]:
    """How many attempts there are, and how many of them passed."""
    counts = {outcome: int(count) for outcome, count in connection.execute(by_outcome)}
    return sum(counts.values()), counts.get(PASS, 0)


def _chunks(units: Sequence[str]) -> Sequence[Sequence[str]]:
    return [units[at : at + CHUNK] for at in range(0, len(units), CHUNK)]
