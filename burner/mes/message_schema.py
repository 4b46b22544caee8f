"""The JSON schema of a message: what a MES may rely on. Made of the types of the events."""

from typing import Any

from burner.mes.event_json import KINDS, adapter
from burner.mes.message_body import TYPE_PREFIX


def message_schema() -> dict[str, Any]:
    """The schema of the body of a webhook, and of a JSON file."""
    definitions: dict[str, Any] = {}
    cases = []
    for kind in KINDS:
        schema = adapter(kind).json_schema(mode="serialization", ref_template="#/$defs/{model}")
        definitions |= schema.pop("$defs", {})
        definitions[kind] = {**schema, "additionalProperties": False}
        cases.append(
            {
                "properties": {
                    "type": {"const": TYPE_PREFIX + kind},
                    "data": {"$ref": f"#/$defs/{kind}"},
                }
            }
        )
    text = {"type": "string"}
    fields: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": {**text, "format": "uuid"},
        "source": {**text, "pattern": "^/burner/station/"},
        "type": text,
        "subject": text,
        "time": {**text, "format": "date-time"},
        "sequence": {**text, "pattern": "^[0-9]{20}$"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A message of burner to a MES: a CloudEvent 1.0 in JSON",
        "type": "object",
        "properties": fields,
        "required": [*fields],
        "additionalProperties": False,
        "oneOf": cases,
        "$defs": definitions,
    }
