"""A byte dialogue on a port of the slot, through the worker of the slot."""

import contextlib
from collections.abc import Callable

from burner.core.errors import BurnerError
from burner.core.secrets.search import SecretStream
from burner.devices.wire import Message


class WorkerLine:
    """A `SerialLine` through the worker, which can be killed when the port hangs."""

    def __init__(self, ask: Callable[..., Message], name: str, secrets: SecretStream) -> None:
        self._ask = ask
        self._name = name
        self._secrets = secrets

    def send(self, data: bytes) -> None:
        """Write all of it. Raises BurnerError (E308, E310)."""
        self._secrets.expect_echo(data)
        self._ask("line_send", data, name=self._name)

    def receive(self, timeout_s: float) -> bytes:
        """What arrived within the time, at least one byte; `b""` when nothing did."""
        arrived = self._ask("line_receive", name=self._name, timeout_s=timeout_s).payload
        return self._secrets.clean_bytes(arrived)

    def set_baud(self, baud: int) -> None:
        """Change the rate of our side. Raises BurnerError (E309)."""
        self._ask("line_baud", name=self._name, baud=baud)

    def close(self) -> None:
        """Close the port. Never raises."""
        with contextlib.suppress(BurnerError):
            self._ask("line_close", name=self._name)
