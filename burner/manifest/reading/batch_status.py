"""The status of a batch: by the status of each of its units, and by its close.

Planned = pass + scrap + missing. A unit that failed, was interrupted, was voided or is in
rework is missing until it passes or is scrapped.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from burner.core.attempt import warnings_in
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import ENGLISH, Wording
from burner.manifest.entries.kinds import BatchClosed, Correction, OutcomeEntry
from burner.manifest.fold.policies import Withdrawal, find_withdrawal
from burner.manifest.fold.rows import (
    BATCH_CLOSED,
    NEVER,
    OPEN,
    PASS,
    SCRAP,
    VOID,
    AttemptRow,
    BatchRow,
    LimitRow,
    MemberRow,
)
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.cloud_status import count_names_not_confirmed
from burner.manifest.reading.reader import ManifestReader, log_of_batch
from burner.manifest.reading.unit_labels import LabelCounts, label_counts
from burner.manifest.reading.unit_search import log_origins
from burner.manifest.store.bodies import entry_at, entry_of
from burner.manifest.store.table_state import TableState, row_of
from burner.manifest.store.tables import OWN, TABLES, records

_batches, _members, _attempts = TABLES[BatchRow], TABLES[MemberRow], TABLES[AttemptRow]
_STATUSES = select(_members.c.unit_id, _members.c.status).where(
    _members.c.log == bindparam("of_log"), _members.c.batch == bindparam("of_batch")
)
_AFTER_CLOSE = (
    select(records.c.number, records.c.body)
    .where(records.c.log == bindparam("of_log"), records.c.batch == bindparam("of_batch"))
    .where(records.c.number > bindparam("closed"))
    .order_by(records.c.number)
)


@dataclass(frozen=True)
class BatchStatus:
    """The status of a batch. Units are sorted."""

    row: BatchRow
    origin: str
    """Of the log in which it was opened."""
    own: bool
    """Whether that is ours."""
    attempts: int
    units: dict[str, tuple[str, ...]]
    """Status → units."""
    limit: LimitRow | None = None
    """Of the release, over all its batches."""
    in_time_window: bool = False
    """Whether only a part of the time is counted: then nothing is missing."""
    changed: tuple[str, ...] = ()
    """What changed after its close, one sentence for each unit."""
    withdrawal: Withdrawal | None = None
    """Who withdrew its release; None: nobody."""
    names_not_confirmed: int | None = None
    """Good units whose name the cloud platform is not known to have; None: it creates them by
    itself, or that is not known."""
    labels: LabelCounts | None = None
    """How the labels of good units stand; None: the release prints none."""

    @property
    def batch(self) -> str:
        """Its id."""
        return self.row.batch

    @property
    def passed(self) -> tuple[str, ...]:
        """Good units."""
        return self.units.get(PASS, ())

    @property
    def scrapped(self) -> tuple[str, ...]:
        """Scrapped units."""
        return self.units.get(SCRAP, ())

    @property
    def failed(self) -> tuple[str, ...]:
        """Units whose last attempt ended FAIL."""
        return self.units.get("FAIL", ())

    @property
    def interrupted(self) -> tuple[str, ...]:
        """Units without a verdict: ERROR, ABORTED, or in rework."""
        statuses = ("ERROR", "ABORTED", "rework")
        return tuple(sorted(unit for status in statuses for unit in self.units.get(status, ())))

    @property
    def open(self) -> tuple[str, ...]:
        """Units whose last attempt has no outcome."""
        return self.units.get(OPEN, ())

    @property
    def planned(self) -> int | None:
        """Units to be made; None: no limit."""
        return None if self.in_time_window else self.row.planned

    @property
    def missing(self) -> int:
        """Units of the plan that are neither made nor scrapped."""
        if self.planned is None:
            return 0
        return max(0, self.planned - len(self.passed) - len(self.scrapped))

    @property
    def replaced(self) -> int:
        """Scrapped units that were replaced: they are beyond the plan."""
        if self.planned is None:
            return 0
        return max(0, len(self.passed) + len(self.scrapped) - self.planned)

    def balance(self, say: Wording = ENGLISH) -> str:
        """`300 planned = 297 pass + 2 scrap + 1 missing`."""
        if self.planned is None:
            return say("batch sum without plan", len(self.passed), len(self.scrapped))
        scrap = len(self.scrapped) - self.replaced
        text = say("batch sum", self.planned, len(self.passed), scrap, self.missing)
        return text + (say("more replaced", self.replaced) if self.replaced else "")

    def counts(self) -> dict[str, int | None]:
        """The numbers in the record of the close."""
        names, labels = self.names_not_confirmed, self.labels
        return {
            **({} if names is None else {"names_not_confirmed": names}),
            **({"labels_doubtful": labels.doubtful, "labels_owed": labels.owed} if labels else {}),
            "attempts": self.attempts,
            "failed": len(self.failed),
            "interrupted": len(self.interrupted),
            "missing": self.missing,
            "open": len(self.open),
            "pass": len(self.passed),
            "planned": self.planned,
            "scrap": len(self.scrapped),
            "void": len(self.units.get(VOID, ())),
        }


def batch_status(
    reader: ManifestReader, batch: str, since: datetime | None = None, until: datetime | None = None
) -> BatchStatus:
    """The status of a batch.

    Args:
        reader: of the manifest.
        batch: its id; a batch of our log comes before an imported one.
        since: only attempts at or after this time.
        until: only attempts before this time.

    Raises:
        BurnerError: E733 when the manifest knows no such batch; E7.
    """
    with reader.connection() as connection:
        log = log_of_batch(connection, batch)
        if since or until:
            return _status_in_window(
                connection, batch, log, AttemptFilter(since=since, until=until)
            )
        return batch_status_in(connection, batch, log)


def batch_status_in(connection: Connection, batch: str, log: int = OWN) -> BatchStatus:
    """The status of a batch in this transaction."""
    state = TableState(connection, log)
    row = state.get(BatchRow, batch)
    if row is None:
        raise BurnerError(Code.BATCH_UNKNOWN, batch)
    members = connection.execute(_STATUSES, {"of_log": log, "of_batch": batch})
    where = (_attempts.c.log == log, _attempts.c.batch == batch)
    attempts = connection.execute(select(func.count()).select_from(_attempts).where(*where))
    return BatchStatus(
        row=row,
        origin=log_origins(connection)[log],
        own=log == OWN,
        attempts=int(attempts.scalar_one()),
        units=_units_by_status((unit, status) for unit, status in members),
        limit=state.get(LimitRow, row.scope),
        changed=_changes_after_close(connection, row, log) if row.state == BATCH_CLOSED else (),
        withdrawal=find_withdrawal(TableState(connection), row.release_digest),
        names_not_confirmed=count_names_not_confirmed(connection, row, log),
        labels=label_counts(connection, batch, log) if row.unit_label else None,
    )


def units_by_warning(reader: ManifestReader, batch: str) -> dict[str, int]:
    """Code of each warning → how many units of the batch have it on record."""
    units: dict[str, set[str]] = {}
    for attempt in reader.attempts_json(reader.with_log_of_batch(AttemptFilter(batch=batch))):
        for code in warnings_in(attempt["evidence"]):
            units.setdefault(code, set()).add(attempt["unit_id"])
    return {code: len(unit_ids) for code, unit_ids in sorted(units.items())}


def all_batches(reader: ManifestReader) -> list[BatchStatus]:
    """Every batch of every log, in the order in which they were opened."""
    query = select(_batches).order_by(_batches.c.log, _batches.c.opened)
    with reader.connection() as connection:
        rows = connection.execute(query).all()
        return [batch_status_in(connection, row_of(BatchRow, row).batch, row[0]) for row in rows]


def close_record(connection: Connection, row: BatchRow, log: int = OWN) -> BatchClosed | None:
    """The record that closed a batch; None while it is open."""
    if row.closed == NEVER:
        return None
    entry = entry_at(connection, row.closed, log)
    return entry if isinstance(entry, BatchClosed) else None


def _status_in_window(
    connection: Connection, batch: str, log: int, window: AttemptFilter
) -> BatchStatus:
    """The status by the last attempt of each unit in the time window."""
    whole = batch_status_in(connection, batch, log)
    outcomes: dict[str, str] = {}
    attempts = 0
    where = [*AttemptFilter(batch=batch, log=log, since=window.since, until=window.until).where()]
    query = select(_attempts.c.unit_id, _attempts.c.outcome).where(*where)
    for unit, outcome in connection.execute(query.order_by(_attempts.c.number)):
        attempts += 1
        if unit:
            outcomes[unit] = outcome
    return BatchStatus(
        row=whole.row,
        origin=whole.origin,
        own=whole.own,
        attempts=attempts,
        units=_units_by_status(outcomes.items()),
        in_time_window=True,
        withdrawal=whole.withdrawal,
    )


def _units_by_status(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Status → units, sorted; from pairs of a unit and its status."""
    units: dict[str, list[str]] = {}
    for unit, status in sorted(pairs):
        units.setdefault(status, []).append(unit)
    return {status: tuple(names) for status, names in units.items()}


def _changes_after_close(connection: Connection, row: BatchRow, log: int) -> tuple[str, ...]:
    """What records after the close say about units of the batch."""
    changes: dict[str, str] = {}
    where = {"of_log": log, "of_batch": row.batch, "closed": row.closed}
    for _, body in connection.execute(_AFTER_CLOSE, where):
        changes.update(_change(entry_of(body)))
    return tuple(changes[unit] for unit in sorted(changes))


def _change(entry: Any) -> Iterator[tuple[str, str]]:
    if isinstance(entry, OutcomeEntry):
        yield entry.unit_id, f"{entry.unit_id} was open, is {entry.result.outcome}"
    elif isinstance(entry, Correction):
        yield entry.unit_id, f"{entry.unit_id} {entry.what} by {entry.operator}: {entry.reason}"
