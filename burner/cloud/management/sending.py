"""Whether a call was sent: one answer for who waits for it, and for the connection below the SDKs.

The SDKs differ in where they put what they ask: in the body, or in the URL. Sent is therefore what
was handed to a connection that is there, with its tunnel and its TLS.
"""

import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.poolmanager import PoolManager


class Sending:
    """One try of a call. It begins to be sent, or it is given up before: never both."""

    def __init__(self, end: float, now: Callable[[], float] = time.monotonic) -> None:
        """Prepare a try.

        Args:
            end: after this moment it does not begin.
            now: the moment.
        """
        self.end = end
        self._now = now
        self._lock = threading.Lock()
        self._is_given_up = False
        self.has_begun = False

    def begin(self) -> None:
        """Say that the next byte goes to the platform.

        Raises:
            TimeoutError: it is given up, or too late.
        """
        with self._lock:
            if self._is_given_up or self._now() > self.end:
                raise TimeoutError(errno.ETIMEDOUT, "no connection in time")
            self.has_begun = True

    def give_up(self) -> bool:
        """Let it not begin from now on; whether it has begun before."""
        with self._lock:
            self._is_given_up = True
            return self.has_begun

    @contextmanager
    def of_this_thread(self) -> Iterator[None]:
        """Until the end of the block, connections of this thread send this."""
        token = _SENDING.set(self)
        try:
            yield
        finally:
            _SENDING.reset(token)


_SENDING: ContextVar[Sending | None] = ContextVar("_SENDING", default=None)


def current_sending() -> Sending | None:
    """What this thread sends."""
    return _SENDING.get()


class SendingAdapter(HTTPAdapter):
    """Lets each connection ask before it sends."""

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        """Of `requests`: when the adapter is made."""
        super().init_poolmanager(*args, **settings)
        _let_ask(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        """Of `requests`: for each request by a proxy."""
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **settings)
        if is_new:
            _let_ask(manager)
        return manager


class _Asking:
    """A part of a connection of urllib3; its tunnel and TLS come before `request`."""

    def request(self, *args: Any, **more: Any) -> None:
        connection = cast("Any", super())
        if getattr(self, "sock", None) is None:  # without TLS
            connection.connect()
        if sending := current_sending():
            sending.begin()
        connection.request(*args, **more)


def _let_ask(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {
        scheme: _asking(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _asking(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    connection = type(f"Asking{pool.ConnectionCls.__name__}", (_Asking, pool.ConnectionCls), {})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})
