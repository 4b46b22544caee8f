"""Serves the wall view in a thread, and polls the manifest in another one."""

import asyncio
import errno
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from logging import NullHandler, getLogger

import uvicorn

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.wall.server.app import wall_app
from burner.wall.server.bounded_protocol import BoundedProtocol
from burner.wall.server.latest_state import LatestState
from burner.wall.state import WallState

POLL_S = 1.0
SAME_STATE_S = 5.0
"""So often the state is sent though nothing changed: clients see that the server lives."""
MOST_HEADER_BYTES = 16 * 1024
MOST_REQUESTS = 128
"""Connections from which on requests are answered 503."""
START_S = 10
STOP_S = 1

_TAKEN = (errno.EADDRINUSE, errno.EACCES)
_NO_TIME = datetime.fromtimestamp(0, UTC)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        BurnerError: E903 the port is taken or not allowed, E904 the address is not this computer's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise BurnerError(Code.WALL_ADDRESS_UNKNOWN, host) from error
    family, *_, address = found[0]
    try:
        return socket.create_server(address[:2], family=family, backlog=64)
    except OSError as error:
        taken = error.errno in _TAKEN
        code = Code.WALL_PORT_TAKEN if taken else Code.WALL_ADDRESS_UNKNOWN
        raise BurnerError(code, f"{host}:{port}" if taken else host) from error


class WallServer:
    """The page, until `stop`.

    Args:
        listener: its socket.
        host: the address that was asked for.
        files: the files of the page: path → media type and content.
        state: to begin with.
        poll: gives the state each time; one thread calls it.
        poll_s: seconds between two polls.
    """

    def __init__(
        self,
        listener: socket.socket,
        host: str,
        files: Mapping[str, tuple[str, bytes]],
        state: WallState,
        poll: Callable[[], WallState],
        *,
        poll_s: float = POLL_S,
    ) -> None:
        self._listener, self._poll, self._poll_s = listener, poll, poll_s
        self._latest = LatestState(state)
        self._shown = replace(state, now=_NO_TIME)
        config = uvicorn.Config(
            wall_app(self._latest, files, host),
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_REQUESTS,
            h11_max_incomplete_event_size=MOST_HEADER_BYTES,
            timeout_graceful_shutdown=STOP_S,
        )
        self._server = uvicorn.Server(config)
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
            for name, work in (("wall-server", self._serve), ("wall-poll", self._follow))
        ]
        self.failure: Exception | None = None
        """Why it ended by itself."""

    def start(self) -> None:
        """Begin to serve, and to poll."""
        getLogger("uvicorn").addHandler(NullHandler())  # else its warnings go to the terminal
        for thread in self._threads:
            thread.start()
        self._ready.wait(START_S)

    def wait(self, seconds: float) -> bool:
        """Wait; whether it was stopped, or has ended by itself."""
        return self._stopping.wait(seconds)

    def stop(self) -> None:
        """End every connection, and serve no more. A poll that waits for a database is left."""
        self._end()
        self._threads[0].join(2 * STOP_S)
        self._threads[1].join(0.2)

    def _end(self) -> None:
        self._stopping.set()
        self._server.should_exit = True
        self._latest.close()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # a thread has nobody above it
            self.failure = error
        self._end()

    def _serve(self) -> None:
        async def serve() -> None:
            self._latest.serve_in(asyncio.get_running_loop())
            self._ready.set()
            await self._server.serve(sockets=[self._listener])

        with closing(self._listener):
            asyncio.run(serve())

    def _follow(self) -> None:
        sent = time.monotonic()
        while not self._stopping.wait(self._poll_s):
            state = self._poll()
            shown = replace(state, now=_NO_TIME)
            changed = shown != self._shown
            if changed:
                self._shown = shown
                self._latest.set(state)
            if changed or time.monotonic() - sent >= SAME_STATE_S:
                sent = time.monotonic()
                self._latest.wake()
