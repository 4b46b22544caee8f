"""The schema of the lines that `burn --json` prints, and the page about them.

The schema is written by hand, in `events.schema.json`: it is a promise to other people's programs,
and must not change with a line of code. Tests check every line that a run prints.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from burner.core.version import burner_version

VERSION = 1
"""Raised when a program that reads the lines of the version before could misread the new ones."""
PROMISE = """\
Printed by `burner explain --events`; `burner explain --events --json` prints the JSON Schema.

**What is promised.** Within one `schema` number, events, fields and values of `state`, `step` and
`outcome` are only added. None is renamed, removed, or given another type or meaning. So ignore
events and fields that you do not know. A change that breaks this gets the next number, and a line
in the change log. Error codes keep their numbers. Texts in `detail`, `place`, `found` and `allowed`
are for people and may change.

burner does not wait for the reader: when the pipe is closed, burning goes on and the records are
complete. A refusal before the first unit, and a failure of the whole station, are on stderr and in
the exit status.
"""

EventSchema = Mapping[str, Any]


@cache
def schema() -> EventSchema:
    """The JSON Schema (draft 2020-12) of a line."""
    text = (resources.files("burner.cli.run") / "events.schema.json").read_text(encoding="utf-8")
    parsed: EventSchema = json.loads(text)
    return parsed


def start_json() -> Mapping[str, Any]:
    """The first line of JSON: what kind of lines follow."""
    return {"event": "start", "schema": VERSION, "burner": burner_version()}


def page() -> str:
    """docs/events.md: every event and field in words."""
    defined = schema()["$defs"]
    objects = [name for name, type_ in defined.items() if "properties" in type_]
    parts = [f"# {schema()['title']}", schema()["description"], PROMISE.rstrip()]
    for name in objects:
        head = f"## `{name}`\n{defined[name]['description']}"
        parts += [head, "\n".join(("| field | type | |", "|---|---|---|", *_rows(defined[name])))]
    return "\n\n".join(parts) + "\n"


def _rows(about: EventSchema) -> Iterator[str]:
    for name, field in about["properties"].items():
        if name == "event":
            continue
        whole = _resolved(field)
        text = whole.get("description", "")
        if name not in about["required"]:
            text = f"Not always there. {text}"
        yield f"| `{name}` | {_type(whole)} | {text} |"


def _resolved(field: EventSchema) -> EventSchema:
    """A schema together with the one to which it refers; its own words come first."""
    if "$ref" not in field:
        return field
    name = field["$ref"].removeprefix("#/$defs/")
    target = schema()["$defs"][name]
    if "properties" in target:
        target = {"type": f"`{name}`"}
    return {**target, **field}


def _type(field: EventSchema) -> str:
    """The type in words."""
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "enum" in field:
        return ", ".join(field["enum"])
    if "oneOf" in field:
        return " or ".join(_type(_resolved(option)) for option in field["oneOf"])
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    if kinds == ["array"]:
        return f"list of {_type(_resolved(field['items']))}"
    if kinds == ["object"] and "properties" in field:
        return f"object: {', '.join(field['properties'])}"
    return " or ".join(kinds)
