"""Alibaba's applications (申请单): names that are checked first, and created when that is asked.

The work is done at once; who asks for the status may have to ask again.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MOST_APPLICATIONS: Final = 10_000
"""Of all products; the oldest are forgotten."""


class ApplicationStatus(StrEnum):
    """How far an application has come."""

    CHECK = "CHECK"
    CHECK_SUCCESS = "CHECK_SUCCESS"
    CHECK_FAILED = "CHECK_FAILED"
    CREATE = "CREATE"
    CREATE_SUCCESS = "CREATE_SUCCESS"
    CREATE_FAILED = "CREATE_FAILED"


@dataclass
class Application:
    """Names of one product that somebody wants to create."""

    product_id: str
    names: Sequence[str]
    status: ApplicationStatus = ApplicationStatus.CHECK
    unfit: Mapping[str, str] = field(default_factory=dict)
    """The names with which the last step failed, each with why."""
    polls: int = 0
    """How often its last step is still at work when somebody asks."""

    def poll(self) -> ApplicationStatus:
        """The status; asking brings it on."""
        if self.polls > 0:
            self.polls -= 1
        elif self.status is ApplicationStatus.CHECK:
            failed = ApplicationStatus.CHECK_FAILED
            self.status = failed if self.unfit else ApplicationStatus.CHECK_SUCCESS
        elif self.status is ApplicationStatus.CREATE:
            failed = ApplicationStatus.CREATE_FAILED
            self.status = failed if self.unfit else ApplicationStatus.CREATE_SUCCESS
        return self.status


class Applications:
    """The applications of an account, by number; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._applications: dict[int, Application] = {}
        self._last = 1_295_000

    def add(self, application: Application) -> int:
        """A new application; its number."""
        with self._lock:
            self._last += 1
            self._applications[self._last] = application
            if len(self._applications) > MOST_APPLICATIONS:
                del self._applications[next(iter(self._applications))]
            return self._last

    def find(self, number: int) -> Application | None:
        """The application with this number."""
        with self._lock:
            return self._applications.get(number)
