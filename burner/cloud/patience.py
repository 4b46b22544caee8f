"""How long a run that creates names waits for the platform."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long the platform is waited for, in seconds."""

    settle_s: float = 2.0
    """Until a call is sent again, or a name that should be there is asked for again."""
    absent_s: tuple[float, ...] = (2.0, 8.0, 20.0)
    """After a cut call, between the questions whether it came through: the platform may still be at
    work on it. Names that are absent after the last one are sent again."""
    first_poll_s: float = 0.3
    longest_poll_s: float = 5.0
    task_s: float = 600.0
    """For a task."""
    tries: int = 4
    """Of one chunk that is cut again and again."""
    pause: Callable[[float], None] = time.sleep
    """Waits so many seconds."""
