"""The newest state, for any number of clients: each gets the newest one, none a queue."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from burner.wall.feed import utc_now
from burner.wall.state import WallState, json_moment


class LatestState:
    """Holds the JSON of one state. `set` and `wake` may be called from any thread."""

    def __init__(self, state: WallState) -> None:
        self._after_now = b""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clients: set[asyncio.Event] = set()
        self._closed = False
        self.set(state)

    def serve_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake clients in this loop."""
        self._loop = loop

    def set(self, state: WallState) -> None:
        """Have a new state."""
        plain = state.plain()
        del plain["now"]
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
        self._after_now = text.removeprefix("{").encode()

    def payload(self) -> bytes:
        """The state as one line of JSON, with the time of now."""
        return f'{{"now":"{json_moment(utc_now())}",'.encode() + self._after_now

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

    @contextmanager
    def client(self) -> Iterator[asyncio.Event]:
        """One more client until the block ends; it is woken by what this gives."""
        changed = asyncio.Event()
        self._clients.add(changed)
        try:
            yield changed
        finally:
            self._clients.discard(changed)

    async def follow(self, changed: asyncio.Event) -> AsyncIterator[bytes]:
        """The state now, and each newer one; a slow client misses those in between."""
        while not self._closed:
            changed.clear()
            yield self.payload()
            await changed.wait()

    def _set_all(self) -> None:
        for changed in self._clients:
            changed.set()
