"""One slot: board seen → burned → shown → removed → armed again. Runs in a thread of its own.

Whatever a board or its worker does ends as an event of this slot; nothing leaves the thread.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from burner.burn.job import AttemptRequest
from burner.core.attempt import Outcome
from burner.core.code import Code, ErrorClass
from burner.core.errors import BurnerError, as_burner_error
from burner.core.unit_events import Event, Finished, NotBegun, Note
from burner.devices.device import Contact, Device
from burner.station import retry
from burner.station.boards import Boards
from burner.station.events import Silent, SlotIs, SlotState, StationEvent
from burner.station.labels import MetBoard
from burner.station.presence import Leaving
from burner.station.router import Router


class SlotDevice(Device, Protocol):
    """A device that a slot keeps from board to board; it replaces a worker that died by itself."""

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


class BurnUnit(Protocol):
    """One try on the unit in a slot: `burner.burn` with its job and its manifest bound."""

    def __call__(
        self, device: Device, request: AttemptRequest, aborted: Callable[[], bool]
    ) -> Iterator[Event]:
        """Events as they happen; the last is `Finished`, or `NotBegun`. Raises BurnerError (E7)."""
        ...


Recorder = Callable[[str, BurnerError], Finished | None]
"""Puts an error of a slot on record that belongs to no board; None: it cannot be done now."""


@dataclass
class Slot:
    """What a slot is made of. `work` is its life; it returns when no more boards come."""

    name: str
    baud: int
    """Bits per second; steps down for good once a slower rate has proved itself."""
    device: SlotDevice
    boards: Boards
    emit: Callable[[StationEvent], None]
    stopping: threading.Event
    aborting: threading.Event
    router: Router
    rework: str = ""
    """Why every known unit of the run is burned again."""
    record: Recorder = lambda _slot, _error: None
    _unasked: str = ""
    """Why the slot cannot be asked for a board, so that it is said once."""

    def work(self, burn_unit: BurnUnit) -> None:
        """Take boards until there are no more, or the station stops.

        Raises:
            BurnerError: E7, when the manifest cannot be written: nobody may burn then.
        """
        try:
            while not self.stopping.is_set() and self.boards.come(self):
                met = self._one_board(burn_unit)
                if self.stopping.is_set():
                    break
                if met is None:
                    self.boards.back(self)
                else:
                    self.boards.go(self, met)
        finally:
            self.device.stop()
            self._say(SlotState.CLOSED)

    def contact(self, reset: bool) -> Contact:
        """What is in the slot; a port that cannot be asked is not there, and says why once."""
        try:
            found = self.device.contact(reset)
        except BurnerError as error:
            if error.code != self._unasked and not self.stopping.is_set():
                self._unasked = error.code
                self._say(SlotState.ERROR, error)
            return Contact.ABSENT
        if self._unasked:
            self._unasked = ""
            self.empty()
        return found

    def announced(self) -> bool:
        """Whether the operator says that a board is in the slot, whatever answers."""
        return self.router.announced(self.name)

    def seen(self) -> None:
        """Say that a board is there."""
        self._say(SlotState.SEEN)

    def empty(self) -> None:
        """Say that the slot is armed and waits."""
        self._say(SlotState.EMPTY)

    def silent(self, seconds: float) -> None:
        """Say for how long nothing has answered; 0 = that is over."""
        self.emit(Silent(self.name, seconds))

    def passed_over(self, seconds: float) -> None:
        """Put on record that the slot stayed silent while others worked.

        Raises:
            BurnerError: E7.
        """
        recorded = self.record(self.name, BurnerError(Code.SLOT_STAYED_SILENT, f"{seconds:.0f} s"))
        if recorded:
            self.emit(recorded)
            self.empty()
            self.silent(seconds)

    def _one_board(self, burn_unit: BurnUnit) -> bool | None:
        """Whatever happens to a board, the slot goes on; only a lost manifest stops it.

        Returns:
            Whether a unit was met; None where nothing was done to it and nothing is on record.
        """
        met = False
        try:
            finished = self._tries(burn_unit)
            if finished is None:
                return None
            met = bool(finished.record.attempt.unit_id)
        except Exception as error:
            met = True
            trouble = as_burner_error(error)
            self._say(SlotState.ERROR, trouble)
            if trouble.code.error_class is ErrorClass.MANIFEST:
                raise trouble from error
        finally:
            self.device.close()
            self.boards.done(met)
        return met

    def _tries(self, burn_unit: BurnUnit) -> Finished | None:
        """One board, as often as the retry policy has it. Each try is an attempt of its own."""
        baud, ordered = self.baud, self.router.rework(self.name)
        for number in itertools.count(1):
            rework = ordered or self.rework
            ask = partial(self._label, baud, number, bool(rework))
            request = AttemptRequest(self.name, baud, number, ask, rework)
            finished = self._one_try(burn_unit, request)
            if finished is None:
                return None
            result = finished.record.result
            passed = result.outcome is Outcome.PASS
            if passed:
                self.baud = baud
            if not self._again(result.outcome, result.code, number):
                self._say(_shown(finished), tries=number)
                self._ended(finished, ordered)
                break
            slower = retry.next_baud(result.code, baud)
            self.emit(Note(self.name, result.code, number + 1, slower if slower != baud else 0))
            baud = slower
        return finished

    def _ended(self, finished: Finished, ordered: str) -> None:
        """Of a board that was never met, the label and the order for a rework stay as they are."""
        if finished.record.attempt.unit_id:
            passed = finished.record.result.outcome is Outcome.PASS
            self.router.ended(self.name, passed, ordered)
        else:
            self.router.not_met(self.name)

    def _label(
        self, baud: int, number: int, rework: bool, unit_id: str, ids: Mapping[str, str]
    ) -> str | None:
        """In the middle of a try: the label of the unit that was met."""
        board, leaving = MetBoard(unit_id, ids, rework), Leaving(self)
        label = self.router.label(
            self.name, board, lambda: self.stopping.is_set() or leaving.is_over()
        )
        if label is not None:
            self._say(SlotState.BURNING, baud=baud, tries=number)
        return label

    def _one_try(self, burn_unit: BurnUnit, request: AttemptRequest) -> Finished | None:
        """The end of a try; None when it was not begun."""
        self._say(SlotState.BURNING, baud=request.baud, tries=request.number)
        last: Event | None = None
        for event in burn_unit(self.device, request, self.aborting.is_set):
            last = event
            self.emit(event)
        if isinstance(last, NotBegun):
            return None
        if not isinstance(last, Finished):
            raise BurnerError(Code.UNEXPECTED_ERROR, "a burn ended without a record")
        return last

    def _again(self, outcome: Outcome, code: str, try_number: int) -> bool:
        bad = outcome in (Outcome.FAIL, Outcome.ERROR)
        return bad and not self.aborting.is_set() and retry.again(code, try_number)

    def _say(
        self, state: SlotState, error: BurnerError | None = None, baud: int = 0, tries: int = 1
    ) -> None:
        self.router.state(self.name, state)
        self.emit(SlotIs(self.name, state, baud or self.baud, error, tries))


def _shown(finished: Finished) -> SlotState:
    if finished.known:
        return SlotState.OTHER_BATCH if finished.other_batch else SlotState.KNOWN
    return SlotState(finished.record.result.outcome.value)
