"""What the destination does with a broker that restarts, refuses, gives back and goes away."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from burner.mes.cfx.connection import AmqpMessage, Settlement
from burner.mes.cfx.destination import CfxDestination
from burner.mes.cfx.line import Line
from burner.mes.cfx.questions import Questions
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


def asking(broker: InMemoryBroker, **changes: Any) -> CfxDestination:
    asks = {"interlock": "required", "interlock_address": "/queue/checks"}
    return destination(broker, **asks, **changes)


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


def answer_to(asked: AmqpMessage, **body: Any) -> bytes:
    fields = {"MessageName": RESPONSE, "RequestID": asked.correlation, "MessageBody": body}
    return json.dumps(fields).encode()


def first_asked(asked: list[AmqpMessage]) -> bytes | None:
    return answer_to(asked.pop(0), **PASSED) if asked else None


def test_a_look_sends_nothing_and_says_which_address_is_closed() -> None:
    broker = InMemoryBroker()
    mes = asking(broker)
    mes.check()
    assert broker.messages == []
    for closed in ("/exchange/cfx", "/queue/checks"):
        broker.closed_addresses = (closed,)
        with pytest.raises(MesAwayError, match=closed):
            mes.check()
    broker.closed_addresses = ()
    mes.check()
    mes.close()
    assert broker.messages == []
    assert all(connection.closed for connection in broker.connections)


def test_the_mes_says_yes_after_an_answer_to_an_older_question() -> None:
    older = [json.dumps({"MessageName": RESPONSE, "RequestID": "older"}).encode()]
    broker = InMemoryBroker(
        answer=lambda asked: older.pop() if older else first_asked(asked),
    )
    mes = asking(broker)
    assert mes.ask(question()) == InterlockAnswer(True)
    mes.close()


def test_slots_that_ask_at_once_get_their_own_answers_in_whatever_order() -> None:
    slots = [str(number) for number in range(1, 33)]

    def latest_first(asked: list[AmqpMessage]) -> bytes | None:
        """Answers when all have asked; every second unit is refused by the name of its slot."""
        if len(broker.messages) < len(slots) or not asked:
            return None
        message = asked.pop()
        slot = json.loads(message.body)["MessageBody"]["Units"][0]["PositionName"]
        result = {"Result": "Passed"} if int(slot) % 2 else {"Result": "Failed", "Message": slot}
        return answer_to(message, **{**PASSED, "PrimaryResult": result})

    broker = InMemoryBroker(answer=latest_first)
    mes = asking(broker)
    with ThreadPoolExecutor(len(slots)) as pool:
        answers = list(pool.map(lambda slot: mes.ask(question(slot=slot)), slots))
    assert [answer.allowed for answer in answers] == [bool(int(slot) % 2) for slot in slots]
    assert [a.reason for a in answers] == ["" if int(s) % 2 else s for s in slots]
    assert len(broker.connections) == 1
    mes.close()
    assert broker.connections[0].closed


def test_a_mes_that_does_not_answer_is_away_and_one_that_comes_back_is_asked() -> None:
    broker = InMemoryBroker()
    questions = Questions(Line(broker.connect), "/queue/checks", "")
    asked = AmqpMessage(b"", "1", "", correlation="1")
    with pytest.raises(MesAwayError, match="no answer in time"):
        questions.ask(asked, monotonic() + 0.02)
    broker.answer = lambda _: b'{"RequestID": "2"}'
    assert questions.ask(replace(asked, correlation="2"), monotonic() + 30.0)
    questions.close()


def test_all_who_wait_for_an_answer_hear_that_the_broker_is_gone() -> None:
    broker = InMemoryBroker()
    mes = asking(broker, deadline_s=60.0)

    def cut(asked: list[AmqpMessage]) -> None:
        if len(asked) == 2:
            raise MesAwayError("connection aborted")

    broker.answer = cut
    with ThreadPoolExecutor(2) as pool:
        waits = [pool.submit(mes.ask, question(slot=slot)) for slot in ("1", "2")]
        for wait in waits:
            with pytest.raises(MesAwayError, match="connection aborted"):
                wait.result(timeout=30)
    mes.close()


@pytest.mark.parametrize(
    "trouble", [Settlement.REJECTED, Settlement.RELEASED, MesAwayError("no answer in time")]
)
def test_a_question_that_fails_is_the_trouble_of_its_slot_alone(
    trouble: Settlement | MesAwayError,
) -> None:
    has_asked = Event()
    broker = InMemoryBroker(answer=lambda _: has_asked.set())
    mes = asking(broker, deadline_s=60.0)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(mes.ask, question(slot="1"))
        assert has_asked.wait(30)
        broker.plan = [trouble]
        with pytest.raises(MesAwayError, match=r"did not take the question|no answer in time"):
            mes.ask(question(slot="2"))
        broker.answer = first_asked
        assert first.result(timeout=30).allowed
    assert len(broker.connections) == 1
    mes.close()


def test_a_connection_over_which_only_trouble_came_is_not_used_again() -> None:
    broker = InMemoryBroker(plan=[MesAwayError("no answer in time")], answer=first_asked)
    mes = asking(broker)
    with pytest.raises(MesAwayError):
        mes.ask(question())
    assert mes.ask(question()).allowed
    assert [connection.closed for connection in broker.connections] == [True, False]
    mes.close()


def test_questions_and_messages_have_a_connection_each() -> None:
    broker = InMemoryBroker(answer=first_asked)
    mes = asking(broker)
    mes.deliver(message(STARTED))
    mes.ask(question())
    assert len(broker.connections) == 2
    mes.close()
    mes.close()
