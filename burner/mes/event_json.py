"""Events as JSON and back. The schema of docs/mes.md is made of the same types."""

import json
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter

from burner.mes.events import MesEvent

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(MesEvent)}
"""Every kind of event, by its name."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=vars)
"""Made once: a commit waits for it. `default` is for tests and measurements."""


def kind_of_event(event: MesEvent) -> str:
    """The name of its kind: `WorkCompleted`."""
    return type(event).__name__


def event_to_json(event: MesEvent) -> str:
    """Its fields as a JSON object, without its kind."""
    return _ENCODER.encode(vars(event))


def event_from_json(kind: str, text: str) -> MesEvent:
    """An event as `event_to_json` wrote it.

    Raises:
        KeyError: there is no such kind.
        ValueError: the text is not that of such an event.
    """
    event: MesEvent = adapter(kind).validate_json(text)
    return event


@cache
def adapter(kind: str) -> "TypeAdapter[Any]":
    """Reads events of a kind, and knows their schema."""
    return TypeAdapter(KINDS[kind])
