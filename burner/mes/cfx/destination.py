"""A MES that speaks IPC-CFX: behind the Protocol of all destinations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic
from uuid import uuid4

from burner.core.errors import BurnerError
from burner.mes.cfx.connection import AmqpConnection, AmqpMessage, Connect, Settlement
from burner.mes.cfx.envelope import Body, CfxEnvelope
from burner.mes.cfx.messages import envelopes, handle
from burner.mes.cfx.validation import is_response_to, read_response, validation_request
from burner.mes.cfx_settings import CfxSettings
from burner.mes.destination import (
    InterlockAnswer,
    InterlockQuestion,
    MesAwayError,
    MesMessage,
    MesRefusedError,
)

CONNECTED = "CFX.EndpointConnected"
SHUTTING_DOWN = "CFX.EndpointShuttingDown"
GOODBYE_S = 1.0


class CfxDestination:
    """Sends messages one at a time, each until it is settled, and asks with a deadline.

    Messages and questions have a connection each. It is opened when it is needed; after an error,
    or when the other side has ended it meanwhile, another one is opened for the next message.
    """

    def __init__(
        self, settings: CfxSettings, station: str, connect: Connect, connect_to_ask: Connect
    ) -> None:
        self._settings = settings
        self._handle = handle(settings.handle, station)
        self._messages = _Line(connect, self._greet)
        self._questions = _Line(connect_to_ask)

    def deliver(self, message: MesMessage) -> None:
        """See Destination. An event may be two messages of CFX: then both are sent again."""
        settings = self._settings
        until = monotonic() + settings.deadline_s
        for envelope in envelopes(message, settings.handle, settings.identifier):
            amqp_message = amqp_message_of(envelope)
            with self._messages.ready(until) as connection:
                settlement = connection.send(settings.address, amqp_message, until)
            if settlement is Settlement.REJECTED:
                raise MesRefusedError(f"{settings.address} rejected {envelope.name}")
            if settlement is not Settlement.ACCEPTED:
                raise MesAwayError(f"{settings.address} gave {envelope.name} back")

    def ask(self, question: InterlockQuestion) -> InterlockAnswer:
        """See Destination."""
        settings = self._settings
        until = monotonic() + settings.deadline_s
        request = str(uuid4())
        envelope = validation_request(
            question,
            settings.identifier,
            at=_now(),
            source=self._handle,
            target=settings.interlock_target,
            request=request,
        )
        with self._questions.ready(until) as connection:
            text = connection.request(
                settings.interlock_address,
                settings.interlock_reply,
                amqp_message_of(envelope),
                lambda answer: is_response_to(answer, request),
                until,
            )
        return read_response(text)

    def close(self) -> None:
        """See Destination."""
        if (connection := self._messages.connection) and connection.is_open():
            with suppress(BurnerError):
                self._tell(connection, SHUTTING_DOWN, GOODBYE_S)
        self._messages.drop()
        self._questions.drop()

    def _greet(self, connection: AmqpConnection) -> None:
        self._tell(connection, CONNECTED, self._settings.deadline_s)

    def _tell(self, connection: AmqpConnection, name: str, within_s: float) -> None:
        """About the endpoint itself: not in the outbox, and nothing is done if nobody takes it."""
        body: Body = {"CFXHandle": self._handle}
        if name == CONNECTED:
            body |= {"RequestNetworkUri": None, "RequestTargetAddress": None}
        envelope = CfxEnvelope(name, _now(), str(uuid4()), self._handle, body)
        connection.send(self._settings.address, amqp_message_of(envelope), monotonic() + within_s)


class _Line:
    """One connection, opened when it is needed and dropped after an error."""

    def __init__(
        self, connect: Connect, greet: Callable[[AmqpConnection], None] = lambda _: None
    ) -> None:
        self._connect = connect
        self._greet = greet
        self.connection: AmqpConnection | None = None

    @contextmanager
    def ready(self, until: float) -> Iterator[AmqpConnection]:
        """The connection, or a new one where the other side has ended it meanwhile."""
        if self.connection and not self.connection.is_open():
            self.drop()
        try:
            if not self.connection:
                self.connection = self._connect(until)
                self._greet(self.connection)
            yield self.connection
        except BurnerError:
            self.drop()
            raise

    def drop(self) -> None:
        """End the connection, if there is one."""
        connection, self.connection = self.connection, None
        if connection:
            connection.close()


def amqp_message_of(envelope: CfxEnvelope) -> AmqpMessage:
    """An envelope with the properties that the SDK gives it."""
    return AmqpMessage(
        envelope.to_json(),
        envelope.id,
        f"{envelope.source}.{envelope.name}",
        envelope.properties(),
        to=envelope.target,
        correlation=envelope.request,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
