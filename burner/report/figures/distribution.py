"""Statistics of measured numbers. Pure: docs/report.md has each formula."""

from bisect import bisect_right
from collections.abc import Sequence
from math import cbrt, ceil, floor
from statistics import mean, stdev

from burner.report.figures.measured import Histogram, Quantity

FEWEST_FOR_CPK = 30
"""Below it, the interval of a Cpk is wider than what it is used to decide."""
MOST_BINS = 48
FAR = 5
"""Distances between the quartiles from which on a value does not stretch a histogram, unless a
limit is near."""


def deviation(values: Sequence[float]) -> float | None:
    """The sample standard deviation, with n - 1, in exact sums: 0 of values that are all the same.

    None: a single value.
    """
    return stdev(values) if len(values) > 1 else None


def quantile(ordered: Sequence[float], share: float) -> float:
    """The first value with at least this share of the values at or below it."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def robust_deviation(ordered: Sequence[float]) -> float:
    """The standard deviation that a normal distribution with these quartiles has."""
    return (quantile(ordered, 0.75) - quantile(ordered, 0.25)) / 1.349


def cpk(values: Sequence[float], low: float | None, high: float | None) -> float | None:
    """Distance of the mean from the nearer limit, in three standard deviations.

    With one limit it is Cpl or Cpu. None without limits, with fewer values than `FEWEST_FOR_CPK`,
    or where all values are the same.
    """
    spread = deviation(values)
    if len(values) < FEWEST_FOR_CPK or not spread:
        return None
    middle = mean(values)
    distances = [middle - low] if low is not None else []
    distances += [high - middle] if high is not None else []
    return min(distances) / (3 * spread) if distances else None


def histogram(
    good: Sequence[float],
    bad: Sequence[float],
    limits: tuple[float | None, float | None],
    decimals: int,
) -> Histogram:
    """Intervals over the values and their limits.

    Args:
        good: values within the limits.
        bad: values outside.
        limits: low and high.
        decimals: digits behind the point of the most exact value. An interval holds as many
            possible values as the next one, so that no comb appears that is not in the values.
    """
    ordered = sorted([*good, *bad])
    low, high = limits
    first, last = _drawn_range(ordered, low, high)
    step = _step(ordered, last - first, decimals)
    begin = low if low is not None else high if high is not None else first
    begin -= ceil(round((begin - first) / step, 9)) * step
    number = min(floor(round((last - begin) / step, 9)) + 1, 2 * MOST_BINS)
    edges = [round(begin + at * step, max(decimals, 0) + 3) for at in range(number + 1)]
    counts = [_counted(edges, values) for values in (good, bad)]
    return Histogram(
        begin=Quantity(edges[0]),
        step=Quantity(step),
        good=tuple(counts[0][1:-1]),
        bad=tuple(counts[1][1:-1]),
        below=counts[0][0] + counts[1][0],
        above=counts[0][-1] + counts[1][-1],
    )


def _drawn_range(
    ordered: Sequence[float], low: float | None, high: float | None
) -> tuple[float, float]:
    """From the first to the last value or limit; what is far from both is left out."""
    quarter, three_quarters = quantile(ordered, 0.25), quantile(ordered, 0.75)
    room = FAR * (three_quarters - quarter)
    limits = [limit for limit in (low, high) if limit is not None]
    around = [quarter - room, three_quarters + room, *limits]
    if low is not None and high is not None:
        around += [low - (high - low) / 2, high + (high - low) / 2]
    nearest, farthest = min(around), max(around)
    near = [value for value in ordered if nearest <= value <= farthest]
    return min([near[0], *limits]), max([near[-1], *limits])


def _step(ordered: Sequence[float], width: float, decimals: int) -> float:
    """The rule of Freedman and Diaconis, as a whole number of the smallest digit."""
    between = quantile(ordered, 0.75) - quantile(ordered, 0.25)
    smallest = float(f"1e-{decimals}")
    wanted = max(2 * between / cbrt(len(ordered)), width / MOST_BINS, smallest)
    return max(1, ceil(round(wanted / smallest, 6))) * smallest


def _counted(edges: Sequence[float], values: Sequence[float]) -> list[int]:
    """Counts below the first edge, between each two, and from the last on."""
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect_right(edges, value)] += 1
    return counts
