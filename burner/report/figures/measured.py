"""The figures of tests and of what they measured, as frozen values; docs/report.md defines them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from burner.report.figures.durations import Spread


class Quantity(float):
    """A number in the unit of its measurement: six digits of it are in the JSON form."""


@dataclass(frozen=True)
class Histogram:
    """How often values were in each of some intervals of one width."""

    begin: Quantity
    step: Quantity
    good: tuple[int, ...]
    """Good values in each interval; the upper end belongs to the next one."""
    bad: tuple[int, ...]
    """Values outside the limits in each interval."""
    below: int
    """Values below the first interval: so far off that they are not drawn."""
    above: int


@dataclass(frozen=True)
class PeriodValues:
    """The values of some minutes, an hour or a day."""

    start: datetime
    count: int
    median: Quantity
    low: Quantity
    """Nine of ten values are from here …"""
    high: Quantity
    """… to here."""


@dataclass(frozen=True)
class SlotValues:
    """The values of one slot."""

    station: str
    slot: str
    count: int
    bad: int
    mean: Quantity
    deviation: Quantity | None
    """None: a single value."""
    median: Quantity
    low: Quantity
    high: Quantity


@dataclass(frozen=True)
class UnitValue:
    """The value of a unit."""

    value: str
    """As it was measured."""
    good: bool
    device_name: str
    unit_id: str
    station: str
    slot: str
    number: int
    """Of the attempt's first record."""


@dataclass(frozen=True)
class NumberFigures:
    """The figures of a measurement whose values are numbers."""

    mean: Quantity
    deviation: Quantity | None
    """Of all values, with n - 1; None: a single value."""
    median: Quantity
    decimals: int
    """Digits behind the point of the most exact value."""
    minimum: str
    """As it was measured."""
    maximum: str
    cpk: float | None
    """None without limits, with too few values, or where all are the same."""
    histogram: Histogram
    over_time: tuple[PeriodValues, ...]
    slots: tuple[SlotValues, ...]
    worst: tuple[UnitValue, ...]
    """Nearest to a limit, or farthest outside, first; none without limits."""


@dataclass(frozen=True)
class MeasurementFigures:
    """The figures of one measurement with the same limits."""

    product_id: str
    test: str
    name: str
    unit: str
    low: str
    high: str
    text: str
    pattern: str
    count: int
    """Values that count: one for each unit and slot."""
    units: int
    bad: int
    """Values outside the limits, or other texts than the good one."""
    repeated: int
    """Values of further attempts on a unit in the same slot, which do not count."""
    number: NumberFigures | None
    """None: its values are texts."""
    texts: Mapping[str, int]
    """The most frequent texts; where the values are numbers, those that are none."""


@dataclass(frozen=True)
class SlotTests:
    """How a test ended in one slot, for each unit at its first attempt there."""

    station: str
    slot: str
    units: int
    not_passed: int
    retried: int
    """Units for which it was tried more than once."""


@dataclass(frozen=True)
class TestFigures:
    """The figures of one test, over all attempts that count; of each its last try."""

    product_id: str
    name: str
    kind: str
    resource: str
    outcomes: Mapping[str, int]
    units: int
    """Units that it ended for in pass, fail or error."""
    units_not_passed: int
    """Of these, units for which it ended in fail or error at least once."""
    share: float
    """Of all fails and errors of all tests."""
    cumulative: float
    """Share of this test and of all that fail more often."""
    retried: int
    """Attempts in which it was tried more than once."""
    rescued: int
    """Of these, how many it passed in the end."""
    codes: Mapping[str, int]
    """Why it did not pass; most frequent first."""
    duration: Spread | None
    """Of its last try, where it ended in pass, fail or error."""
    wait: Spread | None
    """For its resource; None: it needs none."""
    slots: tuple[SlotTests, ...]


class Oddity(StrEnum):
    """What is not as elsewhere."""

    LOWER = "lower"
    """The values of a slot."""
    HIGHER = "higher"
    NOT_PASSED = "not-passed"
    """A test ends in fail or error more often in a slot."""
    TRIED_AGAIN = "tried-again"
    """A test is tried more than once more often in a slot."""
    FALLING = "falling"
    """The last quarter of the values, against the first one."""
    RISING = "rising"


@dataclass(frozen=True)
class Standout:
    """Something that differs by more than chance, and by enough to matter."""

    oddity: Oddity
    product_id: str
    test: str
    measurement: str
    """Empty where it is the whole test."""
    unit: str
    station: str
    """Empty: all slots, over time."""
    slot: str
    here: Quantity
    """Median in the slot, or at the end; or share that did not pass, or was tried again."""
    elsewhere: Quantity
    count: int
    """Values, or units of the test, in the slot, or at the end."""
    count_elsewhere: int
    tolerance_share: float | None = None
    """The difference as a share of the tolerance; None: no limits, or no measurement."""


@dataclass(frozen=True)
class BatchFigures:
    """The yield of a batch, as far as this report covers it."""

    batch: str
    """Empty: attempts without a batch."""
    first: datetime
    """Start of its first attempt."""
    new: int
    """Units whose very first attempt was in it."""
    first_pass: int
    total: int
    """Units whose last attempt was in it."""
    passed: int
    """Of these, units that are good now."""
    low: float | None
    """Lower end of the 95 % interval of first-pass yield (Wilson)."""
    high: float | None

    @property
    def first_pass_yield(self) -> float | None:
        """None without new units."""
        return self.first_pass / self.new if self.new else None

    @property
    def final_yield(self) -> float | None:
        """None without units."""
        return self.passed / self.total if self.total else None
