"""Whether a board is in a slot, decided from looks at it, one after the other."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from burner.devices.device import Contact
from burner.station.events import BoardInSlot

GONE_AFTER = 2
"""So many looks in a row must find nothing before a board counts as removed: contacts bounce."""
GARBLED_AFTER = 4
"""So many looks in a row must find noise before it counts as a board: inserting one makes noise."""
SILENT_S = 4.0
"""After so long without an answer a port is shown as silent. One that came with its board is
tried then."""
PASSED_OVER_AFTER = 2
"""A silent slot counts as passed over when another slot has had so many boards meanwhile."""


class WatchedSlot(Protocol):
    """A slot, as far as the coming and going of boards needs it."""

    name: str
    stopping: threading.Event

    def contact(self, reset: bool) -> Contact:
        """What is in it now."""
        ...

    def announced(self) -> bool:
        """Whether the operator says that a board is in it, whatever answers."""
        ...

    def seen(self) -> None:
        """Show that a board is there."""
        ...

    def empty(self) -> None:
        """Show that the slot waits for a board."""
        ...

    def silent(self, seconds: float) -> None:
        """Show for how long nothing has answered although the port is there; 0 = that is over."""
        ...

    def passed_over(self, seconds: float) -> None:
        """Record that other slots had boards while this slot was silent."""
        ...


@dataclass
class EmptySlot:
    """The results of the looks at a slot without a board. Pure."""

    silent_since: float | None = None
    """Since when its port is there without an answer."""
    _port_came: bool = False
    _was_absent: bool = False
    _garbled: int = 0

    def has_board(self, contact: Contact, now: float) -> bool:
        """Whether this look finds a board.

        A chip that answers is a board. Noise is a board with bad contacts or another program. A
        port that appeared while we looked came with its board (dev boards, native USB): if it
        stays silent, the board is dead. A port that was there from the start may belong to the
        fixture.
        """
        self._garbled = self._garbled + 1 if contact is Contact.GARBLED else 0
        if contact is not Contact.SILENT:
            self.silent_since = None
        if contact is Contact.ABSENT:
            self._was_absent, self._port_came = True, False
        elif self._was_absent:
            self._was_absent, self._port_came = False, True
        if contact is Contact.SILENT and self.silent_since is None:
            self.silent_since = now
        dead = self._port_came and self.silent_for(now) >= SILENT_S
        return contact is Contact.ANSWERS or self._garbled >= GARBLED_AFTER or dead

    def silent_for(self, now: float) -> float:
        """Seconds without an answer; 0 where the port is not there or something is heard."""
        return 0.0 if self.silent_since is None else now - self.silent_since


class BoardRemoval:
    """Looks at a slot whose board is finished, until the board is removed."""

    def __init__(self, slot: WatchedSlot) -> None:
        """The first look resets the board into download mode, where it stays and answers."""
        self.last = Contact.ABSENT
        self._slot, self._looks, self._absent, self._is_over = slot, 0, 0, False

    def is_over(self) -> bool:
        """Look whether the board is gone. One that answers only after another reset is new."""
        self.last = self._slot.contact(reset=not self._looks or self._absent > 0)
        self._looks += 1
        if self.last is not Contact.ANSWERS:
            self._absent += 1
            self._is_over = self._is_over or self._absent >= GONE_AFTER
        elif self._absent:
            self._is_over = True
        return self._is_over

    def board(self) -> BoardInSlot:
        """Look what is in the slot now."""
        if not self.is_over():
            return BoardInSlot.BURNED
        return BoardInSlot.OTHER if self.last is Contact.ANSWERS else BoardInSlot.GONE


class SlotChange:
    """Looks at a slot in which nothing answered, until something else is found in it."""

    def __init__(self, slot: WatchedSlot, before: Contact) -> None:
        self._slot, self._before, self._other = slot, before, 0

    def is_over(self) -> bool:
        """Look whether a chip answers, or the slot stays different from before."""
        now = self._slot.contact(reset=True)
        self._other = self._other + 1 if now is not self._before else 0
        return now is Contact.ANSWERS or self._other >= GONE_AFTER


class EmptySlotWatch:
    """Looks at empty slots until there is a board."""

    def __init__(self, pause_s: float, clock: Callable[[], float]) -> None:
        self.pause_s, self._clock = pause_s, clock
        self.arrivals: Counter[str] = Counter()
        """Boards that came, by slot."""

    def until_board(self, slot: WatchedSlot, enough: Callable[[], bool]) -> bool:
        """Wait for a board; False when there are enough, or the station stops."""
        looks, is_shown, is_recorded = EmptySlot(), False, False
        arrivals_before = Counter(self.arrivals)
        while not enough():
            has_board = looks.has_board(slot.contact(reset=True), now := self._clock())
            if has_board or slot.announced():
                return True
            silent_s = looks.silent_for(now)
            if (silent_s >= SILENT_S) != is_shown:
                is_shown = not is_shown
                slot.silent(silent_s if is_shown else 0.0)
            if is_shown and not is_recorded and self._passed_over(slot.name, arrivals_before):
                is_recorded = True
                slot.passed_over(silent_s)
            if slot.stopping.wait(self.pause_s):
                break
        return False

    def _passed_over(self, name: str, before: Mapping[str, int]) -> bool:
        others = (n - before.get(slot, 0) for slot, n in self.arrivals.items() if slot != name)
        return max(others, default=0) >= PASSED_OVER_AFTER
