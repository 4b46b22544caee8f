"""Tests of a unit, what they measured, and how they ended. Data only."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class TestOutcome(StrEnum):
    """How a test ended."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    """The unit is bad."""
    ERROR = "error"
    """The fixture is bad: nothing is known of the unit."""
    NOT_RUN = "not-run"
    """A test before it did not pass."""


class Limits(Protocol):
    """What a value is compared with; as text, empty where there is none."""

    @property
    def low(self) -> str: ...  # noqa: D102
    @property
    def high(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def pattern(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Measurement:
    """A value, and what it was compared with."""

    name: str
    value: str
    """A number as decimal text, to the last digit as it was measured; or a text."""
    unit: str = ""
    low: str = ""
    """Lowest good value, as decimal text; empty: no limit."""
    high: str = ""
    """Highest good value, as decimal text; empty: no limit."""
    text: str = ""
    """The only good text; empty: any."""
    pattern: str = ""
    """What the whole text must match (RE2); empty: anything."""
    good: bool = True


@dataclass(frozen=True)
class TestTry:
    """A try of a test that did not pass, after which the test was tried again."""

    number: int
    """From 1."""
    outcome: TestOutcome
    code: str = ""
    detail: str = ""
    seconds: float = 0.0
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class TestResult:
    """How one test of one attempt ended: its last try, which counts, and those before it."""

    name: str
    kind: str
    """`serial`, `run` or `python`."""
    outcome: TestOutcome
    code: str = ""
    detail: str = ""
    seconds: float = 0.0
    """Of its last try, without the wait for a resource."""
    waited_s: float = 0.0
    """For its resource."""
    tries: int = 1
    resource: str = ""
    program: str = ""
    """SHA-256 (hex) of the program of the factory that ran; empty: none, or not known."""
    measurements: tuple[Measurement, ...] = ()
    earlier: tuple[TestTry, ...] = ()
    """The tries before the last one, oldest first."""
