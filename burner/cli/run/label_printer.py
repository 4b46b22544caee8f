"""The label printer of a run: of the station, of an option, or a simulated one beside a bench."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burner.cli.parameters.label_options import printer_at_place
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.station.events import StationEvent, UnitLabelChanged
from burner.station.scanning.keystrokes import ESCAPE

if TYPE_CHECKING:
    from burner.bench.printer.printer import SimulatedPrinter
    from burner.cli.parameters.slots import Slots
    from burner.profile.unit_label.settings import UnitLabelSettings
    from burner.station.scanning.router import Router
    from burner.unit_labels.printer import Printer

SIMULATED = "sim"


@dataclass(frozen=True)
class RunPrinter:
    """The printer of a run, and who scans its labels back."""

    printer: "Printer | None" = None
    """None: labels stay owed."""
    simulated: "SimulatedPrinter | None" = None
    """It is a simulated one, whose labels no person can scan."""

    def scan_back(self, event: StationEvent, router: "Router") -> None:
        """Scan a label of a simulated printer that came out, or say that it did not."""
        if self.simulated is None or not isinstance(event, UnitLabelChanged) or not event.codes:
            return
        came_out = any(label.codes == event.codes for label in self.simulated.labels)
        router.take_text(event.codes[0] if came_out else ESCAPE)


@contextmanager
def label_printer(
    place: str, slots: "Slots", label: "UnitLabelSettings | None"
) -> Iterator[RunPrinter]:
    """The printer for the block.

    Args:
        place: of the option; empty: that of the station file. `sim`: a simulated one.
        slots: of the run, with the printer of the station file.
        label: of the profile; without one nothing is printed.

    Raises:
        BurnerError: E339 it is none, or the profile needs one; E341 nobody could scan its labels;
            E190 the SPEC of a simulated one.
    """
    if label is None:
        yield RunPrinter()
        return
    if not place and slots.printer is None and slots.bench_control is not None:
        place = SIMULATED
    if place.partition(":")[0] == SIMULATED:
        with _simulated(place, slots) as simulated:
            scanned = simulated if label.scan_back else None
            yield RunPrinter(printer_at_place(simulated.url), scanned)
        return
    printer = printer_at_place(place) if place else slots.printer
    if label.scan_back and printer is None:
        raise BurnerError(Code.PRINTER_UNKNOWN, "the profile says scan_back")
    if label.scan_back and not (sys.stdin.isatty() or slots.scanners):
        raise BurnerError(Code.NOBODY_SCANS_BACK, "standard input is not a terminal")
    yield RunPrinter(printer)


@contextmanager
def _simulated(spec: str, slots: "Slots") -> "Iterator[SimulatedPrinter]":
    from burner.bench.printer.faults import read_faults
    from burner.bench.printer.printer import SimulatedPrinter

    if slots.bench_control is None:
        raise BurnerError(Code.PRINTER_UNKNOWN, f"{spec} prints labels of a bench only")
    with SimulatedPrinter(read_faults(spec)) as printer:
        yield printer
