"""The destination against an endpoint that decides about each message, and answers directly."""

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from burner.mes.cfx.destination import CfxDestination
from burner.mes.cfx.open_destination import open_cfx
from burner.mes.cfx.validation import RESPONSE
from burner.mes.cfx_settings import CfxSettings
from burner.mes.destination import InterlockAnswer, MesAwayError, MesRefusedError
from burner.mes.events import WorkStarted
from tests.mes.cfx.examples import WORK, message, question

if TYPE_CHECKING:
    from tests.mes.cfx.endpoint import Endpoint

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not importlib.util.find_spec("proton") or sys.platform == "win32",
        reason="the extra burner[cfx] is not installed (scripts/test --full does on Debian)",
    ),
]

STARTED = message(WorkStarted(**WORK))


def endpoint(*plan: str, answer: Any = None) -> "Endpoint":
    from tests.mes.cfx.endpoint import Endpoint

    return Endpoint(list(plan), answer)


def station(other: "Endpoint", folder: Path, **changes: Any) -> CfxDestination:
    fields = {"url": f"amqp://127.0.0.1:{other.port}", "address": "cfx", "deadline_s": 2.0}
    settings = CfxSettings(name="mes", kind="cfx", **{**fields, **changes})
    return open_cfx(settings, "LINE-1", folder)


def test_a_rejected_message_is_refused_and_the_connection_goes_on(tmp_path: Path) -> None:
    with endpoint("rejected") as other:
        mes = station(other, tmp_path)
        with pytest.raises(MesRefusedError, match="rejected"):
            mes.deliver(STARTED)
        mes.deliver(STARTED)
        mes.close()
    assert other.names == ["WorkStarted"]


@pytest.mark.parametrize("trouble", ["released", "modified", "silent", "cut"])
def test_a_message_that_was_not_taken_is_sent_again(tmp_path: Path, trouble: str) -> None:
    with endpoint(trouble) as other:
        mes = station(other, tmp_path)
        with pytest.raises(MesAwayError):
            mes.deliver(STARTED)
        mes.deliver(STARTED)
        mes.close()
    assert other.names == ["WorkStarted"]


@pytest.mark.parametrize("allowed", [True, False])
def test_an_endpoint_is_asked_directly(tmp_path: Path, allowed: bool) -> None:
    result = {"Result": "Passed" if allowed else "Failed"}

    def answer(request: str) -> dict[str, Any]:
        body = {"Result": {"Result": "Success"}, "PrimaryResult": result}
        return {"MessageName": RESPONSE, "RequestID": request, "MessageBody": body}

    asks = {"interlock": "required", "interlock_address": "mes.checks"}
    with endpoint(answer=answer) as other:
        mes = station(other, tmp_path, **asks)
        for _ in range(3):
            assert mes.ask(question()) == InterlockAnswer(allowed)
        mes.close()
    assert all(address.startswith("answers-") for address in other.reply_addresses)


def test_an_endpoint_that_hangs_up_on_a_question_is_away(tmp_path: Path) -> None:
    asks = {"interlock": "required", "interlock_address": "mes.checks"}
    with endpoint("cut", "silent", "rejected") as other:
        mes = station(other, tmp_path, **asks)
        for _ in range(3):
            with pytest.raises(MesAwayError):
                mes.ask(question())
        mes.close()
