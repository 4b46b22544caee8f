"""`burner burn`: a run with its display, input, signals and summary, for people or a script."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burner.cli.run.mes_of_run import backlogs_left, end_telling, start_telling
from burner.cli.run.signals import INTERRUPTED, RunDisplay, Signals
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cli.terminal.standard_output import silence_stdout
from burner.core.errors import BurnerError, exit_code
from burner.core.words.phrases import phrase

if TYPE_CHECKING:
    from burner.bench.process import ControlClient
    from burner.burn.job import Job
    from burner.cli.board.batch_full import FullBatch
    from burner.cli.parameters.slots import Slots
    from burner.cli.run.label_printer import RunPrinter
    from burner.manifest.reading.unit_labels import LabelCounts
    from burner.manifest.writing.ledger import Ledger
    from burner.station.batch_run import BatchRun
    from burner.station.events import StationEvent
    from burner.station.mes.station_mes import StationMes
    from burner.station.scanning.router import Router
    from burner.station.slots.boards import Boards
    from burner.station.slots.slot import SlotDevice


@dataclass(frozen=True)
class BurnArguments:
    """The arguments of the command."""

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
    printer: str
    """Empty: that of the station."""
    yes: bool
    bell: bool
    as_json: bool

    @property
    def once(self) -> bool:
        """Whether only the boards are burned that are in the slots now."""
        return not (self.watch or self.count)


def burn_batch(
    arguments: BurnArguments,
    slots: "Slots",
    devices: "Mapping[str, SlotDevice]",
    job: "Job",
    ledger: "Ledger",
    *,
    mes: "StationMes | None" = None,
) -> int:
    """Burn until every slot is closed; the exit status."""
    from burner.cli.run.label_printer import label_printer

    label = job.release.profile.label
    with label_printer(arguments.printer, slots, label) as labels:
        if label and labels.printer is None and not arguments.as_json:
            screen.warn(phrase("no printer", language()))
        return _burn(arguments, slots, devices, job, ledger, mes=mes, labels=labels)


def _burn(
    arguments: BurnArguments,
    slots: "Slots",
    devices: "Mapping[str, SlotDevice]",
    job: "Job",
    ledger: "Ledger",
    *,
    mes: "StationMes | None",
    labels: "RunPrinter",
) -> int:
    from burner.cli.run.hooks import hooks_of
    from burner.cli.run.inputs import listening
    from burner.station.batch_run import BatchRun

    run = BatchRun(
        job,
        ledger,
        devices,
        _boards(arguments, slots),
        router=_router(arguments, slots, job, ledger),
        rework=arguments.rework,
        takes_more=not arguments.once,
        found_bauds=slots.found_bauds,
        printer=labels.printer,
    )
    hooks, started = hooks_of(slots, run), time.monotonic()
    with _display(arguments, run, slots, started) as display:
        signals = Signals(run.station, display, ends_by_itself=not arguments.watch)
        with signals.caught(), hooks.running(run.station.aborting.is_set):
            start_telling(mes, job, run.station.tell)
            with listening(run.station.router, slots, job.release.search):
                for event in run.events():
                    hooks.add(event)
                    display.show(event)
                    labels.scan_back(event, run.station.router)
            end_telling(mes)
            elapsed_s = time.monotonic() - started
            status = _status(run, interrupted=signals.interrupted)
            if status != INTERRUPTED and run.station.broken is None:
                _show_batch_full(arguments, run, display, lambda: signals.interrupted)
        for failed in hooks.failures_at_end():
            run.tally.add(failed)
            display.show(failed)
    try:
        _print_summary(arguments, run, elapsed_s, status)
        _print_backlogs(arguments, ledger)
        if slots.bench_control and not arguments.as_json:
            _print_boots(slots.bench_control)
        sys.stdout.flush()
    except OSError:  # the terminal was closed; what was burned is on record all the same
        silence_stdout()
    if run.station.broken is not None:
        raise run.station.broken
    return status


def _boards(arguments: BurnArguments, slots: "Slots") -> "Boards":
    from burner.station.slots.boards import (
        OneBoardPerSlot,
        SwappedByBench,
        SwappedByHand,
        UnitLimit,
    )

    if arguments.watch or (arguments.count and slots.bench_control is None):
        return SwappedByHand(UnitLimit(arguments.count))
    if arguments.count and slots.bench_control is not None:
        return SwappedByBench(UnitLimit(arguments.count), slots.bench_control.swap)
    return OneBoardPerSlot()


def _router(arguments: BurnArguments, slots: "Slots", job: "Job", ledger: "Ledger") -> "Router":
    from burner.cli.run.inputs import prepared_labels
    from burner.station.scanning.labels_on_record import LabelsOnRecord
    from burner.station.scanning.router import Router

    profile, names = job.release.profile, tuple(slots.locate)
    needs_label = profile.identity.needs_label
    by_slot = names if arguments.once else ()
    return Router(
        names,
        identity=profile.identity if needs_label else None,
        reasons=profile.rework.reasons,
        prefixes=slots.prefixes,
        labels=prepared_labels(slots, job.release.search, by_slot) if needs_label else None,
        check_record=LabelsOnRecord(ledger, profile),
    )


@contextmanager
def _display(
    arguments: BurnArguments, run: "BatchRun", slots: "Slots", started: float
) -> Iterator[RunDisplay]:
    """The display of the events: lines for a script, or tiles for people."""
    if arguments.as_json:
        yield JsonLines()
        return
    from burner.cli.board.display import Display
    from burner.cli.board.display_view import DisplayView, RunTitle

    job, profile = run.job, run.job.release.profile
    title = RunTitle(
        profile.title, job.batch, job.operator, job.station, run.planned, run.passed_before
    )
    view = DisplayView(title, started, profile.flash.first_baud, language())
    view.add_slots(slots.locate)
    display = Display(view, screen.console(stderr=True), bell=arguments.bell)
    display.start()
    try:
        yield display
    finally:
        display.close()


def _status(run: "BatchRun", *, interrupted: bool) -> int:
    if run.station.broken is not None:
        return exit_code(run.station.broken.code)
    if interrupted:
        return INTERRUPTED
    if run.tally.all_passed:
        return 0
    return 1 if run.tally.units else 4


def _show_batch_full(
    arguments: BurnArguments,
    run: "BatchRun",
    display: RunDisplay,
    is_interrupted: Callable[[], bool],
) -> None:
    """Show that the batch has all its units, until a person presses a key, or Ctrl-C."""
    from burner.cli.board.batch_full import FullBatch
    from burner.cli.questions.work_order import is_person
    from burner.cli.terminal.keyboard import wait_for_key

    passed = run.batch_full()
    if passed is None:
        return
    waits = is_person() and sys.stdout.isatty() and not (arguments.yes or arguments.as_json)
    job = run.job
    display.batch_full(
        FullBatch(job.batch, passed, run.planned, job.station, waits, arguments.manifest)
    )
    if waits:
        wait_for_key(is_interrupted)


def _print_summary(
    arguments: BurnArguments, run: "BatchRun", elapsed_s: float, status: int
) -> None:
    from burner.cli.board import summary
    from burner.cli.run.event_json import summary_json

    labels: LabelCounts | None = None
    with suppress(BurnerError):  # the manifest is away now
        labels = run.label_counts()
    if arguments.as_json:
        screen.say(json.dumps(summary_json(run.tally, elapsed_s, status, labels)))
        return
    summary.print_summary(run.tally, elapsed_s, language())
    for line in summary.trouble_lines(run.tally, language()):
        screen.warn(line)
    for line in summary.hook_lines(run.tally, language()):
        screen.warn(line)
    for hint in summary.hints(run.tally, language(), arguments.manifest):
        screen.say(f"  {hint}")
    if labels:
        for line in summary.label_lines(labels, run.job.batch, language(), arguments.manifest):
            (screen.warn if labels.open else screen.say)(line)
    with suppress(BurnerError):
        if approvers := run.first_article_approvers():
            job, manifest = run.job, arguments.manifest
            for line in summary.approval_lines(job.batch, approvers, language(), manifest):
                screen.warn(line)


def _print_backlogs(arguments: BurnArguments, ledger: "Ledger") -> None:
    """Say what waits for a MES."""
    from burner.cli.pages.mes_backlog import backlog_lines
    from burner.cli.terminal.next_command import manifest_argument
    from burner.core.words.phrases import phrase

    lines = [] if arguments.as_json else backlog_lines(backlogs_left(ledger), language())
    for line in lines:
        screen.warn(line)
    if lines:
        command = f"burner mes status{manifest_argument(arguments.manifest)}"
        screen.say(f"  {phrase('mes look', language(), command)}")


def _print_boots(bench: "ControlClient") -> None:
    """Say whether the firmware of the simulated units was executed."""
    from burner.cli.run.bench_boots import boots_line

    with suppress(BurnerError):  # the bench is away
        if line := boots_line(bench.status()["boots"], language()):
            screen.say(line)


def print_event(event: "Mapping[str, object]") -> None:
    """Print a line for a script. When the script is gone, burning goes on without lines."""
    try:
        screen.say(json.dumps(event, ensure_ascii=False))
        sys.stdout.flush()
    except OSError:
        silence_stdout()


class JsonLines:
    """Prints events for a script."""

    def show(self, event: "StationEvent") -> None:
        """Print an event as a line, if scripts are told of it."""
        from burner.cli.run.event_json import event_json

        line = event_json(event)
        if line is not None:
            print_event(line)

    def say(self, what: str) -> None:
        """Nothing: notices are for people."""

    def batch_full(self, full_batch: "FullBatch") -> None:
        """Nothing: a script counts by itself."""
