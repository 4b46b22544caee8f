"""The values in the answers of Alibaba's management API. The SDK checks no type."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError


def record(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object; empty where there is none."""
    value = values.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise _unreadable(name, "an object")
    return value or {}


def records(values: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """A list of objects; empty where there is none."""
    value = values.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise _unreadable(name, "a list of objects")
    return value


def names_in(values: Mapping[str, Any], name: str, entry: str) -> Sequence[str]:
    """The list of names that an object holds; empty where there is none."""
    value = record(values, name).get(entry) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _unreadable(name, "a list of names")
    return value


def text(values: Mapping[str, Any], name: str) -> str:
    """A text; empty where there is none."""
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise _unreadable(name, "a text")
    return value or ""


def number(values: Mapping[str, Any], name: str) -> int:
    """A whole number that is not negative."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _unreadable(name, "a number")
    return value


def moment(values: Mapping[str, Any], name: str) -> datetime | None:
    """A time in UTC, such as `2018-08-06T02:48:41.000Z`; None where there is none."""
    found = text(values, name)
    try:
        at = datetime.fromisoformat(found) if found else None
    except ValueError:
        raise _unreadable(name, "a time") from None
    if at is not None and at.tzinfo is None:
        raise _unreadable(name, "a time")
    return at


def _unreadable(name: str, expected: str) -> BurnerError:
    return BurnerError(Code.API_ANSWER_UNREADABLE, f"{name} is not {expected}")
