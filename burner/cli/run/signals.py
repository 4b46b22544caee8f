"""What stops a run from outside: Ctrl-C, SIGTERM, a closed terminal."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from burner.cli.board.batch_full import FullBatch
    from burner.station.events import StationEvent


INTERRUPTED = 130
"""The exit status after Ctrl-C."""


SignalHandler = Callable[[int, FrameType | None], None]


@contextmanager
def handled(interrupt: SignalHandler, hang_up: SignalHandler) -> Iterator[None]:
    """Until the block ends, handle Ctrl-C and SIGTERM, and a closed terminal."""
    handlers: dict[int, SignalHandler] = {signal.SIGINT: interrupt, signal.SIGTERM: interrupt}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = hang_up
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Announcer(Protocol):
    """Shows people a phrase that concerns all slots. It must neither wait nor raise."""

    def say(self, what: str) -> None:
        """Show a phrase."""
        ...


class RunDisplay(Announcer, Protocol):
    """Shows people, or a script, what happens at a station."""

    def show(self, event: "StationEvent") -> None:
        """Show an event."""
        ...

    def batch_full(self, full_batch: "FullBatch") -> None:
        """Show that the batch has all its units."""
        ...


class Stoppable(Protocol):
    """A run in several slots."""

    def stop(self) -> None:
        """Take no new boards."""
        ...

    def abort(self) -> None:
        """Stop now."""
        ...


class Signals:
    """Signals, passed on to the station and to the display.

    Ctrl-C (and SIGTERM) once: no new boards. Twice: stop now. A closed terminal stops nothing
    that ends by itself; a watch, which nobody sees any more, takes no new boards.
    """

    def __init__(self, station: Stoppable, display: Announcer, ends_by_itself: bool) -> None:
        self._station = station
        self._display = display
        self._ends_by_itself = ends_by_itself
        self.interrupted = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Handle signals until the block ends."""
        with handled(self._interrupt, self._hang_up):
            yield

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        # First of all: another signal may run this again before the lines below have ended.
        is_second, self.interrupted = self.interrupted, True
        if is_second:
            self._aside(self._station.abort, "stopping")
        else:
            self._aside(self._station.stop, "finishing")

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        if not self._ends_by_itself:
            self._aside(self._station.stop, "finishing")

    def _aside(self, do: Callable[[], None], say: str) -> None:
        """Run in a thread: the interrupted main thread may hold the lock that this call needs."""

        def done() -> None:
            self._display.say(say)
            do()

        threading.Thread(target=done, daemon=True).start()
