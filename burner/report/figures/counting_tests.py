"""Counts the tests of a stream of attempts, in which the attempts of a unit are together."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from heapq import heappush, heapreplace
from typing import TYPE_CHECKING, NamedTuple

from burner.core.good_values import is_number, number_of
from burner.core.measurements import TestOutcome
from burner.report.figures.durations import Counts, counts
from burner.report.figures.measured import UnitValue

if TYPE_CHECKING:
    from burner.manifest.entries.attempt_facts import MeasurementFacts, TestFacts
    from burner.manifest.reading.tested_attempts import TestedAttempt

Place = tuple[str, str]
"""Station and slot."""

JUDGED = (TestOutcome.PASS, TestOutcome.FAIL)
"""Outcomes of tests whose values count. After an error nothing is known of the unit."""
LARGEST = Decimal("1e30")
"""A number beyond is a text: no fixture measures it."""
MINUTE_S = 60
MOST_TEXTS = 1000
WORST = 5


class Series(NamedTuple):
    """What is one measurement: the same limits too, or its figures would mean nothing."""

    product_id: str
    test: str
    name: str
    unit: str
    low: str
    high: str
    text: str
    pattern: str


@dataclass(slots=True)
class PlaceValues:
    """The numbers of one slot, each with its minute since 1970."""

    good: "array[float]" = field(default_factory=lambda: array("d"))
    bad: "array[float]" = field(default_factory=lambda: array("d"))
    good_minutes: "array[int]" = field(default_factory=lambda: array("q"))
    bad_minutes: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def values(self) -> "array[float]":
        """All of them."""
        return self.good + self.bad


@dataclass(slots=True)
class SeriesTally:
    """One measurement."""

    is_number: bool = False
    """Whether it has limits or a unit: then its values are numbers, but for odd ones."""
    limits: tuple[float | None, float | None] = (None, None)
    count: int = 0
    units: int = 0
    bad: int = 0
    repeated: int = 0
    places: dict[Place, PlaceValues] = field(default_factory=dict)
    decimals: int = 0
    """Digits behind the point of the most exact number."""
    not_numbers: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    """What is no number; of a measurement without limits and unit all values, until it is known
    whether all of them are numbers."""
    minimum: tuple[float, str] | None = None
    maximum: tuple[float, str] | None = None
    worst: list[tuple[float, int, UnitValue]] = field(default_factory=list)
    """A heap: minus the distance from the nearer limit."""
    unit: str = ""
    """The unit that is being counted, and where it was seen."""
    seen: set[Place] = field(default_factory=set)

    @property
    def has_numbers(self) -> bool:
        """Whether it is judged as numbers; else its texts are counted."""
        return bool(self.places) and (self.is_number or not self.not_numbers)


@dataclass(slots=True)
class TestTally:
    """One test."""

    kind: str = ""
    resource: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    units: int = 0
    units_not_passed: int = 0
    retried: int = 0
    rescued: int = 0
    durations: Counts = field(default_factory=counts)
    waits: Counts = field(default_factory=counts)
    places: defaultdict[Place, list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0, 0])
    )
    """Units for which it ended there; of these, by their first attempt there: for how many it did
    not pass, for how many it was tried more than once."""
    unit: str = ""
    """The unit that is being counted, and where it was seen."""
    seen: set[Place] = field(default_factory=set)
    not_passed_unit: str = ""


@dataclass(slots=True)
class MeasuredTallies:
    """All tests and measurements."""

    tests: dict[tuple[str, str], TestTally] = field(default_factory=dict)
    """By product and name, in the order in which they ran."""
    series: dict[Series, SeriesTally] = field(default_factory=dict)


def count_tests(attempts: "Iterable[TestedAttempt]") -> MeasuredTallies:
    """Count the tests of every attempt; of each its last try."""
    tallies = MeasuredTallies()
    for attempt in attempts:
        minute = int(datetime.fromisoformat(attempt.ended).timestamp()) // MINUTE_S
        last = {test.name: test for test in attempt.tests}
        for test in last.values():
            _count_test(tallies, attempt, test)
            if test.outcome in JUDGED:
                for measured in test.measurements:
                    _count_value(tallies, attempt, minute, test.name, measured)
    return tallies


def _count_test(tallies: MeasuredTallies, attempt: "TestedAttempt", test: "TestFacts") -> None:
    row = attempt.row
    tally = tallies.tests.setdefault((row.product_id, test.name), TestTally())
    tally.kind, tally.resource = test.kind, test.resource or tally.resource
    tally.outcomes[test.outcome.value] += 1
    if test.outcome is TestOutcome.NOT_RUN:
        return
    passed = test.outcome is TestOutcome.PASS
    if tally.unit != row.unit_id:
        tally.unit = row.unit_id
        tally.units += 1
        tally.seen.clear()
    tally.durations[test.ms] += 1
    if test.resource:
        tally.waits[test.waited_ms] += 1
    if test.tries > 1:
        tally.retried += 1
        tally.rescued += passed
    place = (row.station, row.slot)
    if place not in tally.seen:
        tally.seen.add(place)
        tally.places[place][0] += 1
        tally.places[place][1] += not passed
        tally.places[place][2] += test.tries > 1
    if not passed:
        tally.codes[test.code] += 1
        tally.units_not_passed += tally.not_passed_unit != row.unit_id
        tally.not_passed_unit = row.unit_id


def _count_value(
    tallies: MeasuredTallies,
    attempt: "TestedAttempt",
    minute: int,
    test: str,
    measured: "MeasurementFacts",
) -> None:
    row = attempt.row
    limits = (measured.unit, measured.low, measured.high, measured.text, measured.pattern)
    series = Series(row.product_id, test, measured.name, *limits)
    tally = tallies.series.get(series)
    if tally is None:
        reachable = (limit_of(series.low), limit_of(series.high))
        tally = tallies.series[series] = SeriesTally(is_number(series), reachable)
    place = (row.station, row.slot)
    if tally.unit != row.unit_id:
        tally.unit = row.unit_id
        tally.units += 1
        tally.seen.clear()
    elif place in tally.seen:
        tally.repeated += 1
        return
    tally.seen.add(place)
    tally.count += 1
    tally.bad += not measured.good
    number = None if series.text or series.pattern else number_of(measured.value)
    if number is not None and abs(number) > LARGEST:
        number = None
    if number is not None:
        _count_number(tally, attempt, minute, measured, number)
    else:
        tally.not_numbers += 1
    is_text = number is None or not tally.is_number
    if is_text and (measured.value in tally.texts or len(tally.texts) < MOST_TEXTS):
        tally.texts[measured.value] += 1


def _count_number(
    tally: SeriesTally,
    attempt: "TestedAttempt",
    minute: int,
    measured: "MeasurementFacts",
    exact: Decimal,
) -> None:
    row, number = attempt.row, float(exact)
    place = (row.station, row.slot)
    values = tally.places.get(place) or tally.places.setdefault(place, PlaceValues())
    (values.good if measured.good else values.bad).append(number)
    (values.good_minutes if measured.good else values.bad_minutes).append(minute)
    tally.decimals = max(tally.decimals, decimals_of(exact))
    if tally.minimum is None or number < tally.minimum[0]:
        tally.minimum = number, measured.value
    if tally.maximum is None or number > tally.maximum[0]:
        tally.maximum = number, measured.value
    distance = distance_from_limits(number, *tally.limits)
    if distance is None or (len(tally.worst) == WORST and -distance <= tally.worst[0][0]):
        return
    unit = UnitValue(
        *(measured.value, measured.good, row.device_name, row.unit_id, *place), row.number
    )
    add = heappush if len(tally.worst) < WORST else heapreplace
    add(tally.worst, (-distance, -tally.count, unit))


def limit_of(text: str) -> float | None:
    """A limit; None: there is none, or none that can be reached."""
    number = number_of(text)
    return None if number is None or abs(number) > LARGEST else float(number)


def distance_from_limits(number: float, low: float | None, high: float | None) -> float | None:
    """Distance from the nearer limit, negative outside; None: there is none."""
    distances = [number - low] if low is not None else []
    distances += [high - number] if high is not None else []
    return min(distances, default=None)


def decimals_of(number: Decimal) -> int:
    """Digits behind the point: 2 for `12.30`, 4 for `1.5e-3`. At most 12."""
    exponent = number.as_tuple().exponent
    return max(0, min(-exponent, 12)) if isinstance(exponent, int) else 0
