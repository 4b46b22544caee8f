"""Which events follow from a record. No I/O; what it remembers is of the attempts in work.

A record whose commit failed comes again: so what was remembered of it counts only when the writer
says that it is in the log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from burner.core.attempt import Outcome, judges_unit, warnings_in
from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import Fault, lookup
from burner.core.measurements import TestOutcome
from burner.manifest.entries.attempt_facts import AttemptFacts
from burner.manifest.entries.attempts import tests_of
from burner.manifest.entries.kinds import AnyEntry, Correction, Intent, NameBound, OutcomeEntry
from burner.mes.event_json import kind_of_event
from burner.mes.events import (
    FaultCleared,
    FaultOccurred,
    MesEvent,
    UnitsDisqualified,
    UnitsPersonalized,
    UnitsTested,
    WorkCompleted,
    WorkStarted,
)

FAULTS = (ErrorClass.PORT, ErrorClass.FLASH, ErrorClass.VERIFY, ErrorClass.BUG)
"""Errors of these classes say that a slot does not work; others concern unit, batch or cloud."""


@dataclass(frozen=True)
class RecordedEvent:
    """An event, and what it belongs to."""

    id: str
    subject: str
    batch: str
    at: str
    event: MesEvent


def message_id(origin: str, number: int, kind: str) -> str:
    """The id of a message about a record: the same one however often it is computed."""
    return str(uuid5(NAMESPACE_URL, f"{origin}/{number}/{kind}"))


def station_subject(station: str) -> str:
    """The subject of what is about a station, not about a unit."""
    return f"station/{station}"


UnitNames = tuple[str, Mapping[str, str]]
"""Device name and IDs of a unit."""
NO_NAMES: UnitNames = ("", {})


@dataclass
class _Memory:
    """What records said that later ones do not repeat. The values are never changed."""

    working: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Number of an intent → the fields of its attempt as it was last recorded."""
    faults: dict[str, FaultOccurred] = field(default_factory=dict)
    """Slot → what does not work there."""

    def copy(self) -> "_Memory":
        return _Memory({**self.working}, {**self.faults})


class RecordEvents:
    """Makes the events of one station's records."""

    def __init__(self, station: str) -> None:
        self._station = station
        self._committed, self._memory = _Memory(), _Memory()
        """What the log says; and with the records whose commit has not ended."""

    def forget_uncommitted(self) -> None:
        """Begin with records that follow on what the log says."""
        self._memory = self._committed.copy()

    def committed(self) -> None:
        """The records since `forget_uncommitted` are in the log."""
        self._committed = self._memory

    def of(
        self, origin: str, number: int, entry: AnyEntry, names: UnitNames = NO_NAMES
    ) -> Iterator[RecordedEvent]:
        """The events of a record, in their order; `names` of the unit that a person corrects."""
        for event in self._events(origin, number, entry, names):
            of_station = isinstance(event, FaultOccurred | FaultCleared)
            yield RecordedEvent(
                message_id(origin, number, kind_of_event(event)),
                station_subject(self._station) if of_station else entry.unit_id,
                entry.batch,
                entry.at,
                event,
            )

    def end_faults(self) -> tuple[FaultCleared, ...]:
        """At the end of a run nobody waits for a slot any more."""
        faults, self._committed.faults = self._committed.faults, {}
        return tuple(FaultCleared(fault=f.fault, slot=f.slot, code=f.code) for f in faults.values())

    def _events(
        self, origin: str, number: int, entry: AnyEntry, names: UnitNames
    ) -> Iterator[MesEvent]:
        working = self._memory.working
        match entry:
            case Intent(attempt=facts):
                working[number] = work = _work(entry, facts)
                yield WorkStarted(**work, try_number=facts.try_number, rework=facts.rework)
            case NameBound(intent=intent) if intent in working:
                bound = {"device_name": entry.device_name, "ids": dict(entry.ids)}
                working[intent] = {**working[intent], **bound}
            case OutcomeEntry():
                yield from self._ended(origin, number, entry)
            case Correction(what=("scrap" | "rework" | "void") as disposition):
                yield UnitsDisqualified(
                    unit_id=entry.unit_id,
                    batch=entry.batch,
                    product_id=entry.product_id,
                    disposition=disposition,
                    reason=entry.reason,
                    operator=entry.operator,
                    device_name=names[0],
                    ids=dict(names[1]),
                )
            case _:
                pass

    def _ended(self, origin: str, number: int, entry: OutcomeEntry) -> Iterator[MesEvent]:
        began = entry.intent is not None
        work = self._memory.working.pop(entry.intent, None) if entry.intent is not None else None
        work = _work(entry, entry.attempt) if entry.attempt else work
        if work is None:  # the intent is of another process: that cannot be
            return
        result = entry.result
        if entry.unit_id and judges_unit(result.outcome, result.code, began=began):
            tests = tests_of(result)
            if result.outcome == Outcome.PASS:
                yield UnitsPersonalized(**work)
            if tests:
                passed = all(test.outcome is TestOutcome.PASS for test in tests)
                yield UnitsTested(**work, passed=passed, tests=tests)
            yield WorkCompleted(
                **work,
                outcome=result.outcome,
                code=result.code,
                detail=result.detail,
                step=result.step,
                began=began,
                milliseconds=result.ms,
                warnings=warnings_in(result.evidence),
                tests=tests,
            )
        yield from self._fault(origin, number, entry, work["slot"])

    def _fault(
        self, origin: str, number: int, entry: OutcomeEntry, slot: str
    ) -> Iterator[MesEvent]:
        code = entry.result.code
        broken = entry.result.outcome == Outcome.ERROR and is_fault(code)
        before = self._memory.faults.get(slot)
        if before and broken and before.code == code:
            return
        if before:
            del self._memory.faults[slot]
            yield FaultCleared(fault=before.fault, slot=slot, code=before.code)
        if broken:
            fault = FaultOccurred(
                fault=message_id(origin, number, "fault"),
                slot=slot,
                code=code,
                detail=entry.result.detail,
                unit_id=entry.unit_id,
            )
            self._memory.faults[slot] = fault
            yield fault


def is_fault(code: str) -> bool:
    """Whether an ERROR with this code says that a slot does not work."""
    try:
        return Code(code).error_class in FAULTS and lookup(code).fault is not Fault.UNIT
    except ValueError:
        return False


def _work(entry: Intent | OutcomeEntry, facts: AttemptFacts) -> dict[str, Any]:
    return {
        "attempt": facts.id,
        "unit_id": entry.unit_id,
        "batch": entry.batch,
        "product_id": entry.product_id,
        "profile": facts.profile,
        "release_digest": facts.release_digest,
        "slot": facts.slot,
        "operator": facts.operator,
        "device_name": facts.device_name,
        "ids": dict(facts.ids),
    }
