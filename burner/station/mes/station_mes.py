"""The MES of a station during a run: what is put into the outbox, sent, and asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

from burner.manifest.reading.outbox_backlog import Backlog
from burner.manifest.store.outbox import put
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.outbox_queue import OutboxQueue
from burner.mes.common_settings import DestinationSettings
from burner.mes.destination import Destination
from burner.mes.event_json import event_from_json
from burner.mes.events import (
    FaultCleared,
    FaultOccurred,
    MesEvent,
    RecipeActivated,
    StationStateChanged,
)
from burner.mes.open_destination import open_destination, wanted_events
from burner.station.mes.interlock import Interlock
from burner.station.mes.outbox_filler import OutboxFiller
from burner.station.mes.record_events import RecordedEvent, station_subject
from burner.station.mes.senders import Report, Senders


@dataclass(frozen=True)
class OpenDestination:
    """A destination of the station file, opened."""

    settings: DestinationSettings
    destination: Destination


def open_destinations(
    section: Sequence[DestinationSettings], station: str, folder: Path
) -> tuple[OpenDestination, ...]:
    """Open the destinations of a station file, before anything else is done.

    Raises:
        BurnerError: E782 a certificate, key or secret cannot be used; E150 to E154.
    """
    return tuple(
        OpenDestination(entry, open_destination(entry, station, folder)) for entry in section
    )


class StationMes:
    """A station that tells its MES, from the first unit of a run to the end."""

    def __init__(self, opened: Sequence[OpenDestination], ledger: Ledger) -> None:
        """Register the destinations; those that were removed get nothing any more.

        Raises:
            BurnerError: E7.
        """
        self._ledger, station = ledger, ledger.writer.station
        self._queue = OutboxQueue(ledger.writer.where, station)
        wanted = {one.settings.name: wanted_events(one.settings) for one in opened}
        self._queue.register(wanted)
        by_name = {one.settings.name: one.destination for one in opened}
        self._senders = Senders(by_name, self._queue)
        self._filler = OutboxFiller(station, wanted, station, self._senders.notify)
        ledger.writer.fill_outbox = self._filler if opened else None
        asked = [one for one in opened if one.settings.interlock == "required"]
        self.interlock = (
            Interlock({one.settings.name: one.destination for one in asked}) if asked else None
        )
        """To be asked before a unit is touched; None: nobody is."""
        self._run: tuple[str, str] | None = None

    def start(self, recipe: RecipeActivated, report: Report = lambda _: None) -> None:
        """Say that the run begins, and send from now on.

        Raises:
            BurnerError: E7.
        """
        self._run = recipe.batch, recipe.operator
        batch, operator = self._run
        running = StationStateChanged(state="running", batch=batch, operator=operator)
        self._put(*self._left_faults(), recipe, running)
        self._senders.report = report
        self._senders.start()

    def _left_faults(self) -> list[FaultCleared]:
        """The ends of faults of an earlier run that was killed: nobody knows of its slots now."""
        left: dict[str, FaultCleared] = {}
        for kind, body in self._queue.events("FaultOccurred", "FaultCleared"):
            event = event_from_json(kind, body)
            if isinstance(event, FaultOccurred):
                left[event.fault] = FaultCleared(
                    fault=event.fault, slot=event.slot, code=event.code
                )
            elif isinstance(event, FaultCleared):
                left.pop(event.fault, None)
        return [*left.values()]

    def backlogs(self) -> tuple[Backlog, ...]:
        """What waits in the outbox."""
        return self._queue.backlogs()

    def end(self) -> None:
        """Say that the run has ended, and send for a moment what goes out.

        Raises:
            BurnerError: E7; what is in the outbox stays there.
        """
        try:
            if self._run:
                batch, operator = self._run
                stopped = StationStateChanged(state="stopped", batch=batch, operator=operator)
                self._put(*self._filler.records.end_faults(), stopped)
        finally:
            self._senders.close()

    def close(self) -> None:
        """Release the outbox."""
        self._ledger.writer.fill_outbox = None
        self._senders.close(0.0)
        self._queue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, *events: MesEvent) -> None:
        """Put events of the station into the outbox."""
        writer, batch = self._ledger.writer, self._run[0] if self._run else ""
        at, subject = writer.stamp()["at"], station_subject(writer.station)
        recorded = [RecordedEvent(str(uuid4()), subject, batch, at, event) for event in events]
        with writer.transaction() as connection:
            put(connection, self._filler.messages(recorded))
