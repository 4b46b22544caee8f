"""The connection below the SDKs: what it does not do, and how much it reads."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from burner.cloud.management import connection
from burner.cloud.management.account import ApiAccount
from burner.cloud.management.calls import ApiCalls, CallClock
from burner.cloud.management.connection import BoundedConnection, HttpReply
from burner.cloud.management.credentials import api_credentials
from burner.cloud.management.errors import UncertainCallError
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from tests.cloud.management.local_api import CREDENTIALS
from tests.cloud.management.opened import MovedClock


class Requests(HTTPServer):
    """A server that keeps the requests it gets; `/` leads elsewhere on it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Redirecting)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.seen = list[tuple[str, str | None]]()


class _Redirecting(BaseHTTPRequestHandler):
    server: Requests

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, self.headers["Authorization"]))
        self.send_response(302 if self.path == "/" else 200)
        self.send_header("Location", f"{self.server.url}/login")
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(bytes(100))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of http.server
        """Print nothing."""


@contextmanager
def requests() -> Iterator[Requests]:
    with Requests() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def post(url: str) -> HttpReply:
    account = ApiAccount(api_credentials(Secret(CREDENTIALS.encode())))
    return BoundedConnection(url, account).exchange("POST", url, "{}", {"Authorization": "signed"})


def test_a_redirection_is_not_followed() -> None:
    with requests() as server:
        assert post(f"{server.url}/").status == 302
    assert server.seen == [("/", "signed")]


def test_the_signature_is_not_replaced_by_a_password_of_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with requests() as server:
        post(f"{server.url}/api")
    assert server.seen == [("/api", "signed")]


def test_an_answer_without_an_end_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LARGEST_ANSWER", 99)
    with requests() as server, pytest.raises(BurnerError, match="more than 99 bytes") as raised:
        post(f"{server.url}/api")
    assert raised.value.code == Code.API_ANSWER_UNREADABLE


@pytest.mark.parametrize("body", ["{}", None])
def test_a_call_that_was_given_up_while_dns_was_slow_is_never_sent(
    body: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, answers, clock = socket.getaddrinfo, threading.Event(), MovedClock()
    threads = list[threading.Thread]()

    def slow(*asked: Any, **more: Any) -> Any:
        threads.append(threading.current_thread())
        clock.pass_a_try()
        answers.wait()
        return known(*asked, **more)

    with requests() as server:
        calls = ApiCalls(clock=CallClock(clock.now))
        account = ApiAccount(api_credentials(Secret(CREDENTIALS.encode())), calls=calls)
        connection = BoundedConnection(server.url, account)
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        try:
            with pytest.raises(BurnerError) as raised:
                calls.change(lambda: connection.exchange("POST", server.url, body, {}))
        finally:
            answers.set()
        threads[0].join(60)
    assert (type(raised.value), raised.value.code) == (BurnerError, Code.API_UNREACHABLE)
    assert server.seen == []


@pytest.mark.parametrize("body", ["{}", b"", None])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_request_may_have_been_done_once_it_was_handed_to_a_connection_that_is_there(
    body: str | bytes | None, scheme: str
) -> None:
    """With TLS there is none: the server ends it before."""

    def cut() -> None:
        with listener.accept()[0] as client:
            client.recv(1)

    account = ApiAccount(api_credentials(Secret(CREDENTIALS.encode())))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=cut, daemon=True)
        thread.start()
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        connection = BoundedConnection(url, account)
        with pytest.raises(BurnerError) as raised:
            account.calls.change(lambda: connection.exchange("POST", url, body, {}))
        thread.join()
    assert isinstance(raised.value, UncertainCallError) == (scheme == "http")
