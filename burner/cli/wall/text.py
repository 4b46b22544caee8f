"""The wall view as text, once."""

from datetime import datetime

from burner.cli.terminal import screen
from burner.core.words.language import Language
from burner.core.words.phrases import Wording
from burner.report.page.numbers import count, duration, share
from burner.wall.state import (
    Activity,
    WallBatch,
    WallProblem,
    WallSlot,
    WallState,
    WallWarning,
    WarningKind,
)

_WARNINGS = {
    WarningKind.BEHIND: "wall behind",
    WarningKind.IN_A_ROW: "wall in a row",
    WarningKind.NO_OUTCOME: "wall slot no outcome",
}


def show_wall(state: WallState, language: Language) -> None:
    """Print how things stand."""
    say = Wording(language)
    _show_day(state, say)
    for batch in state.batches:
        screen.say(_batch_line(batch, say))
    for station in state.stations:
        rows = [_slot_row(slot, state.now, say) for slot in station.slots]
        heads = (say("slot"), "", say("code"), say("time"), say("unit"), say("First-pass yield"))
        screen.table(f"{say('station')} {station.station}", heads, rows)
    for warning in state.warnings:
        screen.say(f"▲ {warning_sentence(warning, say)}")
    for backlog in state.backlogs:
        text = say.counted(f"backlog {backlog.kind}", backlog.number, backlog.name)
        screen.say(f"{count(backlog.number)} {text}")
    for problem in state.problems:
        _show_problem(problem, state, say)


def _show_day(state: WallState, say: Wording) -> None:
    record = say("wall no record")
    if state.last_record:
        age = max(0.0, (state.now - state.last_record).total_seconds())
        record = say("wall record age", duration(age, say))
    simulated = [say("wall simulated")] if state.simulated else []
    screen.say(" · ".join((say("wall title"), *simulated, record)))
    if today := state.today:
        parts = (
            f"{say('wall good today')} {count(today.good)}",
            f"{say('wall first pass')} {_share(today.first_pass, today.new)}",
            f"{say('wall last hour')} {count(today.last_hour)}",
        )
        screen.say(f"  {' · '.join(parts)}")


def _batch_line(batch: WallBatch, say: Wording) -> str:
    planned, parts = say("wall without plan"), [say("wall no pace")]
    if batch.planned is not None:
        planned = say("wall of planned", count(batch.planned))
    if batch.per_hour is not None:
        parts = [say("wall pace", count(round(batch.per_hour)))]
    if batch.planned is not None and batch.good >= batch.planned:
        parts.append(say("wall complete"))
    elif batch.planned is not None:
        end = batch.expected_end
        parts.append(f"{say('wall expected end')} {_clock(end)}" if end else say("wall no end"))
    parts.append(f"{say('wall batch yield')} {_share(batch.first_pass, batch.new)}")
    made = f"{batch.batch} ({batch.profile}): {count(batch.good)} {planned}"
    return " · ".join((f"  {made}", say("wall at work", batch.at_work), *parts))


def _slot_row(slot: WallSlot, now: datetime, say: Wording) -> tuple[str, ...]:
    words = {
        Activity.AT_WORK: f"▶ {say('BURNING')}",
        Activity.NO_OUTCOME: f"? {say('wall no outcome')}",
        Activity.IDLE: f"{say(slot.outcome)}, {say('wall idle')}",
        Activity.ENDED: say(slot.outcome),
    }
    age = duration(max(0.0, (now - slot.since).total_seconds()), say)
    rate = _share(slot.first_pass, slot.new)
    return slot.slot, words[slot.activity], slot.code, age, slot.unit, rate


def warning_sentence(warning: WallWarning, say: Wording) -> str:
    """What somebody should look at."""
    if warning.kind is WarningKind.CLOCK_AHEAD:
        return say("wall clock ahead", warning.station, duration(warning.number, say))
    where = say("wall slot of", warning.station, warning.slot)
    numbers = (warning.number,) if warning.kind is WarningKind.IN_A_ROW else ()
    return say(_WARNINGS[warning.kind], where, *numbers)


def _show_problem(problem: WallProblem, state: WallState, say: Wording) -> None:
    counts = say("wall problem counts", count(problem.today), count(problem.last_hour))
    places = say(", ").join(say("wall slot of", at.station, at.slot) for at in problem.places)
    screen.say(f"{problem.code}  {counts}: {places}")
    if words := state.words.get(problem.code):
        detail = problem.detail.zh if say.language == "zh" else problem.detail.en
        says = words[say.language].says
        screen.say(f"  {says + (say('brackets', detail) if detail else '')}")
        screen.say(f"  → {words[say.language].do}")


def _share(part: int, whole: int) -> str:
    return share(part / whole if whole else None)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
