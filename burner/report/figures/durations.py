"""Durations: exact quantiles, in memory that does not grow with the number of units."""

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
"""Milliseconds → how often they occurred.

Add with `counts[ms] += 1`: ten times for each attempt, so a call would be slow.
"""


def counts() -> Counts:
    """Empty counts."""
    return defaultdict(int)


@dataclass
class Durations:
    """Durations of one kind."""

    counts: Counts = field(default_factory=counts)

    def add_all(self, other: "Durations") -> None:
        """Add the counts of another one."""
        for ms, count in other.counts.items():
            self.counts[ms] += count

    def spread(self) -> Spread | None:
        """Median, the range of nine of ten, and the maximum; None: there are none."""
        total = sum(self.counts.values())
        if not total:
            return None
        ordered = sorted(self.counts.items())
        p5, median, p95 = (_quantile(ordered, q * total) for q in (0.05, 0.5, 0.95))
        return Spread(total, median, p5, p95, ordered[-1][0] / 1000)


def _quantile(ordered: list[tuple[int, int]], rank: float) -> float:
    """The first duration at which the running count is at least `rank`, in seconds."""
    running = accumulate(count for _, count in ordered)
    return (
        next(ms for (ms, _), so_far in zip(ordered, running, strict=True) if so_far >= rank) / 1000
    )
