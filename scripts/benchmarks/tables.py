"""Tables in Markdown, medians and marks: what a run prints, and what docs/performance.md holds."""

import sys
from collections.abc import Iterable, Sequence
from statistics import median

Row = Sequence[object]
"""Cells, from left to right."""


def show(title: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Print one table; numbers to the right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    print(f"\n### {title}\n")
    print(_line(columns, widths))
    print(
        "|"
        + "|".join("-" * (width + 1) + ("-" if n == 0 else ":") for n, width in enumerate(widths))
        + "|"
    )
    for text in texts:
        print(_line(text, widths))
    sys.stdout.flush()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if n == 0 else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "| " + " | ".join(padded) + " |"


def seconds(values: Sequence[float]) -> str:
    """The median, and how far the values spread when there are several."""
    if not values:
        return "–"
    middle = f"{median(values):.2f}"
    spread = max(values) - min(values)
    return f"{middle} ±{spread / 2:.2f}" if len(values) > 1 else middle


def against(value: float, target: float, unit: str = "") -> str:
    """A figure beside its target, and whether it is met."""
    mark = "ok" if value <= target else "MISSED"
    return f"≤ {target:g}{unit} {mark}"


def say(text: str) -> None:
    """A line between tables."""
    print(text, flush=True)
