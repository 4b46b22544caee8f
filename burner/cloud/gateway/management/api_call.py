"""A call of the management API as it came in, and its refusal. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class ApiCallRefusedError(Exception):
    """A call fails with an error code of the platform."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class ApiCall:
    """A call whose signature is right."""

    service: str
    """Such as `iotcloud`."""
    version: str
    action: str
    region: str
    parameters: Mapping[str, Any] = field(repr=False)

    def text(self, name: str) -> str:
        """A parameter that is a text."""
        value = self._needed(name)
        if not isinstance(value, str):
            raise _wrong_type(f"{name} is not a string.")
        return value

    def number(self, name: str, smallest: int, largest: int) -> int:
        """A parameter that is a whole number between two."""
        value = self._needed(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong_type(f"{name} is not an integer.")
        if not smallest <= value <= largest:
            message = f"{name} must be from {smallest} to {largest}."
            raise ApiCallRefusedError("InvalidParameterValue", message)
        return value

    def texts(self, name: str, most: int) -> Sequence[str]:
        """A parameter that is a list of texts."""
        value = self._needed(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise _wrong_type(f"{name} is not an array of strings.")
        if not 1 <= len(value) <= most:
            message = f"{name} takes from 1 to {most} at once, not {len(value)}."
            raise ApiCallRefusedError("InvalidParameterValue", message)
        return value

    def check_names(self, known: frozenset[str]) -> None:
        """Refuse parameters that the action does not know."""
        for name in self.parameters:
            if name not in known:
                message = f"{name[:40]!a} is no parameter, or none that this server knows."
                raise ApiCallRefusedError("UnknownParameter", message)

    def _needed(self, name: str) -> object:
        if self.parameters.get(name) is None:
            raise ApiCallRefusedError("MissingParameter", f"{name} is missing.")
        return self.parameters[name]


def _wrong_type(message: str) -> ApiCallRefusedError:
    return ApiCallRefusedError("InvalidParameter", message)


@dataclass(frozen=True)
class ApiAnswer:
    """What a call gets."""

    values: Mapping[str, Any]
    seen: str = ""
    """What a line about it says; never a secret."""


@dataclass(frozen=True)
class ApiCallServed:
    """What became of a call, for the log. It holds no secret, but for what a program wrote into the
    wrong field.
    """

    action: str
    product_id: str
    code: str
    """The platform's; empty: the call was done."""
    detail: str


def page_words(offset: int, count: int, total: int) -> str:
    """A page of devices in a line."""
    return f"{offset + 1} to {offset + count} of {total}" if count else f"none of {total}"
