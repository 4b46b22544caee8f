"""Tasks that create many devices. The devices are there at once; who asks may have to ask again."""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from burner.cloud.gateway.registered_devices import CreationOutcome

MOST_TASKS = 10_000
"""Of all products; the oldest are forgotten."""


@dataclass
class _Task:
    product_id: str
    outcomes: Sequence[tuple[str, CreationOutcome]]
    polls_at_work: int


class CreationTasks:
    """The tasks of an account; for several threads."""

    def __init__(self, polls_at_work: int) -> None:
        """`polls_at_work`: how often a task that is asked for its status is still at work."""
        self._polls_at_work = polls_at_work
        self._lock = threading.Lock()
        self._tasks: dict[str, _Task] = {}

    def add(self, product_id: str, outcomes: Sequence[tuple[str, CreationOutcome]]) -> str:
        """A new task; its ID."""
        task_id = secrets.token_hex(16)
        with self._lock:
            self._tasks[task_id] = _Task(product_id, outcomes, self._polls_at_work)
            if len(self._tasks) > MOST_TASKS:
                del self._tasks[next(iter(self._tasks))]
        return task_id

    def poll(self, product_id: str, task_id: str) -> bool:
        """Whether a task is done; asking brings it on.

        Raises:
            KeyError: there is none.
        """
        with self._lock:
            task = self._of(product_id, task_id)
            task.polls_at_work -= 1
            return task.polls_at_work < 0

    def outcomes(
        self, product_id: str, task_id: str
    ) -> Sequence[tuple[str, CreationOutcome]] | None:
        """What became of each name; None: the task is still at work.

        Raises:
            KeyError: there is none.
        """
        with self._lock:
            task = self._of(product_id, task_id)
            return None if task.polls_at_work > 0 else task.outcomes

    def _of(self, product_id: str, task_id: str) -> _Task:
        task = self._tasks[task_id]
        if task.product_id != product_id:
            raise KeyError(task_id)
        return task
