"""What the destination does with a broker that restarts, refuses, gives back and goes away."""

import json
from typing import Any
from uuid import uuid4

import pytest

from burner.mes.cfx.connection import Settlement
from burner.mes.cfx.destination import CfxDestination
from burner.mes.cfx.validation import RESPONSE
from burner.mes.cfx_settings import CfxSettings
from burner.mes.destination import InterlockAnswer, MesAwayError, MesRefusedError
from burner.mes.events import WorkCompleted, WorkStarted
from tests.mes.cfx.examples import EVENTS, MESSAGE_ID, WORK, message, question
from tests.mes.cfx.in_memory import InMemoryBroker

STARTED = WorkStarted(**WORK)
FAILED = WorkCompleted(**WORK, outcome="FAIL", code="E601", step="verify")
PASSED = {"Result": {"Result": "Success"}, "PrimaryResult": {"Result": "Passed"}}


def destination(broker: InMemoryBroker, **changes: Any) -> CfxDestination:
    settings = CfxSettings(
        name="mes", kind="cfx", url="amqp://mes.example", address="/exchange/cfx", **changes
    )
    return CfxDestination(settings, "LINE-1", broker.connect, broker.connect)


def asking(broker: InMemoryBroker) -> CfxDestination:
    return destination(broker, interlock="required", interlock_address="/queue/checks")


def ids(broker: InMemoryBroker) -> list[str]:
    return [m.id for m in broker.messages if b"CFX.Endpoint" not in m.body]


def test_a_message_has_what_brokers_choose_by() -> None:
    broker = InMemoryBroker()
    destination(broker).deliver(message(STARTED))
    sent = broker.messages[-1]
    assert (sent.id, sent.subject) == (
        MESSAGE_ID,
        "burner.station.LINE-1.CFX.Production.WorkStarted",
    )
    assert sent.properties == {
        "cfx-topic": "CFX.Production",
        "cfx-message": "CFX.Production.WorkStarted",
        "cfx-handle": "burner.station.LINE-1",
        "cfx-target": "",
    }


def test_a_station_greets_and_says_goodbye_once_for_all_its_messages() -> None:
    broker = InMemoryBroker()
    mes = destination(broker)
    for event in EVENTS:
        mes.deliver(message(event))
    mes.close()
    names = [json.loads(m.body)["MessageName"] for m in broker.messages]
    assert (names[0], names[-1]) == ("CFX.EndpointConnected", "CFX.EndpointShuttingDown")
    assert sum("Endpoint" in name for name in names) == 2
    assert [connection.closed for connection in broker.connections] == [True]


@pytest.mark.parametrize("settlement", [Settlement.RELEASED, Settlement.MODIFIED])
def test_what_is_given_back_is_sent_again_later(settlement: Settlement) -> None:
    broker = InMemoryBroker(plan=[settlement])
    mes = destination(broker)
    with pytest.raises(MesAwayError, match=r"gave CFX.Production.WorkStarted back"):
        mes.deliver(message(STARTED))
    mes.deliver(message(STARTED))
    assert broker.names() == ["WorkStarted"]


def test_what_is_rejected_is_refused_and_the_next_one_goes_on() -> None:
    broker = InMemoryBroker(plan=[Settlement.REJECTED])
    mes = destination(broker)
    with pytest.raises(MesRefusedError, match=r"rejected CFX.Production.WorkStarted"):
        mes.deliver(message(STARTED))
    mes.deliver(message(STARTED, identifier=str(uuid4())))
    assert broker.names() == ["WorkStarted"]


def test_both_parts_of_an_event_are_sent_again_where_the_second_was_not_taken() -> None:
    broker = InMemoryBroker(plan=[Settlement.ACCEPTED, MesAwayError("cut")])
    mes = destination(broker)
    with pytest.raises(MesAwayError):
        mes.deliver(message(FAILED))
    mes.deliver(message(FAILED))
    assert broker.names() == ["UnitsTested", "UnitsTested", "WorkCompleted"]
    first, again, completed = ids(broker)
    assert first == again
    assert completed == MESSAGE_ID


def test_a_broker_that_was_restarted_between_two_messages_costs_no_try() -> None:
    broker = InMemoryBroker()
    mes = destination(broker)
    mes.deliver(message(STARTED))
    broker.restart()
    mes.deliver(message(FAILED))
    assert broker.names() == ["WorkStarted", "UnitsTested", "WorkCompleted"]
    assert [connection.closed for connection in broker.connections] == [True, False]


def test_a_broker_that_is_away_is_tried_anew_each_time() -> None:
    broker = InMemoryBroker(is_up=False)
    mes = destination(broker)
    for _ in range(2):
        with pytest.raises(MesAwayError, match="connection refused"):
            mes.deliver(message(STARTED))
    broker.is_up = True
    mes.deliver(message(STARTED))
    assert broker.names() == ["WorkStarted"]


def test_after_a_cut_the_connection_is_not_used_again() -> None:
    broker = InMemoryBroker(plan=[MesAwayError("no answer in time")])
    mes = destination(broker)
    with pytest.raises(MesAwayError):
        mes.deliver(message(STARTED))
    mes.deliver(message(STARTED))
    assert [connection.closed for connection in broker.connections] == [True, False]


def test_closing_never_fails() -> None:
    broker = InMemoryBroker()
    mes = destination(broker)
    mes.close()
    mes.deliver(message(STARTED))
    broker.is_up = False
    mes.close()
    assert broker.connections[-1].closed


def test_the_mes_says_yes() -> None:
    broker = InMemoryBroker(
        answers=[
            json.dumps({"MessageName": RESPONSE, "RequestID": "of an older one"}).encode(),
            json.dumps({"MessageName": RESPONSE, "MessageBody": PASSED}).encode(),
        ]
    )
    assert asking(broker).ask(question()) == InterlockAnswer(True)


def test_a_mes_that_does_not_answer_is_away_and_asked_again_over_a_new_connection() -> None:
    broker = InMemoryBroker()
    mes = asking(broker)
    for _ in range(2):
        with pytest.raises(MesAwayError, match="no answer in time"):
            mes.ask(question())
    assert [connection.closed for connection in broker.connections] == [True, True]


def test_questions_and_messages_have_a_connection_each() -> None:
    broker = InMemoryBroker(
        answers=[json.dumps({"MessageName": RESPONSE, "MessageBody": PASSED}).encode()]
    )
    mes = asking(broker)
    mes.deliver(message(STARTED))
    mes.ask(question())
    assert len(broker.connections) == 2
