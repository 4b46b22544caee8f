"""Many slots: a thread for each slot; their events come through one queue.

    station = Station(devices, …)   # their workers started while the operator was typing
    for event in station.run(burn_unit):
        …                       # tally, display

`stop` takes no new boards and lets running ones finish; `abort` ends running ones too. A slot
that breaks reports it and goes on; a manifest that cannot be written stops the whole station.
"""

import queue
import threading
from collections.abc import Iterator, Mapping
from functools import partial

from burner.core.errors import BurnerError
from burner.station.events import StationEvent
from burner.station.scanning.router import Router
from burner.station.slots.boards import Boards
from burner.station.slots.slot import BurnUnit, Recorder, ScanBackWait, Slot, SlotDevice
from burner.station.slots.slot_threads import run_in_slots


class Station:
    """The slots of one run."""

    def __init__(
        self,
        devices: Mapping[str, SlotDevice],
        boards: Boards,
        baud: int,
        *,
        found_bauds: Mapping[str, int] | None = None,
        router: Router | None = None,
        rework: str = "",
        record: Recorder = lambda _slot, _error: None,
        waits_for_approval: bool = False,
        wait_for_scan_back: ScanBackWait = lambda _slot, _look: None,
    ) -> None:
        """Nothing runs yet.

        Args:
            devices: by slot name, in the order of the fixture.
            boards: how boards come and go.
            baud: bits per second, the profile's.
            found_bauds: rates that slots begin with, while they look for the fastest one that is
                clean; one that is not named begins with `baud`. None: slots do not look.
            router: what the operator scans and types; one of no product's where it is left out.
            rework: why known units are burned again; empty = they are not.
            record: puts an error of a slot on record that belongs to no board.
            waits_for_approval: whether boards wait until the first article is approved.
            wait_for_scan_back: waits until the printed label of the unit in a slot was scanned.
        """
        self._queue: queue.SimpleQueue[StationEvent] = queue.SimpleQueue()
        self.stopping = threading.Event()
        self.aborting = threading.Event()
        self.broken: BurnerError | None = None
        """The error that stopped the whole station, if any."""
        self.router = router or Router(tuple(devices))
        self.router.emit = self._queue.put
        self.slots = tuple(
            Slot(
                name=name,
                baud=(found_bauds or {}).get(name, baud),
                finds_baud=found_bauds is not None,
                device=device,
                boards=boards,
                emit=self._queue.put,
                stopping=self.stopping,
                aborting=self.aborting,
                router=self.router,
                rework=rework,
                record=record,
                waits_for_approval=waits_for_approval,
                wait_for_scan_back=wait_for_scan_back,
            )
            for name, device in devices.items()
        )

    def run(self, burn_unit: BurnUnit) -> Iterator[StationEvent]:
        """Work in every slot at once; yields events until every slot is closed."""
        return run_in_slots(
            {slot.name: partial(self._work, slot, burn_unit) for slot in self.slots},
            self._queue,
            abandon=self.abort,
            tick=self.router.tick,
        )

    def left_events(self) -> Iterator[StationEvent]:
        """Events that came after every slot was closed."""
        while not self._queue.empty():
            yield self._queue.get()

    def tell(self, event: StationEvent) -> None:
        """Add an event of the whole station; from any thread."""
        self._queue.put(event)

    def stop(self) -> None:
        """Take no new boards; running ones finish."""
        self.stopping.set()

    def abort(self) -> None:
        """Stop now: running attempts end ABORTED."""
        self.aborting.set()
        self.stopping.set()
        for slot in self.slots:
            slot.device.kill()

    def _work(self, slot: Slot, burn_unit: BurnUnit) -> None:
        try:
            slot.work(burn_unit)
        except BurnerError as error:
            self.broken = self.broken or error
            self.stop()
