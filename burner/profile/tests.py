"""Tests that every unit must pass, according to the profile."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from burner.core.baud_rates import Baud
from burner.core.code import Code
from burner.core.good_values import NAME, NUMBER, is_number
from burner.core.measurements import Measurement
from burner.core.record_limits import MAX_VALUE
from burner.core.regex import Regex
from burner.core.yaml_document import WrittenFloat
from burner.core.yaml_schema import AtLeastOne, StrictModel, refusal, value_refusal

MAX_TESTS = 50
MAX_MEASUREMENTS = 100
"""Of one test."""
MAX_DEADLINE_S = 600.0
MAX_DIGITS = 30
"""Of a limit, written without an exponent."""

TEST_NAME = re.compile(f"^{NAME.pattern}$")
TestName = Annotated[str, Field(pattern=TEST_NAME.pattern)]
Deadline = Annotated[float, Field(gt=0, le=MAX_DEADLINE_S)]
"""Seconds."""


def _exact(value: object) -> Decimal:
    """The number that somebody wrote, to its last digit."""
    text = value.text if isinstance(value, WrittenFloat) else str(value)
    if isinstance(value, bool) or not NUMBER.fullmatch(text):
        raise refusal(Code.LIMIT_NOT_EXACT, f"found {text[:40]!r}", "a decimal number: -12.50")
    plain = f"{Decimal(text):f}"
    digits = sum(character.isdigit() for character in plain)
    if digits > MAX_DIGITS:
        found = f"{text[:40]!r} has {digits} digits"
        raise refusal(Code.LIMIT_NOT_EXACT, found, f"at most {MAX_DIGITS} digits")
    return Decimal(plain)


Limit = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(lambda number: f"{number:f}", return_type=str, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": NUMBER.pattern}]}),
]
"""A decimal number, exactly as written; as text it has neither exponent nor lost zeros."""


class MeasurementSettings(StrictModel):
    """A value that a test measures, and which values are good."""

    name: TestName
    """Its name in records and reports, such as `idle_current`."""
    unit: Annotated[str, Field(max_length=16)] = ""
    """Unit of a number, such as `mA` or `dBm`."""
    low: Limit | None = None
    """The lowest good value. Left out: no limit."""
    high: Limit | None = None
    """The highest good value. Left out: no limit."""
    text: Annotated[str, Field(min_length=1, max_length=MAX_VALUE)] | None = None
    """The only good text."""
    pattern: Annotated[Regex, Field(max_length=MAX_VALUE)] | None = None
    """What the whole text must match, as a regular expression of RE2."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if is_number(self.beside("")) + (self.text is not None) + (self.pattern is not None) > 1:
            raise ValueError("limits and a unit, or text, or pattern")
        if self.low is not None and self.high is not None and self.low > self.high:
            found = f"low is {self.low:f}, high is {self.high:f}"
            raise value_refusal(found, "low is not above high")
        return self

    def beside(self, value: str) -> Measurement:
        """A value beside its limits, not compared yet."""
        return Measurement(
            name=self.name,
            value=value,
            unit=self.unit,
            low="" if self.low is None else f"{self.low:f}",
            high="" if self.high is None else f"{self.high:f}",
            text=self.text or "",
            pattern=self.pattern or "",
        )


class DialogueLine(StrictModel):
    """What is sent to the started firmware, and what must come back."""

    send: Annotated[str, Field(max_length=1000)] = ""
    r"""Text that is sent as it is, such as `"led red\r\n"`. Left out: nothing is sent."""
    expect: Regex | None = None
    """A line must match, anywhere in it, a regular expression of RE2. Its named
    groups `(?P<name>…)` are measurements. Left out: nothing is awaited."""
    within_s: Deadline = 2.0
    """Seconds until the line must have come."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.send and self.expect is None:
            raise ValueError("send, expect, or both")
        return self


class SerialDialogue(StrictModel):
    """A dialogue with the started firmware."""

    port: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] = "esp"
    """The port of the slot; `esp` is the chip's own."""
    baud: Baud | None = None
    """Bits per second. Left out: `boot.baud`."""
    lines: Annotated[AtLeastOne[DialogueLine], Field(max_length=100)]
    """In their order."""


class Before(StrEnum):
    """A test before the unit is written."""

    WRITE = "write"


class After(StrEnum):
    """A test after the unit has started."""

    BOOT = "boot"


class UnitTest(StrictModel):
    """One test: a dialogue, a program of the factory, or a function of an installed package."""

    name: TestName
    """Its name in records and reports; each test has another."""
    before: Before | None = None
    """`write`: it runs while the chip waits in download mode, before anything is written."""
    after: After | None = None
    """`boot`: it runs when the burned firmware has started and is proved. The default."""
    serial: SerialDialogue | None = None
    """A dialogue with the started firmware."""
    run: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(max_length=50)] = ()
    """A program and its arguments; no shell. docs/testing.md has its protocol. `{python}` is the
    Python of burner. A path with a `/` starts from the folder of the profile or release file."""
    python: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")] | None = None
    """An entry point of the group `burner.tests` in an installed package."""
    deadline_s: Deadline = 10.0
    """Seconds for one try of `run` or `python`."""
    measurements: Annotated[
        tuple[MeasurementSettings, ...], Field(max_length=MAX_MEASUREMENTS)
    ] = ()
    """What it must measure. A value that is not named here is kept, and judged by nobody."""
    tries: Annotated[int, Field(ge=1, le=10)] = 1
    """How often it is tried until it passes."""
    go_on: StrictBool = False
    """`true`: when it fails, the next tests run all the same, to know more of the unit."""
    resource: TestName | None = None
    """A device of the fixture that slots share, such as `rf-box`: one unit at a time."""
    unreachable_after: StrictBool = False
    """`true`: this test after the boot leaves a unit that cannot be connected, since it is off or
    locked. So burner does not look after the tests whether it is still the same unit."""

    @model_validator(mode="after")
    def _one_place_and_kind(self) -> Self:
        if self.before and self.after:
            raise value_refusal("both before and after", "either before or after")
        kinds = [kind for kind in ("serial", "run", "python") if getattr(self, kind)]
        if len(kinds) != 1:
            found = " and ".join(kinds) or "none of serial, run and python"
            raise value_refusal(found, "one of serial, run and python")
        if self.before and self.serial:
            raise ValueError("a dialogue needs a started firmware: after: boot")
        if self.before and self.unreachable_after:
            raise ValueError("unreachable_after: only after: boot")
        return self

    @property
    def kind(self) -> Literal["serial", "run", "python"]:
        """How it is done."""
        return "serial" if self.serial else "run" if self.run else "python"


Tests = Annotated[tuple[UnitTest, ...], Field(max_length=MAX_TESTS)]


def tests_before_write(tests: tuple[UnitTest, ...]) -> tuple[UnitTest, ...]:
    """Those that run before anything is written."""
    return tuple(test for test in tests if test.before)


def tests_after_boot(tests: tuple[UnitTest, ...]) -> tuple[UnitTest, ...]:
    """Those that run on the started firmware."""
    return tuple(test for test in tests if not test.before)
