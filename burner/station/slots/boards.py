"""How boards get into a slot and out of it: one board a slot, swapped by hand, or by the bench."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from burner.devices.device import Contact
from burner.station.slots.presence import BoardRemoval, EmptySlotWatch, SlotChange, WatchedSlot

PAUSE_S = 0.3
"""Between two looks at a slot."""


class Boards(Protocol):
    """How boards come and go. All slots share one; they call it from their threads."""

    def wait_for_board(self, slot: WatchedSlot) -> bool:
        """Wait for a board; False when this slot gets no more."""
        ...

    def removal(self, slot: WatchedSlot) -> BoardRemoval | None:
        """Looks for the removal of the finished board; None where nobody swaps it by hand."""
        ...

    def wait_until_removed(
        self, slot: WatchedSlot, met: bool, removal: BoardRemoval | None = None
    ) -> None:
        """Wait until the finished board is removed.

        Args:
            slot: where it is.
            met: whether its chip had answered.
            removal: looks that have begun already.
        """
        ...

    def taken_out_unburned(self, slot: WatchedSlot) -> None:
        """The board was removed before anything was written to it; wait for it, or another one."""
        ...

    def finished(self, counts: bool) -> None:
        """A board is finished. `counts`: it was a unit; else nothing could be read from it."""
        ...


class UnitLimit:
    """How many units a run may take. Thread-safe. None: no limit."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._taken = 0
        self._done = 0
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one more unit, if the limit allows it."""
        with self._lock:
            if self._limit is not None and self._taken >= self._limit:
                return False
            self._taken += 1
            return True

    def settle(self, counts: bool) -> None:
        """Count a unit that was taken, or give it back."""
        with self._lock:
            if counts:
                self._done += 1
            else:
                self._taken -= 1

    @property
    def is_reached(self) -> bool:
        """Whether the run has finished as many units as it may take."""
        return self._limit is not None and self._done >= self._limit


class OneBoardPerSlot:
    """`--once`: the board that is in each slot now."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._watch = EmptySlotWatch(PAUSE_S, time.monotonic)

    def wait_for_board(self, slot: WatchedSlot) -> bool:
        """See `Boards`."""
        if slot.name in self._used:
            return False
        self._used.add(slot.name)
        slot.seen()
        return True

    def removal(self, slot: WatchedSlot) -> None:
        """See `Boards`."""

    def wait_until_removed(
        self, slot: WatchedSlot, met: bool, removal: BoardRemoval | None = None
    ) -> None:
        """Return at once: the run of this slot ends with its board."""

    def taken_out_unburned(self, slot: WatchedSlot) -> None:
        """Wait until the board is back: somebody looks for its label."""
        slot.empty()
        if self._watch.until_board(slot, lambda: False):
            self._used.discard(slot.name)

    def finished(self, counts: bool) -> None:
        """Nothing: no limit is counted."""


class SwappedByHand:
    """`--watch`: a person swaps boards; the slot is looked at a few times a second."""

    def __init__(
        self,
        limit: UnitLimit,
        pause_s: float = PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._watch = EmptySlotWatch(pause_s, clock)

    def wait_for_board(self, slot: WatchedSlot) -> bool:
        """See `Boards`."""
        slot.empty()
        while self._watch.until_board(slot, lambda: self._limit.is_reached):
            if self._limit.take():
                slot.seen()
                self._watch.arrivals[slot.name] += 1
                return True
            if slot.stopping.wait(self._watch.pause_s):
                break
        return False

    def removal(self, slot: WatchedSlot) -> BoardRemoval:
        """See `Boards`."""
        return BoardRemoval(slot)

    def wait_until_removed(
        self, slot: WatchedSlot, met: bool, removal: BoardRemoval | None = None
    ) -> None:
        """Look until the board is removed.

        The first look resets the board into download mode, where it stays and answers. A board that
        answers only after another reset was put in meanwhile, or lost its power. It counts as a new
        board: an unburned board must never be shown under the PASS of the last one. (A unit that
        had passed is then KNOWN, and not written again.)

        A board that never answered cannot be seen to leave. Its ERROR is shown until something else
        is found in the slot, or the operator announces a board.
        """
        removal = removal or BoardRemoval(slot)
        over, is_over = removal.is_over(), removal.is_over
        if not met and removal.last is not Contact.ANSWERS:
            over, is_over = False, SlotChange(slot, removal.last).is_over
        while not (over or self._limit.is_reached or slot.announced()):
            if slot.stopping.wait(self._watch.pause_s):
                return
            over = is_over()

    def taken_out_unburned(self, slot: WatchedSlot) -> None:
        """Nothing: the board is found again like any other."""

    def finished(self, counts: bool) -> None:
        """See `Boards`."""
        self._limit.settle(counts)


class SwappedByBench:
    """The simulated bench puts the next board in as soon as one is finished."""

    def __init__(self, limit: UnitLimit, swap: Callable[[str], bool]) -> None:
        """`swap` puts the next board into a slot; False when there is none left."""
        self._limit = limit
        self._swap = swap
        self._used: set[str] = set()
        self._lock = threading.Lock()

    def wait_for_board(self, slot: WatchedSlot) -> bool:
        """See `Boards`."""
        if not self._limit.take():
            return False
        with self._lock:
            if slot.name in self._used and not self._swap(slot.name):
                return False
            self._used.add(slot.name)
        slot.seen()
        return True

    def removal(self, slot: WatchedSlot) -> None:
        """See `Boards`."""

    def wait_until_removed(
        self, slot: WatchedSlot, met: bool, removal: BoardRemoval | None = None
    ) -> None:
        """The bench swaps when the next board is wanted."""

    def taken_out_unburned(self, slot: WatchedSlot) -> None:
        """The bench removes no board by itself."""

    def finished(self, counts: bool) -> None:
        """See `Boards`."""
        self._limit.settle(counts)
