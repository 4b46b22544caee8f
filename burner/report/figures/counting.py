"""Counts a stream of attempts, in which the attempts of a unit are together and in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from burner.core.attempt import Outcome, judges_unit
from burner.manifest.fold.rows import SCRAP
from burner.report.figures.calendar import QUARTER_S
from burner.report.figures.figures import OpenUnit
from burner.report.figures.tallies import BatchTally, CodeTally, Quarter, SlotTally, Tallies

if TYPE_CHECKING:
    from burner.manifest.reading.counted_attempts import CountedAttempt

PASS, FAIL, ERROR = Outcome.PASS.value, Outcome.FAIL.value, Outcome.ERROR.value
OPEN = Outcome.OPEN.value
BAD = (FAIL, ERROR, Outcome.ABORTED.value)

NO_MAC = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff")
"""MACs that mean no MAC: boards with one are different boards."""

MAX_REASONS = 50
OTHER_REASONS = "…"


def count(rows: "Iterable[CountedAttempt]") -> Tallies:
    """Count every attempt."""
    counting = _Counting()
    for row in rows:
        counting.add(row)
    counting.end_unit()
    return counting.tallies


@dataclass(slots=True)
class _Unit:
    """The unit whose attempts are being counted."""

    new: bool
    attempts: int = 0
    passed: bool = False
    passed_first: bool = False
    last: "CountedAttempt | None" = None
    codes: tuple[str, ...] = ()


class _Counting:
    def __init__(self) -> None:
        self.tallies = Tallies()
        self._unit_key = ("", "")
        self._unit = _Unit(new=False)

    def add(self, row: "CountedAttempt") -> None:
        """The next attempt."""
        tallies, outcome = self.tallies, row.outcome
        key = (row.station, row.slot)
        slot = tallies.slots.get(key) or tallies.slots.setdefault(key, SlotTally())
        slot.outcomes[outcome] += 1
        quarter = self._work(row.started, row.started + row.ms / 1000)
        quarter.attempts += 1
        self._count_batch(row)
        unit_key = (row.unit_id, row.product_id)
        if unit_key != self._unit_key or (row.unit_id in NO_MAC and row.try_number == 1):
            self.end_unit()
            self._unit_key, self._unit = unit_key, _Unit(new=not row.tried_before)
        if row.try_number > 1:
            tallies.retries += 1
        if row.rework:
            self._count_rework(row)
        if outcome == PASS:
            self._count_times(row, slot)
        elif outcome in BAD:
            self._count_failure(row, quarter)
        # A unit that passed and is refused later, untouched, stays PASS here; `status` may differ.
        refused_later = self._unit.passed and not row.began
        judges = judges_unit(outcome, row.code, began=row.began) and not refused_later
        if row.unit_id and judges:
            self._count_unit_attempt(row, slot, quarter)
        else:
            tallies.without_unit += 1

    def _work(self, start: float, end: float) -> Quarter:
        """Count the time worked; the quarter of an hour in which the attempt ended."""
        number = int(end) // QUARTER_S
        quarter = self.tallies.quarters.get(number)
        if quarter is None:
            quarter = self.tallies.quarters[number] = Quarter(end, end)
        if start < number * QUARTER_S:
            quarter.begin = number * QUARTER_S
            self._work_before(start)
        elif start < quarter.begin:
            quarter.begin = start
        quarter.end = max(quarter.end, end)
        return quarter

    def _work_before(self, start: float) -> None:
        """An attempt began in an earlier quarter, which was then worked to its end."""
        number = int(start) // QUARTER_S
        quarter = self.tallies.quarters.setdefault(number, Quarter(start, start))
        quarter.begin, quarter.end = min(start, quarter.begin), (number + 1) * QUARTER_S

    def _count_batch(self, row: "CountedAttempt") -> None:
        batches = self.tallies.batches
        batch = batches.get(row.batch) or batches.setdefault(row.batch, BatchTally(row.started))
        batch.first = min(batch.first, row.started)

    def _count_times(self, row: "CountedAttempt", slot: SlotTally) -> None:
        slot.cycle.counts[row.ms] += 1
        if row.baud:
            slot.bauds[row.baud] += 1
        steps = self.tallies.steps
        for step, ms in row.timings_ms.items():
            steps[step][ms] += 1

    def _count_rework(self, row: "CountedAttempt") -> None:
        tallies = self.tallies
        tallies.reworked += 1
        tallies.reworked_passed += row.outcome == PASS
        known = row.rework in tallies.reasons or len(tallies.reasons) < MAX_REASONS
        tallies.reasons[row.rework if known else OTHER_REASONS] += 1

    def _count_failure(self, row: "CountedAttempt", quarter: Quarter) -> None:
        quarter.fail += row.outcome == FAIL
        quarter.error += row.outcome == ERROR
        code = self.tallies.codes.setdefault(row.code, CodeTally())
        code.outcomes[row.outcome] += 1
        if row.unit_id and row.code not in self._unit.codes:
            self._unit.codes += (row.code,)
            code.units += 1

    def _count_unit_attempt(self, row: "CountedAttempt", slot: SlotTally, quarter: Quarter) -> None:
        """An attempt that counts for its unit."""
        unit, passed = self._unit, row.outcome == PASS
        unit.attempts += 1
        unit.last = row
        if unit.attempts == 1 and unit.new:
            unit.passed_first = passed
            slot.new += 1
            slot.first_pass += passed
            quarter.new += 1
            quarter.first_pass += passed
            batch = self.tallies.batches[row.batch]
            batch.new += 1
            batch.first_pass += passed
        if passed and not unit.passed:
            unit.passed = True
            quarter.good += 1
            quarter.good_first_time += unit.passed_first

    def end_unit(self) -> None:
        """Count the unit after its last attempt."""
        unit, tallies = self._unit, self.tallies
        if unit.last is None:
            return
        state = _state(unit, unit.last)
        tallies.units[state] += 1
        batch = tallies.batches[unit.last.batch]
        batch.total += 1
        batch.passed += state in ("first_time", "later")
        tallies.tries[str(unit.attempts) if unit.attempts < 3 else "3+"] += 1
        if state == "open":
            tallies.open_units.append(_open_unit(unit.last))


def _state(unit: _Unit, last: "CountedAttempt") -> str:
    status = last.outcome if last.unit_id in NO_MAC else last.status or last.outcome
    if status == PASS:
        return "first_time" if unit.passed_first and unit.attempts == 1 else "later"
    return {FAIL: "failed", OPEN: "open", SCRAP: "scrapped"}.get(status, "interrupted")


def _open_unit(row: "CountedAttempt") -> OpenUnit:
    started = datetime.fromtimestamp(row.started, UTC)
    return OpenUnit(row.device_name, row.unit_id, row.station, row.slot, started)
