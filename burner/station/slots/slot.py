"""One slot in a thread of its own: board seen → burned → shown → removed → ready again.

Whatever a board or its worker does becomes an event of this slot. Only a manifest that cannot be
written ends the thread.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from burner.burn.job import AttemptRequest
from burner.core.attempt import Outcome, Result
from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError, as_burner_error
from burner.core.unit_events import Event, Finished, NotBegun, RetryStarted
from burner.devices.device import Contact, Device
from burner.station.events import (
    BoardInSlot,
    SlotSilent,
    SlotState,
    SlotStateChanged,
    StationEvent,
    end_state,
)
from burner.station.scanning.labels import IdentifiedBoard
from burner.station.scanning.router import Router
from burner.station.slots import retry
from burner.station.slots.boards import Boards
from burner.station.slots.port_watch import PortWatch
from burner.station.slots.presence import BoardRemoval


class SlotDevice(Device, Protocol):
    """A device that a slot keeps from board to board; it replaces a worker that died."""

    def start(self) -> None:
        """Have a warm worker; returns at once."""
        ...

    def contact(self, reset: bool = True) -> Contact:
        """What is in the slot now; without a reset only a chip in download mode answers."""
        ...

    def kill(self) -> None:
        """Stop whatever runs, now, from any thread."""
        ...

    def stop(self) -> None:
        """End the worker, at the end of a run."""
        ...


BurnUnit = Callable[[Device, AttemptRequest, Callable[[], bool]], Iterator[Event]]
"""One attempt on the unit in a slot: `burner.burn.burn.burn` with its job and its manifest.

It takes the device, the request, and what tells whether a person stopped the station. Events come
as they happen; the last is `Finished`, or `NotBegun`. Raises BurnerError (E7).
"""

ScanBackWait = Callable[[str, Callable[[], BoardInSlot]], None]
"""Waits until the printed label of the unit in a slot was scanned; gets the slot, and what looks
which board is in it now."""

Recorder = Callable[[str, BurnerError], Finished | None]
"""Records an error of a slot that concerns no board; None where the manifest is away."""


@dataclass
class Slot:
    """A slot and what it works with. `work` returns when the slot takes no more boards."""

    name: str
    baud: int
    """Bits per second; stays at a slower rate once a unit has passed with it."""
    finds_baud: bool
    """Whether the slot still looks for the fastest rate that is clean; until a unit passes."""
    device: SlotDevice
    boards: Boards
    emit: Callable[[StationEvent], None]
    stopping: threading.Event
    aborting: threading.Event
    router: Router
    rework: str = ""
    """Why every known unit of the run is burned again."""
    record: Recorder = lambda _slot, _error: None
    waits_for_approval: bool = False
    """Whether a board waits in the slot until the first article is approved; else it is refused."""
    wait_for_scan_back: ScanBackWait = lambda _slot, _look: None
    """Where the profile asks for that."""
    _port: PortWatch = field(init=False)
    _is_shown_empty: bool = field(default=False, init=False)
    """Its finished board is gone, and that was shown."""

    def __post_init__(self) -> None:
        """Watch its port."""
        self._port = PortWatch(
            self.device.contact,
            self.stopping,
            unreachable=partial(self._show, SlotState.ERROR),
            reachable=self.empty,
        )

    def work(self, burn_unit: BurnUnit) -> None:
        """Take boards until there are no more, or the station stops.

        Raises:
            BurnerError: E7, when the manifest cannot be written: nobody may burn then.
        """
        try:
            while not self.stopping.is_set() and self.boards.wait_for_board(self):
                met = self._burn_board(burn_unit)
                removal = self.boards.removal(self)
                self.wait_for_scan_back(self.name, partial(self._board_in_slot, removal))
                if self.stopping.is_set():
                    break
                if met is None:
                    self.boards.taken_out_unburned(self)
                else:
                    self.boards.wait_until_removed(self, met, removal)
        finally:
            self.device.stop()
            self._show(SlotState.CLOSED)

    def contact(self, reset: bool) -> Contact:
        """What is in the slot. A port that cannot be opened is absent; its error is shown once."""
        return self._port.contact(reset)

    def announced(self) -> bool:
        """Whether the operator says that a board is in the slot, whatever answers."""
        return self.router.is_announced(self.name)

    def seen(self) -> None:
        """Show that a board is there."""
        self._show(SlotState.SEEN)

    def empty(self) -> None:
        """Show that the slot waits for a board."""
        self._show(SlotState.EMPTY)

    def silent(self, seconds: float) -> None:
        """Show for how long nothing has answered; 0 = that is over."""
        self.emit(SlotSilent(self.name, seconds))

    def passed_over(self, seconds: float) -> None:
        """Record that the slot stayed silent while others worked.

        Raises:
            BurnerError: E7.
        """
        recorded = self.record(self.name, BurnerError(Code.SLOT_STAYED_SILENT, f"{seconds:.0f} s"))
        if recorded:
            self.emit(recorded)
            self.empty()
            self.silent(seconds)

    def _burn_board(self, burn_unit: BurnUnit) -> bool | None:
        """Burn one board, with retries. Every error ends here, but for a manifest that is lost.

        Returns:
            Whether a unit was met; None where nothing was done to it and nothing is on record.
        """
        met = False
        try:
            finished = self._attempts(burn_unit)
            if finished is None:
                return None
            met = bool(finished.record.attempt.unit_id)
        except Exception as error:
            met = True
            trouble = as_burner_error(error)
            self._show(SlotState.ERROR, trouble)
            if trouble.code.error_class is ErrorClass.MANIFEST:
                raise trouble from error
        finally:
            self.device.close()
            self.boards.finished(met)
        return met

    def _attempts(self, burn_unit: BurnUnit) -> Finished | None:
        """Attempt after attempt on one board, as `retry` allows; the last one's end."""
        baud, ordered = self.baud, self.router.rework_order(self.name)
        for number in itertools.count(1):
            rework = ordered or self.rework
            ask = partial(self._label, baud, number, bool(rework))
            request = AttemptRequest(
                *(self.name, baud, number, ask, rework, self._watch_board),
                waits_for_approval=self.waits_for_approval,
            )
            finished = self._run_attempt(burn_unit, request)
            if finished is None:
                return None
            result = finished.record.result
            passed = result.outcome is Outcome.PASS
            if passed:
                self.baud, self.finds_baud = baud, False
            if not self._again(result, number, baud):
                self._show(_end_state(finished), tries=number)
                self._ended(finished, ordered)
                break
            slower = retry.next_baud(result.code, baud)
            self.emit(
                RetryStarted(self.name, result.code, number + 1, slower if slower != baud else 0)
            )
            baud = slower
        return finished

    def _board_in_slot(self, removal: BoardRemoval | None) -> BoardInSlot:
        """What is in the slot while its unit waits for its label; an empty slot is shown."""
        board = removal.board() if removal else BoardInSlot.BURNED
        if board is not BoardInSlot.BURNED and not self._is_shown_empty:
            self.empty()
        self._is_shown_empty = board is not BoardInSlot.BURNED
        return board

    def _watch_board(self) -> Callable[[], bool]:
        return BoardRemoval(self).is_over

    def _ended(self, finished: Finished, ordered: str) -> None:
        """Tell the router. A board without an ID uses up neither label nor rework order."""
        if finished.record.attempt.unit_id:
            passed = finished.record.result.outcome is Outcome.PASS
            self.router.unit_ended(self.name, passed, ordered)
        else:
            self.router.nothing_identified(self.name)

    def _label(
        self, baud: int, number: int, rework: bool, unit_id: str, ids: Mapping[str, str]
    ) -> str | None:
        """Ask for the label of the unit, in the middle of its attempt."""
        board, removal = IdentifiedBoard(unit_id, ids, rework), BoardRemoval(self)
        label = self.router.wait_for_label(
            self.name, board, lambda: self.stopping.is_set() or removal.is_over()
        )
        if label is not None:
            self._show(SlotState.BURNING, baud=baud, tries=number)
        return label

    def _run_attempt(self, burn_unit: BurnUnit, request: AttemptRequest) -> Finished | None:
        """The end of an attempt; None when the board left before it was begun."""
        self._show(SlotState.BURNING, baud=request.baud, tries=request.number)
        last: Event | None = None
        for event in burn_unit(self.device, request, self.aborting.is_set):
            last = event
            self.emit(event)
        if isinstance(last, NotBegun):
            return None
        if not isinstance(last, Finished):
            raise BurnerError(Code.UNEXPECTED_ERROR, "a burn ended without a record")
        return last

    def _again(self, result: Result, try_number: int, baud: int) -> bool:
        if result.outcome not in (Outcome.FAIL, Outcome.ERROR) or self.aborting.is_set():
            return False
        too_fast = self.finds_baud and retry.is_too_fast(result.code, baud)
        return too_fast or retry.again(result.code, try_number)

    def _show(
        self, state: SlotState, error: BurnerError | None = None, baud: int = 0, tries: int = 1
    ) -> None:
        self.router.slot_state_changed(self.name, state)
        self.emit(SlotStateChanged(self.name, state, baud or self.baud, error, tries))


def _end_state(finished: Finished) -> SlotState:
    outcome = finished.record.result.outcome
    return end_state(outcome, known=finished.known, other_batch=finished.other_batch)
