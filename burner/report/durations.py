"""How long things took: exact quantiles in memory that does not grow with the number of units."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate


@dataclass(frozen=True)
class Spread:
    """Durations of one kind, in seconds."""

    count: int
    median_s: float
    p5_s: float
    p95_s: float
    max_s: float


Counts = defaultdict[int, int]
"""Milliseconds → how often they were met: as many entries as there are different ones.

One more is `counts[ms] += 1`: that happens ten times an attempt, so it is no call.
"""


def counts() -> Counts:
    """None met yet."""
    return defaultdict(int)


@dataclass
class Durations:
    """Durations of one kind."""

    counts: Counts = field(default_factory=counts)

    def add_all(self, other: "Durations") -> None:
        """Count all of another's."""
        for ms, count in other.counts.items():
            self.counts[ms] += count

    def spread(self) -> Spread | None:
        """Median, the range that holds nine of ten, and the longest; None of nothing."""
        total = sum(self.counts.values())
        if not total:
            return None
        ordered = sorted(self.counts.items())
        p5, median, p95 = (_quantile(ordered, q * total) for q in (0.05, 0.5, 0.95))
        return Spread(total, median, p5, p95, ordered[-1][0] / 1000)


def _quantile(ordered: list[tuple[int, int]], rank: float) -> float:
    """The first duration at which at least `rank` of them are reached, in seconds."""
    reached = accumulate(count for _, count in ordered)
    return (
        next(ms for (ms, _), so_far in zip(ordered, reached, strict=True) if so_far >= rank) / 1000
    )
