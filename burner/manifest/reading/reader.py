"""A manifest opened for reading: its attempts, units and batches."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, Self

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.core.attempt import Attempt, Outcome
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import BatchOpened, is_simulated
from burner.manifest.entries.values import moment
from burner.manifest.fold.policies import Withdrawal, find_withdrawal, policy_in_force
from burner.manifest.fold.rows import (
    AttemptRow,
    BatchRow,
    IdRow,
    KeyRow,
    LogRow,
    NameRow,
    PolicyRow,
    UnitRow,
    WithdrawnRow,
)
from burner.manifest.reading.attempt_filter import ALL_ATTEMPTS, AttemptFilter
from burner.manifest.reading.attempt_json import attempt_json
from burner.manifest.reading.good_units import select_good_units
from burner.manifest.reading.unit_history import UnitHistory, history, record_at
from burner.manifest.reading.unit_labels import AttemptLabel, with_attempt_labels
from burner.manifest.reading.unit_overview import unit_overviews
from burner.manifest.reading.unit_search import find_units, imported_unit_error, log_origins
from burner.manifest.reading.unit_status import applied_correction, select_with_unit_status
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.database_errors import translated_errors
from burner.manifest.store.engine import reading_engine
from burner.manifest.store.place import ManifestPlace, manifest_place, require_existing
from burner.manifest.store.table_state import TableState, row_of
from burner.manifest.store.tables import OWN, SCHEMA, TABLES, records, schema_version
from burner.release.diff import UnitRecipe

CHUNK = 500
"""Rows fetched at once: constant memory, few round trips."""

_attempts, _units = TABLES[AttemptRow], TABLES[UnitRow]
_LAST = select(func.max(records.c.number)).where(records.c.log == OWN)


class ManifestReader:
    """An existing manifest, opened for reading. Thread-safe; a stream holds it until its end."""

    def __init__(self, where: ManifestPlace) -> None:
        self.where = where
        self._lock = RLock()
        self._engine = reading_engine(where)
        try:
            with self.connection() as connection:
                version = schema_version(connection, where)
                if not version:
                    raise BurnerError(Code.NOT_A_MANIFEST, str(where))
                if version < SCHEMA:
                    detail = f"{where}: version {version}, this burner has {SCHEMA}"
                    raise BurnerError(Code.MANIFEST_TOO_OLD, detail)
                own = next(iter(TableState(connection).rows(LogRow, own=True)), None)
        except BaseException:
            self._engine.dispose()
            raise
        self.origin = own.origin if own else ""
        """Name of our own log; empty while it has no record."""

    @classmethod
    def open(cls, url_or_path: str | Path) -> Self:
        """Open an existing manifest.

        Raises:
            BurnerError: E701 there is none, E702 it is something else, E703 newer, E710 there was
                one that this computer wrote, E719 older; other E7.
        """
        where = manifest_place(url_or_path)
        require_existing(where)
        return cls(where)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A read transaction: everything read in it is of one moment."""
        with (
            self._lock,
            translated_errors(self.where),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            yield connection

    # -- attempts --------------------------------------------------------------------------------

    def with_log_of_batch(self, chosen: AttemptFilter) -> AttemptFilter:
        """The filter with the log of its batch: an imported log may have a batch of the same id.

        Raises:
            BurnerError: E733 no batch of that id was opened here or imported.
        """
        if not chosen.batch:
            return chosen
        with self.connection() as connection:
            return replace(chosen, log=log_of_batch(connection, chosen.batch))

    def passing_attempts(self, chosen: AttemptFilter = ALL_ATTEMPTS) -> Iterator[AttemptRow]:
        """For each good unit, the attempt that passed last; in the order of the log."""
        query = select_good_units(chosen, *_attempts.c)
        with self.connection() as connection:
            for row in connection.execution_options(yield_per=CHUNK).execute(query):
                yield row_of(AttemptRow, row[:-1])

    def attempts_json(
        self, chosen: AttemptFilter = ALL_ATTEMPTS
    ) -> Generator[dict[str, Any], None, None]:
        """Attempts as `list --json` prints them."""

        with self.connection() as connection:
            log_names = log_origins(connection)
            query = with_attempt_labels(select_with_unit_status(*_attempts.c))
            query = query.where(*chosen.where())
            rows = connection.execute(query.order_by(_attempts.c.log, _attempts.c.number))
            while chunk := rows.fetchmany(CHUNK):
                for row in chunk:
                    attempt = row_of(AttemptRow, row[:-5])
                    yield attempt_json(
                        *(connection, attempt, row[0], log_names[row[0]]),
                        corrected=applied_correction(attempt, *row[-5:-2]),
                        label=AttemptLabel(row[-2] or "", row[-1]),
                    )

    def count_attempts(self, chosen: AttemptFilter = ALL_ATTEMPTS) -> int:
        """How many attempts there are, for a progress bar."""
        query = select(func.count()).select_from(_attempts).where(*chosen.where())
        with self.connection() as connection:
            return int(connection.execute(query).scalar_one())

    def last_written(self) -> datetime | None:
        """When the last record of our log was written; None for an empty one."""
        with self.connection() as connection:
            last = connection.execute(_LAST).scalar()
            return None if last is None else moment(entry_at(connection, last).at)

    def size(self) -> int:
        """How many records our log has."""
        with self.connection() as connection:
            last = connection.execute(_LAST).scalar()
        return 0 if last is None else int(last) + 1

    def is_simulated(self) -> bool:
        """Whether its units are those of a simulated bench."""
        with self.connection() as connection:
            return is_simulated(entry_at(connection, 0))

    def log_keys(self) -> list[KeyRow]:
        """Keys of our log, in the order of their enrolment."""
        with self.connection() as connection:
            rows = TableState(connection).rows(KeyRow)
        return sorted(rows, key=lambda row: row.enrolled)

    def origin_key(self) -> str:
        """The origin key; empty while the log has no record."""
        return next((row.key for row in self.log_keys()), "")

    def policy(self) -> PolicyRow | None:
        """The station policy of our log; None: it has none."""
        with self.connection() as connection:
            return policy_in_force(TableState(connection))

    def withdrawal(self, release_digest: str) -> Withdrawal | None:
        """Who withdrew a release, in our log or in an imported one; None: nobody."""
        with self.connection() as connection:
            return find_withdrawal(TableState(connection), release_digest)

    def withdrawals(self) -> dict[str, Withdrawal]:
        """The releases that our log withdrew, by digest, in the order of the records."""
        with self.connection() as connection:
            rows = TableState(connection).rows(WithdrawnRow)
            in_order = sorted(rows, key=lambda row: row.number)
        return {row.release_digest: Withdrawal.of(row) for row in in_order}

    def unit(self, unit_id: str, product_id: str = "") -> UnitHistory:
        """The history of a unit in our log; without a product, under its latest product."""

        if not unit_id:
            return UnitHistory()
        with self.connection() as connection:
            if not product_id:
                rows = TableState(connection).rows(UnitRow, unit_id=unit_id)
                latest = max(rows, key=lambda row: (row.last, row.record), default=None)
                product_id = latest.product_id if latest else ""
            return history(connection, unit_id, product_id)

    def unit_overviews(self, text: str) -> list[dict[str, Any]]:
        """Every unit with an ID or a name, see `unit_overview.unit_overviews`."""

        with self.connection() as connection:
            return unit_overviews(connection, text)

    def refuse_imported_unit(self, unit_id: str, product_id: str = "") -> None:
        """Refuse a unit that only an imported log has records of.

        Raises:
            BurnerError: E762.
        """

        with self.connection() as connection:
            for origin, row in find_units(connection, unit_id, product_id):
                if origin:
                    raise imported_unit_error(row, origin)

    def holder(self, unit_id: str, product_id: str, serial: str = "", device_name: str = "") -> str:
        """The other unit that has this serial number or name on record; empty: none."""
        with self.connection() as connection:
            state = TableState(connection)
            for row in state.rows(IdRow, source="serial", value=serial) if serial else ():
                if row.held and row.product_id == product_id and row.unit_id != unit_id:
                    return f"{serial}: {row.unit_id}"
            name = state.get(NameRow, product_id, device_name) if device_name else None
            if name is None or name.unit_id == unit_id:
                return ""
            return f"{device_name}: {name.unit_id}"

    # -- batches ---------------------------------------------------------------------------------

    def batch(self, batch: str) -> BatchRow | None:
        """A batch of our own log."""
        with self.connection() as connection:
            return TableState(connection).get(BatchRow, batch)

    def count_passed(self, batch: str) -> int:
        """How many units of a batch of our log are PASS."""
        row = self.batch(batch)
        return row.taken - row.working if row else 0

    def made_before(self, profile: str, product_id: str) -> tuple[UnitRecipe, ...]:
        """How units were made in each earlier batch of a profile that has a PASS."""

        batches = TABLES[BatchRow]
        first = (
            select(func.min(_attempts.c.number))
            .where(_attempts.c.log == OWN, _attempts.c.batch == batches.c.batch)
            .where(_attempts.c.outcome == Outcome.PASS.value)
            .scalar_subquery()
        )
        query = (
            select(batches.c.opened, first)
            .where(batches.c.log == OWN, batches.c.profile == profile)
            .where(batches.c.product_id == product_id)
            .order_by(batches.c.batch)
        )
        with self.connection() as connection:
            rows = connection.execute(query).all()
            return tuple(
                _made(_opened(connection, opened), record_at(connection, number).attempt)
                for opened, number in rows
                if number is not None
            )

    def batch_opened(self, row: BatchRow) -> BatchOpened:
        """The record that opened a batch of our log."""
        with self.connection() as connection:
            return _opened(connection, row.opened)


def _made(opened: BatchOpened, unit: Attempt) -> UnitRecipe:
    """From the record that opened a batch and a unit that passed in it."""
    return UnitRecipe(
        batch=opened.batch,
        release_digest=opened.release_digest,
        index=json.loads(opened.index) if opened.index else None,
        regions=unit.regions,
        key=unit.key or opened.key,
    )


def _opened(connection: Connection, number: int) -> BatchOpened:
    entry = entry_at(connection, number)
    if not isinstance(entry, BatchOpened):
        raise inconsistent(f"record {number} opens no batch")
    return entry


def log_of_batch(connection: Connection, batch: str) -> int:
    """The log of a batch; our own log comes before imported ones.

    Raises:
        BurnerError: E733 in none.
    """
    table = TABLES[BatchRow]
    query = select(table.c.log).where(table.c.batch == batch).order_by(table.c.log).limit(1)
    log: int | None = connection.execute(query).scalar()
    if log is None:
        raise BurnerError(Code.BATCH_UNKNOWN, batch)
    return log
