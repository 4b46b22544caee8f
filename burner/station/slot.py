"""One slot: board seen → burned → shown → removed → armed again. Runs in a thread of its own.

Whatever a board or its worker does ends as an event of this slot; nothing leaves the thread.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Protocol

from burner.burn import Trial
from burner.devices import Device
from burner.errors import BurnerError, as_ours
from burner.model import Event, Finished, Note, Outcome
from burner.station import retry
from burner.station.boards import Boards


class SlotState(StrEnum):
    """What a slot is doing, in one word that can be read from two metres away."""

    STARTING = "STARTING"
    EMPTY = "EMPTY"
    SEEN = "SEEN"
    SCAN = "SCAN"
    """It waits for the label of its board."""
    BURNING = "BURNING"
    PASS = "PASS"  # noqa: S105 - a state, not a password
    KNOWN = "KNOWN"
    """The unit passed earlier in this batch; nothing was written."""
    OTHER_BATCH = "OTHER BATCH"
    """The unit passed earlier in another batch; nothing was written."""
    FAIL = "FAIL"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    CLOSED = "CLOSED"
    """This slot takes no more boards in this run."""


@dataclass(frozen=True)
class SlotIs:
    """Event: a slot changed its state."""

    slot: str
    state: SlotState
    baud: int = 0
    """The rate this slot starts its next try with."""
    error: BurnerError | None = None
    tries: int = 1


StationEvent = Event | SlotIs


class SlotDevice(Device, Protocol):
    """A device that a slot keeps from board to board; it replaces a worker that died by itself."""

    def start(self) -> None:
        """Have a warm worker; returns at once."""
        ...

    def present(self, reset: bool = True) -> bool:
        """Whether a board answers now; without a reset only one that waits in download mode."""
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
        self, device: Device, trial: Trial, aborted: Callable[[], bool]
    ) -> Iterator[Event]:
        """Events as they happen; the last is `Finished`. Raises BurnerError (E7)."""
        ...


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
    scan: Callable[["Slot"], str | None] | None = None
    """Waits for the label of the board; None where the product has none to scan."""
    asks_again: bool = False
    """Whether a label that does not fit the board is asked for again."""
    rework: str = ""
    """Why known units are burned again."""
    _label: str = ""
    """Of the board in the slot."""
    _unasked: str = ""
    """Why the slot cannot be asked for a board, so that it is said once."""

    def work(self, burn_unit: BurnUnit) -> None:
        """Take boards until there are no more, or the station stops.

        Raises:
            BurnerError: E7, when the manifest cannot be written: nobody may burn then.
        """
        try:
            while not self.stopping.is_set() and self.boards.come(self):
                self._one_board(burn_unit)
                if not self.stopping.is_set():
                    self.boards.go(self)
        finally:
            self.device.stop()
            self._say(SlotState.CLOSED)

    def present(self, reset: bool) -> bool:
        """Whether a board answers; a port that cannot be asked has none, and says why once."""
        try:
            there = self.device.present(reset)
        except BurnerError as error:
            if error.code != self._unasked:
                self._unasked = error.code
                self._say(SlotState.ERROR, error)
            return False
        if self._unasked:
            self._unasked = ""
            self.empty()
        return there

    def seen(self) -> None:
        """Say that a board is there."""
        self._say(SlotState.SEEN)

    def scanning(self) -> None:
        """Say that the slot waits for the label of its board."""
        self._say(SlotState.SCAN)

    def empty(self) -> None:
        """Say that the slot is armed and waits."""
        self._say(SlotState.EMPTY)

    def _one_board(self, burn_unit: BurnUnit) -> None:
        """Whatever happens to a board, the slot goes on; only a lost manifest stops it."""
        counts = False
        try:
            label = self.scan(self) if self.scan else ""
            if label is None:
                return
            self._label = label
            finished = self._tries(burn_unit)
            counts = bool(finished.record.attempt.unit_id)
        except Exception as error:
            trouble = as_ours(error)
            self._say(SlotState.ERROR, trouble)
            if trouble.code.startswith("E7"):
                raise trouble from error
        finally:
            self.device.close()
            self.boards.done(counts)

    def _tries(self, burn_unit: BurnUnit) -> Finished:
        """One board, as often as the retry policy has it. Each try is an attempt of its own."""
        baud = self.baud
        for number in itertools.count(1):
            again = partial(self._another_label, baud, number) if self.asks_again else None
            trial = Trial(self.name, baud, number, self._label, self.rework, again)
            finished = self._one_try(burn_unit, trial)
            result = finished.record.result
            if result.outcome is Outcome.PASS:
                self.baud = baud
            if not self._again(result.outcome, result.code, number):
                self._say(_shown(finished), tries=number)
                break
            slower = retry.next_baud(result.code, baud)
            self.emit(Note(self.name, result.code, number + 1, slower if slower != baud else 0))
            baud = slower
        return finished

    def _another_label(self, baud: int, number: int) -> str | None:
        """In the middle of a try: the label did not fit."""
        label = self.scan(self) if self.scan else None
        if label is not None:
            self._label = label
            self._say(SlotState.BURNING, baud=baud, tries=number)
        return label

    def _one_try(self, burn_unit: BurnUnit, trial: Trial) -> Finished:
        self._say(SlotState.BURNING, baud=trial.baud, tries=trial.number)
        finished: Finished | None = None
        for event in burn_unit(self.device, trial, self.aborting.is_set):
            if isinstance(event, Finished):
                finished = event
            self.emit(event)
        if finished is None:
            raise BurnerError("E901", "a burn ended without a record")
        return finished

    def _again(self, outcome: Outcome, code: str, try_number: int) -> bool:
        bad = outcome in (Outcome.FAIL, Outcome.ERROR)
        return bad and not self.aborting.is_set() and retry.again(code, try_number)

    def _say(
        self, state: SlotState, error: BurnerError | None = None, baud: int = 0, tries: int = 1
    ) -> None:
        self.emit(SlotIs(self.name, state, baud or self.baud, error, tries))


def _shown(finished: Finished) -> SlotState:
    if finished.known:
        return SlotState.OTHER_BATCH if finished.other_batch else SlotState.KNOWN
    return SlotState(finished.record.result.outcome.value)
