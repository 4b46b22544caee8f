"""`burner verify --watch`: QA checks sample after sample, each result shown large."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from burner.cli.board.words import STYLES
from burner.cli.run.signals import INTERRUPTED, Signals
from burner.cli.terminal import screen
from burner.cli.terminal.big_word import Large, in_letters, on_plate
from burner.cli.terminal.language import language
from burner.cli.terminal.standard_output import silence_stdout
from burner.core.words.error_details import detail_in
from burner.core.words.language import Language
from burner.core.words.phrases import phrase
from burner.station.events import SlotState
from burner.station.verify_run import SampleChecked, SampleEvent, SampleTally, SlotWaits, VerifyRun

if TYPE_CHECKING:
    from burner.burn.comparison import Comparison
    from burner.burn.verify import VerifyResult
    from burner.cli.parameters.slots import Slots
    from burner.station.slots.boards import Boards
    from burner.station.slots.slot import SlotDevice

STATES = {"PASS": SlotState.PASS, "DIFFERS": SlotState.FAIL, "FAIL": SlotState.FAIL,
            "ERROR": SlotState.ERROR}  # fmt: skip
"""Verdict → the state of a slot that has its colour and shape."""


class SampleDisplay(Protocol):
    """Shows what happens, to a person or to a script."""

    def show(self, event: SampleEvent) -> None:
        """Show an event."""
        ...

    def say(self, what: str) -> None:
        """Show a phrase that concerns all slots."""
        ...

    def end(self, tally: SampleTally, seconds: float, status: int) -> None:
        """Show the result of the run."""
        ...


def watch_samples(
    slots: "Slots",
    devices: "Mapping[str, SlotDevice]",
    check: "Callable[[Any], VerifyResult]",
    record: "Callable[[str, VerifyResult], None]",
    *,
    count: int | None,
    by_hand: bool,
    as_json: bool,
) -> int:
    """Check board after board; the exit status.

    Args:
        slots: of the desk.
        devices: by slot.
        check: compares the unit in a slot with its record.
        record: writes a result down, if that was asked for.
        count: how many samples; None = until Ctrl-C.
        by_hand: boards are swapped by a person, also on a bench.
        as_json: lines for a script.
    """
    run = VerifyRun(devices, _boards(slots, count, by_hand), check)
    display = SampleLines() if as_json else SampleScreen(count, language())
    tally, started = SampleTally(), time.monotonic()
    signals = Signals(run, display, ends_by_itself=count is not None)
    with signals.caught():
        for event in run.run():
            if isinstance(event, SampleChecked):
                tally.add(event)
                record(event.slot, event.result)
            display.show(event)
    status = INTERRUPTED if signals.interrupted else 0 if tally.all_good else 1
    try:
        display.end(tally, time.monotonic() - started, status)
        sys.stdout.flush()
    except OSError:  # the terminal was closed; what was recorded is recorded
        silence_stdout()
    return status


def _boards(slots: "Slots", count: int | None, by_hand: bool) -> "Boards":
    from burner.station.slots.boards import SwappedByBench, SwappedByHand, UnitLimit

    if slots.bench_control is not None and not by_hand:
        return SwappedByBench(UnitLimit(count), slots.bench_control.swap)
    return SwappedByHand(UnitLimit(count))


class SampleScreen:
    """For a person: what to do now, the verdict large, and what differs."""

    def __init__(self, count: int | None, language: Language) -> None:
        self._count, self._language = count, language
        self._checked: set[int] = set()

    def show(self, event: SampleEvent) -> None:
        """Print an event."""
        if isinstance(event, SampleChecked):
            self._result(event)
        elif isinstance(event, SlotWaits):
            self._waits(event)
        else:
            screen.say(phrase("sample read", self._language, event.slot))

    def say(self, what: str) -> None:
        """Print a phrase."""
        screen.warn(phrase(what, self._language))

    def _waits(self, event: SlotWaits) -> None:
        if event.problem is not None:
            screen.error(event.problem, self._language)
        elif event.silent:
            screen.warn(phrase("sample silent", self._language, event.slot))
        elif self._count is None:
            screen.say(phrase("next sample", self._language, event.slot))
        else:
            done = len(self._checked)
            if done < self._count:
                where = (event.slot, done, self._count)
                screen.say(phrase("next sample of", self._language, *where))

    def _result(self, event: SampleChecked) -> None:
        result, language = event.result, self._language
        if event.number:
            self._checked.add(event.number)
        word = result.verdict
        state = STATES[word]
        text = phrase(word, language)
        drawn = on_plate(state, text) if language == "zh" else in_letters(word)
        screen.large(drawn or Large((text,)), text, STYLES[state])
        screen.say("  ".join(self._who(event)))
        if result.record is not None:
            attempt, ended = result.record.attempt, result.record.result.ended
            when = f"{ended:%Y-%m-%d %H:%M}"
            where = (when, attempt.slot, attempt.batch, attempt.profile)
            of = (result.record.seq, attempt.station)
            screen.say(phrase("sample burned", language, *where, *of))
        for comparison in result.differs:
            screen.say(f"  {difference(comparison, language)}")
        self._what_now(result)
        screen.say(phrase("sample out", language))

    def _who(self, event: SampleChecked) -> list[str]:
        language, record = self._language, event.result.record
        parts = [f"{phrase('slot', language)} {event.slot}"]
        if event.number:
            of = f"/{self._count}" if self._count else ""
            parts.append(f"{phrase('sample', language)} {event.number}{of}")
        name = record.attempt.device_name if record else ""
        parts += [part for part in (name, event.result.unit_id) if part]
        return [*parts, phrase("sample again", language)] if event.again else parts

    def _what_now(self, result: "VerifyResult") -> None:
        from burner.core.errors import BurnerError

        if result.problem is not None:
            screen.error(result.problem, self._language)
        elif not result.good:
            screen.error(BurnerError(result.code), self._language)

    def end(self, tally: SampleTally, seconds: float, status: int) -> None:  # noqa: ARG002
        """Print a row a sample, then the counts."""
        language = self._language
        columns = ("sample", "slot", "unit", "column name", "verdict", "what differs")
        rows = [_row(event, language) for _, event in sorted(tally.units.items())]
        if rows:
            screen.table("", [phrase(column, language) for column in columns], rows)
        counts = [f"{phrase(word, language)} {n}" for word, n in tally.counts().items() if n]
        total = phrase("samples checked", language, len(tally.units))
        screen.say(f"{total}  {', '.join(counts)}".rstrip())
        if tally.unread:
            screen.say(phrase("samples unread", language, tally.unread))


def difference(comparison: "Comparison", language: Language) -> str:
    """`app at 0x20000`, `key configuration: decoded, with another secret`."""
    what = phrase(comparison.what, language)
    return f"{what}: {detail_in(language, comparison.why)}" if comparison.why else what


def _row(event: SampleChecked, language: Language) -> tuple[object, ...]:
    result = event.result
    name = result.record.attempt.device_name if result.record else ""
    if result.problem is not None:
        why = f"{result.code} {result.problem.row.sentence(language)}"
    else:
        why = ", ".join(difference(comparison, language) for comparison in result.differs)
    word = phrase(result.verdict, language)
    return event.number, event.slot, result.unit_id, name, word, why


class SampleLines:
    """For a script: a line of JSON a sample, then the counts (docs/events.md)."""

    def __init__(self) -> None:
        from burner.cli.run.event_schema import start_json

        self._gone = False
        self._print(start_json())

    def show(self, event: SampleEvent) -> None:
        """A sample as a line."""
        if isinstance(event, SampleChecked):
            sample = {"event": "verified", "sample": event.number, "again": event.again}
            self._print({**sample, **result_json(event.slot, event.result)})

    def say(self, what: str) -> None:
        """What people read only."""

    def end(self, tally: SampleTally, seconds: float, status: int) -> None:
        """The last line."""
        self._print(
            {
                "event": "verify summary",
                "samples": len(tally.units),
                "counts": tally.counts(),
                "unread": tally.unread,
                "seconds": round(seconds, 3),
                "exit_code": status,
            }
        )

    def _print(self, line: Mapping[str, Any]) -> None:
        if self._gone:
            return
        try:
            screen.say(json.dumps(line, ensure_ascii=False))
            sys.stdout.flush()
        except OSError:
            self._gone = True


def result_json(slot: str, result: "VerifyResult") -> dict[str, object]:
    """What came of a unit, for a script."""
    attempt = result.record.attempt if result.record else None
    problem = result.problem
    return {
        "slot": slot,
        "good": result.good,
        "unit_id": result.unit_id,
        "device_name": attempt.device_name if attempt else "",
        "seq": result.record.seq if result.record else None,
        "checks": [asdict(comparison) for comparison in result.comparisons],
        "code": result.code,
        "detail": problem.detail if problem else "",
    }
