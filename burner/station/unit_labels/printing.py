"""Prints the labels of a run in a thread of its own, beside the slots.

The manifest says what is owed; this thread only remembers which units passed in this run. A slot
never waits for the printer, unless the profile asks that labels are scanned back.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError, as_burner_error
from burner.core.unit_labels import NOT_CERTAIN, LabelPrintEnd, UnitLabelState
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.reading.unit_labels import unit_label
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.unit_labels import LabelPrint
from burner.station.events import PrinterStateChanged, StationEvent, UnitLabelChanged
from burner.station.unit_labels.content import label_content
from burner.station.unit_labels.print_label import EndedPrint, print_label
from burner.station.unit_labels.scan_back import ScanBack
from burner.unit_labels.printer import Printer

RETRY_PAUSE_S = 2.0
"""Between two looks for a printer that is away."""
END_S = 5.0
"""How long the end of a run waits for a printer or a manifest that is away."""
LOOK_S = 0.05
"""Between two looks at the end of a run whether the operator wants it now."""


@dataclass
class _PassedUnit:
    """A unit that passed in this run."""

    slot: str
    product_id: str
    unit_id: str
    label: LabelPrint | None = None
    """Once its print was tried: the same print is tried again, so nothing is recorded twice."""
    ended: EndedPrint | None = None
    """It was sent, and its end is not on record yet."""


class _LookAtScans:
    """Labels were scanned that no slot waits for."""


class LabelPrinting:
    """The printer of a station during one run. Thread-safe."""

    def __init__(
        self,
        ledger: Ledger,
        printer: Printer,
        emit: Callable[[StationEvent], None],
        *,
        scan_back: ScanBack | None = None,
        pause_s: float = RETRY_PAUSE_S,
    ) -> None:
        """Nothing is printed before `start`.

        Args:
            ledger: the manifest.
            printer: beside the slots.
            emit: takes events, from any thread.
            scan_back: who scans the labels that came out; None: nobody.
            pause_s: see `RETRY_PAUSE_S`.
        """
        self._ledger, self._printer, self._emit = ledger, printer, emit
        self._scan_back, self._pause_s = scan_back, pause_s
        self._units: queue.SimpleQueue[_PassedUnit | _LookAtScans | None] = queue.SimpleQueue()
        if scan_back:
            scan_back.wake = lambda: self._units.put(_LookAtScans())
        self._ending, self._aborting = threading.Event(), threading.Event()
        self._trouble = ""
        """Code that was shown last of a printer or a manifest that is away."""
        self._thread = threading.Thread(target=self.work, name="label printer", daemon=True)

    def start(self) -> None:
        """Begin to print."""
        self._thread.start()

    def unit_passed(self, slot: str, product_id: str, unit_id: str) -> None:
        """A unit of the batch is good, and on record: its label is printed, if it is owed."""
        if self._scan_back:
            self._scan_back.unit_passed(slot, unit_id)
        self._units.put(_PassedUnit(slot, product_id, unit_id))

    def finish(self, is_hurried: Callable[[], bool] = lambda: False) -> None:
        """Print what is left, if the printer is there, and end.

        Args:
            is_hurried: whether the operator wants the end now: then only the print that has begun
                ends, and the rest is owed still.
        """
        self._ending.set()
        self._units.put(None)
        while self._thread.is_alive():
            if is_hurried():
                self._aborting.set()
            self._thread.join(LOOK_S)

    def work(self) -> None:
        """What the thread does: print until `finish`."""
        while (unit := self._units.get()) is not None and not self._aborting.is_set():
            if isinstance(unit, _LookAtScans):
                self._record_scans()
            elif not self._until_done(unit):
                return

    def _record_scans(self) -> None:
        if self._scan_back:
            self._scan_back.record_scans()

    def _until_done(self, unit: _PassedUnit) -> bool:
        """Print the label of a unit; again and again while printer or manifest are away.

        Returns:
            Whether the next one is to be tried: not at the end of a run, where they are away.
        """
        deadline = 0.0
        while True:
            try:
                self._print(unit)
            except Exception as error:
                trouble = as_burner_error(error)  # a bug must not leave slots waiting for a label
                if not _waits(trouble):
                    self._give_up(unit, trouble)
                    return True
                self._show_trouble(trouble)
            else:
                self._show_trouble(None)
                return True
            if self._ending.is_set():
                deadline = deadline or monotonic() + (0 if unit.ended is None else END_S)
                if monotonic() >= deadline or self._aborting.is_set():
                    return False
            self._record_scans()
            (self._aborting if self._ending.is_set() else self._ending).wait(self._pause_s)

    def _print(self, unit: _PassedUnit) -> None:
        """One try.

        Raises:
            BurnerError: it is owed still, or its end is not on record.
        """
        if unit.ended is None:
            row = self._row(unit)
            if row is None or (unit.label is None and row.state != UnitLabelState.OWED):
                self._show_known(unit, row)
                return
            unit.label = unit.label or LabelPrint(row, self._printer.name)
            content = label_content(self._ledger.reader, row)
            unit.ended = print_label(self._ledger, self._printer, unit.label, content)
        unit.ended.record(self._ledger)
        ended, unit.ended, unit.label = unit.ended, None, None
        if ended.result is LabelPrintEnd.NOT_SENT and ended.error:
            raise ended.error
        self._show_ended(unit, ended)

    def _row(self, unit: _PassedUnit) -> UnitLabelRow | None:
        with self._ledger.reader.connection() as connection:
            return unit_label(connection, unit.product_id, unit.unit_id)

    def _show_ended(self, unit: _PassedUnit, ended: EndedPrint) -> None:
        row = self._row(unit)
        if row is not None:
            self._label_out(unit, row, ended.error)

    def _show_known(self, unit: _PassedUnit, row: UnitLabelRow | None) -> None:
        """A unit without a label to print now: of an earlier print it is said how that ended."""
        if row is not None:
            in_doubt = row.state in NOT_CERTAIN
            error = BurnerError(Code.PRINT_DOUBTFUL, "an earlier print") if in_doubt else None
            self._label_out(unit, row, error)
        elif self._scan_back:
            self._scan_back.not_needed(unit.slot)

    def _label_out(self, unit: _PassedUnit, row: UnitLabelRow, error: BurnerError | None) -> None:
        """The label is out of the printer, or may be."""
        codes = label_content(self._ledger.reader, row).codes
        if self._scan_back:
            self._scan_back.label_out(unit.slot, row, codes)
        state, code = UnitLabelState(row.state), error.code if error else ""
        detail = error.detail if error else ""
        self._emit(UnitLabelChanged(unit.slot, unit.unit_id, state, code, detail, codes))

    def _give_up(self, unit: _PassedUnit, error: BurnerError) -> None:
        """What no waiting helps against: the PASS stands, and the label stays as it is."""
        self._emit(
            UnitLabelChanged(unit.slot, unit.unit_id, UnitLabelState.OWED, error.code, error.detail)
        )
        if self._scan_back:
            self._scan_back.not_needed(unit.slot)

    def _show_trouble(self, error: BurnerError | None) -> None:
        """Show once that the printer or the manifest is away, and that it is back."""
        code = error.code if error else ""
        if code != self._trouble:
            self._trouble = code
            self._emit(PrinterStateChanged(self._printer.name, error))


def _waits(error: BurnerError) -> bool:
    """Whether the label can be printed later without anybody doing anything to the unit."""
    away = error.code.error_class is ErrorClass.MANIFEST and error.row.retry
    return away or error.code == Code.PRINTER_UNREACHABLE
