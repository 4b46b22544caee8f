"""The outbox as its senders and people change it, beside the log.

A change is not synced to the disk: after a power cut a message may be delivered a second time, with
the same id. The message itself is as durable as its record.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple, Self

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.station_lock import FileStationLock, take_server_lock
from burner.manifest.reading.outbox_backlog import Backlog, read_backlogs
from burner.manifest.store.database_errors import translated_errors
from burner.manifest.store.engine import engine_beside_log
from burner.manifest.store.outbox import DELIVERED, REFUSED, SKIPPED, WAITING
from burner.manifest.store.place import ManifestPlace
from burner.manifest.store.tables import destinations, outbox
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import check_one_line, require_operator_and_reason

PAGE = 1000
"""Messages that are read at once, without their bodies."""
THINNED = 500
"""Messages that are deleted at once: a unit that is burned meanwhile does not wait long."""
_o = outbox.c


class StoredMessage(NamedTuple):
    """A message of the outbox that was not delivered, without its body."""

    number: int
    id: str
    station: str
    sending_station: str
    subject: str
    kind: str
    at: str
    state: str
    tries: int
    due_ms: int


_COLUMNS = [_o[name] for name in StoredMessage._fields]


class OutboxQueue:
    """The outbox of a manifest, for the senders of one station. Thread-safe."""

    def __init__(
        self, where: ManifestPlace, station: str, now: Callable[[], float] = time.time
    ) -> None:
        """Nothing is opened yet.

        Args:
            where: a manifest that exists.
            station: whose messages are sent.
            now: seconds since 1970.

        Raises:
            BurnerError: E701.
        """
        self.where, self.station, self._now = where, station, now
        self._engine = engine_beside_log(where)
        self._lock = RLock()
        self._held: list[Any] = []

    def close(self) -> None:
        """Release the database, and the station's lock if it was taken."""
        with self._lock:
            for held in self._held:
                held()
            self._held.clear()
            self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take_station(self) -> None:
        """Let nobody else send for the station; a station that runs sends by itself.

        Raises:
            BurnerError: E704 it runs.
        """
        if self.where.path:
            lock = FileStationLock(self.where.path, self.station)
            lock.take()
            self._held.append(lock.release)
            return
        connection = self._engine.connect()
        self._held.append(connection.close)
        with translated_errors(self.where):
            take_server_lock(connection, self.station)
            connection.commit()

    # -- the station -----------------------------------------------------------------------------

    def register(self, wanted: dict[str, tuple[str, ...]]) -> None:
        """Say which destinations the station has now, each with the kinds of events it gets."""
        rows = [
            {"station": self.station, "name": name, "events": " ".join(events)}
            for name, events in wanted.items()
        ]
        with self._transaction() as connection:
            mine = destinations.c.station == self.station
            connection.execute(delete(destinations).where(mine))
            if rows:
                connection.execute(insert(destinations), rows)

    def count(self, destination: str, state: str) -> int:
        """How many messages for a destination are in a state."""
        query = select(func.count()).where(_o.destination == destination, _o.state == state)
        with self._transaction() as connection:
            return connection.execute(query).scalar_one()

    def backlogs(self, *, batch: str = "") -> tuple[Backlog, ...]:
        """What waits, for each destination."""
        with self._transaction() as connection:
            return read_backlogs(connection, batch=batch)

    def events(self, *kinds: str) -> list[tuple[str, str]]:
        """Kind and body of the station's messages of these kinds, in their order, also of those
        that were delivered. One for several destinations comes several times.
        """
        chosen = (_o.station == self.station, _o.kind.in_(kinds))
        query = select(_o.kind, _o.body).where(*chosen).order_by(_o.number)
        with self._transaction() as connection:
            return [(kind, body) for kind, body in connection.execute(query)]

    # -- sending ---------------------------------------------------------------------------------

    def adopt(self, destination: str, *, of_station: str = "") -> int:
        """Make messages of nobody, or of a station that sends no more, ours; how many."""
        if of_station == self.station:
            return 0
        chosen = (
            _o.state == WAITING,
            _o.destination == destination,
            _o.sending_station == of_station,
        )
        with self._transaction() as connection:
            if connection.execute(select(_o.number).where(*chosen).limit(1)).first() is None:
                return 0
        with self._transaction() as connection:
            adopted = update(outbox).where(*chosen).values(sending_station=self.station)
            return connection.execute(adopted).rowcount

    def hurry(self, destination: str) -> None:
        """Let what was put off be due now."""
        late = (_o.state == WAITING, _o.destination == destination, _o.due_ms > 0)
        with self._transaction() as connection:
            connection.execute(update(outbox).where(*late).values(due_ms=0))

    def undelivered(self, destination: str) -> Iterator[StoredMessage]:
        """All messages for a destination that were not delivered, also those of other stations, in
        their order.
        """
        after = -1
        while rows := self._page(destination, after):
            yield from rows
            after = rows[-1].number

    def _page(self, destination: str, after: int) -> Sequence[StoredMessage]:
        query = (
            select(*_COLUMNS)
            .where(
                _o.state.in_((WAITING, REFUSED)),
                _o.destination == destination,
                _o.number > after,
            )
            .order_by(_o.number)
            .limit(PAGE)
        )
        with self._transaction() as connection:
            return [StoredMessage(*row) for row in connection.execute(query)]

    def body(self, message: StoredMessage) -> str | None:
        """What it says; None: it does not wait any more, since a person decided otherwise."""
        query = select(_o.body).where(_o.number == message.number, _o.state == WAITING)
        with self._transaction() as connection:
            return connection.execute(query).scalar_one_or_none()

    def delivered(self, message: StoredMessage) -> None:
        """The destination has it."""
        self._mark(message, DELIVERED)

    def away(self, message: StoredMessage, error: str, again_in_s: float) -> None:
        """It could not be delivered; when it is tried again."""
        self._mark(message, WAITING, error, due_ms=self.now_ms() + round(again_in_s * 1000))

    def refused(self, message: StoredMessage, error: str) -> None:
        """The destination does not take it."""
        self._mark(message, REFUSED, error)

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return round(self._now() * 1000)

    def _mark(self, message: StoredMessage, state: str, error: str = "", due_ms: int = 0) -> None:
        """How a try ended; a message that a person skipped meanwhile stays skipped."""
        mine = update(outbox).where(_o.number == message.number, _o.state == WAITING)
        values = {
            "state": state,
            "tries": message.tries + 1,
            "due_ms": due_ms,
            "changed_ms": self.now_ms(),
            "error": error,
        }
        with self._transaction() as connection:
            connection.execute(mine.values(values))

    def thin(self, older_than_s: float) -> int:
        """Delete messages that were delivered so long ago; how many."""
        before, deleted = self.now_ms() - round(older_than_s * 1000), 0
        old = select(_o.number).where(_o.state == DELIVERED, _o.changed_ms < before).limit(THINNED)
        while True:
            with self._transaction() as connection:
                some = delete(outbox).where(_o.number.in_(old.scalar_subquery()))
                count = connection.execute(some).rowcount
            deleted += count
            if count < THINNED:
                return deleted

    # -- people ----------------------------------------------------------------------------------

    def retry(self, *, destination: str = "", message_id: str = "") -> int:
        """Try refused messages again, and waiting ones at once; how many.

        Raises:
            BurnerError: E783 no message has this id, or it was delivered.
        """
        with self._transaction() as connection:
            chosen = [_o.state.in_((WAITING, REFUSED)), *_chosen(destination, message_id)]
            count = connection.execute(
                update(outbox).where(*chosen).values(state=WAITING, due_ms=0)
            ).rowcount
        if message_id and not count:
            raise BurnerError(Code.MES_MESSAGE_UNKNOWN, message_id)
        return count

    def skip(
        self, *, operator: str, reason: str, destination: str = "", message_id: str = ""
    ) -> int:
        """Deliver messages no more; they stay in the outbox with who decided it, and why.

        Raises:
            BurnerError: E731 without operator or reason, E738 they are more than a line; E783.
        """
        require_operator_and_reason("mes skip", operator, reason)
        check_one_line(operator=operator, reason=reason)
        values = {
            "state": SKIPPED,
            "changed_ms": self.now_ms(),
            "error": f"skipped by {operator}: {reason}",
        }
        with self._transaction() as connection:
            chosen = [_o.state.in_((WAITING, REFUSED)), *_chosen(destination, message_id)]
            count = connection.execute(update(outbox).where(*chosen).values(values)).rowcount
        if message_id and not count:
            raise BurnerError(Code.MES_MESSAGE_UNKNOWN, message_id)
        return count

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A short transaction."""
        with (
            self._lock,
            translated_errors(self.where),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            yield connection


def forget_destinations(ledger: Ledger) -> None:
    """The station has no destinations any more; what waits for them is kept."""
    station, where = ledger.writer.station, ledger.writer.where
    mine = select(destinations).where(destinations.c.station == station).limit(1)
    with ledger.reader.connection() as connection:
        if connection.execute(mine).first() is None:
            return
    with OutboxQueue(where, station) as queue:
        queue.register({})


def _chosen(destination: str, message_id: str) -> list[Any]:
    conditions = []
    if destination:
        conditions.append(_o.destination == destination)
    if message_id:
        conditions.append(_o.id == message_id)
    return conditions
