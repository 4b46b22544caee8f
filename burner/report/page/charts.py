"""The plots of a report as inline SVG. Colours come from classes, so light, dark and paper work."""

from collections.abc import Sequence
from dataclasses import dataclass

from burner.core.words.phrases import Wording
from burner.report.page.markup import Markup, element, join
from burner.report.page.numbers import axis, count, seconds

WIDTH = 720
"""Of a wide plot, in the units that all coordinates are in."""
HEIGHT, FLOOR = 170, 198
"""Of the columns of `bars`, and where they stand."""


@dataclass(frozen=True)
class Part:
    """A part of a whole."""

    name: str
    number: int
    colour: str
    """A class of page.css."""


@dataclass(frozen=True)
class Bar:
    """A bar over a stretch of time, in parts from the bottom up."""

    label: str
    """Text below it; empty: no room."""
    day: str
    """Written below the label where it changes."""
    parts: tuple[float, ...]
    tooltip: str
    """Text when a reader points at it."""


def stacked(parts: Sequence[Part], say: Wording) -> Markup:
    """One horizontal bar of parts, with gaps of paper between them."""
    total = sum(part.number for part in parts)
    drawn, x = [], 0.0
    for part in parts:
        width = WIDTH * part.number / total if total else 0
        if width:
            box = {"x": f"{x:.1f}", "y": 0, "width": f"{max(width - 2, 1.5):.1f}", "height": 28}
            title = element("title", say("{}: {}", part.name, count(part.number)))
            drawn.append(element("rect", title, **box, rx=2, class_=part.colour))
        x += width
    words = say(", ").join(f"{part.name} {part.number}" for part in parts if part.number)
    return svg(WIDTH, 28, drawn, say("{}: {}", say("Units"), words or say("none")))


def swatch(colour: str) -> Markup:
    """A square of a colour, for legends."""
    box = element("rect", width=12, height=12, rx=2, class_=colour)
    return element("svg", box, viewBox="0 0 12 12", aria_hidden="true")


def legend(*items: tuple[str, str, Markup | None]) -> Markup:
    """Colours and what they stand for: (colour, words, more)."""
    drawn = (element("li", swatch(colour), words, more) for colour, words, more in items)
    return element("ul", *drawn, class_="legend")


def bars(columns: Sequence[Bar], colours: Sequence[str], unit: str, say: Wording) -> Markup:
    """Vertical bars over time; the y axis begins at 0."""
    left, right = 46, 8
    ticks = axis(max((sum(column.parts) for column in columns), default=0), least_step=1)
    ceiling = ticks[-1]
    step = (WIDTH - left - right) / max(len(columns), 1)
    drawn = [element("text", unit, x=0, y=11, class_="unit")]
    for tick in ticks:
        y = FLOOR - HEIGHT * tick / ceiling
        drawn.append(element("line", x1=left, x2=WIDTH - right, y1=y, y2=y, class_="grid"))
        drawn.append(element("text", count(round(tick)), x=left - 6, y=y + 4, class_="tick end"))
    for number, column in enumerate(columns):
        x = left + step * number
        boxes = [(value / ceiling, c) for value, c in zip(column.parts, colours, strict=True)]
        width = min(step * 0.78, 46)
        drawn.append(_column(boxes, column.tooltip, x + (step - width) / 2, width))
        new_day = number == 0 or column.day != columns[number - 1].day
        if column.label:
            drawn.append(_below(column.label, x + step / 2, FLOOR + 15, "tick middle"))
        if new_day and column.day:
            drawn.append(_below(column.day, x + 1, FLOOR + 30, "tick day"))
    return svg(WIDTH, FLOOR + 36, drawn, say("{}, {} bars over time", unit, len(columns)))


def ranges(rows: Sequence[tuple[str, float, float, float]], say: Wording) -> Markup:
    """Rows of (name, low, middle, high) in seconds: a line low to high, a dot at the middle."""
    left, right, line = 92, 176, 30
    ticks = axis(max((row[3] for row in rows), default=0))
    scale = (WIDTH - left - right) / ticks[-1]
    bottom = line * len(rows)
    drawn = []
    for tick in ticks:
        x = left + tick * scale
        drawn.append(element("line", x1=x, x2=x, y1=0, y2=bottom, class_="grid"))
        drawn.append(_below(f"{tick:g} {say('s')}", x, bottom + 15, "tick middle"))
    for number, (name, low, middle, high) in enumerate(rows):
        y = line * number + line / 2
        a, b = left + low * scale, left + high * scale
        drawn += [
            element("text", name, x=left - 10, y=y + 4, class_="name end"),
            element("line", x1=a, x2=max(b, a + 1), y1=y, y2=y, class_="range"),
            element("circle", cx=f"{left + middle * scale:.1f}", cy=y, r=5, class_="dot"),
            element("text", seconds(middle, say), x=WIDTH - right + 14, y=y + 4, class_="value"),
            element(
                "text",
                say("{} to {}", seconds(low, say), seconds(high, say)),
                x=WIDTH - right + 66,
                y=y + 4,
                class_="soft",
            ),
        ]
    return svg(WIDTH, bottom + 22, drawn, say("Seconds by step"))


def interval(
    shares: tuple[float, float, float], axis: tuple[float, float], rest: float, say: Wording
) -> Markup:
    """A share between the ends of its interval, and a line where all together are. For cells."""
    width, height = 220, 18
    (low, middle, high), (begin, end) = shares, axis

    def at(value: float) -> float:
        return round(6 + (width - 12) * (value - begin) / (end - begin), 1)

    drawn = [
        element("line", x1=at(rest), x2=at(rest), y1=0, y2=height, class_="all"),
        element("line", x1=at(low), x2=at(high), y1=9, y2=9, class_="range"),
        element("circle", cx=at(middle), cy=9, r=4.5, class_="dot"),
    ]
    tooltip = say("{}, between {} and {}", f"{middle:.1%}", f"{low:.1%}", f"{high:.1%}")
    return svg(width, height, drawn, tooltip, "cell")


def bar(shares: Sequence[tuple[float, str]], tooltip: str, width: int = 160) -> Markup:
    """A horizontal bar of shares of the width, each with its colour. For table cells."""
    drawn, x = [], 0.0
    for value, colour in shares:
        if value > 0:
            box = {"x": f"{x:.1f}", "y": 3, "width": f"{max(width * value, 1):.1f}", "height": 12}
            drawn.append(element("rect", **box, class_=colour))
        x += width * value
    return svg(width, 18, drawn, tooltip, "cell")


def _column(boxes: list[tuple[float, str]], tooltip: str, x: float, width: float) -> Markup:
    """Boxes on top of each other, in shares of the plot's height."""
    y, drawn = float(FLOOR), [element("title", tooltip)]
    for share, colour in boxes:
        if share:
            y -= share * HEIGHT
            box = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}"}
            drawn.append(element("rect", **box, height=f"{share * HEIGHT:.1f}", class_=colour))
    return element("g", *drawn)


def _below(text: str, x: float, y: float, class_: str) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=y, class_=class_)


def svg(
    width: int, height: float, drawn: list[Markup], tooltip: str, class_: str = "plot"
) -> Markup:
    """A picture with its words for readers who do not see it."""
    box = f"0 0 {width} {height:g}"
    return element("svg", join(drawn), viewBox=box, role="img", aria_label=tooltip, class_=class_)
