"""A MES that speaks IPC-CFX: behind the Protocol of all destinations."""

from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from uuid import uuid4

from burner.core.errors import BurnerError
from burner.mes.cfx.connection import AmqpConnection, AmqpMessage, Connect, Settlement
from burner.mes.cfx.envelope import Body, CfxEnvelope
from burner.mes.cfx.line import Line
from burner.mes.cfx.messages import envelopes, handle
from burner.mes.cfx.questions import Questions
from burner.mes.cfx.validation import read_response, validation_request
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
        self._settings, self._source = settings, handle(settings.handle, station)
        self._line = Line(connect)
        self._questions = Questions(
            Line(connect_to_ask), settings.interlock_address, settings.interlock_reply
        )
        self._greeted: AmqpConnection | None = None
        """Over which connection the station said that it is there."""

    def deliver(self, message: MesMessage) -> None:
        """See Destination. An event may be two messages of CFX: then both are sent again."""
        settings = self._settings
        until = monotonic() + settings.deadline_s
        for envelope in envelopes(message, settings.handle, settings.identifier):
            with self._line.ready(until) as connection:
                if connection is not self._greeted:
                    self._greeted = connection
                    self._tell(connection, CONNECTED, until)
                settlement = connection.send(settings.address, amqp_message_of(envelope), until)
            if settlement is Settlement.REJECTED:
                raise MesRefusedError(f"{settings.address} rejected {envelope.name}")
            if settlement is not Settlement.ACCEPTED:
                raise MesAwayError(f"{settings.address} gave {envelope.name} back")

    def check(self) -> None:
        """Connect, and look whether messages and questions can be sent; nothing is sent.

        Raises:
            MesAwayError: they cannot.
        """
        settings = self._settings
        until = monotonic() + settings.deadline_s
        with self._line.ready(until) as connection:
            connection.check(settings.address, until)
        if settings.interlock_address:
            self._questions.check(until)

    def ask(self, question: InterlockQuestion) -> InterlockAnswer:
        """See Destination. Thread-safe."""
        settings = self._settings
        request = validation_request(
            question,
            settings.identifier,
            at=_now(),
            source=handle(settings.handle, question.station),
            target=settings.interlock_target,
            request=str(uuid4()),
        )
        until = monotonic() + settings.deadline_s
        return read_response(self._questions.ask(amqp_message_of(request), until))

    def close(self) -> None:
        """See Destination."""
        connection = self._line.connection
        if connection and connection is self._greeted and connection.is_open():
            with suppress(BurnerError):
                self._tell(connection, SHUTTING_DOWN, monotonic() + GOODBYE_S)
        self._line.drop()
        self._questions.close()

    def _tell(self, connection: AmqpConnection, name: str, until: float) -> None:
        """About the endpoint itself: not in the outbox, and nothing is done if nobody takes it."""
        body: Body = {"CFXHandle": self._source}
        if name == CONNECTED:
            body |= {"RequestNetworkUri": None, "RequestTargetAddress": None}
        envelope = CfxEnvelope(name, _now(), str(uuid4()), self._source, body)
        connection.send(self._settings.address, amqp_message_of(envelope), until)


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
