"""Attempts with the results of their tests, as a stream out of the records."""

from collections.abc import Generator
from typing import NamedTuple

from burner.manifest.entries.attempt_facts import TestFacts
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import OutcomeEntry
from burner.manifest.fold.rows import VOID, AttemptRow
from burner.manifest.reading.attempt_filter import ALL_ATTEMPTS, AttemptFilter
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.reading.unit_search import log_origins
from burner.manifest.reading.unit_status import applied_correction, select_with_unit_status
from burner.manifest.store.bodies import entry_of
from burner.manifest.store.statements import stream
from burner.manifest.store.table_state import row_of
from burner.manifest.store.tables import OWN, TABLES, records

_attempts = TABLES[AttemptRow]


class TestedAttempt(NamedTuple):
    """An attempt that ended, with its tests."""

    row: AttemptRow
    origin: str
    """Name of the log that holds it."""
    corrected: str
    """The correction of its unit that holds; empty: none."""
    ended: str
    """ISO 8601 in UTC."""
    tests: tuple[TestFacts, ...]


def attempts_with_tests(
    reader: ManifestReader,
    chosen: AttemptFilter = ALL_ATTEMPTS,
    *,
    with_voided: bool = False,
    by_unit: bool = False,
) -> Generator[TestedAttempt, None, None]:
    """Attempts that have results of tests, in the order of the log and in constant memory.

    Args:
        reader: of the manifest.
        chosen: which attempts.
        with_voided: also those that a correction voided, which count nowhere.
        by_unit: the attempts of a unit together, in the order in which they were made.
    """
    in_log = (records.c.log == _attempts.c.log) & (records.c.number == _attempts.c.ended)
    query = (
        select_with_unit_status(*_attempts.c, records.c.body)
        .join(records, in_log)
        .where(_attempts.c.tested, *chosen.where())
        .order_by(*((_attempts.c.unit_id, _attempts.c.product_id) if by_unit else ()))
        .order_by(*((_attempts.c.log == OWN,) if by_unit else ()))
        .order_by(_attempts.c.log, _attempts.c.number)
    )
    width = len(_attempts.c)
    with reader.connection() as connection:
        origins = log_origins(connection)
        for rows in stream(connection, query, CHUNK):
            for values in rows:
                row = row_of(AttemptRow, values[:width])
                body, *status = values[width:]
                corrected = applied_correction(row, *status)
                if corrected == VOID and not with_voided:
                    continue
                yield attempt_with_tests(row, origins[values[0]], corrected, entry_of(body))


def attempt_with_tests(row: AttemptRow, origin: str, corrected: str, last: object) -> TestedAttempt:
    """An attempt with the tests in the record of its outcome."""
    if not isinstance(last, OutcomeEntry):
        raise inconsistent(f"record {row.ended} is no outcome")
    return TestedAttempt(row, origin, corrected, last.result.ended, last.result.tests)
