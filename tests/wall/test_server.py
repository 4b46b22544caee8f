"""The server of the wall view: it reads, is bounded, and answers its own names only."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

import pytest

from burner.core.errors import BurnerError
from burner.core.words.phrases import rows
from burner.wall.page.files import WORDS, page_files
from burner.wall.server.allowed_hosts import is_allowed_host
from burner.wall.server.app import MOST_CLIENTS
from burner.wall.server.server import listening_socket
from burner.wall.state import BacklogKind
from tests.wall.serving import HOST, NOTHING, Served, serving
from tests.wall.states import check


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as server:
        yield server


def test_the_page_needs_nothing_from_elsewhere(served: Served) -> None:
    answer, body = served.request("/")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    files = set(re.findall(r'(?:src|href)="([^"]+)"', body.decode()))
    assert files == {"/wall.css", "/wall.js"}
    for path in files:
        found, text = served.request(path)
        assert found.status == 200
        assert not re.search(rb"https?://|@import|url\(", text)


def test_every_answer_forbids_what_the_page_does_not_need(served: Served) -> None:
    for path in ("/", "/wall.js", "/state", "/nothing"):
        headers = served.request(path)[0].headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Server" not in headers


def test_the_state_is_json_of_its_schema(served: Served) -> None:
    answer, body = served.request("/state")
    assert answer.headers["Content-Type"] == "application/json"
    check(json.loads(body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/state", "/events"])
def test_there_is_no_route_that_writes(served: Served, method: str, path: str) -> None:
    assert served.request(path, method)[0].status == 405


def test_head_has_no_body(served: Served) -> None:
    answer, body = served.request("/", "HEAD")
    assert (answer.status, body) == (200, b"")


@pytest.mark.parametrize("path", ["/../etc/passwd", "/wall.js/../../x", "/%2e%2e/state", "/docs"])
def test_other_paths_are_nothing(served: Served, path: str) -> None:
    assert served.request(path)[0].status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "192.168.1.9", "", "a b"])
def test_another_sites_name_gets_nothing_on_loopback(served: Served, host: str) -> None:
    for path in ("/", "/state", "/events"):
        answer, body = served.request(path, headers={"Host": host})
        assert answer.status == 421
        assert b"schema" not in body


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8470", "LOCALHOST", "[::1]:8470"])
def test_the_names_of_loopback_are_answered(served: Served, host: str) -> None:
    assert served.request("/state", headers={"Host": host})[0].status == 200


def test_in_a_network_addresses_and_the_own_name_are_answered() -> None:
    own = socket.gethostname()
    for name in ("192.168.1.9:8470", "10.0.0.1", "[fe80::1]:8470", own, f"{own.upper()}:1"):
        assert is_allowed_host(name, "0.0.0.0")
    assert is_allowed_host("wall.factory.lan:8470", "wall.factory.lan")
    for name in (
        "evil.example",
        "evil.example:8470",
        "",
        "192.168.1.9.evil.example",
        "[",
        "::",
        ":80",
    ):
        assert not is_allowed_host(name, "0.0.0.0")
    for name in ("localhost:8470@evil.example", "localhost:", "localhost:x", "[::1]x", "[::1]:8@e"):
        assert not is_allowed_host(name, "0.0.0.0")


def test_two_host_headers_are_refused(served: Served) -> None:
    with served.connect(
        b"GET /state HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"
    ) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 4")


def test_a_new_state_reaches_every_client_at_once() -> None:
    with serving() as served:
        followers = [served.follow() for _ in range(5)]
        assert [follower.state()["records"] for follower in followers] == [0] * 5
        served.shown.state = replace(NOTHING, records=7)
        assert [follower.state()["records"] for follower in followers] == [7] * 5
        for follower in followers:
            follower.close()


def test_a_slow_client_gets_the_newest_state_and_not_a_queue() -> None:
    with serving() as served:
        follower = served.follow()
        assert follower.state()["records"] == 0
        for count in range(1, 50):
            served.shown.state = replace(NOTHING, records=count)
        while (records := follower.state()["records"]) < 49:
            assert records > 0
        follower.close()


def test_one_screen_more_than_may_follow_is_told_so() -> None:
    with serving() as served:
        followers = [served.follow() for _ in range(MOST_CLIENTS)]
        for follower in followers:
            assert follower.state()
        answer, body = served.request("/events")
        assert (answer.status, body) == (503, b"too many screens follow this page")
        assert served.request("/state")[0].status == 200
        for follower in followers:
            follower.close()


def test_screens_that_come_at_once_are_counted() -> None:
    asked = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with serving() as served:
        screens = [served.connect(asked) for _ in range(MOST_CLIENTS + 20)]
        answers = [screen.recv(12) for screen in screens]
        for screen in screens:
            screen.close()
    assert answers.count(b"HTTP/1.1 200") == MOST_CLIENTS
    assert answers.count(b"HTTP/1.1 503") == 20


def test_who_asks_for_the_head_of_the_events_is_no_screen(served: Served) -> None:
    with served.connect(b"HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n") as connection:
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"content-type: text/event-stream" in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


def test_stop_ends_every_stream_at_once() -> None:
    before = set(threading.enumerate())
    with serving() as served:
        followers = [served.follow() for _ in range(3)]
        for follower in followers:
            follower.state()
        began = monotonic()
        served.server.stop()
        assert monotonic() - began < 5
        assert [follower.state() for follower in followers] == [None] * 3
        for follower in followers:
            follower.close()
    assert set(threading.enumerate()) <= before


def test_a_poll_that_is_a_bug_ends_the_server_and_is_known() -> None:
    with serving() as served:

        def fail() -> None:
            raise RuntimeError("bug")

        served.server._poll = fail  # type: ignore[assignment]
        assert served.server.wait(10)
        failure, served.server.failure = served.server.failure, None
    assert isinstance(failure, RuntimeError)


def test_huge_headers_are_refused(served: Served) -> None:
    line = b"X-Much: " + b"x" * 40_000 + b"\r\n"
    with served.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + line) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "garbage", [b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02"]
)
def test_garbage_ends_its_connection_only(served: Served, garbage: bytes) -> None:
    with served.connect(garbage) as connection:
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass
    assert served.request("/state")[0].status == 200


def test_a_port_that_is_taken_is_named() -> None:
    with listening_socket(HOST, 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BurnerError, match=rf"E903: .*\({HOST}:{port}\)"):
            listening_socket(HOST, port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "a..b", "x" * 300])
def test_an_address_of_another_computer_is_refused(host: str) -> None:
    with pytest.raises(BurnerError, match=r"^E904: "):
        listening_socket(host, 0)


def test_the_words_of_the_script_are_in_the_page_in_both_languages() -> None:
    script = page_files(None)["/wall.js"][1].decode()
    used = set(re.findall(r'"((?:wall |short )[\w -]+|PASS|FAIL|brackets)"', script))
    used -= {"PASS", "FAIL"}
    of_backlogs = {f"backlog {kind}" for kind in BacklogKind}
    assert used | of_backlogs | {"PASS", "FAIL"} == set(WORDS)
    assert set(WORDS) <= set(rows())


def test_no_word_ends_the_element_that_has_the_words() -> None:
    page = page_files("zh")["/"][1].decode()
    assert page.count("</script>") == 2
    assert 'data-language="zh"' in page
