"""QA's check of samples: a board is put in, verified, shown, and taken out again.

Each slot has a thread; their events come through one queue. A unit that comes in twice is one
sample.
"""

import itertools
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from burner.burn.verify import UnitVerdict, VerifyResult
from burner.core.errors import BurnerError, as_burner_error
from burner.devices.device import Contact, Device
from burner.station.slots import retry
from burner.station.slots.boards import Boards
from burner.station.slots.port_watch import PortWatch
from burner.station.slots.slot import SlotDevice
from burner.station.slots.slot_threads import run_in_slots

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
    result: VerifyResult
    number: int
    """Number of the sample in this run, from 1; 0 where no unit could be read."""
    again: bool = False
    """The unit was a sample of this run before."""


SampleEvent = SlotWaits | SampleSeen | SampleChecked


@dataclass
class SampleTally:
    """The samples of a run so far."""

    units: dict[int, SampleChecked] = field(default_factory=dict)
    """By number of the sample, as it was checked last."""
    unread: int = 0
    """Boards from which no unit could be read."""

    def add(self, event: SampleChecked) -> None:
        """Count one more board."""
        if event.number:
            self.units[event.number] = event
        else:
            self.unread += 1

    @property
    def all_good(self) -> bool:
        """Whether every board was a unit that agrees with its record."""
        return not self.unread and all(event.result.good for event in self.units.values())

    def counts(self) -> Mapping[str, int]:
        """Samples by verdict; the numbers add up to all samples."""
        counted = Counter(event.result.verdict for event in self.units.values())
        return {verdict.value: counted[verdict] for verdict in UnitVerdict}


class VerifyRun:
    """One run of sample checks; `stop` and `abort` as in `Station`."""

    def __init__(self, devices: Mapping[str, SlotDevice], boards: Boards, check: CheckUnit) -> None:
        """Nothing runs yet."""
        self._queue: queue.SimpleQueue[SampleEvent] = queue.SimpleQueue()
        self._devices, self._boards, self._check = devices, boards, check
        self._numbers: dict[str, int] = {}
        """Unit → number of its sample."""
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def run(self) -> Iterator[SampleEvent]:
        """Work in every slot at once; yields events until no slot takes another board."""
        work = {slot: partial(self._work, slot, device) for slot, device in self._devices.items()}
        return run_in_slots(work, self._queue, abandon=self.stop)

    def stop(self) -> None:
        """Take no new boards; finish the one that is being read."""
        self.stopping.set()

    def abort(self) -> None:
        """Stop now."""
        self.stopping.set()
        for device in self._devices.values():
            device.kill()

    def _work(self, name: str, device: SlotDevice) -> None:
        slot = _DeskSlot(name, device, self.stopping, self._queue.put)
        while not self.stopping.is_set() and self._boards.wait_for_board(slot):
            event = self._checked(name, device)
            self._queue.put(event)
            self._boards.finished(event.number > 0 and not event.again)
            if not self.stopping.is_set():
                self._boards.wait_until_removed(slot, event.number > 0)

    def _checked(self, slot: str, device: SlotDevice) -> SampleChecked:
        """Verify the board in a slot, and again after an error where that may help."""
        for number in itertools.count(1):
            result = self._once(device)
            problem = result.problem
            if problem is None or self.stopping.is_set() or not retry.again(problem.code, number):
                break
        if not result.unit_id:
            return SampleChecked(slot, result, 0)
        with self._lock:
            again = result.unit_id in self._numbers
            sample = self._numbers.setdefault(result.unit_id, len(self._numbers) + 1)
        return SampleChecked(slot, result, sample, again)

    def _once(self, device: SlotDevice) -> VerifyResult:
        try:
            return self._check(device)
        except Exception as error:  # whatever a board does, the slot goes on
            return VerifyResult(problem=as_burner_error(error))


@dataclass
class _DeskSlot:
    """A slot of this run, as the watch for boards needs it."""

    name: str
    device: SlotDevice
    stopping: threading.Event
    tell: Callable[[SampleEvent], None]
    _port: PortWatch = field(init=False)

    def __post_init__(self) -> None:
        """Watch its port."""
        self._port = PortWatch(
            self.device.contact,
            self.stopping,
            unreachable=lambda error: self.tell(SlotWaits(self.name, error)),
            reachable=self.empty,
        )

    def contact(self, reset: bool) -> Contact:
        """What is in it. A port that cannot be opened counts as absent; its error is shown once."""
        return self._port.contact(reset)

    def announced(self) -> bool:
        """Never: samples are not announced."""
        return False

    def seen(self) -> None:
        """Show that a board is there."""
        self.tell(SampleSeen(self.name))

    def empty(self) -> None:
        """Show that the slot waits for a board."""
        self.tell(SlotWaits(self.name))

    def silent(self, seconds: float) -> None:
        """Show that nothing answers although the port is there, or that this is over."""
        self.tell(SlotWaits(self.name, silent=seconds > 0))

    def passed_over(self, seconds: float) -> None:
        """Nothing: in such a run slots are used in any order."""
