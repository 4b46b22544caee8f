"""One connection that is opened when it is needed, and dropped after an error."""

from collections.abc import Iterator
from contextlib import contextmanager

from burner.core.errors import BurnerError
from burner.mes.cfx.connection import AmqpConnection, Connect


class Line:
    """The way to a broker. Of one thread at a time."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self.connection: AmqpConnection | None = None
        """None: it is opened for the next message."""

    @contextmanager
    def ready(self, until: float) -> Iterator[AmqpConnection]:
        """The connection, or a new one where the other side has ended it meanwhile.

        Raises:
            MesAwayError: there is none to be had.
        """
        if self.connection and not self.connection.is_open():
            self.drop()
        try:
            if not self.connection:
                self.connection = self._connect(until)
            yield self.connection
        except BurnerError:
            self.drop()
            raise

    def drop(self) -> None:
        """End the connection, if there is one."""
        connection, self.connection = self.connection, None
        if connection:
            connection.close()
