"""How boards come into a slot and leave it: once, by a person's hands, or by the bench's."""

import threading
from collections.abc import Callable
from typing import Protocol

GONE_AFTER = 2
"""Probes in a row that must find nothing before a board counts as removed: contacts bounce."""


class Place(Protocol):
    """What this file needs to know of a slot."""

    name: str
    stopping: threading.Event

    def present(self, reset: bool) -> bool:
        """Whether a board answers now."""
        ...

    def seen(self) -> None:
        """Say that a board is there."""
        ...

    def empty(self) -> None:
        """Say that the slot is armed and waits."""
        ...


class Boards(Protocol):
    """The coming and going of boards; shared by all slots, called from their threads."""

    def come(self, slot: Place) -> bool:
        """Wait for a board; False when this slot gets no more."""
        ...

    def go(self, slot: Place) -> None:
        """Wait until the board that was just handled has left."""
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

    def come(self, slot: Place) -> bool:
        """See `Boards`."""
        if slot.name in self._had:
            return False
        self._had.add(slot.name)
        slot.seen()
        return True

    def go(self, slot: Place) -> None:
        """Nobody waits: the run ends with this board."""

    def done(self, counts: bool) -> None:
        """There is nothing to count."""


class ByHand:
    """`--watch`: a person swaps boards; the slot is asked a few times a second."""

    def __init__(self, count: Count, pause_s: float = 0.3) -> None:
        self._count = count
        self._pause_s = pause_s

    def come(self, slot: Place) -> bool:
        """See `Boards`."""
        slot.empty()
        while not self._count.reached:
            if slot.present(reset=True) and self._count.take():
                slot.seen()
                return True
            if slot.stopping.wait(self._pause_s):
                return False
        return False

    def go(self, slot: Place) -> None:
        """The first question resets the board into download mode; there it stays and answers.

        One that answers only to a further reset was put in, or lost its power, meanwhile. It is
        met anew: a unit that had passed is then known and not written again, and no board that
        was never burned stands under the last one's PASS.
        """
        absent = 0 if slot.present(reset=True) else 1
        while absent < GONE_AFTER and not self._count.reached:
            if slot.stopping.wait(self._pause_s):
                return
            if not slot.present(reset=absent > 0):
                absent += 1
            elif absent:
                return

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

    def go(self, slot: Place) -> None:
        """The swap happens when the next board comes."""

    def done(self, counts: bool) -> None:  # noqa: ARG002 - part of the protocol
        """Every board the bench gave is used up, also one that never answered."""
        self._count.settle(counts=True)
