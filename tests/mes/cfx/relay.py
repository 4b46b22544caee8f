"""A relay to a port of this computer that cuts its connections, or swallows what comes."""

import select
import socket
import threading
import time
from contextlib import suppress
from typing import Self


class Relay:
    """Listens on a port of its own; each connection has a thread."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._left: int | None = None
        self._deaf_until = 0.0
        self._over = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut_after(self, sent: int) -> None:
        """Cut the connection after so many further bytes towards the broker."""
        with self._lock:
            self._left = sent

    def swallow_for(self, seconds: float) -> None:
        """Pass nothing on for a time; what came meanwhile is gone, and then the connection."""
        self._deaf_until = time.monotonic() + seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        self._listener.settimeout(0.1)
        while not self._over:
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self._target), 5)
            with server:
                while not self._over and self._pass_on(client, server):
                    pass

    def _pass_on(self, client: socket.socket, server: socket.socket) -> bool:
        """Whether the connection is still there."""
        readable, _, _ = select.select([client, server], [], [], 0.1)
        for source in readable:
            data = source.recv(65536)
            if not data:
                return False
            if time.monotonic() < self._deaf_until:
                time.sleep(max(0.0, self._deaf_until - time.monotonic()))
                return False
            if source is server:
                client.sendall(data)
                continue
            with self._lock:
                left, self._left = self._left, None
                if left is not None and len(data) < left:
                    self._left = left - len(data)
            if left is not None and len(data) >= left:
                server.sendall(data[:left])
                return False
            server.sendall(data)
        return True
