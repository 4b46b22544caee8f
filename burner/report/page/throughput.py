"""The plot of units passed over time: a column for each quarter of an hour, hour or day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from burner.core.words.phrases import Wording
from burner.report.figures.figures import Figures, PeriodFigures
from burner.report.page import dates, numbers
from burner.report.page.charts import Bar

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
FEW_HOURS = timedelta(hours=72)
"""Up to here a column is an hour, beyond it a day."""
MAX_DAYS = 62
MAX_LABELS = 16
LABEL_STEPS = (1, 2, 3, 4, 6, 12, 24)
"""Columns between labels, so that labels are at usual hours."""


@dataclass(frozen=True)
class ThroughputPlot:
    """A plot of units passed over time, ready to be drawn."""

    title: str
    hint: str
    unit: str
    columns: tuple[Bar, ...]


def throughput_plot(figures: Figures, say: Wording) -> ThroughputPlot:
    """Columns for the time that the figures cover."""
    hours = figures.hours
    if not hours:
        return ThroughputPlot(say("Good units per hour"), "", "", ())
    hint = say("Units by when they passed for the first time.")
    if figures.quarters:
        columns = tuple(_every(figures.quarters, QUARTER, "%H:%M", say))
        title = say("Good units per quarter of an hour")
        return ThroughputPlot(title, hint, say("units in 15 minutes"), columns)
    if hours[-1].start - hours[0].start < FEW_HOURS:
        columns = tuple(_every(hours, HOUR, "%H", say))
        return ThroughputPlot(say("Good units per hour"), hint, say("units in the hour"), columns)
    days = _days(hours)
    hint = say("Units that passed for the first time, per hour worked, day by day.")
    if len(days) > MAX_DAYS:
        hint += say(" The latest {} days.", MAX_DAYS)
    columns = tuple(_by_day(day, spans, say) for day, spans in list(days.items())[-MAX_DAYS:])
    return ThroughputPlot(
        say("Good units per hour, by day"), hint, say("units per hour worked"), columns
    )


def _every(
    spans: tuple[PeriodFigures, ...], step: timedelta, label: str, say: Wording
) -> Iterator[Bar]:
    """A column for each step from first to last: where nothing passed it is empty."""
    by_start = {span.start.timestamp(): span for span in spans}
    at, last = spans[0].start, spans[-1].start
    columns = (last - at) / step
    label_step = next(n for n in LABEL_STEPS if columns <= n * MAX_LABELS) * step
    while at <= last:
        span = by_start.get(at.timestamp())
        good, first = (span.good, span.good_first_time) if span else (0, 0)
        tooltip = say("{}: {}", f"{at:%Y-%m-%d %H:%M}", say.counted("so many good", good, good))
        is_labelled = (at - at.replace(hour=0, minute=0)) % label_step == timedelta()
        yield Bar(
            f"{at:{label}}" if is_labelled else "",
            dates.day(at, say),
            (first, good - first),
            tooltip,
        )
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
    tooltip = say("{}: {}", f"{day:%Y-%m-%d}", made)
    return Bar(f"{day:%d}", dates.month(day, say), parts, tooltip)
