"""The counts of a run so far: units, yield, pace, and slots that fall behind. Pure state."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from statistics import median

from burner.core.attempt import Outcome, Step, judges_unit
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_events import Finished, NotBegun
from burner.station.events import (
    ASKING,
    ENDED,
    GOOD,
    GOOD_IN_BATCH,
    HookFailed,
    SlotState,
    SlotStateChanged,
    StationEvent,
    end_state,
)

STEPS = tuple(Step)

UNSETTLED = (SlotState.STARTING, SlotState.SEEN, *ASKING, SlotState.BURNING)
"""States of a slot that has not finished its board."""
FULL_NOW: dict[str, str] = {
    Code.BATCH_PLACES_IN_WORK: Code.BATCH_COMPLETE,
    Code.RELEASE_PLACES_IN_WORK: Code.RELEASE_LIMIT_REACHED,
}
"""Code for "the last places are in work" → code for "all are taken", of batch and of release."""
PUT_ASIDE = (Code.NAME_NOT_CONFIRMED, Code.INTERLOCK_REFUSED)
"""Somebody outside does not want the unit burned here; board and slot are good."""
NO_PLACE = frozenset(
    (
        *FULL_NOW,
        *FULL_NOW.values(),
        Code.FIRST_ARTICLE_NOT_APPROVED,
        Code.FIRST_ARTICLE_IN_WORK,
    )
)
"""Codes of a board that came when no place was left: neither board nor slot is bad."""

ENOUGH_UNITS = 4
"""A slot is compared with the others after so many units of its own."""
SLOW_FACTOR = 1.25
LOW_YIELD = 0.2
"""A slot is named when its yield is so far below that of all others."""


@dataclass(frozen=True)
class HandledUnit:
    """One board that was handled in this run, with all its tries."""

    slot: str
    unit_id: str
    """Empty when nothing could be read from it."""
    device_name: str
    outcome: Outcome
    code: str
    detail: str
    seconds: float
    """Of the last try, waits included."""
    waited_s: float
    """Of these, seconds of waits."""
    tries: int
    first: Outcome | None
    """Outcome of the first try that judges the unit, for the first-pass yield. None: none did."""
    known: bool
    """PASS of an earlier run; nothing was written."""
    written: bool
    started: datetime
    """Of the first try."""
    ended: datetime
    where: str
    """Slot of the record with this outcome; for a known unit, of its earlier PASS."""
    station: str = ""
    """Station of that record."""
    batch: str = ""
    """Batch of that record."""
    other_batch: bool = False
    """Known, and not a unit of the batch that is burned."""
    warnings: tuple[str, ...] = ()
    """Codes of what was seen in any of its tries and does not judge it."""

    @property
    def state(self) -> SlotState:
        """The state of its slot at the end."""
        return end_state(self.outcome, known=self.known, other_batch=self.other_batch)


@dataclass
class Tally:
    """Counts of the units of one run."""

    units: list[HandledUnit] = field(default_factory=list)
    silent: list[HandledUnit] = field(default_factory=list)
    """Tries in slots where nothing ever answered: an ERROR, and no unit."""
    troubles: dict[str, BurnerError] = field(default_factory=dict)
    """Errors of a slot that belong to no unit, by slot, until a unit passes there again."""
    not_begun: dict[str, str] = field(default_factory=dict)
    """Slot → the unit in it that was met and got no label: nothing was done to it."""
    failed_hooks: list[HookFailed] = field(default_factory=list)
    _tries: dict[str, list[Finished]] = field(default_factory=dict)

    def add(self, event: StationEvent) -> None:
        """Take one event into account."""
        if isinstance(event, Finished):
            self._tries.setdefault(event.slot, []).append(event)
        elif isinstance(event, HookFailed):
            self.failed_hooks.append(event)
        elif isinstance(event, NotBegun):
            self.not_begun[event.slot] = event.unit_id
        elif isinstance(event, SlotStateChanged):
            if event.state is not SlotState.CLOSED:
                self.not_begun.pop(event.slot, None)
            if event.error is not None:
                self.troubles[event.slot] = event.error
            elif event.state in GOOD:
                self.troubles.pop(event.slot, None)
            if event.state not in UNSETTLED:
                self._settle(self._tries.pop(event.slot, []))

    def _settle(self, tries: list[Finished]) -> None:
        """The slot has finished its board: its tries become one unit."""
        if not tries:
            return
        unit = _unit(tries)
        if not unit.unit_id and unit.outcome is not Outcome.FAIL:
            self.silent.append(unit)
        elif (before := self._before(unit)) is None:
            self.units.append(unit)
        elif not unit.known:  # one unit handled twice is one unit; its first try stays its first
            first = unit.first if before.first is None else before.first
            self.units[self.units.index(before)] = replace(
                unit,
                tries=unit.tries + before.tries,
                first=first,
                started=before.started,
                warnings=_each_once(before.warnings, unit.warnings),
            )

    def _before(self, unit: HandledUnit) -> HandledUnit | None:
        """The same unit earlier in this run.

        Not the same: a unit without an accepted name (its id may be a blank MAC), one that was
        in work at the same time, and one that fails with the MAC of a unit that has passed.
        """
        for before in reversed(self.units):
            if before.unit_id == unit.unit_id and before.device_name and unit.device_name:
                worse = before.outcome is Outcome.PASS and unit.outcome is not Outcome.PASS
                return None if worse or unit.started < before.ended else before
        return None

    def batch_full(self) -> None:
        """Note that the batch has all its units.

        A board that waited for a place in it is not needed.
        """
        self.units = [replace(u, code=FULL_NOW.get(u.code, u.code)) for u in self.units]

    @property
    def without_place(self) -> int:
        """Units that came when no place was left. `counts` has them as ERROR."""
        return sum(unit.code in NO_PLACE for unit in self.units)

    @property
    def put_aside(self) -> Mapping[str, int]:
        """Units of which neither board nor slot is bad, by code. `counts` has them as ERROR."""
        return Counter(unit.code for unit in self.units if unit.code in PUT_ASIDE)

    @property
    def counts(self) -> Mapping[SlotState, int]:
        """End state → units, with every end state; the numbers add up to `len(units)`."""
        counted = Counter(unit.state for unit in self.units)
        return {state: counted[state] for state in ENDED}

    @property
    def warnings(self) -> Mapping[str, int]:
        """Units by the code of a warning."""
        return Counter(code for unit in (*self.units, *self.silent) for code in unit.warnings)

    @property
    def passed(self) -> int:
        """Units that were burned and passed in this run."""
        return self.counts[SlotState.PASS]

    @property
    def first_pass_yield(self) -> float | None:
        """Units that passed at the first try that judged them; None before there is one.

        The report's words: known units were judged in an earlier run, and a try that ended before
        its intent judges the unit only where it is a FAIL. A scrapped unit is not judged again.
        """
        return _share(self.units)

    @property
    def all_passed(self) -> bool:
        """Whether every board is a PASS of this batch, and no slot has an error of its own."""
        silent = [unit for unit in self.silent if unit.code != Code.SLOT_STAYED_SILENT]
        no_error = not self.troubles and not silent
        return no_error and all(unit.state in GOOD_IN_BATCH for unit in self.units)

    def per_hour(self, elapsed_s: float) -> float:
        """Passed units an hour, at the pace since the start."""
        return self.passed * 3600 / elapsed_s if elapsed_s > 0 else 0.0

    def behind(self) -> Mapping[str, str]:
        """Slots that fall behind the others, and in what: `slow` or `yield`."""
        by_slot: dict[str, list[HandledUnit]] = {}
        for unit in self.units:
            by_slot.setdefault(unit.slot, []).append(unit)
        reasons: dict[str, str] = {}
        for slot, units in by_slot.items():
            others = [u for u in self.units if u.slot != slot]
            if len(units) < ENOUGH_UNITS or not others:
                continue
            if _below(_share(units), _share(others)):
                reasons[slot] = "yield"
            elif _slower(_seconds(units), _seconds(others)):
                reasons[slot] = "slow"
        return reasons


def _unit(tries: list[Finished]) -> HandledUnit:
    last = tries[-1]
    attempt, result = last.record.attempt, last.record.result
    return HandledUnit(
        slot=last.slot,
        unit_id=next((t.record.attempt.unit_id for t in tries if t.record.attempt.unit_id), ""),
        device_name=attempt.device_name,
        outcome=result.outcome,
        code=last.code,
        detail=result.detail,
        seconds=result.seconds,
        waited_s=result.waited_s,
        tries=len(tries),
        first=next((t.record.result.outcome for t in tries if _judges(t)), None),
        known=last.known,
        written=result.written and not last.known,
        started=result.ended if last.known else tries[0].record.attempt.started,
        ended=result.ended,
        where=attempt.slot,
        station=attempt.station,
        batch=attempt.batch,
        other_batch=last.other_batch,
        warnings=_each_once(*(tried.warnings for tried in tries)),
    )


def _each_once(*codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(codes)))


def _judges(tried: Finished) -> bool:
    result = tried.record.result
    began = STEPS.index(result.step) > STEPS.index(Step.CLAIM)
    return not tried.known and judges_unit(result.outcome, result.code, began=began)


def _share(units: Iterable[HandledUnit]) -> float | None:
    judged = [u for u in units if u.first is not None]
    if not judged:
        return None
    return sum(u.first is Outcome.PASS for u in judged) / len(judged)


def _below(share: float | None, others: float | None) -> bool:
    return share is not None and others is not None and share < others - LOW_YIELD


def _seconds(units: Iterable[HandledUnit]) -> float | None:
    """Median of the slots' own time: a wait for the others is not slow work."""
    took = [u.seconds - u.waited_s for u in units if u.outcome is Outcome.PASS and u.written]
    return median(took) if took else None


def _slower(seconds: float | None, others: float | None) -> bool:
    return seconds is not None and others is not None and seconds > others * SLOW_FACTOR
