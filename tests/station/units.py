"""A burn without profile and manifest, for tests of the station: meet, write, done."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from burner.burn.job import AttemptRequest
from burner.core.attempt import Attempt, Outcome, Record, Result, Step
from burner.core.errors import BurnerError, Fault
from burner.core.segments import Segment
from burner.core.silicon import Silicon
from burner.core.unit_events import Event, Finished, NotBegun, Progress, StepStarted, UnitNamed
from burner.devices.device import ConnectPlan, Device
from burner.station.events import SlotState, SlotStateChanged, StationEvent

APP = Segment("app", 0x10000, b"\xe9" * 0x8000)
BAUD = 921_600


class FakeBurnUnit:
    """A `BurnUnit` that keeps its records in a list and knows the units that have passed."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.labelled = False
        """Whether a label is asked for."""
        self.labels: dict[str, list[str]] = {}
        """By unit, try by try."""
        self.reworks: list[str] = []
        """Of each try, in the order of their ends."""
        self.seq = itertools.count(1)
        self.broken: Exception | None = None
        """Raised instead of a record: a bug, or a manifest that cannot be written."""

    def __call__(
        self, device: Device, request: AttemptRequest, aborted: Callable[[], bool]
    ) -> Iterator[Event]:
        slot = request.slot
        attempt = an_attempt(slot, request.number)
        if self.broken is not None:
            raise self.broken
        try:
            yield StepStarted(slot, Step.IDENTIFY)
            silicon = device.identify(ConnectPlan("esp32c3", request.baud))
            name = f"plug-{silicon.mac.octets.hex()[-4:]}"
            attempt = replace(attempt, silicon=silicon, device_name=name)
            if self.labelled and request.ask_label:
                label = request.ask_label(attempt.unit_id, {"mac": attempt.unit_id})
                if label is None:
                    yield NotBegun(slot, attempt.unit_id)
                    return
                self.labels.setdefault(attempt.unit_id, []).append(label)
            yield UnitNamed(slot, attempt.unit_id, name)
            if not request.rework and (known := self._passed(attempt.unit_id)):
                yield Finished(slot, known, known=True)
                return
            yield StepStarted(slot, Step.WRITE)
            for done, total in device.write([APP]):
                yield Progress(slot, Step.WRITE, done, total)
            self.reworks.append(request.rework)
            result = a_result(Outcome.PASS)
        except BurnerError as error:
            unit = error.row.fault is Fault.UNIT
            outcome = Outcome.FAIL if unit else Outcome.ERROR
            result = a_result(Outcome.ABORTED if aborted() else outcome, error.code)
        yield Finished(slot, self._keep(attempt, result))

    def _passed(self, unit_id: str) -> Record | None:
        passed = (r for r in self.records if r.result.outcome is Outcome.PASS)
        return next((r for r in passed if r.attempt.unit_id == unit_id), None)

    def _keep(self, attempt: Attempt, result: Result) -> Record:
        record = Record(next(self.seq), attempt, result)
        self.records.append(record)
        return record


def an_attempt(slot: str = "1", number: int = 1, silicon: Silicon | None = None) -> Attempt:
    return Attempt(
        id="0",
        station="s",
        slot=slot,
        operator="o",
        batch="b",
        profile="plug 1",
        release_digest="d",
        product_id="P",
        started=datetime.now(UTC),
        versions={},
        silicon=silicon,
        device_name="",
        try_number=number,
    )


def a_result(outcome: Outcome, code: str = "", seconds: float = 8.0) -> Result:
    return Result(
        outcome=outcome,
        step=Step.PROVE,
        ended=datetime.now(UTC),
        seconds=seconds,
        code=code,
        written=outcome is Outcome.PASS,
    )


def states(events: Sequence[StationEvent], slot: str = "1") -> list[SlotState]:
    """The states a slot went through, in order."""
    return [e.state for e in events if isinstance(e, SlotStateChanged) and e.slot == slot]
