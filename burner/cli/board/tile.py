"""What is shown for one slot. Pure state."""

from dataclasses import dataclass
from typing import NamedTuple

from burner.core.attempt import Step
from burner.core.measurements import TestOutcome, TestResult
from burner.core.unit_events import (
    Progress,
    ResourceAwaited,
    StepStarted,
    TestEnded,
    TestStarted,
    UnitNamed,
)
from burner.station.events import ScanBackAwaited, SlotSilent, SlotState, StationEvent


class EarlierPass(NamedTuple):
    """The PASS of a known unit."""

    batch: str
    when: str
    """`10:42`, with the date when it was another day."""
    station: str
    slot: str


@dataclass
class Tile:
    """What is shown for one slot."""

    slot: str
    state: SlotState = SlotState.STARTING
    since: float = 0.0
    """Monotonic seconds at which the board in the slot was seen."""
    step: Step | None = None
    done: int = 0
    total: int = 0
    unit_id: str = ""
    device_name: str = ""
    baud: int = 0
    tries: int = 1
    code: str = ""
    seconds: float | None = None
    """Of the finished board; None while it runs."""
    earlier: EarlierPass | None = None
    """Of a known unit."""
    label: str = ""
    """What was scanned for the board in the slot."""
    silent_since: float | None = None
    """Since when nothing has answered although the port is there."""
    awaits_approval: bool = False
    """Whether its unit waits for the approval of the first article."""
    scan_back: ScanBackAwaited | None = None
    """The scan of a printed label that the slot waits for."""
    test: str = ""
    """The test that runs now."""
    queue: ResourceAwaited | None = None
    """What its unit waits for while another slot has it."""
    bad: str = ""
    """What its first bad test has found: a value, or the test's name."""

    @property
    def doing(self) -> str:
        """The word of what is done with a unit in work that is not BURNING; empty: it is."""
        if self.scan_back and not self.scan_back.printed:
            return "PRINT"
        if self.state is not SlotState.BURNING:
            return ""
        if self.queue or self.awaits_approval:
            return "QUEUE" if self.queue else "WAIT"
        return "TEST" if self.step is Step.TEST else ""

    @property
    def called(self) -> str:
        """The name, or the id while there is no name yet."""
        return self.device_name or self.unit_id

    @property
    def share(self) -> float | None:
        """Progress of the write, 0 to 1; None outside of it."""
        return self.done / self.total if self.total else None

    def elapsed(self, now: float) -> float:
        """Seconds for this board."""
        return self.seconds if self.seconds is not None else max(0.0, now - self.since)

    def add(self, event: StationEvent, now: float) -> None:
        """Take an event of a unit's way."""
        match event:
            case StepStarted():
                self.step, self.done, self.total = event.step, 0, 0
                self.test, self.queue = "", None
                self.bad = "" if event.step is Step.IDENTIFY else self.bad
            case Progress():
                self.done, self.total = event.done, event.total
            case UnitNamed():
                self.unit_id, self.device_name = event.unit_id, event.device_name
            case SlotSilent():
                self.silent_since = now - event.seconds if event.seconds else None
            case ScanBackAwaited():
                self.scan_back = event if event.device_name else None
            case ResourceAwaited():
                self.test, self.queue = "", event
            case TestStarted():
                self.test, self.queue = event.test, None
            case TestEnded(_, result):
                self.test, self.bad = "", self.bad or _bad(result)


def _bad(result: TestResult) -> str:
    """What a test has found bad, in a few words; empty: nothing."""
    if result.outcome is TestOutcome.PASS:
        return ""
    bad = next((m for m in result.measurements if not m.good), None)
    return f"{bad.name} {bad.value} {bad.unit}".strip() if bad else result.name
