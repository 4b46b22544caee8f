"""Attempts on a unit, how they ended, and their records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from burner.core.code import Code
from burner.core.measurements import TestResult
from burner.core.segments import Region
from burner.core.silicon import Silicon


class Outcome(StrEnum):
    """How an attempt ended. FAIL: the unit is bad. ERROR: the station is bad."""

    PASS = "PASS"  # noqa: S105 - an outcome, not a password
    FAIL = "FAIL"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    OPEN = "OPEN"
    """An intent without an outcome: something died in between."""


CHALLENGE_ANSWERED = "answered"
"""`challenge` in the evidence, where the answer was right."""


def judges_unit(outcome: str, code: str, *, began: bool) -> bool:
    """Whether the outcome of an attempt counts for its unit.

    It counts if the attempt began to write, or ended in FAIL. A scrapped unit that comes back was
    counted when it was burned.
    """
    return began or (outcome == Outcome.FAIL and code != Code.UNIT_SCRAPPED)


class Step(StrEnum):
    """The steps of one attempt, in their order."""

    IDENTIFY = "identify"
    NAME = "name"
    PAYLOAD = "payload"
    CLAIM = "claim"
    WRITE = "write"
    VERIFY = "verify"
    RESET = "reset"
    PROVE = "prove"
    TEST = "test"
    RECORD = "record"


WAIT = "wait"
"""Beside the steps in the timings of an attempt: seconds in which the unit waited for a resource
that slots share, for the approval of the first article, or for its label."""


@dataclass(frozen=True)
class Attempt:
    """One try on one unit. Grows by `dataclasses.replace` as more of the unit is known."""

    id: str
    station: str
    slot: str
    operator: str
    batch: str
    profile: str
    """Name and version: `plug-c3 1.2.0`."""
    release_digest: str
    product_id: str
    started: datetime
    versions: Mapping[str, str]
    """burner, esptool, stub, python, adapter, … whatever made this attempt what it is."""
    silicon: Silicon | None = None
    device_name: str = ""
    """Empty until bound."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Every ID read from the unit, by source: `mac`, `imei`, `label`, `serial`."""
    regions: tuple[Region, ...] = ()
    rework: str = ""
    """The reason given for burning a known unit again."""
    try_number: int = 1
    key: str = ""
    """Keyed fingerprint of the product secret that the unit gets."""

    @property
    def chip(self) -> str:
        """esptool's name of the part; empty until identified."""
        return self.silicon.chip if self.silicon else ""

    @property
    def unit_id(self) -> str:
        """The base MAC; empty until identified."""
        return self.silicon.unit_id if self.silicon else ""


def warnings_in(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """Codes of the warnings in an attempt's evidence. They do not change its outcome."""
    codes = evidence.get("warnings")
    return tuple(map(str, codes)) if isinstance(codes, list | tuple) else ()


def has_answered(evidence: Mapping[str, Any]) -> bool:
    """Whether the unit answered the station's challenge in this attempt."""
    return evidence.get("challenge") == CHALLENGE_ANSWERED


@dataclass(frozen=True)
class Result:
    """How an attempt ended, before it has its place in the log."""

    outcome: Outcome
    step: Step
    ended: datetime
    seconds: float
    """From the contact to the outcome, waits included."""
    code: str = ""
    detail: str = ""
    written: bool = False
    """Whether any of the flash may have been erased or written."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds by step; those of waits are under `WAIT`, in no step."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What was seen: baud, name and ProductID the firmware printed, key fingerprint, …"""
    tests: tuple[TestResult, ...] = ()
    """The tests of the profile, in their order; none where the unit did not come so far."""

    @property
    def waited_s(self) -> float:
        """Of its seconds, those of waits."""
        return self.timings.get(WAIT, 0.0)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of the warnings in the evidence."""
        return warnings_in(self.evidence)


@dataclass(frozen=True)
class Record:
    """An attempt and its end as the manifest holds them. `seq` counts in the log."""

    seq: int
    attempt: Attempt
    result: Result
