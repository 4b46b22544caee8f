"""A manifest with an outbox, and destinations for tests."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from burner.manifest.store.tables import outbox
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.outbox_queue import OutboxQueue
from burner.mes.destination import InterlockAnswer, InterlockQuestion, MesMessage
from burner.station.mes.outbox_filler import OutboxFiller
from tests.manifest.records import a_ledger, open_batch


class MesInMemory:
    """Takes messages, or fails as a test says."""

    def __init__(self) -> None:
        self.taken: list[MesMessage] = []
        self.failures: list[Exception | None] = []
        """What the next deliveries raise; None and the end of the list: nothing."""
        self.bad: dict[str, Exception] = {}
        """Subject → what its deliveries raise."""
        self.answer: InterlockAnswer | Exception = InterlockAnswer(True)
        self.asked: list[InterlockQuestion] = []

    def deliver(self, message: MesMessage) -> None:
        failure = self.failures.pop(0) if self.failures else self.bad.get(message.subject)
        if failure:
            raise failure
        self.taken.append(message)

    def ask(self, question: InterlockQuestion) -> InterlockAnswer:
        self.asked.append(question)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        """Nothing is open."""

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Subject and kind of what came."""
        return [(taken.subject, type(taken.event).__name__) for taken in self.taken]


def told_ledger(folder: Path, station: str = "line1", names: Sequence[str] = ("mes",)) -> Ledger:
    """A manifest with batch WO1 whose station tells these destinations."""
    ledger = a_ledger(folder, station)
    open_batch(ledger)
    ledger.writer.fill_outbox = OutboxFiller(station, dict.fromkeys(names, ()), station)
    return ledger


def queue_of(ledger: Ledger, station: str = "") -> OutboxQueue:
    """Its outbox, with a clock that a test moves."""
    return OutboxQueue(ledger.writer.where, station or ledger.writer.station)


def rows(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Kind, state and destination of each message, in their order."""
    with ledger.reader.connection() as connection:
        found = connection.execute(
            select(outbox.c.kind, outbox.c.state, outbox.c.destination).order_by(outbox.c.number)
        )
        return [(kind, state, destination) for kind, state, destination in found]
