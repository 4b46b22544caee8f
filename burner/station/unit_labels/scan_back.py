"""Printed labels that are scanned back: before their slots take another board, or for the record.

A scan belongs to the unit whose label it is, whichever slot is asked first. Thread-safe.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_labels import UnitLabelState
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.station.events import (
    BoardInSlot,
    LabelRefused,
    Prompt,
    ScanBackAwaited,
    ScanRefused,
    StationEvent,
    UnitLabelChanged,
)

POLL_S = 0.2

Confirm = Callable[[UnitLabelRow], None]
"""Puts on record that a label was scanned; raises BurnerError (E7)."""


@dataclass(frozen=True)
class AwaitedLabel:
    """The label of the unit that was burned last in a slot."""

    unit_id: str
    row: UnitLabelRow | None = None
    """None: it is not printed yet."""
    codes: tuple[str, ...] = ()
    """What a scanner reads from it."""
    is_scanned: bool = False
    """It was scanned, which is not on record yet."""
    board: BoardInSlot = BoardInSlot.BURNED

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody knows if it came out."""
        is_certain = self.row is None or self.row.state == UnitLabelState.SENT
        return not (is_certain or self.is_scanned)

    @property
    def name(self) -> str:
        """Of the unit."""
        return self.row.device_name if self.row else self.unit_id

    def event(self, slot: str) -> ScanBackAwaited:
        """What is to be shown of it."""
        return ScanBackAwaited(
            slot, self.name, printed=bool(self.row), doubtful=self.is_doubtful, board=self.board
        )


@dataclass(frozen=True)
class LabelOfRun:
    """A label of this run that came out of the printer, or may have."""

    slot: str
    row: UnitLabelRow
    codes: tuple[str, ...]


class ScanBack:
    """The labels of a run, and the slots that wait for the scan of theirs."""

    def __init__(
        self,
        confirm: Confirm,
        emit: Callable[[StationEvent], None],
        *,
        is_required: bool = True,
    ) -> None:
        """No label is out yet.

        Args:
            confirm: see `Confirm`.
            emit: takes events, from any thread.
            is_required: whether a slot waits for the scan before it takes another board.
        """
        self._confirm, self._emit, self._is_required = confirm, emit, is_required
        self._awaited: dict[str, AwaitedLabel] = {}
        self._shown: dict[str, ScanBackAwaited] = {}
        self._printed: dict[str, LabelOfRun] = {}
        """By unit."""
        self._scanned: list[LabelOfRun] = []
        """No slot waits for them; not on record yet."""
        self.wake: Callable[[], None] = lambda: None
        """Has `record_scans` called, from another thread."""
        self._changed = threading.Condition()

    def unit_passed(self, slot: str, unit_id: str) -> None:
        """From now on the slot waits for the label of this unit."""
        with self._changed:
            if self._is_required:
                self._awaited[slot] = AwaitedLabel(unit_id)

    def label_out(self, slot: str, row: UnitLabelRow, codes: tuple[str, ...]) -> None:
        """The label was printed, or may have been; a confirmed one is awaited no more."""
        with self._changed:
            self._printed[row.unit_id] = LabelOfRun(slot, row, codes)
            known = self._awaited.get(slot)
            if known is None or known.unit_id != row.unit_id:
                return
            if row.state == UnitLabelState.CONFIRMED:
                self._release(slot)
                return
            self._awaited[slot] = replace(known, row=row, codes=codes)
            self._show(slot)

    def not_needed(self, slot: str) -> None:
        """The unit has no label to print."""
        with self._changed:
            self._release(slot)

    def awaited_in(self, slot: str) -> str:
        """The name of the unit whose label a slot waits for; empty: it waits for none."""
        with self._changed:
            awaited = self._awaited.get(slot)
            return awaited.name if awaited else ""

    # -- scans -----------------------------------------------------------------------------------

    def takes(self, text: str, *, asked: str) -> bool:
        """Take a scan, if it is a printed label that is awaited, or if nobody else wants it.

        The thread of its slot puts it on record: a manifest that is away keeps nobody else waiting.

        Args:
            text: what was scanned.
            asked: the slot that wants the label of its board; empty: none does.
        """
        with self._changed:
            waiting = {slot: label for slot, label in self._awaited.items() if label.row}
            fits = [slot for slot, label in waiting.items() if text in label.codes]
            if len(fits) == 1:
                self._awaited[fits[0]] = replace(waiting[fits[0]], is_scanned=True)
                self._changed.notify_all()
                return True
            if asked and not fits:
                return False
            if not fits and self.takes_known(text):
                return True
            slots = fits or [slot for slot, label in waiting.items() if not label.is_scanned]
            if slots:
                self._refuse(text, slots)
        return bool(slots)

    def takes_known(self, text: str) -> bool:
        """Take a scan, if it is the label of a unit of this run that no slot waits for."""
        with self._changed:
            fits = [label for label in self._printed.values() if text in label.codes]
            if len(fits) != 1:
                return False
            if fits[0].row.state == UnitLabelState.CONFIRMED:
                self._emit(Prompt("label known", (fits[0].row.device_name,)))
            else:
                self._scanned.append(fits[0])
                self.wake()
        return True

    def _refuse(self, text: str, slots: list[str]) -> None:
        """The scan fits no slot that waits, or several. It is the fault of none of several."""
        if len(slots) == 1:
            detail = f"{text[:64]}, not {', '.join(self._awaited[slots[0]].codes)}"
            self._emit(LabelRefused(slots[0], Code.PRINTED_LABEL_DIFFERS, detail))
            return
        names = ", ".join(f"{slot} {self._awaited[slot].name}" for slot in slots)
        self._emit(ScanRefused(Code.PRINTED_LABEL_DIFFERS, f"{text[:64]}; waiting: {names}"))

    def cancel(self) -> bool:
        """The operator says that doubtful labels did not come out: their slots go on."""
        with self._changed:
            names = {True: list[str](), False: list[str]()}
            for slot, label in list(self._awaited.items()):
                names[label.is_doubtful].append(f"{slot} {label.name}")
                if label.is_doubtful:
                    self._release(slot)
            if names[True]:
                self._emit(Prompt("label given up", (", ".join(names[True]),)))
            elif names[False]:
                self._emit(Prompt("label not given up", (", ".join(names[False]),)))
        return bool(names[True])

    # -- the wait of a slot ----------------------------------------------------------------------

    def wait(
        self,
        slot: str,
        gives_up: Callable[[bool], bool],
        look: Callable[[], BoardInSlot] = lambda: BoardInSlot.BURNED,
    ) -> None:
        """Wait until the label of the unit in a slot was scanned, and put that on record.

        Args:
            slot: whose unit has ended.
            gives_up: whether the wait ends; gets whether the label is out of the printer.
            look: what is in the slot now; asked a few times a second.
        """
        while self.awaited_in(slot):
            board = look()  # may take long: outside of the lock
            with self._changed:
                awaited = self._awaited.get(slot)
                if awaited is None:
                    return
                awaited = self._awaited[slot] = replace(awaited, board=board)
                self._show(slot)
                if not awaited.is_scanned:
                    if gives_up(awaited.row is not None):
                        self._release(slot)
                        return
                    self._changed.wait(POLL_S)
            if awaited.is_scanned and awaited.row:
                self._record(slot, awaited, awaited.row)

    def _record(self, slot: str, awaited: AwaitedLabel, row: UnitLabelRow) -> None:
        """Put a scan on record, outside of the lock: that may take long."""
        try:
            self._confirm(row)
        except BurnerError as error:  # the manifest is away: it is scanned again
            with self._changed:
                self._awaited[slot] = replace(awaited, is_scanned=False)
            self._emit(LabelRefused(slot, error.code, error.detail))
            return
        with self._changed:
            self._release(slot)
        self._confirmed(LabelOfRun(slot, row, awaited.codes))

    def record_scans(self) -> None:
        """Put scans on record that no slot waits for."""
        with self._changed:
            scanned, self._scanned = self._scanned, []
        for label in scanned:
            try:
                self._confirm(label.row)
            except BurnerError as error:  # as above
                self._emit(ScanRefused(error.code, error.detail))
            else:
                self._confirmed(label)

    def _confirmed(self, label: LabelOfRun) -> None:
        row = label.row._replace(state=UnitLabelState.CONFIRMED)
        with self._changed:
            self._printed[row.unit_id] = replace(label, row=row)
        self._emit(Prompt())
        self._emit(UnitLabelChanged(label.slot, row.unit_id, UnitLabelState.CONFIRMED))

    def _show(self, slot: str) -> None:
        event = self._awaited[slot].event(slot)
        if self._shown.get(slot) != event:
            self._shown[slot] = event
            self._emit(event)

    def _release(self, slot: str) -> None:
        self._awaited.pop(slot, None)
        if self._shown.pop(slot, None):
            self._emit(ScanBackAwaited(slot))
        self._changed.notify_all()
