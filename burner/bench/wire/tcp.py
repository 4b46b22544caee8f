"""TCP on the bench's loop: a listener, and the connections that it accepts."""

import socket
from collections.abc import Callable
from contextlib import suppress

from burner.bench.wire.loop import Loop, Stream


class Listener:
    """A listening TCP port; number 0 = any that is free."""

    def __init__(
        self, loop: Loop, host: str, number: int, on_connection: Callable[[socket.socket], object]
    ) -> None:
        self._loop = loop
        self._on_connection = on_connection
        self._socket = socket.create_server((host, number))
        self._socket.setblocking(False)
        loop.watch(self._socket, self._accept)

    @property
    def address(self) -> str:
        """`127.0.0.1:4000`."""
        host, number = self._socket.getsockname()[:2]
        return f"{host}:{number}"

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            connection, _ = self._socket.accept()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._on_connection(connection)

    def close(self) -> None:
        """Close the port; connections stay open."""
        self._loop.forget(self._socket)
        self._socket.close()


class TcpStream(Stream):
    """A connection as a stream that owns its socket."""

    def __init__(
        self,
        loop: Loop,
        connection: socket.socket,
        on_data: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> None:
        self._connection = connection
        super().__init__(
            loop,
            connection,
            receive=connection.recv,
            send=connection.send,
            on_data=on_data,
            on_end=on_end,
        )

    def close(self) -> None:
        """Close the connection."""
        super().close()
        self._connection.close()
