"""One run of the station: its slots at work, its readers, and what it came to."""

import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from burner.cli import screen
from burner.cli.language import language
from burner.cli.main import silence_stdout
from burner.cli.signals import Reader, Signals
from burner.core.attempt import Outcome, Result, Step
from burner.core.code import Code
from burner.core.errors import BurnerError, exit_code
from burner.core.unit_events import Finished
from burner.core.version import burner_version

if TYPE_CHECKING:
    from burner.burn.job import AttemptRequest, Job
    from burner.cli.board.completion import Completion
    from burner.cli.order import Order
    from burner.cli.slots import Slots
    from burner.core.unit_events import Event
    from burner.devices.device import Device
    from burner.manifest.writing.ledger import Ledger
    from burner.release.release import Release
    from burner.station.boards import Boards
    from burner.station.events import StationEvent
    from burner.station.router import Router
    from burner.station.slot import SlotDevice
    from burner.station.station import Station

FULL = (Code.BATCH_COMPLETE, Code.RELEASE_LIMIT_REACHED)
"""The batch, or the release, has all its units: nothing more to do."""
INTERRUPTED = 130


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    source: Path
    manifest: str
    logs: Path
    secret: str
    """A reference; empty where the source's own is meant."""
    batch: str | None
    operator: str | None
    quantity: int | None
    count: int | None
    watch: bool
    rework: str
    yes: bool
    bell: bool
    as_json: bool

    @property
    def once(self) -> bool:
        """Whether only the boards are burned that are in the slots now."""
        return not (self.watch or self.count)


class Run:
    """One run of the station: its slots at work, its readers, and what it came to."""

    def __init__(
        self, wish: Wish, slots: "Slots", release: "Release", ledger: "Ledger", order: "Order"
    ) -> None:
        from burner.station.tally import Tally

        self.wish, self.slots, self.release = wish, slots, release
        self.ledger, self.order = ledger, order
        batch = ledger.reader.batch(order.batch)
        self.planned: int = (batch.planned if batch else None) or 0
        self.before: int = ledger.reader.passed_in(order.batch)
        self.tally: Tally = Tally()
        self._counting = Lock()

    def through(self, devices: "Mapping[str, SlotDevice]") -> int:
        """Run until every slot is done; the exit status."""
        from burner.cli.inputs import listening

        station = self._station(devices)
        started = time.monotonic()
        with self._reader(started) as reader:
            signals = Signals(station, reader, ends_by_itself=not self.wish.watch)
            with signals.caught():
                with listening(station.router, self.slots, self.release.search):
                    self._work(station, reader)
                elapsed_s = time.monotonic() - started
                status = self._status(station, signals.interrupted)
                if status != INTERRUPTED and station.broken is None:
                    self._say_complete(reader, lambda: signals.interrupted)
        try:
            self._report(elapsed_s, status)
            sys.stdout.flush()
        except OSError:  # the terminal was closed; what was burned is on record all the same
            silence_stdout()
        if station.broken is not None:
            raise station.broken
        return status

    def _station(self, devices: "Mapping[str, SlotDevice]") -> "Station":
        from burner.station.station import Station

        return Station(
            devices,
            self._boards(),
            self.release.profile.flash.baud,
            router=self._router(tuple(devices)),
            rework=self.wish.rework,
            record=self._record,
        )

    def _router(self, slots: "Sequence[str]") -> "Router":
        from burner.cli.inputs import prepared_labels
        from burner.station.on_record import LabelsOnRecord
        from burner.station.router import Router

        profile = self.release.profile
        labelled = profile.identity.needs_label
        by_slot = slots if self.wish.once else ()
        return Router(
            slots,
            identity=profile.identity if labelled else None,
            reasons=profile.rework.reasons,
            prefixes=self.slots.prefixes,
            labels=prepared_labels(self.slots, self.release.search, by_slot) if labelled else None,
            check_record=LabelsOnRecord(self.ledger, profile),
        )

    def _record(self, slot: str, error: BurnerError) -> Finished | None:
        """Put an error of a slot on record that belongs to no board, as an attempt on no unit."""
        from burner.burn.job import AttemptRequest

        attempt = self._job().attempt(AttemptRequest(slot, self.release.profile.flash.baud))
        result = Result(
            Outcome.ERROR, Step.IDENTIFY, attempt.started, 0.0, error.code, error.detail
        )
        try:
            return Finished(slot, self.ledger.finish(attempt, result))
        except BurnerError as trouble:
            if not trouble.row.retry:
                raise
            return None

    def _boards(self) -> "Boards":
        from burner.station.boards import ByBench, ByHand, Count, OneEach

        if self.wish.watch or (self.wish.count and self.slots.hand is None):
            return ByHand(Count(self.wish.count))
        if self.wish.count and self.slots.hand is not None:
            return ByBench(Count(self.wish.count), self.slots.hand.swap)
        return OneEach()

    def _work(self, station: "Station", reader: "Reader") -> None:
        from burner.burn.burn import burn as burn_one

        job = self._job()

        def burn(
            device: "Device", request: "AttemptRequest", aborted: "Callable[[], bool]"
        ) -> "Iterator[Event]":
            leaving = station.stopping.is_set
            for event in burn_one(job, device, self.ledger, request, aborted, leaving=leaving):
                # Here, in the slot's own thread: it must not meet one more board meanwhile.
                if isinstance(event, Finished) and self._ended(event, reader) and not leaving():
                    reader.say("complete")
                    station.stop()
                yield event

        for event in station.run(burn):
            self.tally.add(event)
            reader.show(event)

    def _job(self) -> "Job":
        from burner.burn.job import Job

        versions = {"burner": burner_version(), "python": platform.python_version()}
        return Job(
            self.release, self.slots.station, self.order.operator, self.order.batch, versions
        )

    def _ended(self, event: Finished, reader: "Reader") -> bool:
        """Show how many units of the batch are good; whether no more boards are wanted.

        The manifest counts: somebody may have scrapped one meanwhile, or burn for the same batch.
        """
        wants_more = self.wish.watch or self.wish.count is not None
        if not self.planned:
            return wants_more and event.record.result.code in FULL
        try:
            with self._counting:  # an older count is never shown after a newer one
                passed = self.ledger.reader.passed_in(self.order.batch)
                reader.count(passed)
        except BurnerError:  # the next board will tell, or wait
            passed = 0
        is_new = event.record.result.outcome is Outcome.PASS and not event.known
        is_full = passed >= self.planned if is_new else event.record.result.code in FULL
        return wants_more and is_full

    def _say_complete(self, reader: "Reader", leaving: "Callable[[], bool]") -> None:
        """Tell that the batch has all its units; a person ends that with a key, or Ctrl-C."""
        from burner.cli.board.completion import Completion
        from burner.cli.keyboard import wait_for_key
        from burner.cli.order import is_person

        try:
            passed = self.ledger.reader.passed_in(self.order.batch)
        except BurnerError:  # a manifest that is away now was there for every record
            return
        if not self.tally.units or not 0 < self.planned <= passed:
            return
        self.tally.complete()
        waits = is_person() and sys.stdout.isatty() and not (self.wish.yes or self.wish.as_json)
        batch, station = self.order.batch, self.slots.station
        manifest = self.wish.manifest
        reader.complete(Completion(batch, passed, self.planned, station, waits, manifest))
        if waits:
            wait_for_key(leaving)

    @contextmanager
    def _reader(self, started: float) -> "Iterator[Reader]":
        """Whoever reads the events beside the tally: a script, or the board."""
        if self.wish.as_json:
            yield JsonLines()
            return
        from burner.cli.board.board import Board
        from burner.cli.board.view import Title, View

        profile, order = self.release.profile, self.order
        title = Title(
            profile.title,
            order.batch,
            order.operator,
            self.slots.station,
            self.planned,
            self.before,
        )
        view = View(title, started, profile.flash.baud, language())
        view.add_slots(self.slots.locate)
        board = Board(view, screen.console(stderr=True), bell=self.wish.bell)
        board.start()
        try:
            yield board
        finally:
            board.close()

    def _status(self, station: "Station", interrupted: bool) -> int:
        if station.broken is not None:
            return exit_code(station.broken.code)
        if interrupted:
            return INTERRUPTED
        if self.tally.all_passed:
            return 0
        return 1 if self.tally.units else 4

    def _report(self, elapsed_s: float, status: int) -> None:
        from burner.cli.board import summary

        if self.wish.as_json:
            screen.say(json.dumps(summary.summary_json(self.tally, elapsed_s, status)))
            return
        summary.print_summary(self.tally, elapsed_s, language())
        for line in summary.trouble_lines(self.tally, language()):
            screen.warn(line)
        for hint in summary.hints(self.tally, language(), self.wish.manifest):
            screen.say(f"  {hint}")


def print_event(event: "Mapping[str, object]") -> None:
    """A line for a script; when the script is gone, nothing more, and burning goes on."""
    try:
        screen.say(json.dumps(event, ensure_ascii=False))
        sys.stdout.flush()
    except OSError:
        silence_stdout()


class JsonLines:
    """Prints events for a script."""

    def show(self, event: "StationEvent") -> None:
        """One event as a line, if it is worth one."""
        from burner.cli.board.summary import event_json

        said = event_json(event)
        if said is not None:
            print_event(said)

    def say(self, what: str) -> None:
        """What people read only."""

    def count(self, passed: int) -> None:
        """A script counts by itself."""

    def complete(self, completion: "Completion") -> None:
        """A script counts by itself."""
