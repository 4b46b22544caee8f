"""Events of a unit during an attempt. Data only."""

from dataclasses import dataclass

from burner.core.attempt import Record, Step
from burner.core.code import Code
from burner.core.measurements import TestResult


@dataclass(frozen=True)
class StepStarted:
    """Event: a slot goes on to the next step."""

    slot: str
    step: Step


@dataclass(frozen=True)
class Progress:
    """Event: bytes of a step done so far, of how many (compressed bytes while writing)."""

    slot: str
    step: Step
    done: int
    total: int


@dataclass(frozen=True)
class UnitNamed:
    """Event: the unit in a slot is known, and by which name."""

    slot: str
    unit_id: str
    device_name: str


@dataclass(frozen=True)
class TestStarted:
    """Event: a test of the profile begins, or is tried again."""

    slot: str
    test: str
    number: int
    """Of the test, from 1."""
    total: int
    """Tests of the unit."""


@dataclass(frozen=True)
class ResourceAwaited:
    """Event: the unit waits for a resource that another slot uses."""

    slot: str
    resource: str
    used_by: str
    """The slot that has it."""


@dataclass(frozen=True)
class TestEnded:
    """Event: a test of the profile has ended."""

    slot: str
    result: TestResult


@dataclass(frozen=True)
class RetryStarted:
    """Event: the unit is tried again, because of `code`."""

    slot: str
    code: str
    number: int
    """Of the try that begins."""
    baud: int = 0
    """Bits per second that it steps down to; 0 = as before."""


@dataclass(frozen=True)
class ManifestAway:
    """Event: the manifest cannot be reached now. The unit waits, untouched."""

    slot: str
    code: str
    detail: str = ""


@dataclass(frozen=True)
class ManifestBack:
    """Event: the manifest can be reached again. The unit goes on."""

    slot: str


@dataclass(frozen=True)
class ApprovalAwaited:
    """Event: the first article of the batch is not approved yet. The unit waits, untouched."""

    slot: str
    code: str
    detail: str = ""


@dataclass(frozen=True)
class ApprovalGiven:
    """Event: the unit waits no longer for the approval of the first article."""

    slot: str


@dataclass(frozen=True)
class NotBegun:
    """Event: an attempt ended before it began. It is the last one.

    The unit was taken out, or the station stopped, before the label was scanned or the first
    article was approved. Nothing was done to the unit; nothing is on record.
    """

    slot: str
    unit_id: str = ""


@dataclass(frozen=True)
class Finished:
    """Event: an attempt ended and is on record. It is the last one.

    Of a `known` unit, `record` is its earlier PASS.
    """

    slot: str
    record: Record
    known: bool = False
    other_batch: bool = False
    """Known, and a unit of another batch than the one that is burned."""

    @property
    def code(self) -> str:
        """Why this board is no good unit of the batch; empty for a good one."""
        return Code.PASSED_IN_OTHER_BATCH if self.other_batch else self.record.result.code

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of the warnings of this attempt."""
        return () if self.known else self.record.result.warnings


Event = (
    StepStarted
    | Progress
    | UnitNamed
    | TestStarted
    | ResourceAwaited
    | TestEnded
    | RetryStarted
    | ManifestAway
    | ManifestBack
    | ApprovalAwaited
    | ApprovalGiven
    | NotBegun
    | Finished
)
