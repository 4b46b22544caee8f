"""The seam between what is sent and AMQP 1.0: a connection as the destination needs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Settlement(StrEnum):
    """What the other side decided about a message."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """It will never take this message."""
    RELEASED = "released"
    """It did not process it."""
    MODIFIED = "modified"
    """It could not process it now."""


@dataclass(frozen=True)
class AmqpMessage:
    """A durable message with JSON."""

    body: bytes
    id: str
    subject: str
    """RabbitMQ takes it as the routing key."""
    properties: Mapping[str, str] = field(default_factory=dict)
    to: str = ""
    correlation: str = ""


class AmqpConnection(Protocol):
    """A connection to a broker or an endpoint. After an error it is only closed."""

    def is_open(self) -> bool:
        """Whether the other side has not ended it meanwhile."""
        ...

    def check(self, address: str, until: float) -> None:
        """Look whether messages can be sent there, without sending one.

        Raises:
            MesAwayError: they cannot.
        """
        ...

    def send(self, address: str, message: AmqpMessage, until: float) -> Settlement:
        """Send a message, and wait until it is settled.

        Args:
            address: where to, in the words of the broker.
            message: what is sent.
            until: the end of the patience, by `time.monotonic()`.

        Raises:
            MesAwayError: it was not settled in time, or not at all.
            MesRefusedError: it is larger than the other side takes.
        """
        ...

    def ask(
        self, address: str, reply_address: str, message: AmqpMessage, until: float
    ) -> Settlement:
        """Send a question. Where its answer will come is listened to before.

        Args:
            address: where to.
            reply_address: where the answer comes; empty: over a link from `address` itself.
            message: the question; nobody keeps it longer than `until`.
            until: the end of the patience, by `time.monotonic()`.

        Raises:
            MesAwayError: it was not settled in time, or not at all.
        """
        ...

    def next_answer(self, address: str, reply_address: str, until: float) -> bytes | None:
        """The next answer to any question that was asked there; None: there was none in time.

        Raises:
            MesAwayError: the connection has ended.
        """
        ...

    def close(self) -> None:
        """End it; never an error."""
        ...


Connect = Callable[[float], AmqpConnection]
"""Opens a connection until a time by `time.monotonic()`; raises MesAwayError."""
