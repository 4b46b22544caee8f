"""What came of one try of a test, before its values are compared with their limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TestAnswer:
    """The answer of a dialogue, a program or a function."""

    values: Mapping[str, str] = field(default_factory=dict)
    """What was measured, by name, in its order."""
    code: str = ""
    """Why it did not pass; empty: it passed, if its values are good."""
    detail: str = ""
    program: str = ""
    """SHA-256 (hex) of the program that ran; empty: none, or not known."""
    printed: str = ""
    """What it wrote for the slot's log, without the product secret."""
