"""Counters for a stream of attempts. Only the list of OPEN units grows with the number of units."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from burner.report.figures.durations import Counts, Durations, counts
from burner.report.figures.figures import OpenUnit


@dataclass(slots=True)
class SlotTally:
    """A slot of a station."""

    outcomes: Counter[str] = field(default_factory=Counter)
    new: int = 0
    first_pass: int = 0
    cycle: Durations = field(default_factory=Durations)
    bauds: Counter[int] = field(default_factory=Counter)
    """Attempts that passed, by their rate."""

    def add(self, other: "SlotTally") -> None:
        """Add the counts of another one."""
        self.outcomes += other.outcomes
        self.new += other.new
        self.first_pass += other.first_pass
        self.cycle.add_all(other.cycle)
        self.bauds += other.bauds


@dataclass(slots=True)
class Quarter:
    """A quarter of an hour: begin and end of work, and the attempts that ended in it."""

    begin: float
    end: float
    attempts: int = 0
    good: int = 0
    good_first_time: int = 0
    new: int = 0
    first_pass: int = 0
    fail: int = 0
    error: int = 0


@dataclass(slots=True)
class CodeTally:
    """A code that ended attempts."""

    outcomes: Counter[str] = field(default_factory=Counter)
    units: int = 0


@dataclass(slots=True)
class BatchTally:
    """A batch."""

    first: float
    """Start of its first attempt."""
    new: int = 0
    first_pass: int = 0
    total: int = 0
    passed: int = 0


@dataclass(slots=True)
class Tallies:
    """All counters."""

    slots: dict[tuple[str, str], SlotTally] = field(default_factory=dict)
    """By station and slot."""
    quarters: dict[int, Quarter] = field(default_factory=dict)
    """By seconds since 1970 // 900."""
    batches: dict[str, BatchTally] = field(default_factory=dict)
    """By id; empty: attempts without one."""
    codes: dict[str, CodeTally] = field(default_factory=dict)
    steps: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(counts))
    units: Counter[str] = field(default_factory=Counter)
    """By the fields of `figures.Units`."""
    tries: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    without_unit: int = 0
    reworked: int = 0
    reworked_passed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    open_units: list[OpenUnit] = field(default_factory=list)
