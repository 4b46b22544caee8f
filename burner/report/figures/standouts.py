"""What differs in one slot, or over the time, by more than chance."""

from collections.abc import Iterable, Iterator, Sequence

from burner.report.figures.calendar import QUARTER_S
from burner.report.figures.comparison import FEWEST, GroupApart, groups_apart, threshold
from burner.report.figures.counting_tests import (
    MINUTE_S,
    MeasuredTallies,
    Place,
    Series,
    SeriesTally,
    TestTally,
)
from burner.report.figures.measured import Oddity, Quantity, Standout
from burner.report.figures.summing import wilson
from burner.report.figures.summing_tests import numbers_of, values_by_minute

FIRST, LAST = "first", "last"
FEWEST_PERIODS = 4
"""Quarters of an hour below which nothing is said of a course."""


def standouts(tallies: MeasuredTallies) -> tuple[Standout, ...]:
    """Slots whose values or fails stand out, then measurements that drift."""
    comparisons = sum(len(tally.places) + 1 for tally in tallies.series.values())
    comparisons += sum(len(tally.places) for tally in tallies.tests.values())
    least = threshold(comparisons)
    found: list[Standout] = []
    for (product_id, name), test in tallies.tests.items():
        found += _failing_slots(product_id, name, test, least)
    for series, tally in tallies.series.items():
        if tally.has_numbers:
            apart = groups_apart(numbers_of(tally.places), least)
            found += (_slot(series, difference) for difference in apart)
    for series, tally in tallies.series.items():
        if tally.has_numbers:
            found += _drift(series, tally, least)
    return tuple(found)


def _slot(series: Series, difference: GroupApart[Place]) -> Standout:
    oddity = Oddity.LOWER if difference.here < difference.elsewhere else Oddity.HIGHER
    return _standout(oddity, series, difference.group, difference)


def _drift(series: Series, tally: SeriesTally, least: float) -> Iterator[Standout]:
    """Compare the first quarter of the values with the last one."""
    minutes = values_by_minute(tally.places)
    if len({minute * MINUTE_S // QUARTER_S for minute in minutes}) < FEWEST_PERIODS:
        return
    by_time = [minutes[minute] for minute in sorted(minutes)]
    ends = {FIRST: _a_quarter(by_time, tally.count), LAST: _a_quarter(by_time[::-1], tally.count)}
    if len(ends[FIRST]) + len(ends[LAST]) > tally.count:
        return
    for found in groups_apart(ends, least):
        first, last = found.elsewhere, found.here
        counts = (found.count, found.count_elsewhere)
        if found.group == FIRST:
            first, last, counts = last, first, counts[::-1]
        oddity = Oddity.FALLING if last < first else Oddity.RISING
        yield _standout(oddity, series, ("", ""), GroupApart(LAST, last, first, *counts))


def _a_quarter(by_time: Iterable[Sequence[float]], count: int) -> list[float]:
    """A quarter of the values, from the beginning; what was measured together stays together."""
    taken: list[float] = []
    for values in by_time:
        if len(taken) * 4 < count:
            taken += values
    return taken


def _standout(
    oddity: Oddity, series: Series, place: Place, difference: GroupApart[Place] | GroupApart[str]
) -> Standout:
    return Standout(
        oddity,
        *(series.product_id, series.test, series.name, series.unit, *place),
        here=Quantity(difference.here),
        elsewhere=Quantity(difference.elsewhere),
        count=difference.count,
        count_elsewhere=difference.count_elsewhere,
    )


def _failing_slots(
    product_id: str, name: str, tally: TestTally, least: float
) -> Iterator[Standout]:
    """Slots where more ends of the test are fail or error than elsewhere: the interval of the share
    lies wholly above that of the others. The worst slot is left out when the others are compared.
    """
    left = {place: tuple(counts) for place, counts in tally.places.items()}
    while len(left) > 1:
        place = max(left, key=lambda key: left[key][1] / left[key][0])
        ended, bad = left.pop(place)
        others = sum(counts[0] for counts in left.values())
        others_bad = sum(counts[1] for counts in left.values())
        if min(ended, others) < FEWEST:
            continue
        if wilson(bad, ended, least)[0] <= wilson(others_bad, others, least)[1]:
            return
        shares = (Quantity(bad / ended), Quantity(others_bad / others))
        where = (product_id, name, "", "", *place)
        yield Standout(Oddity.NOT_PASSED, *where, *shares, ended, others)
