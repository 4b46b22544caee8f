"""Which record is the last one of its board: what is tried again has not ended. Pure state."""

from burner.core.attempt import Record
from burner.core.unit_events import Finished
from burner.station.events import ENDED, SlotStateChanged, StationEvent


class BoardEnds:
    """Takes the events of a run, and gives the record of each unit that has ended."""

    def __init__(self) -> None:
        """Nothing has ended yet."""
        self._last: dict[str, Record] = {}

    def add(self, event: StationEvent) -> Record | None:
        """The record of the unit that has ended with this event; None: none has.

        A known unit has no new record, and a slot that stayed silent had no unit.
        """
        if isinstance(event, Finished):
            self._last.pop(event.slot, None)
            if event.record.attempt.unit_id and not event.known:
                self._last[event.slot] = event.record
        elif isinstance(event, SlotStateChanged) and event.state in ENDED:
            return self._last.pop(event.slot, None)
        return None
