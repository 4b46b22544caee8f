"""What waits in the outbox."""

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.engine import Connection

from burner.manifest.store.outbox import REFUSED, WAITING
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


@dataclass(frozen=True)
class UndeliveredMessage:
    """A message that was not delivered."""

    number: int
    id: str
    destination: str
    station: str
    sender: str
    subject: str
    batch: str
    kind: str
    at: str
    state: str
    tries: int
    error: str


def read_backlogs(connection: Connection, *, batch: str = "") -> tuple[Backlog, ...]:
    """The backlog of each destination that has one, or that a station has, by name.

    Args:
        connection: to the manifest.
        batch: only messages about its units; empty: all.
    """
    stations: dict[str, list[str]] = {}
    for row in connection.execute(select(destinations).order_by(destinations.c.station)):
        stations.setdefault(row.name, []).append(row.station)
    o = outbox.c
    query = select(
        o.destination,
        func.sum(case((o.state == WAITING, 1), else_=0)).label("waiting"),
        func.sum(case((o.state == REFUSED, 1), else_=0)).label("refused"),
        func.min(o.at).label("oldest"),
    ).where(o.state.in_((WAITING, REFUSED)))
    if batch:
        query = query.where(o.batch == batch)
    found = {row.destination: row for row in connection.execute(query.group_by(o.destination))}
    errors = _last_errors(connection)
    backlogs = []
    for name in sorted(found.keys() | stations.keys()):
        counts = found.get(name)
        backlogs.append(
            Backlog(
                name,
                waiting=int(counts.waiting) if counts else 0,
                refused=int(counts.refused) if counts else 0,
                oldest=counts.oldest if counts else "",
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
    connection: Connection, *, destination: str = "", limit: int = 20
) -> tuple[UndeliveredMessage, ...]:
    """Messages that wait: refused ones first, then by age.

    Args:
        connection: to the manifest.
        destination: for whom; empty: for all.
        limit: at most so many.
    """
    o = outbox.c
    fields = [o[name] for name in UndeliveredMessage.__dataclass_fields__]
    query = select(*fields).where(o.state.in_((WAITING, REFUSED)))
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
