"""Printed labels that must be scanned before their slots take another board. Thread-safe."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_labels import UnitLabelState
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.station.events import (
    LabelRefused,
    Prompt,
    ScanBackAwaited,
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

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody knows if it came out."""
        is_certain = self.row is None or self.row.state == UnitLabelState.SENT
        return not (is_certain or self.is_scanned)


class ScanBack:
    """The slots that wait for the scan of a printed label."""

    def __init__(self, confirm: Confirm, emit: Callable[[StationEvent], None]) -> None:
        self._confirm, self._emit = confirm, emit
        self._awaited: dict[str, AwaitedLabel] = {}
        self._changed = threading.Condition()

    def unit_passed(self, slot: str, unit_id: str) -> None:
        """From now on the slot waits for the label of this unit."""
        with self._changed:
            self._awaited[slot] = AwaitedLabel(unit_id)

    def label_out(self, slot: str, row: UnitLabelRow, codes: tuple[str, ...]) -> None:
        """The label was printed, or may have been; a confirmed one is awaited no more."""
        with self._changed:
            known = self._awaited.get(slot)
            if known is None or known.unit_id != row.unit_id:
                return
            if row.state == UnitLabelState.CONFIRMED:
                self._release(slot)
                return
            awaited = self._awaited[slot] = replace(known, row=row, codes=codes)
            self._emit(ScanBackAwaited(slot, row.device_name, doubtful=awaited.is_doubtful))

    def not_needed(self, slot: str) -> None:
        """The unit has no label to print."""
        with self._changed:
            self._release(slot)

    def takes(self, text: str, *, asked: str) -> bool:
        """Take a scan, if it is a printed label that is awaited, or if nobody else wants it.

        The thread of its slot puts it on record: a manifest that is away keeps nobody else waiting.

        Args:
            text: what was scanned.
            asked: the slot that wants the label of its board; empty: none does.
        """
        with self._changed:
            for slot, awaited in self._awaited.items():
                if awaited.row is not None and text in awaited.codes:
                    self._awaited[slot] = replace(awaited, is_scanned=True)
                    self._changed.notify_all()
                    return True
            out = (
                slot for slot, label in self._awaited.items() if label.row and not label.is_scanned
            )
            slot = next(out, "")
            if not slot or asked:
                return False
            detail = f"{text[:64]}, not {', '.join(self._awaited[slot].codes)}"
            self._emit(LabelRefused(slot, Code.PRINTED_LABEL_DIFFERS, detail))
        return True

    def cancel(self) -> bool:
        """The operator says that doubtful labels did not come out: their slots go on."""
        with self._changed:
            doubtful = [slot for slot, label in self._awaited.items() if label.is_doubtful]
            for slot in doubtful:
                self._release(slot)
        return bool(doubtful)

    def wait(self, slot: str, gives_up: Callable[[bool], bool]) -> None:
        """Wait until the label of the unit in a slot was scanned, and put that on record.

        Args:
            slot: whose unit has ended.
            gives_up: whether the wait ends; gets whether the label is out of the printer.
        """
        while True:
            with self._changed:
                awaited = self._awaited.get(slot)
                if awaited is None:
                    return
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
        self._emit(Prompt())
        self._emit(UnitLabelChanged(slot, row.unit_id, UnitLabelState.CONFIRMED))

    def _release(self, slot: str) -> None:
        released = self._awaited.pop(slot, None)
        if released and released.row:
            self._emit(ScanBackAwaited(slot))
        self._changed.notify_all()
