"""Fills the outbox, in the transaction of the records."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

from burner.manifest.entries.kinds import AnyEntry, Correction
from burner.manifest.reading.unit_history import names_of_unit
from burner.manifest.store.outbox import NewMessage
from burner.manifest.store.table_state import TableState
from burner.mes.event_json import event_to_json, kind_of_event
from burner.station.mes.record_events import NO_NAMES, RecordedEvent, RecordEvents


class OutboxFiller:
    """Makes the messages of one station, for each of its destinations."""

    def __init__(
        self,
        station: str,
        destinations: Mapping[str, Sequence[str]],
        sending_station: str,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        """Nothing is made yet.

        Args:
            station: where the records are made.
            destinations: name → the kinds of events that it gets; empty: all.
            sending_station: whose threads send; empty: the first that has the destination.
            notify: told that there are new messages; they are not committed yet.
        """
        self.station, self._sending_station, self._notify = station, sending_station, notify
        self._destinations = {name: frozenset(kinds) for name, kinds in destinations.items()}
        self.records = RecordEvents(station)

    def __call__(
        self, state: TableState, origin: str, first: int, entries: Sequence[AnyEntry], /
    ) -> Iterator[NewMessage]:
        """The messages about records: `FillOutbox`."""
        self.records.forget_uncommitted()
        for number, entry in enumerate(entries, first):
            names = NO_NAMES
            if isinstance(entry, Correction):
                names = names_of_unit(state, entry.product_id, entry.unit_id)
            yield from self.messages(self.records.of(origin, number, entry, names))

    def committed(self) -> None:
        """The last records are in the log: `FillOutbox`."""
        self.records.committed()

    def messages(self, events: Iterable[RecordedEvent]) -> Iterator[NewMessage]:
        """A message for each event and destination that gets it."""
        for recorded in events:
            kind, body = kind_of_event(recorded.event), event_to_json(recorded.event)
            for name, kinds in self._destinations.items():
                if kinds and kind not in kinds:
                    continue
                yield NewMessage(
                    id=str(uuid5(NAMESPACE_URL, f"{recorded.id}/{name}")),
                    destination=name,
                    station=self.station,
                    sending_station=self._sending_station,
                    subject=recorded.subject,
                    batch=recorded.batch,
                    kind=kind,
                    at=recorded.at,
                    body=body,
                )
                self._notify()
