"""The figures of a report, as frozen values; docs/report.md defines them.

`counting.py` makes them from a stream of attempts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from burner.manifest.reading.reconciliations import ReconciliationStatus
from burner.manifest.reading.release_evidence import ReleaseEvidence
from burner.report.figures.durations import Spread
from burner.report.figures.measured import (
    BatchFigures,
    MeasurementFigures,
    Quantity,
    Standout,
    TestFigures,
)

SCHEMA = 1
"""Version of the JSON form: keys are added, never changed, within one."""


@dataclass(frozen=True)
class Scope:
    """What is counted: which records, in which time zone."""

    manifest: str
    batch: str = ""
    product_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    zone: str = "UTC"
    profile: str = ""
    """Of the batch, like the next three; empty without one."""
    release_digest: str = ""
    state: str = ""
    planned: int | None = None
    recorded_until: datetime | None = None
    """When the newest record of the manifest was written."""
    evidence: ReleaseEvidence | None = None
    """What stands behind the batch; None without one."""
    reconciled: ReconciliationStatus | None = None
    """The last reconciliation with the cloud platform; None: there is none."""


@dataclass(frozen=True)
class Units:
    """Units by their status; the six sum up to `total`."""

    total: int
    first_time: int
    """Passed at the first attempt, and PASS now."""
    later: int
    """Passed, but not at the first attempt."""
    failed: int
    """The last attempt ended FAIL."""
    interrupted: int
    """The last attempt ended ERROR or ABORTED: the unit itself was not judged. Or it was scrapped,
    and is to be burned again as a rework."""
    open: int
    """The last attempt has no outcome."""
    scrapped: int
    new: int
    """Units whose very first attempt is in this report: what first-pass yield is made of."""
    first_pass: int
    """Of these, how many passed at it."""
    attempts: Mapping[str, int]
    """Units by number of attempts: `1`, `2`, `3+`."""

    @property
    def passed(self) -> int:
        """Units that are good now."""
        return self.first_time + self.later

    @property
    def first_pass_yield(self) -> float | None:
        """None without new units."""
        return self.first_pass / self.new if self.new else None

    @property
    def final_yield(self) -> float | None:
        """None without units."""
        return self.passed / self.total if self.total else None


@dataclass(frozen=True)
class Failure:
    """How often a code ended an attempt."""

    code: str
    attempts: int
    units: int
    """Different units; 0 where none was identified."""
    outcomes: Mapping[str, int]
    share: float
    """Of all attempts that did not pass."""
    cumulative: float
    """Share of this code and of all more frequent ones."""


@dataclass(frozen=True)
class StepTime:
    """How long a step took in attempts that passed."""

    step: str
    spread: Spread


@dataclass(frozen=True)
class SlotFigures:
    """The figures of one slot, or of one station (then `slot` is empty)."""

    station: str
    slot: str
    attempts: int
    outcomes: Mapping[str, int]
    new: int
    """Units that had their very first attempt here."""
    first_pass: int
    low: float | None
    """Lower end of the 95 % interval of first-pass yield (Wilson)."""
    high: float | None
    behind: bool
    """Whether its first-pass yield is below that of the others by more than chance."""
    cycle: Spread | None
    bauds: Mapping[int, int]
    """Attempts that passed, by bits per second; the slowest rate first."""

    @property
    def first_pass_yield(self) -> float | None:
        """None without new units."""
        return self.first_pass / self.new if self.new else None


@dataclass(frozen=True)
class PeriodFigures:
    """The figures of a quarter of an hour, an hour or a shift, by the end of each attempt."""

    start: datetime
    name: str
    attempts: int
    good: int
    """Units that passed for the first time."""
    good_first_time: int
    new: int
    first_pass: int
    fail: int
    error: int
    worked_s: float

    @property
    def first_pass_yield(self) -> float | None:
        """None without new units."""
        return self.first_pass / self.new if self.new else None

    @property
    def per_hour(self) -> float | None:
        """Units passed per hour worked; None where no time is known."""
        return self.good / self.worked_s * 3600 if self.worked_s else None


@dataclass(frozen=True)
class OpenUnit:
    """A unit whose last attempt has no outcome."""

    device_name: str
    unit_id: str
    station: str
    slot: str
    started: datetime


@dataclass(frozen=True)
class Rework:
    """Attempts on known units for a reason that a person gave."""

    attempts: int
    passed: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Figures:
    """A whole report."""

    scope: Scope
    first: datetime | None
    """Start of the first attempt."""
    last: datetime | None
    """End of the last."""
    attempts: Mapping[str, int]
    """By outcome, all five."""
    retries: int
    """Attempts that the station made again by itself."""
    without_unit: int
    """Attempts that touched no unit: nothing answered, or it was refused before the first erase."""
    units: Units
    rework: Rework
    worked_s: float
    per_hour: float | None
    """Good units per hour worked."""
    cycle: Spread | None
    """From start to end of attempts that passed."""
    steps: tuple[StepTime, ...]
    failures: tuple[Failure, ...]
    """Most frequent first."""
    slots: tuple[SlotFigures, ...]
    stations: tuple[SlotFigures, ...]
    hours: tuple[PeriodFigures, ...]
    """Only those in which something ended."""
    quarters: tuple[PeriodFigures, ...]
    """The same by quarter of an hour, for work within eight hours; else empty."""
    shifts: tuple[PeriodFigures, ...]
    open_units: tuple[OpenUnit, ...]
    batches: tuple[BatchFigures, ...] = ()
    """In the order in which they began."""
    standouts: tuple[Standout, ...] = ()
    tests: tuple[TestFigures, ...] = ()
    """Those that fail most first."""
    measurements: tuple[MeasurementFigures, ...] = ()

    @property
    def has_several_products(self) -> bool:
        """Whether units of more than one product were tested: their tests may have one name."""
        return len({test.product_id for test in self.tests}) > 1

    def plain(self) -> dict[str, Any]:
        """As JSON values: yields are shares of 1, durations seconds, moments ISO 8601 in UTC."""
        return {"schema": SCHEMA, **_plain(self)}


_DERIVED = ("passed", "first_pass_yield", "final_yield", "per_hour")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
        names += [n for n in _DERIVED if isinstance(getattr(type(value), n, None), property)]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Quantity):
        return float(f"{value:.6g}")
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
