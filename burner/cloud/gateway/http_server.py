"""An HTTP server for small requests of devices: one a connection, everything about it bounded.

A slow, endless or broken client costs one of the places, for a few seconds, and nothing else.
"""

import io
import os
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.registration import HttpRequest

SERVER_NAME = "burner gateway"


@dataclass(frozen=True)
class Bounds:
    """What a client may cost."""

    connections: int = 64
    header_bytes: int = 8 * 1024
    body_bytes: int = 4 * 1024
    seconds: float = 10.0
    """From the connection to the end of its answer."""


class TooLargeError(Exception):
    """A request has more bytes than it may."""


Answer = Callable[[HttpRequest, str, bool], tuple[HTTPStatus, bytes]]
"""Request, address of the client, whether it came over TLS → status and JSON."""
Refused = Callable[[str, HTTPStatus, str], None]
"""Is told of what is no request: address, status, why."""


class BoundedHttpServer(socketserver.TCPServer):
    """Serves POST until `close`; `serve_forever` in a thread of its own."""

    allow_reuse_address = os.name == "posix"
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        answer: Answer,
        refused: Refused,
        *,
        tls: ssl.SSLContext | None = None,
        bounds: Bounds = Bounds(),
    ) -> None:
        """Listen.

        Raises:
            BurnerError: E820.
        """
        self.answer, self.refused = answer, refused
        self.tls, self.bounds = tls, bounds
        self._places = threading.BoundedSemaphore(bounds.connections)
        self._open: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        try:
            super().__init__(address, socketserver.BaseRequestHandler)  # `_serve` takes its own
        except (OSError, OverflowError, TypeError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "not an address"
            detail = f"{address[0]}:{address[1]}: {why}"
            raise BurnerError(Code.GATEWAY_ADDRESS_UNAVAILABLE, detail) from None
        self._loop = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def at(self) -> tuple[str, int]:
        """Address and port."""
        host, port = self.server_address[:2]
        return str(host), port

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8080`."""
        host, port = self.at
        name = f"[{host}]" if self.address_family == socket.AF_INET6 else host
        return f"{'https' if self.tls else 'http'}://{name}:{port}"

    def start(self) -> None:
        """Serve, in a thread."""
        self._loop.start()

    def close(self) -> None:
        """Stop listening, and cut off who is still connected."""
        if self._loop.is_alive():
            self.shutdown()
            self._loop.join()
        self.server_close()
        with self._lock:
            cut_off = dict(self._open)
        for connection in cut_off.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in cut_off:
            thread.join(self.bounds.seconds)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread; refuse it where too many are open."""
        if not self._places.acquire(blocking=False):
            self.refused(client_address[0], HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")
            self.shutdown_request(request)
            return
        thread = threading.Thread(target=self._serve, args=(request, client_address), daemon=True)
        with self._lock:
            self._open[thread] = request
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left
            self._end(thread, request)

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        deadline = time.monotonic() + self.bounds.seconds
        client = str(client_address[0])
        try:
            connection = self._secured(request)
            with connection:
                _Handler(connection, client_address, self, deadline)
        except (OSError, ValueError) as error:  # a client that went, or speaks no TLS
            why = f"no TLS: {error.reason}" if isinstance(error, ssl.SSLError) else "cut off"
            self.refused(client, HTTPStatus.BAD_REQUEST, why)
        except Exception as error:  # a bug: this request fails, the next one is served
            self.refused(client, HTTPStatus.INTERNAL_SERVER_ERROR, type(error).__name__)
        finally:
            self._end(threading.current_thread(), request)

    def _end(self, thread: threading.Thread, request: socket.socket) -> None:
        self.shutdown_request(request)
        with self._lock:
            del self._open[thread]
        self._places.release()

    def _secured(self, request: socket.socket) -> socket.socket:
        request.settimeout(self.bounds.seconds)
        if self.tls is None:
            return request
        secured = self.tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open[threading.current_thread()] = secured
        try:
            secured.do_handshake()
        except OSError:
            secured.close()
            raise
        return secured


class _BoundedReader(io.RawIOBase):
    """Reads from a connection until the deadline, and no more bytes than allowed."""

    def __init__(self, connection: socket.socket, allowed: int, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self.allowed = allowed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.allowed <= 0:
            raise TooLargeError
        self._connection.settimeout(max(self._deadline - time.monotonic(), 0.001))
        with memoryview(buffer) as view:
            count = self._connection.recv_into(view, min(len(view), self.allowed))
        self.allowed -= count
        return count


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = default_request_version = request_version = "HTTP/1.1"
    server: BoundedHttpServer

    def __init__(
        self, connection: socket.socket, address: Any, server: BoundedHttpServer, deadline: float
    ) -> None:
        self._deadline = deadline
        super().__init__(connection, address, server)

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        bounds = self.server.bounds
        self._reader = _BoundedReader(self.connection, bounds.header_bytes, self._deadline)
        self.rfile = io.BufferedReader(self._reader, bounds.header_bytes)

    def handle(self) -> None:
        try:
            self.handle_one_request()
        except TooLargeError:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def do_POST(self) -> None:
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(lengths) != 1:
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif not (lengths[0].isascii() and lengths[0].isdecimal()):
            self._refuse(HTTPStatus.BAD_REQUEST, "Content-Length is not a number")
        elif len(lengths[0]) > 9 or int(lengths[0]) > self.server.bounds.body_bytes:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._answer(int(lengths[0]))

    def _answer(self, length: int) -> None:
        self._reader.allowed += length
        body = self.rfile.read(length)
        if len(body) < length:
            self._refuse(HTTPStatus.BAD_REQUEST, "half a request")
            return
        request = HttpRequest(self.path, dict(self.headers.items()), body)
        secured = self.server.tls is not None
        self._send(*self.server.answer(request, self.client_address[0], secured))

    def _refuse(self, status: HTTPStatus, why: str = "") -> None:
        self.server.refused(self.client_address[0], status, why or status.phrase)
        self._send(status, b"{}")
        self._drain()

    def _send(self, status: HTTPStatus, body: bytes) -> None:
        self.close_connection = True
        self.connection.settimeout(max(self._deadline - time.monotonic(), 0.001))
        self.send_response_only(status)
        self.send_header("Server", SERVER_NAME)
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _drain(self) -> None:
        """Read on for a moment: a connection that is closed with bytes unread loses the answer."""
        self._reader.allowed = 16 * self.server.bounds.header_bytes
        with suppress(OSError, TooLargeError):
            self.connection.shutdown(socket.SHUT_WR)
            while self._reader.read(4096):
                pass

    def send_error(
        self,
        code: int,
        message: str | None = None,
        explain: str | None = None,  # noqa: ARG002 - of http.server
    ) -> None:
        """Refuse what http.server does not take for a request."""
        self._refuse(HTTPStatus(code), message or "")

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - http.server's name
        """Only a deadline that has passed comes here."""
        self.server.refused(self.client_address[0], HTTPStatus.REQUEST_TIMEOUT, "too slow")
