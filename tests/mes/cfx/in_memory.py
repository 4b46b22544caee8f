"""A broker in memory: connections as the destination wants them, with planned troubles."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from burner.mes.cfx.connection import AmqpMessage, Settlement
from burner.mes.destination import MesAwayError


@dataclass
class InMemoryBroker:
    """Keeps what it accepts. `plan` has one entry for each message that comes."""

    plan: list[Settlement | Exception] = field(default_factory=list)
    answer: Callable[[list[AmqpMessage]], bytes | None] = lambda _: None
    """What it answers next, of the questions that it has."""
    asked: list[AmqpMessage] = field(default_factory=list)
    is_up: bool = True
    closed_addresses: tuple[str, ...] = ()
    messages: list[AmqpMessage] = field(default_factory=list)
    connections: list["InMemoryConnection"] = field(default_factory=list)

    def connect(self, _until: float) -> "InMemoryConnection":
        if not self.is_up:
            raise MesAwayError("connection refused")
        self.connections.append(InMemoryConnection(self))
        return self.connections[-1]

    def restart(self) -> None:
        for connection in self.connections:
            connection.alive = False

    def names(self) -> list[str]:
        """Short names of the messages that it has, without those about the endpoint."""
        names = [json.loads(m.body)["MessageName"].rpartition(".")[2] for m in self.messages]
        return [name for name in names if not name.startswith("Endpoint")]


@dataclass
class InMemoryConnection:
    """One of its connections."""

    broker: InMemoryBroker
    alive: bool = True
    closed: bool = False

    def is_open(self) -> bool:
        return self.alive

    def check(self, address: str, until: float) -> None:
        if address in self.broker.closed_addresses:
            raise MesAwayError(f"no queue {address}")

    def send(self, address: str, message: AmqpMessage, until: float) -> Settlement:
        assert not self.closed
        if not (self.alive and self.broker.is_up):
            raise MesAwayError("connection aborted")
        greets = b"CFX.Endpoint" in message.body
        step = self.broker.plan.pop(0) if self.broker.plan and not greets else Settlement.ACCEPTED
        if isinstance(step, Exception):
            raise step
        if step is Settlement.ACCEPTED:
            self.broker.messages.append(message)
        return step

    def ask(
        self, address: str, reply_address: str, message: AmqpMessage, until: float
    ) -> Settlement:
        taken = self.send(address, message, until)
        if taken is Settlement.ACCEPTED:
            self.broker.asked.append(message)
        return taken

    def next_answer(self, address: str, reply_address: str, until: float) -> bytes | None:
        if not (self.alive and self.broker.is_up):
            raise MesAwayError("connection aborted")
        return self.broker.answer(self.broker.asked)

    def close(self) -> None:
        self.closed = True
