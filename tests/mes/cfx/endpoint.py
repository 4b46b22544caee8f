"""An endpoint of AMQP 1.0 by Qpid Proton that settles, or answers, as a test plans it."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from proton import Delivery, Message
from proton.handlers import MessagingHandler
from proton.reactor import Container

from tests.mes.cfx.rabbitmq import free_ports


class Endpoint(MessagingHandler):  # type: ignore[misc] # proton without types
    """Listens on a free port, in a thread of its own, while it is entered.

    `plan` has how each message is settled, in turn: `accepted` when it is empty, `silent` not at
    all, `cut` the connection. Messages about endpoints do not count.
    """

    def __init__(self, plan: list[str], answer: Callable[[str], dict[str, Any]] | None = None):
        super().__init__(auto_accept=False)
        self.port = 0
        """Known when it listens."""
        self.names: list[str] = []
        """Short names of the messages that it accepted."""
        self.reply_addresses: list[str] = []
        self._plan, self._answer = plan, answer
        self._answering: dict[str, Any] = {}
        self._over, self._ready = threading.Event(), threading.Event()
        self._container = Container(self)
        self._thread = threading.Thread(target=self._container.run)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def on_start(self, event: Any) -> None:
        for self.port in free_ports(3):
            with suppress(OSError):  # another program took it before us
                self._listener = event.container.listen(f"amqp://127.0.0.1:{self.port}")
                break
        event.container.schedule(0.02, self)
        self._ready.set()

    def on_timer_task(self, event: Any) -> None:
        if self._over.is_set():
            self._listener.close()
            event.container.stop()
        else:
            event.container.schedule(0.02, self)

    def on_link_opening(self, event: Any) -> None:
        link = event.link
        link.source.address = link.remote_source.address
        link.target.address = link.remote_target.address
        if link.is_sender:
            self._answering[link.remote_target.address] = link

    def on_message(self, event: Any) -> None:
        envelope = json.loads(bytes(event.message.body))
        name = envelope["MessageName"].rpartition(".")[2]
        step = self._plan.pop(0) if self._plan and "Endpoint" not in name else "accepted"
        if step == "cut":
            event.connection.close()
        if step in ("cut", "silent"):
            return
        event.delivery.update(getattr(Delivery, step.upper()))
        event.delivery.settle()
        if step == "accepted" and "Endpoint" not in name:
            self.names.append(name)
        if self._answer:
            self.reply_addresses.append(event.message.reply_to)
            text = json.dumps(self._answer(envelope["RequestID"]))
            self._answering[event.message.reply_to].send(Message(body=text.encode()))
