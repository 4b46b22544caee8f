"""Sample after sample at QA's desk: a board is put in, checked, shown, and taken out again.

A thread a slot, as on the line; what happens comes up one queue. A unit that comes in twice is
one sample.
"""

import itertools
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from burner.burn.verify import VerifyResult
from burner.core.errors import BurnerError, as_burner_error
from burner.devices.device import Contact, Device
from burner.station import retry
from burner.station.boards import Boards
from burner.station.slot import SlotDevice
from burner.station.station import POLL_S

CheckUnit = Callable[[Device], VerifyResult]


@dataclass(frozen=True)
class SlotWaits:
    """Event: a slot waits for a board."""

    slot: str
    problem: BurnerError | None = None
    """Why the slot cannot be asked for one."""
    silent: bool = False
    """Its port has been there for some time, and nothing answers."""


@dataclass(frozen=True)
class SampleSeen:
    """Event: a board is in the slot and is read."""

    slot: str


@dataclass(frozen=True)
class SampleChecked:
    """Event: a unit was compared with its record; it stays in its slot until it is taken out."""

    slot: str
    verified: VerifyResult
    number: int
    """The how-manyth sample of the run; 0 where no unit could be read."""
    again: bool = False
    """It was a sample before."""


SampleEvent = SlotWaits | SampleSeen | SampleChecked


class Samples:
    """One run at the desk; `stop` and `abort` as those of a station."""

    def __init__(self, devices: Mapping[str, SlotDevice], boards: Boards, check: CheckUnit) -> None:
        """Nothing runs yet."""
        self._queue: queue.SimpleQueue[SampleEvent] = queue.SimpleQueue()
        self._devices, self._boards, self._check = devices, boards, check
        self._numbers: dict[str, int] = {}
        """Unit → the how-manyth sample it is."""
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def run(self) -> Iterator[SampleEvent]:
        """Work in every slot at once; events as they come, until no slot takes one more board."""
        threads = [
            threading.Thread(target=self._work, args=(name, device), name=f"slot {name}")
            for name, device in self._devices.items()
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                with suppress(queue.Empty):
                    yield self._queue.get(timeout=POLL_S)
            while not self._queue.empty():
                yield self._queue.get()
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()

    def stop(self) -> None:
        """No new boards; the one that is read is read to its end."""
        self.stopping.set()

    def abort(self) -> None:
        """Stop now."""
        self.stopping.set()
        for device in self._devices.values():
            device.kill()

    def _work(self, name: str, device: SlotDevice) -> None:
        slot = _DeskSlot(name, device, self.stopping, self._queue.put)
        while not self.stopping.is_set() and self._boards.come(slot):
            event = self._checked(name, device)
            self._queue.put(event)
            self._boards.done(event.number > 0 and not event.again)
            if not self.stopping.is_set():
                self._boards.go(slot, event.number > 0)

    def _checked(self, slot: str, device: SlotDevice) -> SampleChecked:
        """The board in a slot, read again where that may help."""
        for number in itertools.count(1):
            verified = self._once(device)
            problem = verified.problem
            if problem is None or self.stopping.is_set() or not retry.again(problem.code, number):
                break
        if not verified.unit_id:
            return SampleChecked(slot, verified, 0)
        with self._lock:
            again = verified.unit_id in self._numbers
            sample = self._numbers.setdefault(verified.unit_id, len(self._numbers) + 1)
        return SampleChecked(slot, verified, sample, again)

    def _once(self, device: SlotDevice) -> VerifyResult:
        try:
            return self._check(device)
        except Exception as error:  # whatever a board does, the slot goes on
            return VerifyResult(problem=as_burner_error(error))


@dataclass
class _DeskSlot:
    """A slot, as the coming and going of boards needs to know it."""

    name: str
    device: SlotDevice
    stopping: threading.Event
    tell: Callable[[SampleEvent], None]
    _unasked: str = field(default="", init=False)
    """Why the slot cannot be asked for a board, so that it is said once."""

    def contact(self, reset: bool) -> Contact:
        """What is in it; a port that cannot be asked is not there, and says why once."""
        try:
            found = self.device.contact(reset)
        except BurnerError as error:
            if error.code != self._unasked and not self.stopping.is_set():
                self._unasked = error.code
                self.tell(SlotWaits(self.name, error))
            return Contact.ABSENT
        if self._unasked:
            self._unasked = ""
            self.empty()
        return found

    def announced(self) -> bool:
        """Nobody announces a sample."""
        return False

    def seen(self) -> None:
        """Say that a board is there."""
        self.tell(SampleSeen(self.name))

    def empty(self) -> None:
        """Say that the slot waits for a board."""
        self.tell(SlotWaits(self.name))

    def silent(self, seconds: float) -> None:
        """Say that nothing answers although the port is there, or that this is over."""
        self.tell(SlotWaits(self.name, silent=seconds > 0))

    def passed_over(self, seconds: float) -> None:
        """Boards are put in as somebody likes at a desk."""
