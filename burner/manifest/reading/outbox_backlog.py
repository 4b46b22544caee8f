"""What waits in the outbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.manifest.entries.values import moment, utc
from burner.manifest.store.outbox import REFUSED, SKIPPED, WAITING
from burner.manifest.store.tables import destinations, outbox


@dataclass(frozen=True)
class Backlog:
    """The messages for one destination that were not delivered."""

    destination: str
    waiting: int
    refused: int
    """Wait for a person, who tries them again or skips them."""
    oldest: str
    """When the oldest of them happened, UTC."""
    error: str
    """Why the last try failed; empty: none has."""
    stations: tuple[str, ...]
    """Whose station files have the destination; empty: it was removed, and nobody sends."""

    @property
    def count(self) -> int:
        """All of them."""
        return self.waiting + self.refused


class MessageCount(NamedTuple):
    """Messages for one destination that were not delivered, in one state."""

    destination: str
    refused: bool
    """They wait for a person; else they are sent by themselves."""
    number: int
    since: datetime
    """When the first one happened."""


@dataclass(frozen=True)
class UndeliveredMessage:
    """A message that was not delivered."""

    number: int
    id: str
    destination: str
    station: str
    sending_station: str
    subject: str
    batch: str
    kind: str
    at: str
    state: str
    tries: int
    error: str


def count_messages(connection: Connection, *, batch: str = "") -> list[MessageCount]:
    """How many messages wait for each destination that has any; by index.

    Args:
        connection: to the manifest.
        batch: only messages about its units; empty: all.
    """
    o = outbox.c
    query = select(o.destination, o.state, func.count(), func.min(o.number))
    query = query.where(o.state.in_((WAITING, REFUSED)))
    if batch:
        query = query.where(o.batch == batch)
    query = query.group_by(o.destination, o.state).order_by(o.destination, o.state)
    return [
        MessageCount(destination, state == REFUSED, int(number), _made(connection, first))
        for destination, state, number, first in connection.execute(query).all()
    ]


def _made(connection: Connection, number: int) -> datetime:
    query = select(outbox.c.at).where(outbox.c.number == number)
    return moment(connection.execute(query).scalar_one())


def read_backlogs(connection: Connection, *, batch: str = "") -> tuple[Backlog, ...]:
    """The backlog of each destination that has one, or that a station has, by name.

    Args:
        connection: to the manifest.
        batch: only messages about its units; empty: all.
    """
    stations: dict[str, list[str]] = {}
    for row in connection.execute(select(destinations).order_by(destinations.c.station)):
        stations.setdefault(row.name, []).append(row.station)
    found: dict[str, list[MessageCount]] = {}
    for count in count_messages(connection, batch=batch):
        found.setdefault(count.destination, []).append(count)
    errors = _last_errors(connection)
    backlogs = []
    for name in sorted(found.keys() | stations.keys()):
        counts = found.get(name, [])
        backlogs.append(
            Backlog(
                name,
                waiting=sum(count.number for count in counts if not count.refused),
                refused=sum(count.number for count in counts if count.refused),
                oldest=utc(min(count.since for count in counts)) if counts else "",
                error=errors.get(name, ""),
                stations=tuple(stations.get(name, ())),
            )
        )
    return tuple(backlogs)


def registered_destinations(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The destinations of all stations, each with the kinds of events it gets; empty: all."""
    wanted: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(select(destinations).order_by(destinations.c.station)):
        kinds = tuple(row.events.split())
        if before := wanted.get(row.name):
            kinds = tuple(dict.fromkeys((*before, *kinds))) if kinds else ()
        elif row.name in wanted:
            kinds = ()
        wanted[row.name] = kinds
    return wanted


def undelivered(
    connection: Connection, *, destination: str = "", skipped: bool = False, limit: int = 20
) -> tuple[UndeliveredMessage, ...]:
    """Messages that wait: refused ones first, then by age.

    Args:
        connection: to the manifest.
        destination: for whom; empty: for all.
        skipped: those instead that a person decided never to send.
        limit: at most so many.
    """
    o = outbox.c
    fields = [o[name] for name in UndeliveredMessage.__dataclass_fields__]
    states = (SKIPPED,) if skipped else (WAITING, REFUSED)
    query = select(*fields).where(o.state.in_(states))
    if destination:
        query = query.where(o.destination == destination)
    rows = connection.execute(query.order_by(o.state, o.number).limit(limit))
    return tuple(UndeliveredMessage(*row) for row in rows)


def _last_errors(connection: Connection) -> dict[str, str]:
    o = outbox.c
    tried = (
        select(o.destination, o.error)
        .where(o.state.in_((WAITING, REFUSED)), o.error != "")
        .order_by(o.changed_ms)
    )
    return {row.destination: row.error for row in connection.execute(tried)}
