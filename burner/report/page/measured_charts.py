"""The plots of a measurement: histogram, course over time, slots; each against the limits."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from burner.core.words.phrases import Wording
from burner.report.figures.counting_tests import limit_of
from burner.report.figures.measured import (
    MeasurementFigures,
    NumberFigures,
    PeriodValues,
    SlotValues,
)
from burner.report.page import numbers
from burner.report.page.charts import svg
from burner.report.page.markup import Markup, element

WIDTH, HEIGHT = 440, 130
"""Of a plot, in the units that all coordinates are in."""
TOP, BOTTOM = 22, 20
LINE = 24
"""Height of the line of a slot."""


RESOLUTION = 1e-12
"""Width of a picture as a part of its values: less is lost in a float."""


@dataclass(frozen=True)
class DrawnValues:
    """A measurement whose values are numbers, with the range in which they are drawn."""

    measurement: MeasurementFigures
    number: NumberFigures
    low: float | None
    high: float | None
    begin: float
    end: float

    @property
    def limits(self) -> list[tuple[float, str]]:
        """Each limit with its text."""
        texts = ((self.low, self.measurement.low), (self.high, self.measurement.high))
        return [(limit, numbers.with_minus(text)) for limit, text in texts if limit is not None]


def values_of(measurement: MeasurementFigures) -> DrawnValues | None:
    """None where its values are texts, or where a picture could not tell them apart."""
    number = measurement.number
    if number is None:
        return None
    low, high = (limit_of(text) for text in (measurement.low, measurement.high))
    drawn = number.histogram
    begin, end = float(drawn.begin), drawn.begin + drawn.step * len(drawn.good)
    if not end - begin > RESOLUTION * max(abs(begin), abs(end)):
        return None  # numbers of 16 digits that differ in their last ones
    room = (end - begin) * 0.03
    begin -= room * (3 if drawn.below else 1)  # the number of those beyond is written there
    end += room * (3 if drawn.above else 1)
    return DrawnValues(measurement, number, low, high, begin, end)


def histogram(values: DrawnValues, say: Wording) -> Markup:
    """How often which values were measured; bad ones in another colour."""
    drawn = values.number.histogram
    most = max(good + bad for good, bad in zip(drawn.good, drawn.bad, strict=True)) or 1
    floor, at = TOP + HEIGHT, _scale(values, 0, WIDTH)
    boxes = [element("line", x1=0, x2=WIDTH, y1=floor, y2=floor, class_="grid")]
    for number, (good, bad) in enumerate(zip(drawn.good, drawn.bad, strict=True)):
        begin = drawn.begin + number * drawn.step
        boxes += _box(at(begin), at(begin + drawn.step), (good, bad), most)
    ticks = [
        element("text", _tick(tick), x=f"{at(tick):.1f}", y=floor + 15, class_="tick middle")
        for tick in numbers.ticks(values.begin, values.end)
    ]
    far = [
        (drawn.below, 0, f"◂ {drawn.below}", "fail-text"),
        (drawn.above, WIDTH, f"{drawn.above} ▸", "fail-text end"),
    ]
    outside = [
        element("text", text, x=x, y=floor - 6, class_=class_) for n, x, text, class_ in far if n
    ]
    limits = _limits(values, at, TOP - 8, floor)
    title = say("histogram of {}, {} values", values.measurement.name, values.measurement.count)
    return svg(WIDTH, floor + BOTTOM, [*boxes, *ticks, *limits, *outside], title)


def over_time(values: DrawnValues, say: Wording) -> Markup:
    """Median, and the range of nine of ten values, from the first to the last period."""
    periods, left = values.number.over_time, 46
    step = (WIDTH - left) / len(periods)
    floor = TOP + HEIGHT

    def at(value: float) -> float:
        inside = min(max(value, values.begin), values.end)
        return floor - HEIGHT * (inside - values.begin) / (values.end - values.begin)

    drawn: list[Markup] = []
    for tick in numbers.ticks(values.begin, values.end, 5):
        y = round(at(tick), 1)
        drawn.append(element("line", x1=left, x2=WIDTH, y1=y, y2=y, class_="grid"))
        drawn.append(element("text", _tick(tick), x=left - 6, y=y + 4, class_="tick end"))
    for limit, _ in values.limits:
        y = round(at(limit), 1)
        drawn.append(element("line", x1=left, x2=WIDTH, y1=y, y2=y, class_="limit"))
    labelled = -(-len(periods) // 6)
    is_by_day = len(periods) > 1 and all(f"{p.start:%H%M}" == "0000" for p in periods)
    for number, period in enumerate(periods):
        x = round(left + step * (number + 0.5), 1)
        drawn += _period(period, x, at)
        if number % labelled == 0:
            label = f"{period.start:%m-%d}" if is_by_day else f"{period.start:%H:%M}"
            drawn.append(element("text", label, x=x, y=floor + 15, class_="tick middle"))
    title = say("{} over the time", values.measurement.name)
    return svg(WIDTH, floor + BOTTOM, drawn, title)


def _period(period: PeriodValues, x: float, at: Callable[[float], float]) -> tuple[Markup, Markup]:
    tooltip = f"{period.start:%Y-%m-%d %H:%M}: {numbers.significant(period.median)}"
    ends = (round(at(period.low), 1), round(at(period.high), 1) - 0.5)
    return (
        element(
            "line", element("title", tooltip), x1=x, x2=x, y1=ends[0], y2=ends[1], class_="range"
        ),
        element("circle", cx=x, cy=round(at(period.median), 1), r=3.5, class_="dot"),
    )


def slots(values: DrawnValues, odd: Iterable[tuple[str, str]], say: Wording) -> Markup:
    """A line for each slot: median, and the range of nine of ten values; odd ones are marked."""
    rows, marked = values.number.slots, set(odd)
    several = len({row.station for row in rows}) > 1
    left, right = 130 if several else 60, 206
    width = 2 * WIDTH
    at = _scale(values, left, width - right)
    floor = TOP + LINE * len(rows)
    drawn: list[Markup] = []
    for tick in numbers.ticks(values.begin, values.end, 8):
        x = f"{at(tick):.1f}"
        drawn.append(element("line", x1=x, x2=x, y1=TOP, y2=floor, class_="grid"))
        drawn.append(element("text", _tick(tick), x=x, y=floor + 15, class_="tick middle"))
    drawn += _limits(values, at, TOP - 8, floor)
    for number, row in enumerate(rows):
        y = TOP + LINE * number + LINE / 2
        name = f"{row.station} {row.slot}" if several else row.slot
        class_ = "behind" if (row.station, row.slot) in marked else None
        median = numbers.fixed(row.median, values.number.decimals)
        line = _slot_line(row, (name, median), at, (left, width - right + 14, y), say)
        drawn.append(element("g", *line, class_=class_))
    return svg(width, floor + BOTTOM, drawn, say("{} by slot", values.measurement.name))


def _slot_line(
    row: SlotValues,
    texts: tuple[str, str],
    at: Callable[[float], float],
    place: tuple[float, float, float],
    say: Wording,
) -> Sequence[Markup]:
    """Its name and its median as texts; `place`: where these end and begin, and the height."""
    (name, median), (left, right, y) = texts, place
    ends = (round(at(row.low), 1), round(at(row.high), 1))
    bad = say.counted("so many outside", row.bad, numbers.count(row.bad)) if row.bad else ""
    return (
        element("text", name, x=left - 10, y=y + 4, class_="name end"),
        element("line", x1=ends[0], x2=max(ends[1], ends[0] + 1), y1=y, y2=y, class_="range"),
        element("circle", cx=round(at(row.median), 1), cy=y, r=4.5, class_="dot"),
        element("text", median, x=right, y=y + 4, class_="value"),
        element("text", f"n {numbers.count(row.count)}", x=right + 62, y=y + 4, class_="soft"),
        element("text", bad, x=right + 122, y=y + 4, class_="fail-text"),
    )


def _scale(values: DrawnValues, left: float, right: float) -> Callable[[float], float]:
    """From a value to x; what is out of the range is drawn at its end."""

    def at(value: float) -> float:
        inside = min(max(value, values.begin), values.end)
        return left + (right - left) * (inside - values.begin) / (values.end - values.begin)

    return at


def _limits(
    values: DrawnValues, at: Callable[[float], float], top: float, floor: float
) -> list[Markup]:
    drawn, first, last = [], at(values.begin), at(values.end)
    for limit, text in values.limits:
        x = round(at(limit), 1)
        side = "end" if x > last - 30 else "middle" if x > first + 30 else ""
        drawn.append(element("line", x1=x, x2=x, y1=top + 2, y2=floor, class_="limit"))
        drawn.append(element("text", text, x=x, y=top - 2, class_=f"limit-text {side}".rstrip()))
    return drawn


def _box(left: float, right: float, parts: tuple[int, int], most: int) -> Iterable[Markup]:
    y = float(TOP + HEIGHT)
    for number, colour in zip(parts, ("good", "fail"), strict=True):
        height = max(HEIGHT * number / most, 1.5) if number else 0
        y -= height
        if number:
            yield element(
                "rect",
                element("title", str(number)),
                x=f"{left + 0.4:.1f}",
                y=f"{y:.1f}",
                width=f"{max(right - left - 0.8, 0.8):.1f}",
                height=f"{height:.1f}",
                class_=colour,
            )


def _tick(value: float) -> str:
    return numbers.significant(value)
