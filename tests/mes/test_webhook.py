"""The webhook: what a MES gets, and what its answers mean."""

import hashlib
import hmac
import json
import re
import socket
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from burner.core.errors import BurnerError
from burner.mes.destination import InterlockAnswer, MesAwayError, MesRefusedError
from burner.mes.http_post import CONNECTIONS, LONGEST_ANSWER
from burner.mes.settings import WebhookSettings
from burner.mes.webhook import Webhook
from tests.mes.messages import a_message, a_question
from tests.mes.receiver import Receiver, Reply, receiving

SECRET = "a-secret-of-the-mes-0123456789"


def webhook(receiver: Receiver, folder: Path, **more: Any) -> Webhook:
    entry = {"name": "mes", "kind": "webhook", "url": f"{receiver.url}/events", **more}
    return Webhook(WebhookSettings.model_validate(entry), folder, lambda: 1_700_000_000.9)


def test_a_message_is_a_signed_post_that_ten_lines_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MES_SECRET", SECRET)
    with receiving() as receiver:
        webhook(receiver, tmp_path, hmac="env:MES_SECRET").deliver(a_message())
    (posted,) = receiver.posted
    assert posted.path == "/events"
    assert posted.headers["content-type"].startswith("application/cloudevents+json")
    assert posted.headers["webhook-timestamp"] == "1700000000"
    message = json.loads(posted.body)
    assert posted.headers["webhook-id"] == message["id"] == a_message().id
    assert (message["type"], message["subject"]) == ("burner.WorkCompleted", "7c:df:a1:b2:c3:d4")
    content = f"{message['id']}.1700000000.".encode() + posted.body
    right = b64encode(hmac.digest(SECRET.encode(), content, hashlib.sha256)).decode()
    assert posted.headers["webhook-signature"] == f"v1,{right}"
    assert SECRET not in str(posted)


def test_a_message_that_is_delivered_again_has_the_same_body(tmp_path: Path) -> None:
    with receiving() as receiver:
        door = webhook(receiver, tmp_path)
        door.deliver(a_message())
        door.deliver(a_message())
    first, second = receiver.posted
    assert first.body == second.body
    assert "webhook-signature" not in first.headers


@pytest.mark.parametrize(
    ("reply", "error", "detail"),
    [
        (Reply(400, b'{"reason": "unit unknown"}'), MesRefusedError, "HTTP 400: unit unknown"),
        (Reply(409, "已存在".encode()), MesRefusedError, "HTTP 409: 已存在"),
        (Reply(422, b"\x1b[2Jred"), MesRefusedError, "HTTP 422: \\u001b[2Jred"),
        (Reply(401), MesAwayError, "HTTP 401"),
        (Reply(408), MesAwayError, "HTTP 408"),
        (Reply(429, headers={"retry-after": "7"}), MesAwayError, "HTTP 429"),
        (Reply(500), MesAwayError, "HTTP 500"),
        (Reply(302, headers={"location": "http://127.0.0.1:9/"}), MesAwayError, "HTTP 302"),
        (
            Reply(400, b'{"code": 7, "reason": "bad \\u4e0d \\"x\\": ' + b"y" * 99999 + b'"}'),
            MesRefusedError,
            'HTTP 400: bad 不 "x": ' + "y" * 289,
        ),
        (Reply(400, b"x" * 999), MesRefusedError, f"HTTP 400: {'x' * 300}"),
    ],
)
def test_what_an_answer_means(
    reply: Reply, error: type[BurnerError], detail: str, tmp_path: Path
) -> None:
    with receiving() as receiver:
        receiver.reply = lambda _: reply
        with pytest.raises(error) as raised:
            webhook(receiver, tmp_path).deliver(a_message())
    assert raised.value.detail == detail
    assert len(receiver.posted) == 1
    if isinstance(raised.value, MesAwayError):
        assert raised.value.retry_after_s == (7 if reply.status == 429 else 0)


def test_a_reason_never_repeats_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MES_SECRET", SECRET)
    with receiving() as receiver:
        receiver.reply = lambda _: Reply(400, f"your key {SECRET} is wrong".encode())
        with pytest.raises(MesRefusedError) as raised:
            webhook(receiver, tmp_path, hmac="env:MES_SECRET").deliver(a_message())
    assert SECRET not in raised.value.detail
    assert SECRET[:8] not in raised.value.detail


def test_a_server_that_closes_without_an_answer_is_tried_again(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.reply = lambda _: Reply(0)
        with pytest.raises(MesAwayError) as raised:
            webhook(receiver, tmp_path).deliver(a_message())
    assert "without an answer" in raised.value.detail


def test_a_server_that_is_away_is_tried_again(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # nobody else gets this port, and nobody listens
        away = Receiver()
        away.url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(MesAwayError) as raised:
            webhook(away, tmp_path).deliver(a_message())
    assert raised.value.detail == f"{away.url}: Connection refused"


def test_endless_answers_are_read_to_a_bound_however_many_come(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.reply = lambda _: Reply(200, b"y" * (LONGEST_ANSWER + 1))
        mes = webhook(receiver, tmp_path, deadline_s=1)
        for _ in range(CONNECTIONS + 1):
            mes.deliver(a_message())


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"allowed": true}', InterlockAnswer(True)),
        (b'{"allowed": false, "reason": "AOI failed"}', InterlockAnswer(False, "AOI failed")),
    ],
)
def test_a_mes_allows_a_unit_or_says_why_not(
    body: bytes, answer: InterlockAnswer, tmp_path: Path
) -> None:
    with receiving() as receiver:
        receiver.reply = lambda _: Reply(200, body)
        url = f"{receiver.url}/may"
        door = webhook(receiver, tmp_path, interlock="required", interlock_url=url)
        assert door.ask(a_question()) == answer
    (posted,) = receiver.posted
    assert (posted.path, json.loads(posted.body)["unit_id"]) == ("/may", "7c:df:a1:b2:c3:d4")


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"yes", b"[]", b'{"allowed": "true"}', b'{"allowed": 1}'),
        b'{"allowed": true, "reason": {"a": 1, "a": 2}}',
        *(b'{"allowed": true, "unit_id": "aa:bb"}', b'{"allowed": true, "attempt": 1}'),
    ],
)
def test_only_a_clear_yes_is_one(body: bytes, tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.reply = lambda _: Reply(200, body)
        more = {"interlock": "required", "interlock_url": receiver.url}
        with pytest.raises(BurnerError) as raised:
            webhook(receiver, tmp_path, **more).ask(a_question())
    assert raised.value.code == "E473"


def test_an_answer_that_says_yes_and_no_is_none(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.reply = lambda _: Reply(200, b'{"allowed": false, "allowed": true}')
        more = {"interlock": "required", "interlock_url": receiver.url}
        with pytest.raises(BurnerError) as raised:
            webhook(receiver, tmp_path, **more).ask(a_question())
    assert (raised.value.code, raised.value.detail) == ("E473", "'allowed' occurs twice")


def test_an_error_is_no_answer_to_a_question(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.reply = lambda _: Reply(403, b'{"allowed": true}')
        more = {"interlock": "required", "interlock_url": receiver.url}
        with pytest.raises(MesAwayError):
            webhook(receiver, tmp_path, **more).ask(a_question())


@pytest.mark.parametrize(
    ("more", "secret", "found"),
    [
        ({"hmac": "env:MES_SECRET"}, "tiny-one", "shorter than 16 bytes"),
        ({"hmac": "env:MES_SECRET"}, "whsec_***", "not base64 after whsec_"),
        ({"ca": "no.pem"}, SECRET, "No such file"),
    ],
)
def test_a_secret_or_certificate_that_cannot_be_used_is_said_at_the_start(
    more: dict[str, str],
    secret: str,
    found: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MES_SECRET", secret)
    entry = {"name": "mes", "kind": "webhook", "url": "https://mes.example/", **more}
    with pytest.raises(BurnerError) as raised:
        Webhook(WebhookSettings.model_validate(entry), tmp_path)
    assert raised.value.code == "E782"
    assert found in raised.value.detail
    assert secret not in raised.value.detail


def test_the_ten_lines_of_the_page_verify_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "mes.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    is_from_burner = names["is_from_burner"]
    monkeypatch.setenv("MES_SECRET", SECRET)
    with receiving() as receiver:
        entry = {"name": "mes", "kind": "webhook", "url": receiver.url, "hmac": "env:MES_SECRET"}
        Webhook(WebhookSettings.model_validate(entry), tmp_path).deliver(a_message())
    (posted,) = receiver.posted
    assert is_from_burner(posted.headers, posted.body, SECRET.encode())
    assert not is_from_burner(posted.headers, posted.body + b" ", SECRET.encode())
    assert not is_from_burner(posted.headers, posted.body, b"another secret of a MES")
    old = {**posted.headers, "webhook-timestamp": "1700000000"}
    assert not is_from_burner(old, posted.body, SECRET.encode())
