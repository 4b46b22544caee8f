"""What a program or a function is told of the unit that it tests."""

from collections.abc import Mapping
from typing import Any, Final

from burner.core.attempt import Attempt

PROTOCOL: Final = 1
"""Raised when a program that understands the question before could misread the new one."""


def question_of(attempt: Attempt) -> Mapping[str, Any]:
    """The facts of the unit. Test, try and port are added for each run of a program."""
    return {
        "burner": PROTOCOL,
        "slot": attempt.slot,
        "unit_id": attempt.unit_id,
        "mac": str(attempt.silicon.mac) if attempt.silicon else "",
        "device_name": attempt.device_name,
        "attempt": attempt.id,
        "batch": attempt.batch,
        "profile": attempt.profile,
        "ids": dict(attempt.ids),
    }
