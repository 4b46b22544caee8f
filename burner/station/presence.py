"""Whether a board is in a slot: what looks at it, one after the other, come to."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from burner.devices.device import Contact

GONE_AFTER = 2
"""Looks in a row that must find nothing before a board counts as removed: contacts bounce."""
GARBLED_AFTER = 4
"""Looks in a row that find noise before it counts as a board: one that is put in makes some."""
SILENT_S = 4.0
"""A port without an answer for so long is shown. One that came with a board is tried then."""
PASSED_OVER = 2
"""Boards that another slot must have had before a silent one counts as passed over."""


class Place(Protocol):
    """What this file needs to know of a slot."""

    name: str
    stopping: threading.Event

    def contact(self, reset: bool) -> Contact:
        """What is in it now."""
        ...

    def announced(self) -> bool:
        """Whether the operator says that a board is in it, whatever answers."""
        ...

    def seen(self) -> None:
        """Say that a board is there."""
        ...

    def empty(self) -> None:
        """Say that the slot is armed and waits."""
        ...

    def silent(self, seconds: float) -> None:
        """Say for how long nothing has answered although the port is there; 0 = that is over."""
        ...

    def passed_over(self, seconds: float) -> None:
        """Say that boards came and went elsewhere while this slot was silent."""
        ...


@dataclass
class EmptySlot:
    """What the looks at a slot without a board come to, one after the other. Pure."""

    silent_since: float | None = None
    """Since when its port is there without an answer."""
    _port_came: bool = False
    _was_absent: bool = False
    _garbled: int = 0

    def has_board(self, contact: Contact, now: float) -> bool:
        """Whether this look finds a board: one that answers, or one that does not and should.

        Noise is a board with bad contacts or the wrong program. A port that came while we looked
        came with its board (dev boards, native USB): silence there is a dead one. A port that was
        there all along may be the fixture's own.
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


class Leaving:
    """A board that leaves its slot, look after look."""

    def __init__(self, slot: Place) -> None:
        """The first look resets it into download mode, where it stays and answers."""
        self.last = Contact.ABSENT
        self._slot, self._looks, self._absent = slot, 0, 0

    def is_over(self) -> bool:
        """Look: whether it is gone. One that answers only to a further reset is another."""
        self.last = self._slot.contact(reset=not self._looks or self._absent > 0)
        self._looks += 1
        if self.last is not Contact.ANSWERS:
            self._absent += 1
            return self._absent >= GONE_AFTER
        return self._absent > 0


class Changing:
    """A slot in which nothing answered: whether something else is found in it."""

    def __init__(self, slot: Place, before: Contact) -> None:
        self._slot, self._before, self._other = slot, before, 0

    def is_over(self) -> bool:
        """Look: whether a chip answers, or something else than before is there for good."""
        now = self._slot.contact(reset=True)
        self._other = self._other + 1 if now is not self._before else 0
        return now is Contact.ANSWERS or self._other >= GONE_AFTER


class Watch:
    """Looks at empty slots until there is a board."""

    def __init__(self, pause_s: float, clock: Callable[[], float]) -> None:
        self.pause_s, self._clock = pause_s, clock
        self.arrivals: Counter[str] = Counter()
        """Boards that came, by slot."""

    def until_board(self, slot: Place, enough: Callable[[], bool]) -> bool:
        """Wait for a board; False when there are enough, or the station stops."""
        looks, shown, told, before = EmptySlot(), False, False, Counter(self.arrivals)
        while not enough():
            found = looks.has_board(slot.contact(reset=True), now := self._clock())
            if found or slot.announced():
                return True
            silent_s = looks.silent_for(now)
            if (silent_s >= SILENT_S) != shown:
                shown = not shown
                slot.silent(silent_s if shown else 0.0)
            if shown and not told and self._passed_over(slot.name, before):
                told = True
                slot.passed_over(silent_s)
            if slot.stopping.wait(self.pause_s):
                break
        return False

    def _passed_over(self, name: str, before: Mapping[str, int]) -> bool:
        others = (n - before.get(slot, 0) for slot, n in self.arrivals.items() if slot != name)
        return max(others, default=0) >= PASSED_OVER
