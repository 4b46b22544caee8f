"""A thread for each destination of a station, until the run is over."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from burner.core.errors import BurnerError
from burner.manifest.store.outbox import REFUSED, WAITING
from burner.manifest.writing.outbox_queue import OutboxQueue
from burner.mes.destination import Destination
from burner.station.mes.sender import Sender

T = TypeVar("T")
KEEPS_DELIVERED_S = 7 * 24 * 3600.0
"""So long a message stays in the outbox after it was delivered."""
AFTER_TROUBLE_S = 5.0
"""Until the outbox is looked at again, when it could not be read or written."""
AT_THE_END_S = 5.0
"""So long the end of a run waits for messages that go out."""
COMMIT_S = 0.05
"""From the moment when a message is made, so long at most until it can be read."""
THINS_EVERY_S = 3600.0
COUNTS_EVERY_S = 5.0
"""So often the growing number of messages that wait is told."""


@dataclass(frozen=True)
class DestinationState:
    """How a destination is doing."""

    destination: str
    waiting: int
    refused: int
    error: str
    """Why nothing goes out; empty: it does."""


Report = Callable[[DestinationState], None]


class Senders:
    """The threads that send what a station has in its outbox."""

    def __init__(self, destinations: Mapping[str, Destination], queue: OutboxQueue) -> None:
        """Nothing runs yet.

        Args:
            destinations: by name.
            queue: the outbox, for this station.
        """
        self._destinations, self._queue = destinations, queue
        self.report: Report = lambda _: None
        """Is told of a destination that is away or refuses, and when that is over."""
        self._news = {name: threading.Event() for name in destinations}
        self._over = threading.Event()
        self._ends_at = 0.0
        self._threads = [
            threading.Thread(target=self._work, args=(name,), name=f"mes {name}", daemon=True)
            for name in destinations
        ]

    def start(self) -> None:
        """Send from now on."""
        for thread in self._threads:
            thread.start()

    def notify(self) -> None:
        """Say that there are new messages."""
        for event in self._news.values():
            event.set()

    def close(self, at_most_s: float = AT_THE_END_S) -> None:
        """Send what goes out at once, but not longer than this, and end. Once is enough.

        A thread closes its destination itself, also one that ends later: nobody else may use it
        meanwhile.
        """
        if self._over.is_set():
            return
        self._ends_at = time.monotonic() + at_most_s
        self._over.set()
        self.notify()
        for thread, destination in zip(self._threads, self._destinations.values(), strict=True):
            if thread.ident is None:  # it was never started
                destination.close()
            else:
                thread.join(max(0.1, self._ends_at - time.monotonic()))

    def _work(self, name: str) -> None:
        try:
            self._send(name)
        finally:
            self._destinations[name].close()

    def _send(self, name: str) -> None:
        sender, news = Sender(name, self._destinations[name], self._queue), self._news[name]
        thin_at, report_at, reported = 0.0, 0.0, DestinationState(name, 0, 0, "")
        while True:
            is_last = self._over.is_set()
            news.clear()
            wait_s = _quietly(lambda: sender.send_due(self._is_late))
            if is_last:
                return
            state = _quietly(lambda: self._state(name, sender)) or reported
            is_other = (state.error, state.refused) != (reported.error, reported.refused)
            if is_other or (state != reported and time.monotonic() >= report_at):
                self.report(state)
                reported, report_at = state, time.monotonic() + COUNTS_EVERY_S
            if time.monotonic() >= thin_at:
                thin_at = time.monotonic() + THINS_EVERY_S
                _quietly(lambda: self._queue.thin(KEEPS_DELIVERED_S))
            if news.wait(AFTER_TROUBLE_S if wait_s is None else wait_s):
                self._over.wait(COMMIT_S)

    def _state(self, name: str, sender: Sender) -> DestinationState:
        """With nothing to say where all goes well: a message may wait for a moment."""
        refused = self._queue.count(name, REFUSED)
        if not (sender.is_away or refused):
            return DestinationState(name, 0, 0, "")
        error = sender.last_error if sender.is_away else ""
        return DestinationState(name, self._queue.count(name, WAITING), refused, error)

    def _is_late(self) -> bool:
        return self._over.is_set() and time.monotonic() > self._ends_at


def _quietly(work: "Callable[[], T]") -> "T | None":
    """What it gives; None: the outbox cannot be used now. The backlog tells people."""
    try:
        return work()
    except BurnerError:
        return None
