"""Figures of tests and measurements, from their tallies."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from statistics import mean

from burner.core.measurements import TestOutcome
from burner.core.words.natural_order import natural_order
from burner.report.figures.calendar import QUARTER_S, Calendar
from burner.report.figures.counting_tests import (
    MINUTE_S,
    MeasuredTallies,
    Place,
    PlaceValues,
    Series,
    SeriesTally,
    TestTally,
)
from burner.report.figures.distribution import cpk, deviation, histogram, quantile
from burner.report.figures.durations import Durations
from burner.report.figures.measured import (
    MeasurementFigures,
    NumberFigures,
    PeriodValues,
    Quantity,
    SlotTests,
    SlotValues,
    TestFigures,
)

LENGTHS = (1, 5, 15)
"""Minutes of a period; the first with which there are not too many."""
MOST_PERIODS = 32
FEW_HOURS = 72
"""Beyond quarters of an hour, a period is an hour within so many hours, else a day."""
TEXTS = 10


def figures_of_tests(tallies: MeasuredTallies) -> tuple[TestFigures, ...]:
    """The tests, those that fail most units first."""
    total = sum(_not_passed(tally) for tally in tallies.tests.values())
    ordered = sorted(tallies.tests.items(), key=lambda item: -_not_passed(item[1]))
    drawn, so_far = [], 0
    for (product_id, name), tally in ordered:
        so_far += _not_passed(tally)
        shares = (_not_passed(tally) / total, so_far / total) if total else (0.0, 0.0)
        drawn.append(_test(product_id, name, tally, shares))
    return tuple(drawn)


def figures_of_measurements(
    tallies: MeasuredTallies, calendar: Calendar
) -> tuple[MeasurementFigures, ...]:
    """The measurements, in the order in which they were first seen."""
    return tuple(_measurement(*item, calendar) for item in tallies.series.items())


def _not_passed(tally: TestTally) -> int:
    return tally.outcomes[TestOutcome.FAIL.value] + tally.outcomes[TestOutcome.ERROR.value]


def _test(product_id: str, name: str, tally: TestTally, shares: tuple[float, float]) -> TestFigures:
    places = sorted(tally.places.items(), key=lambda item: _place_order(item[0]))
    return TestFigures(
        product_id=product_id,
        name=name,
        kind=tally.kind,
        resource=tally.resource,
        outcomes={outcome.value: tally.outcomes[outcome.value] for outcome in TestOutcome},
        units=tally.units,
        units_not_passed=tally.units_not_passed,
        share=shares[0],
        cumulative=shares[1],
        retried=tally.retried,
        rescued=tally.rescued,
        codes=dict(tally.codes.most_common()),
        duration=Durations(tally.durations).spread(),
        wait=Durations(tally.waits).spread(),
        slots=tuple(SlotTests(*place, *counts) for place, counts in places),
    )


def _measurement(series: Series, tally: SeriesTally, calendar: Calendar) -> MeasurementFigures:
    texts = tally.texts if tally.not_numbers else Counter[str]()
    return MeasurementFigures(
        **series._asdict(),
        count=tally.count,
        units=tally.units,
        bad=tally.bad,
        repeated=tally.repeated,
        number=_numbers(tally, calendar) if tally.has_numbers else None,
        texts=dict(texts.most_common(TEXTS)),
    )


def _numbers(tally: SeriesTally, calendar: Calendar) -> NumberFigures | None:
    if tally.minimum is None or tally.maximum is None:
        return None
    good = [*chain.from_iterable(values.good for values in tally.places.values())]
    bad = [*chain.from_iterable(values.bad for values in tally.places.values())]
    ordered = sorted([*good, *bad])
    low, high = tally.limits
    places = sorted(tally.places.items(), key=lambda item: _place_order(item[0]))
    return NumberFigures(
        mean=Quantity(mean(ordered)),
        deviation=_quantity(deviation(ordered)),
        median=Quantity(quantile(ordered, 0.5)),
        decimals=tally.decimals,
        minimum=tally.minimum[1],
        maximum=tally.maximum[1],
        cpk=cpk(ordered, low, high),
        histogram=histogram(good, bad, tally.limits, tally.decimals),
        over_time=tuple(_over_time(tally.places, calendar)),
        slots=tuple(_slot(place, values) for place, values in places),
        worst=tuple(unit for _, _, unit in sorted(tally.worst, reverse=True)),
    )


def _slot(place: Place, values: PlaceValues) -> SlotValues:
    ordered = sorted(values.values)
    return SlotValues(
        *place,
        count=len(ordered),
        bad=len(values.bad),
        mean=Quantity(mean(ordered)),
        deviation=_quantity(deviation(ordered)),
        median=Quantity(quantile(ordered, 0.5)),
        low=Quantity(quantile(ordered, 0.05)),
        high=Quantity(quantile(ordered, 0.95)),
    )


def values_by_minute(places: Mapping[Place, PlaceValues]) -> dict[int, list[float]]:
    """All values by the minute in which they were measured."""
    minutes: defaultdict[int, list[float]] = defaultdict(list)
    for place in places.values():
        _sort_in(minutes, place.good_minutes, place.good)
        _sort_in(minutes, place.bad_minutes, place.bad)
    return minutes


def _sort_in(
    minutes: defaultdict[int, list[float]], numbers: "array[int]", values: "array[float]"
) -> None:
    for number, value in zip(numbers, values, strict=True):
        minutes[number].append(value)


def _over_time(places: Mapping[Place, PlaceValues], calendar: Calendar) -> Iterator[PeriodValues]:
    minutes = values_by_minute(places)
    first, last = min(minutes), max(minutes)
    length = next((n for n in LENGTHS if last // n - first // n < MOST_PERIODS), 0)
    periods: defaultdict[datetime, list[float]] = defaultdict(list)
    for minute, values in sorted(minutes.items()):
        if length:
            start = calendar.local(minute // length * length * MINUTE_S)
        else:
            start = calendar.hour(minute * MINUTE_S // QUARTER_S)
            start = start.replace(hour=0) if last - first >= FEW_HOURS * 60 else start
        periods[start] += values
    for start, values in periods.items():
        values.sort()
        quantiles = (Quantity(quantile(values, share)) for share in (0.5, 0.05, 0.95))
        yield PeriodValues(start, len(values), *quantiles)


def _quantity(value: float | None) -> Quantity | None:
    return None if value is None else Quantity(value)


def _place_order(place: Place) -> tuple[object, ...]:
    return place[0], natural_order(place[1])


def numbers_of(places: Mapping[Place, PlaceValues]) -> dict[Place, Sequence[float]]:
    """The numbers of each slot; the one with the largest share of bad ones first."""
    ordered = sorted(places.items(), key=lambda item: -len(item[1].bad) / len(item[1].values))
    return {place: values.values for place, values in ordered}
