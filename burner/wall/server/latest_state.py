"""The newest state, for any number of clients: each gets the newest one, none a queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress


class LatestState:
    """Holds one state as bytes. `keep` and `wake` may be called from any thread."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clients: set[asyncio.Event] = set()
        self._closed = False

    def serve_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake clients in this loop."""
        self._loop = loop

    def keep(self, payload: bytes) -> None:
        """Have a state for the next client."""
        self.payload = payload

    def wake(self) -> None:
        """Give it to every client."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self._set_all)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self.wake()

    @property
    def clients(self) -> int:
        """How many follow it now."""
        return len(self._clients)

    async def follow(self) -> AsyncIterator[bytes]:
        """The state now, and each newer one; a slow client misses those in between."""
        changed = asyncio.Event()
        self._clients.add(changed)
        try:
            while not self._closed:
                changed.clear()
                yield self.payload
                await changed.wait()
        finally:
            self._clients.discard(changed)

    def _set_all(self) -> None:
        for changed in self._clients:
            changed.set()
