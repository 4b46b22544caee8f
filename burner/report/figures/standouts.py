"""What differs in one slot, or over the time, by more than chance, and by enough to matter."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

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
SMALL = 0.1
"""Share of the tolerance below which a difference does not matter."""
ORDER = {Oddity.NOT_PASSED: 0, Oddity.TRIED_AGAIN: 1}
"""Before what is measured."""


def standouts(tallies: MeasuredTallies) -> tuple[Standout, ...]:
    """Slots in which a test fails or is tried again, slots and times with other values.

    The worst of each first.
    """
    comparisons = sum(len(tally.places) + 1 for tally in tallies.series.values())
    comparisons += sum(2 * len(tally.places) for tally in tallies.tests.values())
    least = threshold(comparisons)
    found: list[Standout] = []
    for (product_id, name), test in tallies.tests.items():
        found += _slots_of_test(product_id, name, test, least)
    for series, tally in tallies.series.items():
        if tally.has_numbers:
            found += _slots(series, tally, least)
            found += _drift(series, tally, least)
    return tuple(sorted(found, key=_worst_first))


def _worst_first(found: Standout) -> tuple[int, bool, float]:
    if found.oddity in ORDER:
        return ORDER[found.oddity], False, found.elsewhere - found.here
    share = found.tolerance_share
    return len(ORDER), share is None, -(share or 0.0)


def tolerance(limits: tuple[float | None, float | None], median: float) -> float | None:
    """The width that the limits leave; of one limit twice its distance from the median."""
    low, high = limits
    if low is not None and high is not None:
        return high - low
    limit = low if low is not None else high
    return None if limit is None else 2 * abs(limit - median)


def _slots(series: Series, tally: SeriesTally, least: float) -> Iterator[Standout]:
    for difference in groups_apart(numbers_of(tally.places), least, _smallest(tally)):
        oddity = Oddity.LOWER if difference.here < difference.elsewhere else Oddity.HIGHER
        yield _standout(oddity, series, tally, difference.group, difference)


def _smallest(tally: SeriesTally) -> Callable[[float], float]:
    """The smallest difference that matters, by the median of the others."""
    return lambda median: SMALL * (tolerance(tally.limits, median) or 0.0)


def _drift(series: Series, tally: SeriesTally, least: float) -> Iterator[Standout]:
    """Compare the first quarter of the values with the last one."""
    minutes = values_by_minute(tally.places)
    if len({minute * MINUTE_S // QUARTER_S for minute in minutes}) < FEWEST_PERIODS:
        return
    by_time = [minutes[minute] for minute in sorted(minutes)]
    ends = {FIRST: _a_quarter(by_time, tally.count), LAST: _a_quarter(by_time[::-1], tally.count)}
    if len(ends[FIRST]) + len(ends[LAST]) > tally.count:
        return
    for found in groups_apart(ends, least, _smallest(tally)):
        first, last = found.elsewhere, found.here
        counts = (found.count, found.count_elsewhere)
        if found.group == FIRST:
            first, last, counts = last, first, counts[::-1]
        oddity = Oddity.FALLING if last < first else Oddity.RISING
        difference = GroupApart(LAST, last, first, *counts)
        yield _standout(oddity, series, tally, ("", ""), difference)


def _a_quarter(by_time: Iterable[Sequence[float]], count: int) -> list[float]:
    """A quarter of the values, from the beginning; what was measured together stays together."""
    taken: list[float] = []
    for values in by_time:
        if len(taken) * 4 < count:
            taken += values
    return taken


def _standout(
    oddity: Oddity,
    series: Series,
    tally: SeriesTally,
    place: Place,
    difference: GroupApart[Place] | GroupApart[str],
) -> Standout:
    width = tolerance(tally.limits, difference.elsewhere)
    return Standout(
        oddity,
        *(series.product_id, series.test, series.name, series.unit, *place),
        here=Quantity(difference.here),
        elsewhere=Quantity(difference.elsewhere),
        count=difference.count,
        count_elsewhere=difference.count_elsewhere,
        tolerance_share=abs(difference.here - difference.elsewhere) / width if width else None,
    )


def _slots_of_test(
    product_id: str, name: str, tally: TestTally, least: float
) -> Iterator[Standout]:
    """Slots in which it fails, or is tried again, more often. A fail is said once."""
    failing = dict(_slots_above({place: (n[0], n[1]) for place, n in tally.places.items()}, least))
    again = dict(_slots_above({place: (n[0], n[2]) for place, n in tally.places.items()}, least))
    again = {place: shares for place, shares in again.items() if place not in failing}
    for oddity, slots in ((Oddity.NOT_PASSED, failing), (Oddity.TRIED_AGAIN, again)):
        for place, (here, elsewhere, *counts) in slots.items():
            where = (product_id, name, "", "", *place)
            yield Standout(oddity, *where, Quantity(here), Quantity(elsewhere), *counts)


def _slots_above(
    counts: Mapping[Place, tuple[int, int]], least: float
) -> Iterator[tuple[Place, tuple[float, float, int, int]]]:
    """Slots with a larger share of units: its interval lies wholly above that of the others.

    The worst slot is left out when the others are compared.

    Args:
        counts: of each slot all units, and those of the share.
        least: standard deviations of the intervals.

    Yields:
        Each such slot: its share and that of the others, its units and those of the others.
    """
    left = dict(counts)
    while len(left) > 1:
        place = max(left, key=lambda key: left[key][1] / left[key][0])
        units, odd = left.pop(place)
        others = sum(of_all for of_all, _ in left.values())
        others_odd = sum(of_share for _, of_share in left.values())
        if min(units, others) < FEWEST:
            continue
        if wilson(odd, units, least)[0] <= wilson(others_odd, others, least)[1]:
            return
        yield place, (odd / units, others_odd / others, units, others)
