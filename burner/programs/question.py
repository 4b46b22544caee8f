"""What a test is asked: one JSON object on its standard input."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PROTOCOL: Final = 1
"""Raised when a program that understands the question before could misread the new one."""


@dataclass(frozen=True)
class TestQuestion:
    """The unit that a test has before it."""

    test: str
    """Its name in the profile."""
    slot: str
    port: str
    """What is opened to talk to the chip, such as `/dev/ttyUSB3`; free while the test runs."""
    unit_id: str
    mac: str
    device_name: str
    attempt: str
    """Id of the attempt."""
    tried: int
    """Of this test, from 1."""
    batch: str
    profile: str
    """Name and version."""
    ids: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The object that the program reads."""
        return {
            "burner": PROTOCOL,
            "test": self.test,
            "slot": self.slot,
            "port": self.port,
            "unit_id": self.unit_id,
            "mac": self.mac,
            "device_name": self.device_name,
            "attempt": self.attempt,
            "try": self.tried,
            "batch": self.batch,
            "profile": self.profile,
            "ids": dict(self.ids),
        }
