"""The gateway's server over real sockets: bounded, whatever a client does."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import pytest

from burner.cloud.gateway.gateway import Gateway
from burner.cloud.gateway.http_server import BoundedHttpServer, Bounds
from burner.cloud.gateway.tls import ServerTls, tls_for_a_run, tls_from_files
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.registration import Credentials, HttpRequest
from burner.platforms.tencent import APIS, OlderTencentApi, TencentApi
from tests.cloud.gateway.products import SECRET, gateway, product, request

CURRENT, OLDER = APIS
USUAL = Bounds()
HASTY = Bounds(seconds=0.2)
SMALL = b"POST /device/register HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"


@dataclass
class Serving:
    """A server, and what it said of what was no request."""

    server: BoundedHttpServer
    refused: list[tuple[HTTPStatus, str]] = field(default_factory=list)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.server.at, timeout=10)

    def send(self, text: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer; 0 where the server closed without one."""
        with self.connect() as connection:
            return exchange(connection, text)

    def still_serves(self) -> bool:
        return self.send(request(CURRENT, "after").text())[0] == HTTPStatus.OK


def exchange(connection: socket.socket, text: bytes) -> tuple[int, bytes]:
    connection.sendall(text)
    return answer_on(connection)


def answer_on(connection: socket.socket) -> tuple[int, bytes]:
    parts = []
    while part := connection.recv(4096):
        parts.append(part)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


@contextmanager
def serving(
    served: Gateway, bounds: Bounds = USUAL, tls: ssl.SSLContext | None = None
) -> Iterator[Serving]:
    def answer(request: HttpRequest, _client: str, secured: bool) -> tuple[HTTPStatus, bytes]:
        reply, _ = served.answer(request, secured=secured)
        return reply.status, reply.body

    refused: list[tuple[HTTPStatus, str]] = []
    server = BoundedHttpServer(
        ("127.0.0.1", 0),
        answer,
        lambda _client, status, why: refused.append((status, why)),
        tls=tls,
        bounds=bounds,
    )
    server.start()
    try:
        yield Serving(server, refused)
    finally:
        server.close()


@pytest.fixture
def serve() -> Iterator[Serving]:
    with serving(gateway(product(repeats=99))) as server:
        yield server


@pytest.mark.parametrize("api", APIS)
def test_what_python_signs_is_accepted_over_a_socket(
    serve: Serving, api: TencentApi | OlderTencentApi
) -> None:
    status, body = serve.send(request(api).text())
    assert status == HTTPStatus.OK
    assert isinstance(api.credentials(body, SECRET), Credentials)


# -- TLS -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls() -> ServerTls:
    return tls_for_a_run(["127.0.0.1", "ap-guangzhou.gateway.tencentdevices.com"])


@pytest.mark.parametrize("name", ["127.0.0.1", "ap-guangzhou.gateway.tencentdevices.com"])
def test_a_device_that_trusts_the_certificate_of_the_run_registers(
    tls: ServerTls, name: str
) -> None:
    trust = ssl.create_default_context(cadata=tls.certificate)
    with (
        serving(gateway(product()), tls=tls.context) as server,
        server.connect() as plain,
        trust.wrap_socket(plain, server_hostname=name) as connection,
    ):
        assert exchange(connection, request(CURRENT).text())[0] == HTTPStatus.OK


def test_a_device_that_does_not_trust_it_and_one_without_tls_cost_nothing(tls: ServerTls) -> None:
    with serving(gateway(product()), tls=tls.context) as server:
        with server.connect() as plain, pytest.raises(ssl.SSLError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
        with server.connect() as plain, suppress(ConnectionResetError):
            exchange(plain, request(CURRENT).text())
        wait_until(lambda: len(server.refused) == 2)
        assert all(why.startswith("no TLS") for _, why in server.refused)


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not done() and time.monotonic() < until:
        time.sleep(0.005)
    assert done()


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_text("-----BEGIN CERTIFICATE-----", encoding="ascii")
    for key in (certificate, tmp_path / "none.pem"):
        with pytest.raises(BurnerError) as refused:
            tls_from_files(certificate, key)
        assert refused.value.code is Code.GATEWAY_CERTIFICATE_UNUSABLE
        assert refused.value.detail.endswith("not a certificate with its private key")


def test_a_certificate_that_is_not_there_is_named_as_that(tmp_path: Path) -> None:
    with pytest.raises(BurnerError) as refused:
        tls_from_files(tmp_path / "none.pem", tmp_path / "none.pem")
    assert refused.value.detail.endswith("No such file or directory")


# -- what is no request ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"GET /device/register HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"POST /device/register HTTP/9.9\r\n\r\n", 505),
        (b"POST /device/register\r\n\r\n", 400),
        (b"POST /other HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 404),
        (SMALL + b"\r\n", 411),
        (SMALL + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 411),
        (SMALL + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411),
        (SMALL + b"Content-Length: -1\r\n\r\n", 400),
        (SMALL + b"Content-Length: 0x10\r\n\r\n", 400),
        (SMALL + b"Content-Length: 4097\r\n\r\n", 413),
        (SMALL + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
        (SMALL + b"X: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (SMALL + b"X: y\r\n" * 1000 + b"\r\n", 431),
        (SMALL + b"X: y\r\n" * 101 + b"Content-Length: 2\r\n\r\n{}", 431),
        (b"POST /" + b"x" * 9000, 431),
        (b"POST / HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 404),
        (SMALL.replace(b"json", b"xml") + b"Content-Length: 2\r\n\r\n{}", 415),
        (b"\r\n\r\n", 0),
        (b"", 0),
    ],
)
def test_what_is_no_request_is_answered_and_the_next_one_served(
    serve: Serving, text: bytes, status: int
) -> None:
    with serve.connect() as connection:
        connection.sendall(text)
        with suppress(OSError):  # it may be closed already
            connection.shutdown(socket.SHUT_WR)
        assert answer_on(connection)[0] == status
    assert serve.still_serves()


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff" * 100, b"{}" + b" " * 4094])
def test_bad_json_is_a_bad_parameter_and_no_crash(serve: Serving, body: bytes) -> None:
    head = SMALL + f"Content-Length: {len(body)}\r\n\r\n".encode()
    status, answer = serve.send(head + body)
    assert status == HTTPStatus.OK
    assert json.loads(answer)["Response"]["Error"]["Code"] == "InvalidParameterValue"


def test_half_a_request_is_answered_with_400(serve: Serving) -> None:
    with serve.connect() as connection:
        connection.sendall(request(CURRENT).text()[:-5])
        connection.shutdown(socket.SHUT_WR)
        assert answer_on(connection)[0] == HTTPStatus.BAD_REQUEST
    assert serve.refused == [(HTTPStatus.BAD_REQUEST, "half a request")]


def test_a_client_that_goes_away_in_the_middle_does_no_harm(serve: Serving) -> None:
    for _ in range(3):
        connection = serve.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(SMALL + b"Content-Length: 100\r\n\r\n{")
        connection.close()
    assert serve.still_serves()


# -- slow and many clients -------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [b"", b"POST /dev", SMALL, SMALL + b"Content-Length: 9\r\n\r\n{"])
def test_a_client_that_stops_is_cut_off_at_the_deadline(begin: bytes) -> None:
    with serving(gateway(product()), HASTY) as server, server.connect() as connection:
        assert exchange(connection, begin)[0] == 0
        assert server.refused == [(HTTPStatus.REQUEST_TIMEOUT, "too slow")]


def drip(connection: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)


def test_a_client_that_drips_gains_no_time_by_it() -> None:
    with serving(gateway(product()), HASTY) as server, server.connect() as connection:
        dripping = threading.Thread(target=drip, args=(connection,))
        dripping.start()
        wait_until(lambda: not dripping.is_alive())
        assert server.refused[0][0] is HTTPStatus.REQUEST_TIMEOUT


def test_a_client_that_does_not_shake_hands_is_cut_off(tls: ServerTls) -> None:
    with serving(gateway(product()), HASTY, tls.context) as server, server.connect() as connection:
        assert connection.recv(1) == b""
    assert len(server.refused) == 1


def test_more_clients_than_places_are_turned_away_and_places_come_back() -> None:
    with serving(gateway(product()), Bounds(connections=3)) as server, ExitStack() as stack:
        idle = [stack.enter_context(server.connect()) for _ in range(3)]
        wait_until(lambda: len(server.server._open) == 3)
        with server.connect() as late:
            assert late.recv(1) == b""
        wait_until(lambda: len(server.refused) == 1)
        assert server.refused[0][0] is HTTPStatus.SERVICE_UNAVAILABLE
        for connection in idle:
            connection.close()
        wait_until(lambda: not server.server._open)
        assert server.still_serves()


def test_closing_cuts_off_who_is_connected() -> None:
    before = set(threading.enumerate())  # servers of other tests may still end
    with serving(gateway(product())) as server:
        connection = server.connect()
        wait_until(lambda: len(server.server._open) == 1)
    assert connection.recv(1) == b""
    connection.close()
    assert not [thread for thread in {*threading.enumerate()} - before if "_serve" in thread.name]


def test_registrations_at_the_same_time_make_each_name_once() -> None:
    names = [f"d{number % 10}" for number in range(40)]
    got: list[bool] = []

    def device(served: Serving, some: Sequence[str]) -> None:
        for name in some:
            body = served.send(request(CURRENT, name).text())[1]
            got.append("Payload" in json.loads(body)["Response"])

    with serving(gateway(product())) as server:
        threads = [
            threading.Thread(target=device, args=(server, names[part::4])) for part in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got.count(True) == 10


def test_an_address_that_is_taken_or_none_is_refused() -> None:
    with serving(gateway(product())) as server:
        _, taken = server.server.at
        for address in (("127.0.0.1", taken), ("no.such.host.invalid", 0), ("\x00", 0)):
            with pytest.raises(BurnerError) as refused:
                BoundedHttpServer(address, lambda *_: (HTTPStatus.OK, b""), print)
            assert refused.value.code is Code.GATEWAY_ADDRESS_UNAVAILABLE
