"""The question before a unit is touched: `ValidateUnitsRequest` and `ValidateUnitsResponse`.

Field names and enumerations: the classes of these names in the public SDK of IPC, in its folder
`CFX/InformationSystem/UnitValidation`, and `ValidationResult`, `RequestResult` in `CFX/Structures`.
"""

import json
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unique_keys import unique_keys
from burner.mes.cfx.envelope import CfxEnvelope
from burner.mes.cfx.messages import Identifier, identifier_of
from burner.mes.cfx.structures import unit_position
from burner.mes.destination import InterlockAnswer, InterlockQuestion, MesAwayError

REQUEST = "CFX.InformationSystem.UnitValidation.ValidateUnitsRequest"
RESPONSE = "CFX.InformationSystem.UnitValidation.ValidateUnitsResponse"
MAX_REASON = 300


def validation_request(
    question: InterlockQuestion,
    identifier: Identifier,
    *,
    at: str,
    source: str,
    target: str,
    request: str,
) -> CfxEnvelope:
    """The request for one unit; `request` is its id, which the response has too."""
    name = identifier_of(question.unit_id, question.device_name, question.ids, identifier)
    body = {
        "Validations": ["UnitRouteValidation", "UnitStatusValidation"],
        "PrimaryIdentifier": name,
        "Units": [unit_position(name, question.slot)],
    }
    return CfxEnvelope(REQUEST, at, request, source, body, target, request)


def request_of(text: bytes) -> str:
    """The id of the request that this answers; empty where it names none."""
    envelope = _json(text)
    request = envelope.get("RequestID") if isinstance(envelope, dict) else None
    return request if isinstance(request, str) else ""


def read_response(text: bytes) -> InterlockAnswer:
    """What the MES answered. Allowed is only what says so in every part.

    Raises:
        MesAwayError: it says that the request could not be done.
        BurnerError: E473 it is no such response.
    """
    envelope = _json(text)
    body = envelope.get("MessageBody") if isinstance(envelope, dict) else None
    if not isinstance(body, dict) or envelope.get("MessageName") != RESPONSE:
        raise _unreadable("no ValidateUnitsResponse")
    request = body.get("Result")
    if not isinstance(request, dict):
        raise _unreadable("no ValidateUnitsResponse")
    if request.get("Result") not in ("Success", "Warning"):
        reason = _reason(request) or "it says no reason"
        raise MesAwayError(f"the MES could not check the unit: {reason}")
    units = body.get("ValidationResults")
    parts = [body.get("PrimaryResult"), *(units if isinstance(units, list) else ())]
    results = [part for part in parts if isinstance(part, dict)]
    if not results:
        raise _unreadable("it names no unit")
    refused = [result for result in results if result.get("Result") != "Passed"]
    return InterlockAnswer(not refused, next(filter(None, map(_reason, refused)), ""))


def _unreadable(why: str) -> BurnerError:
    return BurnerError(Code.INTERLOCK_ANSWER_UNREADABLE, why)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text, object_pairs_hook=unique_keys)
    except (ValueError, RecursionError):
        return None


def _reason(part: dict[str, Any]) -> str:
    """What it says to people, with its number."""
    message, number = part.get("Message"), part.get("FailureCode") or part.get("ResultCode")
    words = " ".join(str(word) for word in (message, f"({number})" if number else "") if word)
    return "".join(c if c.isprintable() else " " for c in words)[:MAX_REASON]
