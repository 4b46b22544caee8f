"""The outbox: messages for a MES, beside the log, in the transaction of their record."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import outbox

WAITING, DELIVERED, REFUSED, SKIPPED = "waiting", "delivered", "refused", "skipped"
"""States of a message. A refused one waits for a person, who tries it again or skips it."""


class NewMessage(NamedTuple):
    """A message that nobody has tried to deliver."""

    id: str
    destination: str
    station: str
    """Where it happened."""
    sender: str
    """The station that sends it; empty: the first one that has the destination."""
    subject: str
    batch: str
    """Empty where it is of no batch."""
    kind: str
    at: str
    body: str


FillOutbox = Callable[[str, int, Sequence[AnyEntry]], Iterable[NewMessage]]
"""Makes messages: from the origin of the log, the number of the first record, and the records."""

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
