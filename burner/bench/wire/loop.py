"""One selector loop: files that are ready, and calls that are due."""

import heapq
import itertools
import select
import selectors
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress

RECEIVE_BYTES = 64 * 1024
MAX_PENDING_BYTES = 1 << 20
"""More unread bytes than this are lost, as on a real port."""

Ready = Callable[[], None]
Call = tuple[float, int, Callable[[float], None]]


class Loop:
    """Waits with microseconds where the platform can (epoll alone rounds up to milliseconds)."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._calls: list[Call] = []
        self._count = itertools.count()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self.watch(self._wake_in, self._woken)
        self.stopping = False

    def watch(self, file: "int | socket.socket", ready: Ready, write: bool = False) -> None:
        """Call `ready` when a file can be read (or written as well)."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0)
        self._selector.register(file, events, ready)

    def forget(self, file: "int | socket.socket") -> None:
        """Stop watching; a file that is not watched is fine."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(file)

    def at(self, when: float, call: Callable[[float], None]) -> None:
        """Call once at a time of `time.monotonic()`."""
        heapq.heappush(self._calls, (when, next(self._count), call))

    def stop(self) -> None:
        """End the loop; from any thread or signal handler."""
        self.stopping = True
        with suppress(OSError):
            self._wake_out.send(b"!")

    def turn(self, due: float | None) -> float:
        """Wait for files, for `due` or for a call; do what is ready; the time it is then."""
        if self._calls and (due is None or self._calls[0][0] < due):
            due = self._calls[0][0]
        wait = None if due is None else max(0.0, due - time.monotonic())
        for key, _ in self._select(wait):
            if self._selector.get_map().get(key.fd) is key:  # else an earlier one closed it
                key.data()
        now = time.monotonic()
        while self._calls and self._calls[0][0] <= now:
            heapq.heappop(self._calls)[2](now)
        return now

    def _select(self, wait: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        if sys.platform == "linux" and wait and isinstance(self._selector, selectors.EpollSelector):
            select.select([self._selector], [], [], wait)
            wait = 0.0
        return self._selector.select(wait)

    def _woken(self) -> None:
        with suppress(OSError):
            self._wake_in.recv(64)

    def close(self) -> None:
        """Close what the loop itself opened."""
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()


class Stream:
    """A non-blocking byte stream on the loop: a socket, or a PTY's master."""

    def __init__(
        self,
        loop: Loop,
        file: "int | socket.socket",
        *,
        receive: Callable[[int], bytes],
        send: Callable[[bytes], int],
        on_data: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._file = file
        self._receive = receive
        self._transmit = send
        self._on_data = on_data
        self._on_end = on_end
        self._pending = bytearray()
        self._watched = False
        self.open = True
        self.resume()

    def resume(self) -> None:
        """Read on (again)."""
        if not self._watched and self.open:
            self._watched = True
            self._loop.watch(self._file, self._ready, write=bool(self._pending))

    def pause(self) -> None:
        """Stop reading: the host's writes block once the buffers between us are full."""
        if self._watched:
            self._watched = False
            self._loop.forget(self._file)

    def send(self, data: bytes) -> None:
        """Queue bytes for the host; they are lost when it does not read for too long."""
        if not self.open or len(self._pending) > MAX_PENDING_BYTES:
            return
        if not self._pending:
            try:
                data = data[self._transmit(data) :]
            except BlockingIOError:
                pass
            except OSError:
                return
        if data:
            self._pending += data
            self._rewatch()

    def _rewatch(self) -> None:
        self.pause()
        self.resume()

    def _ready(self) -> None:
        if self._pending:
            self._drain()
        try:
            data = self._receive(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._on_data(data)
        else:
            self._on_end()

    def _drain(self) -> None:
        with suppress(OSError):
            del self._pending[: self._transmit(bytes(self._pending))]
        if not self._pending:
            self._rewatch()

    def close(self) -> None:
        """Stop; the file itself belongs to whoever opened it."""
        self.pause()
        self.open = False
