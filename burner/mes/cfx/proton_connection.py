"""AMQP 1.0 by Qpid Proton (extra `burner[cfx]`), in the thread that calls.

Proton's `BlockingConnection` runs the events of its connection while it waits, and only then. It
does not look for the end of a session, by which RabbitMQ says that an address is unknown or that
something is not allowed. So what is awaited here is always awaited together with that end.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.mes.cfx.connection import AmqpMessage, Settlement
from burner.mes.cfx.envelope import CONTENT_TYPE
from burner.mes.destination import MesAwayError, MesRefusedError

EXISTING_QUEUE = "/amq/queue/"
"""Address of RabbitMQ for a queue that must exist. RabbitMQ 3 accepts a message for one that does
not, and drops it: so it is looked for first, as a reader would."""
TOO_LARGE = "amqp:link:message-size-exceeded"
MAX_DETAIL = 300
CREDIT = 10
"""Answers that may be on their way at once."""
CLOSE_S = 1.0
"""So long the other side may take to say goodbye."""


@dataclass(frozen=True)
class AmqpPeer:
    """A broker or an endpoint, and as whom it is reached."""

    url: str
    """`amqp://HOST:PORT` or `amqps://HOST:PORT`, without user and password."""
    user: str = ""
    password: Secret | None = None
    virtual_host: str = ""
    ca: Path | None = None
    """PEM file with the certificates that are trusted; needed for amqps."""
    certificate: Path | None = None
    key: Path | None = None
    server_name: str = ""
    """In its certificate; empty: the host of the URL."""

    @property
    def mechanisms(self) -> str:
        """How it is said who we are (SASL): by password, by certificate, or not."""
        return "PLAIN" if self.user else "EXTERNAL" if self.certificate else "ANONYMOUS"


def require_proton() -> None:
    """Check that the extra is installed.

    Raises:
        BurnerError: E790 it is not.
    """
    try:
        import proton.utils  # noqa: F401
    except ImportError as error:
        raise BurnerError(Code.CFX_NOT_INSTALLED, str(error.name or "")) from None


def tls_of(peer: AmqpPeer) -> Any:
    """Proton's settings of TLS; None without it.

    Raises:
        BurnerError: E791 a certificate or key cannot be used.
    """
    if not peer.url.startswith("amqps:"):
        return None
    from proton import SSLDomain, SSLException

    domain = SSLDomain(SSLDomain.MODE_CLIENT)
    path = peer.ca
    try:
        domain.set_trusted_ca_db(str(path))
        domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME)
        if path := peer.certificate:
            domain.set_credentials(str(path), str(peer.key or path), None)
    except SSLException:
        raise BurnerError(Code.CFX_CERTIFICATE_UNUSABLE, str(path)) from None
    return domain


class ProtonConnection:
    """One connection. Of one thread at a time."""

    def __init__(self, peer: AmqpPeer, tls: Any, until: float) -> None:
        from proton.utils import BlockingConnection

        self._senders: dict[str, Any] = {}
        self._receivers: dict[str, Any] = {}
        login: dict[str, Any] = {}
        if peer.user and peer.password:
            login = {"user": peer.user, "password": peer.password.reveal().decode(errors="replace")}
        with _errors(f"{peer.url}: "):
            self._connection: Any = BlockingConnection(
                peer.url,
                timeout=_left(until),
                ssl_domain=tls,
                virtual_host=peer.virtual_host or None,
                sni=peer.server_name or urlsplit(peer.url).hostname,
                allowed_mechs=peer.mechanisms,
                **login,
            )
        self._connection.timeout = CLOSE_S

    def is_open(self) -> bool:
        """See AmqpConnection."""
        from proton import ProtonException, Timeout

        try:
            self._connection.wait(lambda: False, timeout=0.001)
        except Timeout:
            return True
        except (ProtonException, OSError):
            pass
        return False

    def check(self, address: str, until: float) -> None:
        """See AmqpConnection."""
        with _errors():
            self._sender(address, until)

    def send(self, address: str, message: AmqpMessage, until: float) -> Settlement:
        """See AmqpConnection."""
        with _errors():
            return self._settled(address, _proton_message(message), until)

    def ask(
        self, address: str, reply_address: str, message: AmqpMessage, until: float
    ) -> Settlement:
        """See AmqpConnection."""
        with _errors():
            receiver = self._receiver(address, reply_address, until)
            question = _proton_message(message)
            question.reply_to = receiver.target.address
            question.ttl = _left(until)
            return self._settled(address, question, until)

    def next_answer(self, address: str, reply_address: str, until: float) -> bytes | None:
        """See AmqpConnection."""
        from proton import Timeout

        with _errors():
            receiver = self._receiver(address, reply_address, monotonic() + CLOSE_S)
            try:
                self._wait(receiver, lambda: _has_message(receiver), until)
            except Timeout:
                return None
            receiver.flow(1)
            return _take(receiver)

    def close(self) -> None:
        """See AmqpConnection."""
        from proton import ProtonException

        with suppress(ProtonException, OSError):
            self._connection.close()

    def _settled(self, address: str, message: Any, until: float) -> Settlement:
        from proton import Delivery

        sender = self._sender(address, until)
        try:
            delivery = sender.send(message)
            self._wait(sender, lambda: bool(delivery.settled), until)
        except Exception:
            self._senders.pop(address)  # it may have ended; the next message gets a new one
            raise
        state = delivery.remote_state
        delivery.settle()
        states = {
            Delivery.ACCEPTED: Settlement.ACCEPTED,
            Delivery.REJECTED: Settlement.REJECTED,
            Delivery.RELEASED: Settlement.RELEASED,
            Delivery.MODIFIED: Settlement.MODIFIED,
        }
        return states.get(state, Settlement.MODIFIED)

    def _sender(self, address: str, until: float) -> Any:
        if address not in self._senders:
            container, connection = self._connection.container, self._connection.conn
            if address.startswith(EXISTING_QUEUE):
                look = container.create_receiver(connection, address, name=f"look-{uuid4()}")
                self._wait(look, lambda: _is_opened(look), until)
                look.close()
            sender = container.create_sender(connection, address, name=f"send-{uuid4()}")
            self._wait(sender, lambda: _is_opened(sender), until)
            self._senders[address] = sender
        return self._senders[address]

    def _receiver(self, address: str, reply_address: str, until: float) -> Any:
        source = reply_address or address
        if source not in self._receivers:
            name = f"answers-{uuid4()}"
            receiver = self._connection.container.create_receiver(
                self._connection.conn, source, target=reply_address or name, name=name
            )
            self._wait(receiver, lambda: _is_opened(receiver), until)
            receiver.flow(CREDIT)
            self._receivers[source] = receiver
        return self._receivers[source]

    def _wait(self, link: Any, condition: Callable[[], bool], until: float) -> None:
        """Until the condition holds.

        Raises:
            MesAwayError: the other side has ended the session.
        """
        from proton import Endpoint

        session = link.session
        self._connection.wait(
            lambda: condition() or session.state & Endpoint.REMOTE_CLOSED, timeout=_left(until)
        )
        if session.state & Endpoint.REMOTE_CLOSED:
            raise MesAwayError(_condition_text(session.remote_condition))


def _proton_message(message: AmqpMessage) -> Any:
    from proton import Message, symbol

    made = Message(
        body=message.body,
        durable=True,
        id=message.id,
        subject=message.subject,
        content_type=symbol(CONTENT_TYPE),
        properties=dict(message.properties),
    )
    made.inferred = True  # bytes as data, not as a value of AMQP
    if message.to:
        made.address = message.to
    if message.correlation:
        made.correlation_id = message.correlation
    return made


def _is_opened(link: Any) -> bool:
    from proton import Endpoint

    return not link.state & Endpoint.REMOTE_UNINIT


def _has_message(receiver: Any) -> bool:
    delivery = receiver.current
    return bool(delivery and delivery.readable and not delivery.partial)


def _take(receiver: Any) -> bytes:
    """The text of the message that is there, accepted; empty where it has none."""
    from proton import Delivery, Message

    delivery, message = receiver.current, Message()
    data = receiver.recv(delivery.pending)
    receiver.advance()
    delivery.update(Delivery.ACCEPTED)
    delivery.settle()
    message.decode(data)
    body = message.body
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | memoryview) else b""


def _left(until: float) -> float:
    return max(until - monotonic(), 0.001)


@contextmanager
def _errors(where: str = "") -> Iterator[None]:
    """Errors of Proton as those of a destination."""
    from proton import ProtonException, Timeout

    try:
        yield
    except Timeout:
        raise MesAwayError(f"{where}no answer in time") from None
    except ProtonException as error:
        condition = getattr(error, "condition", None)
        if condition == TOO_LARGE:
            raise MesRefusedError("the message is larger than the broker takes") from None
        raise MesAwayError(where + _clean(str(error))) from None
    except OSError as error:
        raise MesAwayError(where + _clean(str(error))) from None


def _condition_text(condition: Any) -> str:
    words = (condition.description or condition.name) if condition else "it ended the session"
    return _clean(str(words))


def _clean(text: str) -> str:
    """One printable line of what the other side says, without the words of Proton around it."""
    found = re.search(r"Condition\('[^']*', (?:'(.*?)'|\"(.*?)\")\)", text)
    words = (found[1] or found[2] or text) if found else text
    return "".join(c if c.isprintable() else " " for c in words)[:MAX_DETAIL]
