"""Measurements in the long form of statisticians: one row a value."""

from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from burner.core.spreadsheet import value_cell
from burner.manifest.entries.attempt_facts import MeasurementFacts, TestFacts, TestTryFacts
from burner.manifest.exchange.csv_lines import csv_line_writer
from burner.manifest.reading.tested_attempts import TestedAttempt

_NOTHING = MeasurementFacts(
    name="", value="", unit="", low="", high="", text="", pattern="", good=False
)


class MeasurementRow(NamedTuple):
    """A value with its test, unit and place. The names are the columns of the table."""

    time: str
    """End of the attempt, ISO 8601 in UTC."""
    batch: str
    product_id: str
    unit_id: str
    device_name: str
    station: str
    slot: str
    profile: str
    origin: str
    """Name of the log."""
    number: int
    """Of the attempt's first record in the log, as in the table of attempts."""
    attempt_try: int
    """Which try of the station the attempt is, from 1."""
    attempt_outcome: str
    corrected: str
    """`scrap`, `void` or `rework`, where it holds."""
    test: str
    kind: str
    test_try: int
    """Within the test, from 1."""
    last_try: bool
    """Whether it is the one that counts."""
    outcome: str
    """Of this try of the test."""
    code: str
    test_ms: int
    waited_ms: int
    resource: str
    measurement: str
    """Empty: the test measured nothing."""
    value: str
    value_unit: str
    low: str
    high: str
    text: str
    pattern: str
    good: bool | None
    """None: there is no value."""


def measurement_rows(attempts: Iterable[TestedAttempt]) -> Iterator[MeasurementRow]:
    """One row a value; a try without a value has one row, so that no try is lost."""
    for attempt in attempts:
        for test in attempt.tests:
            tries: tuple[TestFacts | TestTryFacts, ...] = (*test.earlier, test)
            for tried in tries:
                for measured in tried.measurements or (_NOTHING,):
                    yield _row(attempt, test, tried, measured)


def measurements_csv(attempts: Iterable[TestedAttempt]) -> Generator[str, None, None]:
    """A header and one line a value. A number is as it was measured, to the last digit."""
    line = csv_line_writer("\r\n")
    yield line(MeasurementRow._fields)
    for row in measurement_rows(attempts):
        yield line(map(_cell, row))


def _row(
    attempt: TestedAttempt,
    test: TestFacts,
    tried: TestFacts | TestTryFacts,
    measured: MeasurementFacts,
) -> MeasurementRow:
    row = attempt.row
    return MeasurementRow(
        time=attempt.ended,
        batch=row.batch,
        product_id=row.product_id,
        unit_id=row.unit_id,
        device_name=row.device_name,
        station=row.station,
        slot=row.slot,
        profile=row.profile,
        origin=attempt.origin,
        number=row.number,
        attempt_try=row.try_number,
        attempt_outcome=row.outcome,
        corrected=attempt.corrected,
        test=test.name,
        kind=test.kind,
        test_try=tried.number if isinstance(tried, TestTryFacts) else tried.tries,
        last_try=tried is test,
        outcome=tried.outcome.value,
        code=tried.code,
        test_ms=tried.ms,
        waited_ms=test.waited_ms,
        resource=test.resource,
        measurement=measured.name,
        value=measured.value,
        value_unit=measured.unit,
        low=measured.low,
        high=measured.high,
        text=measured.text,
        pattern=measured.pattern,
        good=measured.good if measured.name else None,
    )


def _cell(value: str | int | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value_cell(value) if isinstance(value, str) else "" if value is None else str(value)
