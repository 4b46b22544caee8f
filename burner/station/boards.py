"""How boards come into a slot and leave it: once, by a person's hands, or by the bench's."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from burner.devices.device import Contact
from burner.station.presence import Changing, Leaving, Place, Watch

PAUSE_S = 0.3
"""Between two looks at a slot."""


class Boards(Protocol):
    """The coming and going of boards; shared by all slots, called from their threads."""

    def come(self, slot: Place) -> bool:
        """Wait for a board; False when this slot gets no more."""
        ...

    def go(self, slot: Place, met: bool) -> None:
        """Wait until the board that was just handled has left. `met`: it had answered."""
        ...

    def back(self, slot: Place) -> None:
        """The board was taken away before anything was done to it; it, or another, will come."""
        ...

    def done(self, counts: bool) -> None:
        """A board is through. `counts`: it was a unit, not only an attempt to meet one."""
        ...


class Count:
    """How many units a run may still take. Thread-safe. A limit of None never ends."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._taken = 0
        self._done = 0
        self._lock = threading.Lock()

    def take(self) -> bool:
        """A place for one more unit, if there is one."""
        with self._lock:
            if self._limit is not None and self._taken >= self._limit:
                return False
            self._taken += 1
            return True

    def settle(self, counts: bool) -> None:
        """A place that was taken is used for good, or given back."""
        with self._lock:
            if counts:
                self._done += 1
            else:
                self._taken -= 1

    @property
    def reached(self) -> bool:
        """Whether as many units are through as the run shall take."""
        return self._limit is not None and self._done >= self._limit


class OneEach:
    """`--once`: the board that is in each slot now, and no other."""

    def __init__(self) -> None:
        self._had: set[str] = set()
        self._watch = Watch(PAUSE_S, time.monotonic)

    def come(self, slot: Place) -> bool:
        """See `Boards`."""
        if slot.name in self._had:
            return False
        self._had.add(slot.name)
        slot.seen()
        return True

    def go(self, slot: Place, met: bool) -> None:
        """Nobody waits: the run ends with this board."""

    def back(self, slot: Place) -> None:
        """Somebody looks for its label: the slot waits for it, and it is still the one board."""
        slot.empty()
        if self._watch.until_board(slot, lambda: False):
            self._had.discard(slot.name)

    def done(self, counts: bool) -> None:
        """There is nothing to count."""


class ByHand:
    """`--watch`: a person swaps boards; the slot is asked a few times a second."""

    def __init__(
        self,
        count: Count,
        pause_s: float = PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count
        self._watch = Watch(pause_s, clock)

    def come(self, slot: Place) -> bool:
        """See `Boards`."""
        slot.empty()
        while self._watch.until_board(slot, lambda: self._count.reached):
            if self._count.take():
                slot.seen()
                self._watch.arrivals[slot.name] += 1
                return True
            if slot.stopping.wait(self._watch.pause_s):
                break
        return False

    def go(self, slot: Place, met: bool) -> None:
        """The first look resets the board into download mode; there it stays and answers.

        One that answers only to a further reset was put in, or lost its power, meanwhile. It is
        met anew: a unit that had passed is then known and not written again, and no board that
        was never burned stands under the last one's PASS.

        Of a board that never answered nobody can see whether it is still there: its ERROR stands
        until something else is found in the slot, or the operator says so.
        """
        leaving = Leaving(slot)
        over, is_over = leaving.is_over(), leaving.is_over
        if not met and leaving.last is not Contact.ANSWERS:
            over, is_over = False, Changing(slot, leaving.last).is_over
        while not (over or self._count.reached or slot.announced()):
            if slot.stopping.wait(self._watch.pause_s):
                return
            over = is_over()

    def back(self, slot: Place) -> None:
        """It comes as any other does."""

    def done(self, counts: bool) -> None:
        """See `Boards`."""
        self._count.settle(counts)


class ByBench:
    """The bench's hands: the next board is put in as soon as one is through."""

    def __init__(self, count: Count, swap: Callable[[str], bool]) -> None:
        """`swap` puts the next board into a slot; False when there is none left."""
        self._count = count
        self._swap = swap
        self._had: set[str] = set()
        self._lock = threading.Lock()

    def come(self, slot: Place) -> bool:
        """See `Boards`."""
        if not self._count.take():
            return False
        with self._lock:
            if slot.name in self._had and not self._swap(slot.name):
                return False
            self._had.add(slot.name)
        slot.seen()
        return True

    def go(self, slot: Place, met: bool) -> None:
        """The swap happens when the next board comes."""

    def back(self, slot: Place) -> None:
        """The bench takes no board away by itself."""

    def done(self, counts: bool) -> None:
        """See `Boards`."""
        self._count.settle(counts)
