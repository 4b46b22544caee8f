"""Good units: those that passed, and that nobody scrapped or voided since. One rule for the names
that a platform must have, for `reconcile` and for exports; in a batch it is `MemberRow.passed`.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select

from burner.manifest.fold.rows import SCRAP, VOID, AttemptRow, BatchRow, MemberRow, UnitRow
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.store.tables import TABLES

_attempts, _units = TABLES[AttemptRow], TABLES[UnitRow]
_members, _batches = TABLES[MemberRow], TABLES[BatchRow]


def select_good_units(chosen: AttemptFilter, *columns: ColumnElement[Any]) -> Select[Any]:
    """The last PASS of each good unit, in the order of the logs, then the present status of the
    unit: a later attempt may have failed, or be in work.

    Args:
        chosen: of the attempts that passed; with a batch: all units that passed in it, also where
            a unit passed in another one later.
        columns: of the attempt.
    """
    query = (
        select(*columns, _units.c.status)
        .select_from(_attempts)
        .join(_units, (_units.c.log == _attempts.c.log) & (_units.c.passed == _attempts.c.number))
        .where(_units.c.status.not_in((SCRAP, VOID)), *replace(chosen, batch="").where())
        .order_by(_attempts.c.log, _attempts.c.number)
    )
    return query.where(_passed_in(chosen.batch)) if chosen.batch else query


def _passed_in(batch: str) -> ColumnElement[bool]:
    """Whether a unit passed in a batch of its log."""
    return exists().where(
        _members.c.log == _units.c.log,
        _members.c.batch == batch,
        _members.c.unit_id == _units.c.unit_id,
        _members.c.passed,
        _batches.c.log == _units.c.log,
        _batches.c.batch == batch,
        _batches.c.product_id == _units.c.product_id,
    )
