"""uvicorn's HTTP over h11 with bounds on connections: their number, and how slow they may be."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 256
"""More are closed at once."""
REQUEST_S = 10.0
"""A client must have sent its request by then."""
SLOW_S = 20.0
"""A client that takes nothing for so long, while more waits for it than the system holds, is cut
off. It may connect again.
"""


class BoundedProtocol(H11Protocol):
    """One connection; it serves one request (the app answers `Connection: close`)."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or refuse it."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._set_deadline(REQUEST_S)

    def data_received(self, data: bytes) -> None:
        """Read on; a request that is whole has no deadline."""
        super().data_received(data)
        if self.cycle is not None:
            self._set_deadline(None)

    def pause_writing(self) -> None:
        """The client takes less than it gets."""
        super().pause_writing()
        self._set_deadline(SLOW_S)

    def resume_writing(self) -> None:
        """It takes it again."""
        super().resume_writing()
        self._set_deadline(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._set_deadline(None)
        super().connection_lost(exc)

    def _set_deadline(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if seconds is not None:
            self._deadline = self.loop.call_later(seconds, self.transport.abort)
