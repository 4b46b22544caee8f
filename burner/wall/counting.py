"""Counts attempts as they end, one after the other, since midnight. Pure."""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from burner.core.attempt import Outcome, judges_unit
from burner.core.errors import table
from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import NEVER, AttemptRow
from burner.manifest.reading.first_attempts import FirstAttempts

PASS, OPEN = Outcome.PASS.value, Outcome.OPEN.value
BAD = (Outcome.FAIL.value, Outcome.ERROR.value)
HOUR = timedelta(hours=1)

StationSlot = tuple[str, str]
"""Station and slot."""


@dataclass(slots=True)
class FirstPass:
    """Units that were new, and passed at their first attempt; as a report counts them."""

    new: int = 0
    passed: int = 0
    refused: set[str] = field(default_factory=set)
    """Units that failed before they were begun."""

    @classmethod
    def of(cls, first: FirstAttempts) -> "FirstPass":
        """Counting goes on from here."""
        return cls(first.new, first.passed, set(first.refused))

    def take(self, row: AttemptRow) -> bool:
        """An attempt that ended; whether it was the first one on its unit."""
        first = row.nth <= row.began and row.unit_id not in self.refused
        if not (first and row.unit_id and judges_unit(row.outcome, row.code, began=row.began)):
            return False
        self.new += 1
        self.passed += row.outcome == PASS
        if not row.began:
            self.refused.add(row.unit_id)
        return True


@dataclass(slots=True)
class SlotCount:
    """A slot today."""

    attempts: int = 0
    new: int = 0
    """Units that had their very first attempt here."""
    first_pass: int = 0
    """Of these, how many passed at it."""
    bad_in_a_row: int = 0
    """Boards, without what the station tried again by itself."""


@dataclass(slots=True)
class CodeCount:
    """A code today."""

    places: Counter[StationSlot] = field(default_factory=Counter)
    recent: deque[datetime] = field(default_factory=deque)
    """When it happened in the last hour."""
    last: AttemptRow | None = None


@dataclass(slots=True)
class BatchHour:
    """The last hour of a batch."""

    passed: deque[datetime] = field(default_factory=deque)
    """When units passed."""
    started: deque[datetime] = field(default_factory=deque)
    """When attempts began."""


class DayCount:
    """All attempts that ended since midnight, and the last one of each slot."""

    def __init__(self, since: datetime) -> None:
        self.since = since
        self.first = FirstPass()
        self.good: set[tuple[str, str]] = set()
        """Unit and product."""
        self.passed: deque[datetime] = deque()
        self.outcomes: Counter[str] = Counter()
        self.slots: defaultdict[StationSlot, SlotCount] = defaultdict(SlotCount)
        self.codes: defaultdict[str, CodeCount] = defaultdict(CodeCount)
        self.hours: defaultdict[str, BatchHour] = defaultdict(BatchHour)
        """By batch."""
        self.first_of_batch: dict[str, FirstPass] = {}
        """Of batches that are shown, from their beginning."""
        self.last: dict[StationSlot, AttemptRow] = {}
        """Of each slot."""
        self.last_ended: dict[StationSlot, AttemptRow] = {}
        self.unfinished: dict[tuple[str, str], AttemptRow] = {}
        """Unit and product → its very first attempt, which has no outcome."""
        self.used: dict[str, int] = {}
        """Batch → number of its last attempt."""

    def take(self, rows: Sequence[AttemptRow]) -> None:
        """Attempts that changed. Each comes once with its outcome."""
        for row in rows:
            place = (row.station, row.slot)
            if row.number >= self._number(self.last, place):
                self.last[place] = row
            if row.batch:
                self.used[row.batch] = max(self.used.get(row.batch, NEVER), row.number)
            self._find_cut_off(row)
        for row in sorted((row for row in rows if row.outcome != OPEN), key=lambda row: row.ended):
            self._end((row.station, row.slot), row)

    def forget_before(self, moment_: datetime) -> None:
        """Drop what is no part of the last hour any more."""
        windows = [self.passed, *(code.recent for code in self.codes.values())]
        for hour in self.hours.values():
            windows += [hour.passed, hour.started]
        for window in windows:
            while window and window[0] < moment_:
                window.popleft()

    @property
    def at_work(self) -> Mapping[StationSlot, AttemptRow]:
        """The slots whose last attempt has no outcome."""
        return {place: row for place, row in self.last.items() if is_at_work(row)}

    def outcomes_with_details(self) -> Collection[int]:
        """Numbers of the outcomes whose detail is shown."""
        ends = [*self.last_ended.values(), *(code.last for code in self.codes.values())]
        return {row.ended for row in ends if row is not None and shows_detail(row.code)}

    @staticmethod
    def _number(rows: Mapping[StationSlot, AttemptRow], place: StationSlot) -> int:
        return rows[place].number if place in rows else NEVER

    def _find_cut_off(self, row: AttemptRow) -> None:
        """A first attempt that was cut off did not pass; that is known when its unit is begun
        again.
        """
        unit = (row.unit_id, row.product_id)
        first = self.unfinished.get(unit)
        if row.outcome == OPEN and row.nth == 1:
            self.unfinished[unit] = row
        elif first is not None and row.began:
            del self.unfinished[unit]
            if row.number > first.number:
                self._count_first(first)

    def _end(self, place: StationSlot, row: AttemptRow) -> None:
        if row.number >= self._number(self.last_ended, place):
            self.last_ended[place] = row
        self._count_first(row)
        if ended_at(row) >= self.since:
            self._count(place, row)

    def _count_first(self, row: AttemptRow) -> None:
        if row.batch in self.first_of_batch:
            self.first_of_batch[row.batch].take(row)
        if ended_at(row) >= self.since and self.first.take(row):
            slot = self.slots[row.station, row.slot]
            slot.new += 1
            slot.first_pass += row.outcome == PASS

    def _count(self, place: StationSlot, row: AttemptRow) -> None:
        slot, at = self.slots[place], ended_at(row)
        self.outcomes[row.outcome] += 1
        slot.attempts += 1
        self.hours[row.batch].started.append(moment(row.started))
        if row.outcome == PASS:
            slot.bad_in_a_row = 0
            self._count_pass(row, at)
        elif row.outcome in BAD:
            slot.bad_in_a_row += row.try_number == 1
        if row.outcome != PASS and row.code:
            code = self.codes[row.code]
            code.places[place] += 1
            code.recent.append(at)
            code.last = row

    def _count_pass(self, row: AttemptRow, at: datetime) -> None:
        unit = (row.unit_id, row.product_id)
        if unit not in self.good:
            self.good.add(unit)
            self.passed.append(at)
            self.hours[row.batch].passed.append(at)


def ended_at(row: AttemptRow) -> datetime:
    """When an attempt ended, by its station's clock."""
    return moment(row.started) + timedelta(milliseconds=row.ms)


def is_at_work(row: AttemptRow) -> bool:
    """Whether an attempt has no outcome, and its unit was not begun again since."""
    return row.outcome == OPEN and row.superseded_by == NEVER


def shows_detail(code: str) -> bool:
    """Whether the detail of a case is part of what people must read."""
    row = table().get(code)
    return row is not None and row.shows_detail
