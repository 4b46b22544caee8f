"""The outbox: messages for a MES, beside the log, in the transaction of their record."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.store.statements import Prepared
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import outbox

WAITING, DELIVERED, REFUSED, SKIPPED = "waiting", "delivered", "refused", "skipped"
"""States of a message. A refused one waits for a person, who tries it again or skips it."""


class NewMessage(NamedTuple):
    """A message that nobody has tried to deliver."""

    id: str
    destination: str
    station: str
    """Where it happened."""
    sending_station: str
    """The station that sends it; empty: the first one that has the destination."""
    subject: str
    batch: str
    """Empty where it is of no batch."""
    kind: str
    at: str
    body: str


class FillOutbox(Protocol):
    """Makes the messages about the records of a commit."""

    def __call__(
        self, state: TableState, origin: str, first: int, entries: Sequence[AnyEntry], /
    ) -> Iterable[NewMessage]:
        """The messages, in the transaction of the records. The transaction may fail; then the same
        records come again, perhaps under other numbers.

        Args:
            state: after the records.
            origin: of the log.
            first: the number of the first record.
            entries: the records.
        """
        ...

    def committed(self) -> None:
        """The records of the last call are in the log."""
        ...


_PUT = Prepared(
    insert(outbox).values(
        dict.fromkeys(NewMessage._fields)
        | {"state": WAITING, "tries": 0, "due_ms": 0, "changed_ms": 0, "error": ""}
    )
)


def put(connection: Connection, messages: Iterable[NewMessage]) -> None:
    """Add messages, in the caller's transaction."""
    for message in messages:
        _PUT.run(connection, **message._asdict())
