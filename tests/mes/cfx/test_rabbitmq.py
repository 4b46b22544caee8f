"""The destination against a real RabbitMQ that is killed, filled, locked and set up wrongly."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest

from burner.core.errors import BurnerError
from burner.mes.cfx.destination import CfxDestination
from burner.mes.cfx.messages import envelopes
from burner.mes.cfx.open_destination import open_cfx
from burner.mes.cfx_settings import CfxSettings
from burner.mes.destination import InterlockAnswer, MesAwayError, MesMessage
from burner.mes.events import WorkCompleted, WorkStarted
from tests.mes.cfx.examples import EVENTS, WORK, message, question
from tests.mes.cfx.rabbitmq import (
    EXCHANGE,
    PASSWORD,
    USER,
    RabbitMq,
    arrived,
    checking,
    first_of_each,
    why_no_rabbitmq,
)
from tests.mes.cfx.relay import Relay
from tests.mes.cfx.tls_files import TlsAuthority

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(bool(why_no_rabbitmq()), reason=why_no_rabbitmq()),
]

STARTED = WorkStarted(**WORK)


@pytest.fixture
def station(
    broker: RabbitMq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., CfxDestination]]:
    """Opens destinations at the broker, and closes them."""
    monkeypatch.setenv("MES_PASSWORD", PASSWORD)
    opened = []

    def open_one(**changes: Any) -> CfxDestination:
        login = {"user": USER, "password": "env:MES_PASSWORD"}
        fields = {"url": broker.url, "address": EXCHANGE, "deadline_s": 10.0, **login, **changes}
        opened.append(open_cfx(CfxSettings(name="mes", kind="cfx", **fields), "LINE-1", tmp_path))
        return opened[-1]

    yield open_one
    for destination in opened:
        destination.close()


def delivered_at_last(destination: CfxDestination, sent: MesMessage) -> None:
    """As the sender of the outbox does it: the same message, until it is taken."""
    deadline = monotonic() + 120
    while True:
        try:
            return destination.deliver(sent)
        except MesAwayError:
            assert monotonic() < deadline
            sleep(0.1)


def work_of(units: int) -> list[MesMessage]:
    """Two messages of each unit, in turn."""
    events = [
        (f"{number:012x}", event)
        for number in range(units)
        for event in (
            WorkStarted(**{**WORK, "unit_id": f"{number:012x}"}),
            WorkCompleted(**{**WORK, "unit_id": f"{number:012x}"}, outcome="PASS"),
        )
    ]
    return [
        MesMessage(str(uuid4()), number, "2026-11-29T18:00:00Z", "LINE-1", unit, event)
        for number, (unit, event) in enumerate(events)
    ]


def test_every_event_arrives_durable_and_in_order(
    broker: RabbitMq, station: Callable[..., CfxDestination]
) -> None:
    sent = [
        json.loads(e.to_json())
        for event in EVENTS
        for e in envelopes(message(event), "burner.station", "mac")
    ]
    mes = station()
    for event in EVENTS:
        mes.deliver(message(event))
    mes.close()
    broker.kill()
    broker.start()
    got = broker.messages_of("mes")
    assert [json.loads(bytes(m.body)) for m in got[1:-1]] == sent
    assert all(m.durable for m in got)
    assert [m.properties["cfx-message"] for m in (got[0], got[-1])] == [
        "CFX.EndpointConnected",
        "CFX.EndpointShuttingDown",
    ]


def test_a_broker_that_is_killed_in_the_middle_loses_nothing(
    broker: RabbitMq, station: Callable[..., CfxDestination]
) -> None:
    sent, mes = work_of(60), station()
    killed = threading.Event()

    def trouble() -> None:
        for _ in range(2):
            killed.wait(60)
            killed.clear()
            broker.kill()
            broker.start()

    thread = threading.Thread(target=trouble)
    thread.start()
    for number, one in enumerate(sent):
        if number in (20, 80):
            killed.set()
        delivered_at_last(mes, one)
    thread.join()
    assert first_of_each(arrived(broker)) == [one.id for one in sent]


def test_a_connection_that_is_cut_again_and_again_loses_nothing(
    broker: RabbitMq, station: Callable[..., CfxDestination]
) -> None:
    sent = work_of(60)
    with Relay(broker.port) as relay:
        mes = station(url=f"amqp://127.0.0.1:{relay.port}", deadline_s=2.0)
        for number, one in enumerate(sent):
            if number % 10 == 3:
                relay.cut_after(number * 37 % 900)
            if number == 55:
                relay.swallow_for(1.0)
            delivered_at_last(mes, one)
        mes.close()
    assert first_of_each(arrived(broker)) == [one.id for one in sent]


def test_a_wrong_password_is_said_and_not_repeated(
    station: Callable[..., CfxDestination], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "not-opensesame")
    with pytest.raises(MesAwayError) as refused:
        station(password="env:WRONG").deliver(message(STARTED))
    assert "Authentication failed" in refused.value.detail
    assert "opensesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/amq/queue/later", "no queue 'later'"),
        ("/exchange/later", "no exchange 'later'"),
        ("/exchange/locked", "refused"),
    ],
)
def test_an_address_that_takes_nothing_is_away_and_says_why(
    broker: RabbitMq, station: Callable[..., CfxDestination], address: str, says: str
) -> None:
    mes = station(address=address)
    for _ in range(2):
        with pytest.raises(MesAwayError, match=says):
            mes.deliver(message(STARTED))
    if "queue" in address:
        broker.declare("later")
        mes.deliver(message(STARTED))
        assert len(arrived(broker, "later")) == 1


def test_a_full_queue_takes_the_message_when_there_is_room_again(
    broker: RabbitMq, station: Callable[..., CfxDestination]
) -> None:
    mes = station(address="/amq/queue/small")
    sent = work_of(3)
    mes.deliver(sent[0])  # after the greeting: full
    with pytest.raises(MesAwayError):
        mes.deliver(sent[1])
    assert first_of_each(arrived(broker, "small")) == [sent[0].id]
    mes.deliver(sent[1])
    assert first_of_each(arrived(broker, "small")) == [sent[1].id]


def test_by_tls_both_sides_show_a_certificate(
    broker: RabbitMq,
    station: Callable[..., CfxDestination],
    authority: TlsAuthority,
    tmp_path: Path,
) -> None:
    certificate, key = map(str, authority.issue("LINE-1"))
    url, ca = f"amqps://127.0.0.1:{broker.tls_port}", str(authority.ca)
    good = {"url": url, "ca": ca, "certificate": certificate, "key": key, "server_name": "broker"}
    station(**good).deliver(message(STARTED))
    assert len(arrived(broker)) == 1
    stranger = str(TlsAuthority(tmp_path / "stranger").ca)
    for bad, says in (
        ({"ca": stranger}, "SSL Failure"),
        ({"server_name": "other"}, "SSL Failure"),
        ({"certificate": None, "key": None}, "."),
    ):
        with pytest.raises(MesAwayError, match=says):
            station(**{**good, **bad}).deliver(message(STARTED))
    assert arrived(broker) == []


@pytest.mark.parametrize("wrong", ["ca", "certificate", "key"])
def test_a_file_of_tls_that_cannot_be_used_is_named(
    station: Callable[..., CfxDestination], authority: TlsAuthority, tmp_path: Path, wrong: str
) -> None:
    certificate, key = map(str, authority.issue("LINE-1"))
    files = {"ca": str(authority.ca), "certificate": certificate, "key": key}
    (tmp_path / "bad.pem").write_text("no certificate", encoding="utf-8")
    for bad in ("bad.pem", "missing.pem"):
        with pytest.raises(BurnerError) as refused:
            station(url="amqps://127.0.0.1", **{**files, wrong: bad})
        assert refused.value.code == "E791"
        assert Path(files["certificate"] if wrong == "key" else bad).name in refused.value.detail


ASKS = {
    "interlock": "required",
    "interlock_address": "/amq/queue/checks",
    "interlock_reply": "/amq/queue/answers",
    "interlock_target": "mes.checks",
}


@pytest.mark.parametrize(("result", "allowed"), [("Passed", True), ("Failed", False)])
def test_the_mes_is_asked_by_32_slots_at_once(
    broker: RabbitMq, station: Callable[..., CfxDestination], result: str, allowed: bool
) -> None:
    mes = station(**ASKS)
    with checking(broker, result) as asked, ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda slot: mes.ask(question(slot=str(slot))), range(32)))
    assert answers == [InterlockAnswer(allowed)] * 32
    assert len({request["RequestID"] for request in asked}) == 32
    assert {request["Target"] for request in asked} == {"mes.checks"}


def test_nobody_answers_and_the_question_does_not_wait_for_anybody(
    broker: RabbitMq, station: Callable[..., CfxDestination]
) -> None:
    mes = station(**ASKS, deadline_s=1.0)
    with pytest.raises(MesAwayError, match="no answer in time"):
        mes.ask(question())
    assert broker.messages_of("checks") == []


def test_a_broker_that_was_killed_between_two_questions_is_asked_again(
    broker: RabbitMq, station: Callable[..., CfxDestination]
) -> None:
    mes = station(**ASKS)
    for _ in range(2):
        with checking(broker, "Passed"):
            assert mes.ask(question()).allowed
        broker.kill()
        with pytest.raises(MesAwayError):
            mes.ask(question())
        broker.start()
