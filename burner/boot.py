"""What a booted unit must print, and the judgement over what it did print. Pure."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from burner.errors import BurnerError
from burner.schema import Strict


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return text


def _capture(text: str) -> str:
    if re.compile(_regex(text)).groups != 1:
        raise ValueError("needs exactly one group (…) around the value")
    return text


Regex = Annotated[str, AfterValidator(_regex)]
Capture = Annotated[str, AfterValidator(_capture)]


class BootSettings(Strict):
    """What the firmware prints when it starts well. Without any expectation nothing is awaited."""

    baud: int = 115200
    """Bits per second of the application's console."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 5.0
    device_name: Capture | None = None
    """Regular expression; its group is the name the firmware will use."""
    product_id: Capture | None = None
    """Regular expression; its group is the ProductID the firmware found."""
    expect: tuple[Regex, ...] = ()
    """Lines that must come, in any order."""

    @property
    def awaited(self) -> tuple[str, ...]:
        """Every pattern that some line must match."""
        named = (p for p in (self.device_name, self.product_id) if p)
        return (*self.expect, *named)


def heard_all(patterns: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether every awaited line has come, so that listening may stop."""
    return all(_first(pattern, lines) is not None for pattern in patterns)


def judge(
    settings: BootSettings, lines: Sequence[str], device_name: str, product_id: str
) -> dict[str, str]:
    """What the firmware said of itself, once it agrees with what was burned.

    Raises:
        BurnerError: E603 another name, E604 another ProductID, E605 an awaited line is missing.
    """
    said: dict[str, str] = {}
    for field, pattern, ours, code in (
        ("product_id", settings.product_id, product_id, "E604"),
        ("device_name", settings.device_name, device_name, "E603"),
    ):
        if pattern is None:
            continue
        match = _first(pattern, lines)
        if match is None:
            raise BurnerError("E605", f"no line matched {pattern!r}; {_last(lines)}")
        said[field] = match.group(1)
        if match.group(1) != ours:
            raise BurnerError(code, f"firmware says {match.group(1)!r}, burned was {ours!r}")
    for pattern in settings.expect:
        if _first(pattern, lines) is None:
            raise BurnerError("E605", f"no line matched {pattern!r}; {_last(lines)}")
    return said


def _first(pattern: str, lines: Sequence[str]) -> re.Match[str] | None:
    return next((m for line in lines if (m := re.search(pattern, line))), None)


def _last(lines: Sequence[str]) -> str:
    return f"last line was {lines[-1]!r}" if lines else "the unit printed nothing"
