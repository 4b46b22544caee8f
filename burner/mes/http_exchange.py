"""A request and its answer, ended at a deadline whatever the server does.

A socket's own timeout begins again with every byte, and does not count the look-up of a name. So
the exchange runs in a thread of its own. The caller leaves it at the deadline and shuts its
connection down, which ends the thread.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR, socket
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_of_thread = threading.local()


class HttpDeadlineError(Exception):
    """The deadline has passed."""

    def __init__(self, *, connected: bool) -> None:
        self.connected = connected
        """Whether the server was reached."""


class HttpExchange(Generic[T]):
    """Used once."""

    def __init__(self, work: Callable[["HttpExchange[T]"], T]) -> None:
        """Nothing is sent yet.

        Args:
            work: the exchange; it calls `release` when it needs its connection no more.
        """
        self._work = work
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._socket: socket | None = None
        self._abandoned = False
        self._results: list[T] = []
        self._error: Exception | None = None

    def run(self, deadline_s: float) -> T:
        """What the work gives, or raises.

        Raises:
            HttpDeadlineError: the deadline has passed.
        """
        threading.Thread(target=self._run, name="mes exchange", daemon=True).start()
        try:
            in_time = self._ended.wait(deadline_s)
        finally:
            connected = self._abandon()
        if not in_time:
            raise HttpDeadlineError(connected=connected)
        if self._error is not None:
            raise self._error
        return self._results[0]

    def use(self, connection: socket) -> None:
        """From now on this connection is used."""
        with self._lock:
            self._socket = connection
            if self._abandoned:
                _shut(connection)

    def release(self) -> None:
        """The connection is for others now.

        Raises:
            TimeoutError: it is shut down.
        """
        with self._lock:
            self._socket = None
            if self._abandoned:
                raise TimeoutError

    def _run(self) -> None:
        _of_thread.exchange = self
        try:
            self._results.append(self._work(self))
        except Exception as error:  # raised where it is waited for
            self._error = error
        self._ended.set()

    def _abandon(self) -> bool:
        """Whether it still had a connection."""
        with self._lock:
            self._abandoned = True
            if self._socket is not None:
                _shut(self._socket)
            return self._socket is not None


class EndsWithExchange:
    """A part of a connection: its socket belongs to the exchange of the thread that uses it."""

    def connect(self) -> None:
        """Connect."""
        connection: Any = self
        super().connect()  # type: ignore[misc]
        _of_thread.exchange.use(connection.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send; over TLS the connection is made before."""
        connection: Any = self
        if connection.sock is not None:
            _of_thread.exchange.use(connection.sock)
        super().request(*args, **kwargs)  # type: ignore[misc]


def _shut(connection: socket) -> None:
    """Also one over TLS as a plain one: a thread that reads from it must not get its bytes as they
    came over the line.
    """
    with suppress(OSError):
        socket.shutdown(connection, SHUT_RDWR)
