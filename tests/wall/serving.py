"""A wall view that is served on a free port, with states that a test makes."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from burner.wall.page.files import page_files
from burner.wall.server.server import WallServer, listening_socket
from burner.wall.snapshot import never_read
from burner.wall.state import WallAway, WallState

HOST = "127.0.0.1"
NOW = datetime(2025, 1, 31, 8, 1, tzinfo=UTC)
NOTHING = replace(never_read(NOW, WallAway("E711", NOW)), away=None)


class Shown:
    """The state that the server polls."""

    def __init__(self, state: WallState) -> None:
        self.state = state

    def __call__(self) -> WallState:
        return self.state


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    server: WallServer
    port: int
    shown: Shown

    def request(
        self, path: str, method: str = "GET", headers: Mapping[str, str] = {}
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """An answer, and its body."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=20)
        try:
            connection.request(method, path, headers=dict(headers))
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def connect(self, request: bytes = b"") -> socket.socket:
        """A connection with what a client has sent."""
        made = socket.create_connection((HOST, self.port), timeout=20)
        made.sendall(request)
        return made

    def follow(self) -> "Follower":
        return Follower(self.connect(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"))


class Follower:
    """A client of `/events`."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._file = connection.makefile("rb")

    def state(self) -> Any:
        """The next state; None: the stream has ended."""
        for line in self._file:
            if line.startswith(b"data: "):
                return json.loads(line.removeprefix(b"data: "))
        return None

    def close(self) -> None:
        self._file.close()
        self.connection.close()


@contextmanager
def serving(
    state: WallState = NOTHING, poll: Callable[[], WallState] | None = None
) -> Iterator[Served]:
    """Serve a state, and each that the test sets later, or that `poll` gives."""
    shown = Shown(state)
    listener = listening_socket(HOST, 0)
    port = listener.getsockname()[1]
    server = WallServer(listener, HOST, page_files(None), state, poll or shown, poll_s=0.02)
    server.start()
    try:
        yield Served(server, port, shown)
    finally:
        server.stop()
    assert server.failure is None
