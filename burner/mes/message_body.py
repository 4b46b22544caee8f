"""A message as a CloudEvent 1.0 in JSON. Pure: the same message gives the same bytes."""

import json
from dataclasses import asdict

from burner.core.version import burner_version
from burner.mes.destination import InterlockQuestion, MesMessage
from burner.mes.event_json import kind_of_event

TYPE_PREFIX = "burner."
"""Before the kind in the field `type`."""
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def message_json(message: MesMessage) -> dict[str, object]:
    """The fields of a message."""
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": f"/burner/station/{message.station}",
        "type": TYPE_PREFIX + kind_of_event(message.event),
        "subject": message.subject,
        "time": message.at,
        "sequence": f"{message.sequence:020d}",
        "datacontenttype": "application/json",
        "data": asdict(message.event),
    }


def message_body(message: MesMessage) -> bytes:
    """The body of a request."""
    return _compact(message_json(message))


def question_body(question: InterlockQuestion) -> bytes:
    """The body of the question before a unit is touched."""
    return _compact({"burner": burner_version(), **asdict(question)})


def _compact(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
