"""Good units over time, in columns that suit the time covered: quarters of an hour would be too
many for a week, days too few for a morning."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from burner.core.words.phrases import Wording
from burner.report import dates, numbers
from burner.report.charts import Bar
from burner.report.figures import Figures, PeriodFigures

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
FEW_HOURS = timedelta(hours=72)
"""Up to here a column is an hour, beyond it a day."""
MAX_DAYS = 62
MAX_LABELS = 16
APART = (1, 2, 3, 4, 6, 12, 24)
"""Steps between labels, so that they fall on hours that people think in."""


@dataclass(frozen=True)
class Pace:
    """A plot of good units over time, ready to be drawn."""

    title: str
    hint: str
    unit: str
    columns: tuple[Bar, ...]


def pace_bars(figures: Figures, say: Wording) -> Pace:
    """Columns for the time that the figures cover."""
    hours = figures.hours
    if not hours:
        return Pace(say("Good units per hour"), "", "", ())
    hint = say("Units by when they passed for the first time.")
    if figures.quarters:
        columns = tuple(_every(figures.quarters, QUARTER, "%H:%M", say))
        title = say("Good units per quarter of an hour")
        return Pace(title, hint, say("units in 15 minutes"), columns)
    if hours[-1].start - hours[0].start < FEW_HOURS:
        columns = tuple(_every(hours, HOUR, "%H", say))
        return Pace(say("Good units per hour"), hint, say("units in the hour"), columns)
    days = _days(hours)
    hint = say("Units that passed for the first time, per hour worked, day by day.")
    if len(days) > MAX_DAYS:
        hint += say(" The latest {} days.", MAX_DAYS)
    columns = tuple(_by_day(day, spans, say) for day, spans in list(days.items())[-MAX_DAYS:])
    return Pace(say("Good units per hour, by day"), hint, say("units per hour worked"), columns)


def _every(
    spans: tuple[PeriodFigures, ...], step: timedelta, label: str, say: Wording
) -> Iterator[Bar]:
    """A column for each step from first to last: where nothing passed it is empty."""
    there = {span.start.timestamp(): span for span in spans}
    at, last = spans[0].start, spans[-1].start
    many = (last - at) / step
    apart = next(n for n in APART if many <= n * MAX_LABELS) * step
    while at <= last:
        span = there.get(at.timestamp())
        good, first = (span.good, span.good_first_time) if span else (0, 0)
        said = say("{}: {}", f"{at:%Y-%m-%d %H:%M}", say.counted("so many good", good, good))
        on_it = (at - at.replace(hour=0, minute=0)) % apart == timedelta()
        yield Bar(f"{at:{label}}" if on_it else "", dates.day(at, say), (first, good - first), said)
        at += step


def _days(hours: tuple[PeriodFigures, ...]) -> dict[datetime, list[PeriodFigures]]:
    days: dict[datetime, list[PeriodFigures]] = {}
    for span in hours:
        days.setdefault(span.start.replace(hour=0, minute=0), []).append(span)
    return days


def _by_day(day: datetime, spans: list[PeriodFigures], say: Wording) -> Bar:
    worked_h = sum(span.worked_s for span in spans) / 3600
    good, first = (
        sum(getattr(span, name) for span in spans) for name in ("good", "good_first_time")
    )
    parts = (first / worked_h, (good - first) / worked_h) if worked_h else (0.0, 0.0)
    worked = numbers.duration(worked_h * 3600, say)
    made = say.counted("so many good in", good, numbers.count(good), worked)
    said = say("{}: {}", f"{day:%Y-%m-%d}", made)
    return Bar(f"{day:%d}", dates.month(day, say), parts, said)
