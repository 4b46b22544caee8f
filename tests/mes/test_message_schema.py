"""docs/mes-message.schema.json is made of the types of the events."""

import json
from pathlib import Path

import jsonschema
import pytest

from burner.mes.message_body import message_body
from burner.mes.message_schema import message_schema
from tests.mes.messages import a_message

FILE = Path(__file__).parents[2] / "docs" / "mes-message.schema.json"


def test_the_file_is_the_schema_of_the_types() -> None:
    """After a change: `burner mes schema > docs/mes-message.schema.json`."""
    assert json.loads(FILE.read_text(encoding="utf-8")) == message_schema()


def test_a_message_fits_the_schema() -> None:
    jsonschema.validate(json.loads(message_body(a_message())), message_schema())


def test_another_kind_or_field_does_not_fit() -> None:
    message = json.loads(message_body(a_message()))
    for wrong in ({"type": "burner.Other"}, {"id": 5}, {"data": {**message["data"], "x": 1}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**message, **wrong}, message_schema())
