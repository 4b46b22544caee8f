"""States of the wall view, held against their schema."""

import json
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator

from burner.wall.state import WallState

SCHEMA = json.loads(
    (resources.files("burner.wall") / "state.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)


def checked(state: WallState) -> WallState:
    """The state, whose JSON is as the schema says."""
    check(state.plain())
    return state


def check(plain: Any) -> None:
    """Raise if this JSON is not as the schema says."""
    VALIDATOR.validate(json.loads(json.dumps(plain)))
