"""`burner burn SOURCE`: units in one slot or in thirty-two, every one of them on record."""

import json
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from burner import __version__
from burner.cli import language, options, screen, silence_stdout
from burner.errors import exit_code

if TYPE_CHECKING:
    from burner.burn import Job
    from burner.cli.order import Order
    from burner.cli.slots import Slots
    from burner.devices.esp import Esp
    from burner.manifest.ledger import Ledger
    from burner.release import Release
    from burner.station import Station, StationEvent
    from burner.station.boards import Boards

FULL = "E451"
"""The batch has all its units: nothing more to do."""
INTERRUPTED = 130


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    source: Path
    manifest: str
    logs: Path
    batch: str | None
    operator: str | None
    quantity: int | None
    count: int | None
    watch: bool
    rework: str
    yes: bool
    bell: bool
    as_json: bool


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.slot_options
@options.manifest_option
@options.logs_option
@click.option("--batch", metavar="ID", help="Work order; asked, or product and date.")
@click.option("--operator", metavar="ID", help="Who works here; asked, or the login name.")
@click.option("--quantity", metavar="N", type=click.IntRange(1), help="Planned units of the batch.")
@click.option("--once", is_flag=True, help="The board that is in each slot now (the default).")
@click.option("--watch", is_flag=True, help="Board after board, until Ctrl-C.")
@click.option("--count", metavar="N", type=click.IntRange(1), help="Board after board, N units.")
@click.option("--rework", metavar="REASON", default="", help="Burn known units again, and why.")
@click.option("--yes", is_flag=True, help="Ask nothing: defaults where no option is given.")
@click.option("--bell", is_flag=True, help="Ring once on PASS, twice on FAIL and ERROR.")
@click.option("--json", "as_json", is_flag=True, help="Events, then a summary, as JSON lines.")
@options.lang_option
def burn(
    ports: tuple[str, ...],
    station_file: Path | None,
    bench: str | None,
    once: bool,
    **wishes: Any,
) -> int:
    """Burn units with SOURCE, a profile.yaml or a release.burn.

    Exit status: 0 all passed, 1 some unit did not, 2 usage, 3 SOURCE or an option refused,
    4 the station could do nothing, 130 interrupted.
    """
    from burner.cli.slots import open_slots

    wish = Wish(**wishes)
    if once and (wish.watch or wish.count):
        raise click.UsageError("--once is one board a slot; leave out --watch and --count")
    with open_slots(ports, station_file, bench, wish.count) as slots:
        return _prepare_and_run(wish, slots)


def _prepare_and_run(wish: Wish, slots: "Slots") -> int:
    from burner.cli.order import is_person
    from burner.cli.slots import warm_devices
    from burner.devices.stock import Stock
    from burner.manifest.ledger import Ledger
    from burner.release import open_release

    person = is_person() and not wish.yes and not wish.as_json
    stock = Stock()
    with warm_devices(slots, wish.logs, stock) as devices:
        release = open_release(wish.source, ask=_ask_secret if person else None)
        for warning in () if wish.as_json else release.warnings:
            screen.warn(str(warning))
        for segment in release.segments:
            stock.pack(segment)
        with Ledger.open(wish.manifest, slots.station) as ledger:
            if not wish.as_json:
                _warn_of_other_bytes(release, ledger)
            order = _order(wish, release, ledger, person)
            return Run(wish, slots, release, ledger, order).through(devices)


def _warn_of_other_bytes(release: "Release", ledger: "Ledger") -> None:
    """Earlier batches of the same version that had other bytes."""
    from burner.advice import same_version_other_bytes

    profile = release.profile
    earlier = ledger.reader.made_before(profile.title, profile.product.id)
    at = profile.place("product", "version")
    # Any name will do: what holds it is not compared.
    for finding in same_version_other_bytes(profile.title, release.payload("N"), earlier, at):
        screen.warn(str(finding))


def _ask_secret() -> str:
    return str(click.prompt("ProductSecret", hide_input=True, err=True))


def _order(wish: Wish, release: "Release", ledger: "Ledger", person: bool) -> "Order":
    from burner.cli.order import take_order

    product = release.profile.product
    order = take_order(
        product.name,
        wish.batch,
        wish.operator,
        wish.quantity,
        ask=person,
        is_new=lambda batch: ledger.batch(batch) is None,
    )
    if not wish.as_json and not person and not (wish.batch and wish.operator):
        screen.warn(f"batch {order.batch}, operator {order.operator}")
    ledger.open_batch(
        order.batch,
        profile=release.profile.title,
        release_digest=release.digest,
        product_id=product.id,
        planned=order.quantity,
        operator=order.operator,
    )
    return order


class Run:
    """One run of the station: its slots at work, its readers, and what it came to."""

    def __init__(
        self, wish: Wish, slots: "Slots", release: "Release", ledger: "Ledger", order: "Order"
    ) -> None:
        from burner.station.tally import Tally

        self.wish, self.slots, self.release = wish, slots, release
        self.ledger, self.order = ledger, order
        batch = ledger.batch(order.batch)
        self.planned: int = (batch.planned if batch else None) or 0
        self.before: int = batch.taken if batch else 0
        self.tally: Tally = Tally()

    def through(self, devices: "dict[str, Esp]") -> int:
        """Run until every slot is done; the exit status."""
        station = self._station(devices)
        started = time.monotonic()
        with interrupts(station, ends_by_itself=not self.wish.watch) as interrupted:
            self._work(station, started)
        elapsed_s = time.monotonic() - started
        status = self._status(station, bool(interrupted))
        try:
            self._report(elapsed_s, status)
            sys.stdout.flush()
        except OSError:  # the terminal was closed; what was burned is on record all the same
            silence_stdout()
        if station.broken is not None:
            raise station.broken
        return status

    def _station(self, devices: "dict[str, Esp]") -> "Station":
        from burner.station import Station
        from burner.station.scanner import Scanner

        labelled = self.release.profile.identity.needs_label
        scanner = Scanner(sys.stdin, forget_early=sys.stdin.isatty()) if labelled else None
        return Station(
            devices, self._boards(), self.release.profile.flash.baud, scanner, self.wish.rework
        )

    def _boards(self) -> "Boards":
        from burner.station.boards import ByBench, ByHand, Count, OneEach

        if self.wish.watch or (self.wish.count and self.slots.hand is None):
            return ByHand(Count(self.wish.count))
        if self.wish.count and self.slots.hand is not None:
            return ByBench(Count(self.wish.count), self.slots.hand.swap)
        return OneEach()

    def _work(self, station: "Station", started: float) -> None:
        from burner.burn import burn as burn_one

        job = self._job()
        events = station.run(
            lambda device, trial, aborted: burn_one(job, device, self.ledger, trial, aborted)
        )
        with self._reader(started) as read:
            for event in events:
                self.tally.add(event)
                read(event)
                if self._complete(event):
                    station.stop()

    def _job(self) -> "Job":
        from burner.burn import Job

        versions = {"burner": __version__, "python": platform.python_version()}
        return Job(
            self.release, self.slots.station, self.order.operator, self.order.batch, versions
        )

    def _complete(self, event: "StationEvent") -> bool:
        """Whether the batch has all its units."""
        from burner.model import Finished

        if isinstance(event, Finished) and event.record.result.code == FULL:
            return True
        return 0 < self.planned <= self.before + self.tally.passed

    @contextmanager
    def _reader(self, started: float) -> "Iterator[Callable[[StationEvent], None]]":
        """Whoever reads the events beside the tally: a script, or the board."""
        if self.wish.as_json:
            yield JsonLines().show
            return
        from burner.cli.board import Board
        from burner.cli.view import Title, View

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
            yield board.show
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
        from burner.cli import summary

        if self.wish.as_json:
            screen.say(json.dumps(summary.summary_json(self.tally, elapsed_s, status)))
            return
        summary.print_summary(self.tally, elapsed_s, language())
        for slot, error in self.tally.troubles.items():
            screen.warn(f"slot {slot}: {error}")
        for hint in summary.hints(self.tally, self.wish.manifest):
            screen.say(f"  {hint}")


class JsonLines:
    """Prints events for a script; when the script is gone, nothing more, and burning goes on."""

    def __init__(self) -> None:
        self._gone = False

    def show(self, event: "StationEvent") -> None:
        """One event as a line, if it is worth one."""
        from burner.cli.summary import event_json

        said = event_json(event)
        if said is None or self._gone:
            return
        try:
            screen.say(json.dumps(said, ensure_ascii=False))
            sys.stdout.flush()
        except OSError:
            self._gone = True


@contextmanager
def interrupts(station: "Station", ends_by_itself: bool) -> Iterator[list[int]]:
    """Signals for as long as the block lasts; the list holds those that stopped the station.

    Ctrl-C (and SIGTERM) once: no new boards. Twice: stop now. A closed terminal stops nothing
    that ends by itself; a watch, which nobody sees any more, takes no new boards.
    """
    caught: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        caught.append(number)
        if len(caught) == 1:
            station.stop()
        else:
            station.abort()

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        if not ends_by_itself:
            station.stop()

    handlers: dict[int, Any] = {signal.SIGINT: interrupt, signal.SIGTERM: interrupt}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = hang_up
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
