"""The state of the wall view from what was counted. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from burner.core.errors import table
from burner.core.words.error_details import detail_in
from burner.core.words.natural_order import NaturalKey, natural_order
from burner.manifest.entries.values import moment
from burner.manifest.fold.rows import AttemptRow, BatchRow, StationRow
from burner.report.figures.comparison import threshold
from burner.report.figures.summing import is_behind
from burner.wall.counting import HOUR, OPEN, DayCount, FirstPass, StationSlot, ended_at, is_at_work
from burner.wall.state import (
    Activity,
    CodeWords,
    WallAway,
    WallBacklog,
    WallBatch,
    WallDay,
    WallPlace,
    WallProblem,
    WallSlot,
    WallState,
    WallStation,
    WallText,
    WallWarning,
    WarningKind,
)

IDLE_AFTER = timedelta(minutes=10)
LOST_AFTER = HOUR
"""So long no attempt takes: what has no outcome then was cut off."""
SHORTEST_PACE = timedelta(minutes=5)
"""No pace is told from less."""
FARTHEST_END = timedelta(days=30)
"""An end beyond is no forecast."""
CLOCK_AHEAD = timedelta(minutes=1)
MANY_IN_A_ROW = 3
MOST_BATCHES = 6
MOST_PROBLEMS = 6


@dataclass(frozen=True)
class LogFacts:
    """What the manifest says beside its attempts."""

    log: str
    simulated: bool
    records: int
    batches: tuple[BatchRow, ...]
    """That are open."""
    stations: tuple[StationRow, ...]
    details: Mapping[int, str]
    """Number of an outcome → its detail."""


def wall_state(
    day: DayCount,
    facts: LogFacts,
    now: datetime,
    backlogs: tuple[WallBacklog, ...] = (),
    away: WallAway | None = None,
) -> WallState:
    """What the wall view shows at a moment."""
    day.forget_before(now - HOUR)
    newest = {row.station: moment(row.newest) for row in facts.stations if row.newest}
    stations = _stations(day, newest, now, facts.details)
    problems = _problems(day, facts.details)
    codes = {problem.code for problem in problems}
    codes |= {slot.code for station in stations for slot in station.slots}
    return WallState(
        now=now,
        log=facts.log,
        simulated=facts.simulated,
        records=facts.records,
        last_record=max(newest.values(), default=None),
        away=away,
        today=_today(day),
        stations=stations,
        batches=tuple(_batch(row, day, now) for row in shown_batches(day, facts.batches)),
        problems=problems,
        warnings=(*_slot_warnings(day, stations), *_clock_warnings(newest, now)),
        backlogs=backlogs,
        words=code_words((*codes, *([away.code] if away else ()))),
    )


def never_read(now: datetime, away: WallAway) -> WallState:
    """The manifest was away from the beginning."""
    return WallState(
        *(now, "", False, 0, None, away, None, (), (), (), (), ()), words=code_words([away.code])
    )


def shown_batches(day: DayCount, open_batches: Iterable[BatchRow]) -> Sequence[BatchRow]:
    """The open batches that were used of late, the last one first; else the one opened last."""
    rows = list(open_batches)
    used = [row for row in rows if row.batch in day.used]
    if used:
        used.sort(key=lambda row: day.used[row.batch], reverse=True)
        return used[:MOST_BATCHES]
    return sorted(rows, key=lambda row: row.opened)[-1:]


def code_words(codes: Iterable[str]) -> Mapping[str, Mapping[str, CodeWords]]:
    """What happened and what to do, in both languages. A newer burner's code has no words here."""
    rows = table()
    return {
        code: {
            "en": CodeWords(rows[code].says, rows[code].do),
            "zh": CodeWords(rows[code].says_zh, rows[code].do_zh),
        }
        for code in sorted(set(codes))
        if code in rows
    }


# -- figures ---------------------------------------------------------------------------------------


def _today(day: DayCount) -> WallDay:
    return WallDay(
        since=day.since,
        good=len(day.good),
        new=day.first.new,
        first_pass=day.first.passed,
        attempts=dict(sorted(day.outcomes.items())),
        last_hour=len(day.passed),
    )


def _batch(row: BatchRow, day: DayCount, now: datetime) -> WallBatch:
    hour, first = day.hours[row.batch], day.first_of_batch.get(row.batch, FirstPass())
    per_hour = _per_hour(len(hour.passed), min(hour.started, default=now), now)
    missing = (row.planned or 0) - row.passed
    end = None
    if per_hour and missing > 0:
        needed = HOUR * (missing / per_hour)
        end = now + needed if needed < FARTHEST_END else None
    return WallBatch(
        batch=row.batch,
        profile=row.profile,
        planned=row.planned,
        good=row.passed,
        at_work=row.working,
        new=first.new,
        first_pass=first.passed,
        last_hour=len(hour.passed),
        per_hour=per_hour,
        expected_end=end,
    )


def _per_hour(passed: int, first_start: datetime, now: datetime) -> float | None:
    span = min(now - first_start, HOUR)
    return passed / (span / HOUR) if span >= SHORTEST_PACE else None


# -- slots -----------------------------------------------------------------------------------------


def _stations(
    day: DayCount, newest: Mapping[str, datetime], now: datetime, details: Mapping[int, str]
) -> tuple[WallStation, ...]:
    slots: dict[str, list[WallSlot]] = {}
    for place in sorted(day.last, key=_order):
        slots.setdefault(place[0], []).append(_slot(day, place, now, details))
    return tuple(WallStation(name, newest.get(name), tuple(rows)) for name, rows in slots.items())


def _order(place: StationSlot) -> tuple[NaturalKey, NaturalKey]:
    return natural_order(place[0]), natural_order(place[1])


def _slot(day: DayCount, place: StationSlot, now: datetime, details: Mapping[int, str]) -> WallSlot:
    last, ended = day.last[place], day.last_ended.get(place)
    current = last if is_at_work(last) or ended is None else ended
    is_open = current.outcome == OPEN
    since = moment(current.started) if is_open else ended_at(current)
    count = day.slots.get(place)
    return WallSlot(
        slot=place[1],
        activity=_activity(is_open, now - since),
        since=since,
        outcome=ended.outcome if ended else "",
        code=ended.code if ended else "",
        detail=_detail(ended, details),
        unit=current.device_name or current.unit_id,
        batch=current.batch,
        attempts=count.attempts if count else 0,
        new=count.new if count else 0,
        first_pass=count.first_pass if count else 0,
    )


def _activity(is_open: bool, age: timedelta) -> Activity:
    if is_open:
        return Activity.AT_WORK if age < LOST_AFTER else Activity.NO_OUTCOME
    return Activity.ENDED if age < IDLE_AFTER else Activity.IDLE


def _detail(ended: AttemptRow | None, details: Mapping[int, str]) -> WallText:
    text = details.get(ended.ended, "") if ended else ""
    return WallText(text, detail_in("zh", text))


# -- problems --------------------------------------------------------------------------------------


def _problems(day: DayCount, details: Mapping[int, str]) -> tuple[WallProblem, ...]:
    """Those of the last hour first, then by how often they happened today."""
    problems = [
        WallProblem(
            code=code,
            today=count.places.total(),
            last_hour=len(count.recent),
            places=tuple(WallPlace(*place) for place, _ in count.places.most_common()),
            last=ended_at(count.last) if count.last else day.since,
            detail=_detail(count.last, details),
        )
        for code, count in day.codes.items()
    ]
    problems.sort(key=lambda problem: (-problem.last_hour, -problem.today, problem.code))
    return tuple(problems[:MOST_PROBLEMS])


def _slot_warnings(day: DayCount, stations: Sequence[WallStation]) -> Iterable[WallWarning]:
    new = sum(count.new for count in day.slots.values())
    good = sum(count.first_pass for count in day.slots.values())
    z = threshold(len(day.slots))
    for station in stations:
        for slot in station.slots:
            place = (station.station, slot.slot)
            count = day.slots.get(place)
            in_a_row = count.bad_in_a_row if count else 0
            others = (good - slot.first_pass, new - slot.new)
            if is_behind(slot.first_pass, slot.new, *others, z=z):
                yield WallWarning(WarningKind.BEHIND, *place, 0)
            if in_a_row >= MANY_IN_A_ROW:
                yield WallWarning(WarningKind.IN_A_ROW, *place, in_a_row)
            if slot.activity is Activity.NO_OUTCOME:
                yield WallWarning(WarningKind.NO_OUTCOME, *place, 0)


def _clock_warnings(newest: Mapping[str, datetime], now: datetime) -> Iterable[WallWarning]:
    for station, at in sorted(newest.items()):
        if at - now > CLOCK_AHEAD:
            seconds = round((at - now).total_seconds())
            yield WallWarning(WarningKind.CLOCK_AHEAD, station, "", seconds)
