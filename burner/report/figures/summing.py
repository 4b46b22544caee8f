"""Figures from tallies: shares, yields, intervals, hours and shifts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from math import sqrt

from burner.core.attempt import Outcome, Step
from burner.core.words.natural_order import NaturalKey, natural_order
from burner.report.figures.calendar import QUARTER_S, Calendar, Shift
from burner.report.figures.durations import Durations
from burner.report.figures.figures import (
    Failure,
    Figures,
    PeriodFigures,
    Rework,
    Scope,
    SlotFigures,
    StepTime,
    Units,
)
from burner.report.figures.measured import BatchFigures
from burner.report.figures.tallies import BatchTally, Quarter, SlotTally, Tallies

Z = 1.96
"""Standard deviations of a 95 % interval."""

FEW_QUARTERS = 32
"""Up to so many quarters of an hour, they are listed too."""

STEPS = [step.value for step in Step]


def figures(tallies: Tallies, scope: Scope, calendar: Calendar) -> Figures:
    """The whole report."""
    quarters = tallies.quarters
    good = sum(quarter.good for quarter in quarters.values())
    worked_s = _worked_s(quarters.values())
    steps = ((step, Durations(counts).spread()) for step, counts in tallies.steps.items())
    everywhere = SlotTally()
    for slot in tallies.slots.values():
        everywhere.add(slot)
    reasons = dict(tallies.reasons.most_common())
    return Figures(
        scope=scope,
        first=calendar.local(quarters[min(quarters)].begin) if quarters else None,
        last=calendar.local(quarters[max(quarters)].end) if quarters else None,
        attempts=_by_outcome(everywhere.outcomes),
        retries=tallies.retries,
        without_unit=tallies.without_unit,
        units=_units(tallies, everywhere),
        rework=Rework(tallies.reworked, tallies.reworked_passed, reasons),
        worked_s=worked_s,
        per_hour=good / worked_s * 3600 if worked_s else None,
        cycle=everywhere.cycle.spread(),
        steps=tuple(
            StepTime(step, spread)
            for step, spread in sorted(steps, key=lambda item: _position(item[0]))
            if spread
        ),
        failures=_failures(tallies),
        slots=_slot_figures(tallies.slots),
        stations=_slot_figures(_by_station(tallies.slots)),
        hours=_hours(quarters, calendar),
        quarters=_quarters(quarters, calendar),
        shifts=_shifts(quarters, calendar),
        open_units=tuple(sorted(tallies.open_units, key=lambda u: (u.started, u.unit_id))),
        batches=_batches(tallies.batches, calendar),
    )


def wilson(good: int, total: int, z: float = Z) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson's score interval), also right near 0 and 1.

    `z`: standard deviations of another interval.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
    """
    share = good / total
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    centre, scale = share + z * z / (2 * total), 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def is_behind(good: int, total: int, other_good: int, others: int, z: float = Z) -> bool:
    """Whether a share is below that of the others by more than chance."""
    if not total or not others:
        return False
    return wilson(good, total, z)[1] < wilson(other_good, others, z)[0]


def _units(tallies: Tallies, everywhere: SlotTally) -> Units:
    states = tallies.units
    return Units(
        total=states.total(),
        first_time=states["first_time"],
        later=states["later"],
        failed=states["failed"],
        interrupted=states["interrupted"],
        open=states["open"],
        scrapped=states["scrapped"],
        new=everywhere.new,
        first_pass=everywhere.first_pass,
        attempts={tries: tallies.tries[tries] for tries in ("1", "2", "3+")},
    )


def _failures(tallies: Tallies) -> tuple[Failure, ...]:
    total = sum(code.outcomes.total() for code in tallies.codes.values())
    ordered = sorted(tallies.codes.items(), key=lambda item: (-item[1].outcomes.total(), item[0]))
    failures, cumulative = [], 0
    for code, tally in ordered:
        attempts = tally.outcomes.total()
        cumulative += attempts
        failures.append(
            Failure(
                code,
                attempts,
                tally.units,
                {k: v for k, v in _by_outcome(tally.outcomes).items() if v},
                attempts / total,
                cumulative / total,
            )
        )
    return tuple(failures)


def _by_station(slots: Mapping[tuple[str, str], SlotTally]) -> dict[tuple[str, str], SlotTally]:
    stations: dict[tuple[str, str], SlotTally] = {}
    for (station, _), tally in slots.items():
        stations.setdefault((station, ""), SlotTally()).add(tally)
    return stations


def _slot_figures(tallies: Mapping[tuple[str, str], SlotTally]) -> tuple[SlotFigures, ...]:
    new = sum(tally.new for tally in tallies.values())
    good = sum(tally.first_pass for tally in tallies.values())
    return tuple(
        _one_slot(where, tally, good - tally.first_pass, new - tally.new)
        for where, tally in sorted(
            tallies.items(), key=lambda item: (item[0][0], natural_order(item[0][1]))
        )
    )


def _one_slot(
    where: tuple[str, str], tally: SlotTally, other_good: int, others: int
) -> SlotFigures:
    low, high = _interval(tally.first_pass, tally.new)
    return SlotFigures(
        station=where[0],
        slot=where[1],
        attempts=tally.outcomes.total(),
        outcomes=_by_outcome(tally.outcomes),
        new=tally.new,
        first_pass=tally.first_pass,
        low=low,
        high=high,
        behind=is_behind(tally.first_pass, tally.new, other_good, others),
        cycle=tally.cycle.spread(),
        bauds=dict(sorted(tally.bauds.items())),
    )


def _batches(tallies: Mapping[str, BatchTally], calendar: Calendar) -> tuple[BatchFigures, ...]:
    ordered = sorted(tallies.items(), key=lambda item: (item[1].first, item[0]))
    return tuple(_batch(batch, tally, calendar.local(tally.first)) for batch, tally in ordered)


def _batch(batch: str, tally: BatchTally, first: datetime) -> BatchFigures:
    low, high = _interval(tally.first_pass, tally.new)
    counts = (tally.new, tally.first_pass, tally.total, tally.passed)
    return BatchFigures(batch, first, *counts, low, high)


def _interval(good: int, total: int) -> tuple[float | None, float | None]:
    return wilson(good, total) if total else (None, None)


def _hours(quarters: Mapping[int, Quarter], calendar: Calendar) -> tuple[PeriodFigures, ...]:
    hours: dict[datetime, list[Quarter]] = {}
    for number, quarter in quarters.items():
        hours.setdefault(calendar.hour(number), []).append(quarter)
    return tuple(_span(start, f"{start:%H:%M}", hours[start]) for start in sorted(hours))


def _quarters(quarters: Mapping[int, Quarter], calendar: Calendar) -> tuple[PeriodFigures, ...]:
    if not quarters or max(quarters) - min(quarters) >= FEW_QUARTERS:
        return ()
    starts = {number: calendar.local(number * QUARTER_S) for number in sorted(quarters)}
    return tuple(_span(at, f"{at:%H:%M}", [quarters[n]]) for n, at in starts.items())


def _shifts(quarters: Mapping[int, Quarter], calendar: Calendar) -> tuple[PeriodFigures, ...]:
    shifts: dict[Shift, list[Quarter]] = {}
    for number, quarter in quarters.items():
        shifts.setdefault(calendar.shift(number), []).append(quarter)
    return tuple(_span(shift.start, shift.name, shifts[shift]) for shift in sorted(shifts))


def _span(start: datetime, name: str, quarters: list[Quarter]) -> PeriodFigures:
    return PeriodFigures(
        start=start,
        name=name,
        attempts=sum(q.attempts for q in quarters),
        good=sum(q.good for q in quarters),
        good_first_time=sum(q.good_first_time for q in quarters),
        new=sum(q.new for q in quarters),
        first_pass=sum(q.first_pass for q in quarters),
        fail=sum(q.fail for q in quarters),
        error=sum(q.error for q in quarters),
        worked_s=_worked_s(quarters),
    )


def _worked_s(quarters: Iterable[Quarter]) -> float:
    return sum(quarter.end - quarter.begin for quarter in quarters)


def _by_outcome(counts: Counter[str]) -> dict[str, int]:
    return {outcome.value: counts[outcome.value] for outcome in Outcome}


def _position(step: str) -> tuple[int, str]:
    return STEPS.index(step) if step in STEPS else len(STEPS), step


def _place_order(where: tuple[str, str]) -> tuple[str, NaturalKey]:
    station, slot = where
    return station, natural_order(slot)
