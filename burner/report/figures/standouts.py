"""What differs in one slot, or over the time, by more than chance."""

from collections.abc import Iterator

from burner.report.figures.comparison import FEWEST, GroupApart, groups_apart, threshold
from burner.report.figures.counting_tests import (
    MeasuredTallies,
    Place,
    Series,
    SeriesTally,
    TestTally,
)
from burner.report.figures.measured import Oddity, Quantity, Standout
from burner.report.figures.summing import wilson
from burner.report.figures.summing_tests import numbers_of, values_by_quarter

LATER = "later"


def standouts(tallies: MeasuredTallies) -> tuple[Standout, ...]:
    """Slots whose values or fails stand out, then measurements that drift."""
    comparisons = sum(len(tally.places) + 1 for tally in tallies.series.values())
    comparisons += sum(len(tally.places) for tally in tallies.tests.values())
    least = threshold(comparisons)
    found: list[Standout] = []
    for (product_id, name), test in tallies.tests.items():
        found += _failing_slots(product_id, name, test, least)
    for series, tally in tallies.series.items():
        if tally.places and not tally.texts:
            apart = groups_apart(numbers_of(tally.places), least)
            found += (_slot(series, difference) for difference in apart)
    for series, tally in tallies.series.items():
        if tally.places and not tally.texts:
            found += _drift(series, tally, least)
    return tuple(found)


def _slot(series: Series, difference: GroupApart[Place]) -> Standout:
    oddity = Oddity.LOWER if difference.here < difference.elsewhere else Oddity.HIGHER
    return _standout(oddity, series, difference.group, difference)


def _drift(series: Series, tally: SeriesTally, least: float) -> Iterator[Standout]:
    """Compare the values of the earlier half of the time with those of the later one."""
    quarters = sorted(values_by_quarter(tally.places).items())
    if len(quarters) < 4:
        return
    halves: dict[str, list[float]] = {"": [], LATER: []}
    for _, values in quarters:
        halves[LATER if len(halves[""]) * 2 >= tally.count else ""] += values
    for difference in groups_apart(halves, least):
        here, elsewhere = difference.here, difference.elsewhere
        later = difference
        if difference.group != LATER:
            counts = (difference.count_elsewhere, difference.count)
            later = GroupApart(LATER, elsewhere, here, *counts)
        oddity = Oddity.FALLING if later.here < later.elsewhere else Oddity.RISING
        yield _standout(oddity, series, ("", ""), later)


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
