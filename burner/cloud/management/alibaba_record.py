"""An object in an answer of Alibaba's management API. The SDK checks no type."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret


class AlibabaRecord:
    """Named values. Its text forms do not show them: secrets of product and devices are there.

    No method has a value in a local variable when it raises: a traceback may show those.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def is_true(self, name: str) -> bool:
        """Whether a value is `true`."""
        return self._values.get(name) is True

    def text(self, name: str) -> str:
        """A text; empty where there is none."""
        match self._values.get(name):
            case None:
                return ""
            case str(found):
                return found
        raise _unreadable(name, "a text")

    def secret(self, name: str) -> Secret | None:
        """A secret; None where there is none."""
        return Secret(self.text(name).encode("utf-8", "surrogatepass")) if self.text(name) else None

    def number(self, name: str) -> int:
        """A whole number that is not negative."""
        match self._values.get(name):
            case int(found) if not isinstance(found, bool) and found >= 0:
                return found
        raise _unreadable(name, "a number")

    def moment(self, name: str) -> datetime | None:
        """A time in UTC, such as `2018-08-06T02:48:41.000Z`; None where there is none."""
        if not self.text(name):
            return None
        try:
            at = datetime.fromisoformat(self.text(name))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise _unreadable(name, "a time")
        return at

    def record(self, name: str) -> "AlibabaRecord":
        """An object; empty where there is none."""
        match self._values.get(name):
            case None:
                return NO_VALUES
            case dict(found):
                return AlibabaRecord(found)
        raise _unreadable(name, "an object")

    def records(self, name: str) -> Sequence["AlibabaRecord"]:
        """A list of objects; empty where there is none."""
        value = self._values.get(name) or []
        if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
            return [AlibabaRecord(each) for each in value]
        del value
        raise _unreadable(name, "a list of objects")

    def texts(self, name: str) -> Sequence[str]:
        """A list of texts; empty where there is none."""
        value = self._values.get(name) or []
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return value
        del value
        raise _unreadable(name, "a list of texts")


NO_VALUES: Final = AlibabaRecord({})


def _unreadable(name: str, expected: str) -> BurnerError:
    return BurnerError(Code.API_ANSWER_UNREADABLE, f"{name} is not {expected}")
