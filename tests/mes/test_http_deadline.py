"""An exchange with a MES ends at its deadline, whatever the server does."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from burner.mes.destination import MesAwayError
from burner.mes.http_exchange import HttpDeadlineError, HttpExchange
from burner.mes.http_post import HttpDoor, TlsFiles
from tests.mes.cfx.tls_files import TlsAuthority

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIPS = {
    "head": (b"", b"H"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "length of a chunk": (CHUNKED, b"0"),
    "chunk": (CHUNKED + b"ffff\r\n", b"x"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b" "),
    "body without an end": (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
}
DEADLINE_S = 0.2
GENEROUS_S = 20
"""On a busy machine; while it drips, an exchange without a deadline takes for ever."""


class DrippingServer:
    """Answers the first request with a beginning, then drips until the end of the block."""

    def __init__(self, begin: bytes, drop: bytes, tls: ssl.SSLContext | None) -> None:
        self._begin, self._drop, self._tls = begin, drop, tls
        self._over = threading.Event()
        self.hung_up = threading.Event()
        """The client ended the connection."""
        self._server = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve one connection."""
        thread = threading.Thread(target=self._serve)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            self._server.close()

    def _serve(self) -> None:
        self._server.settimeout(GENEROUS_S)
        with self._server.accept()[0] as plain:
            plain.settimeout(GENEROUS_S)
            try:
                self._drip(plain)
            except OSError:
                self.hung_up.set()

    def _drip(self, plain: socket.socket) -> None:
        peer = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
        with peer:
            peer.recv(65536)
            peer.sendall(self._begin)
            while not self._over.wait(0.01):
                peer.sendall(self._drop)


@pytest.mark.parametrize("part", DRIPS)
def test_an_answer_that_drips_does_not_outlast_the_deadline(part: str) -> None:
    server = DrippingServer(*DRIPS[part], None)
    with server.running():
        began = time.monotonic()
        with pytest.raises(MesAwayError, match=r": no (answer|connection) in 0\.2 s"):
            HttpDoor(server.url, TlsFiles(), DEADLINE_S).post(b"{}", {})
        assert time.monotonic() - began < GENEROUS_S
        assert server.hung_up.wait(GENEROUS_S)


def test_an_answer_that_drips_over_tls_does_not_outlast_the_deadline(tmp_path: Path) -> None:
    factory = TlsAuthority(tmp_path / "factory")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*factory.issue("mes"))
    server = DrippingServer(*DRIPS["length of a chunk"], served)
    with server.running():
        with pytest.raises(MesAwayError, match=r": no (answer|connection) in 1 s"):
            HttpDoor(server.url, TlsFiles(ca=factory.ca), 1.0).post(b"{}", {})
        assert server.hung_up.wait(GENEROUS_S)


def test_a_server_that_never_takes_the_connection_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(MesAwayError) as away:
            HttpDoor(url, TlsFiles(), DEADLINE_S).post(b"{}", {})
    assert away.value.detail == f"{url}: no connection in 0.2 s"


def test_a_connection_of_an_exchange_that_was_left_is_shut_down() -> None:
    ours, theirs = socket.socketpair()
    read = threading.Event()

    def work(_: HttpExchange[None]) -> None:
        if ours.recv(1) == b"":
            read.set()

    with ours, theirs:
        exchange = HttpExchange[None](work)
        exchange.use(ours)
        with pytest.raises(HttpDeadlineError) as late:
            exchange.run(0.01)
        assert late.value.connected
        assert read.wait(GENEROUS_S)
        with pytest.raises(TimeoutError):
            exchange.release()
