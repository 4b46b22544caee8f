"""What a booted unit must print, and the judgement over what it did print. Pure."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from burner.core import patterns
from burner.core.baud_rates import Baud
from burner.core.device_lines import MAX_LINES
from burner.core.errors import BurnerError
from burner.core.patterns import Capture, Regex
from burner.core.visible_text import quoted
from burner.core.yaml_schema import Strict

MAX_SHOWN = 120
"""Characters of what a unit printed in a remark about it: remarks are recorded, and read."""


class BootSettings(Strict):
    """What the firmware prints when it starts well. Without any expectation nothing is awaited."""

    baud: Baud = 115200
    """Bits per second of the application's console; the ESP8266's ROM and many of its
    applications use 74880."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 5.0
    """Seconds from the reset until every awaited line must have come. A unit whose lines have come
    is not waited for any longer."""
    device_name: Capture | None = None
    r"""The line in which the firmware prints its name, as a regular expression of RE2; its one
    group is the name, which must be the one on record (E603): `'device_name=([\w-]+)'`."""
    product_id: Capture | None = None
    r"""The line with the ProductID that the firmware found, as a regular expression of RE2; its one
    group must be the product's (E604): `'product_id=(\w+)'`."""
    expect: tuple[Regex, ...] = ()
    """Further lines that must come, in any order (E605), as regular expressions of RE2. Each may
    match anywhere in a line: `[wifi ready]`."""

    @property
    def awaited(self) -> tuple[str, ...]:
        """Every pattern that some line must match."""
        named = (p for p in (self.device_name, self.product_id) if p)
        return (*self.expect, *named)


class Awaited:
    """Whether every awaited line has come, so that listening may stop; asked after each line.

    Looks at each line once: a unit may print thousands.
    """

    def __init__(self, awaited: Sequence[str]) -> None:
        self._missing = list(awaited)
        self._looked_at = 0

    def __call__(self, lines: Sequence[str]) -> bool:
        """Of the lines so far."""
        new = lines[self._looked_at :]
        self._looked_at = len(lines)
        self._missing = [pattern for pattern in self._missing if _first(pattern, new) is None]
        return not self._missing


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
            raise BurnerError("E605", f"no line matched {_shown(pattern)}; {_last(lines)}")
        said[field] = match[1] or ""
        if said[field] != ours:
            raise BurnerError(
                code, f"firmware says {_shown(said[field])}, burned was {_shown(ours)}"
            )
    for pattern in settings.expect:
        if _first(pattern, lines) is None:
            raise BurnerError("E605", f"no line matched {_shown(pattern)}; {_last(lines)}")
    return said


def _first(pattern: str, lines: Sequence[str]) -> patterns.Match | None:
    return next((m for line in lines if (m := patterns.search(pattern, line))), None)


def _last(lines: Sequence[str]) -> str:
    if len(lines) >= MAX_LINES:
        return f"the unit printed {MAX_LINES} lines, and was heard no longer"
    return f"last line was {_shown(lines[-1])}" if lines else "the unit printed nothing"


def _shown(text: str) -> str:
    """In quotes; only the beginning of a long text."""
    return quoted(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…")
