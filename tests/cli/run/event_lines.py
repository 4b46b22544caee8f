"""Lines of `--json` against their schema, more strictly than other people's programs may be."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from burner.cli.run.event_schema import schema

HINT = (
    "Whoever adds an event, a field or a value writes it into "
    "burner/cli/run/events.schema.json with a description, then `burner explain --events > "
    "docs/events.md`. Within one schema number things are only added (docs/events.md)."
)


@cache
def strict_validator() -> Draft202012Validator:
    """Only the events that are defined, with no other field than theirs."""
    strict: dict[str, Any] = deepcopy(dict(schema()))
    for about in strict["$defs"].values():
        if "properties" in about:
            about["additionalProperties"] = False
    strict["properties"]["event"]["enum"] = events()
    Draft202012Validator.check_schema(strict)
    return Draft202012Validator(strict)


def events() -> list[str]:
    """The events that are defined."""
    return [rule["if"]["properties"]["event"]["const"] for rule in schema()["allOf"]]


def wrong_with(line: Mapping[str, Any]) -> str:
    """Empty, or what the schema does not know of a line, and what to do about it."""
    problems = [
        f"{error.json_path.removeprefix('$.')}: {error.message}"
        for error in strict_validator().iter_errors(line)
    ]
    return "\n".join([f"event {line.get('event')!r}", *problems, HINT]) if problems else ""
