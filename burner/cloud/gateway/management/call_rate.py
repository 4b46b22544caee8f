"""How many calls an account may send. No I/O."""

import threading
from collections import deque
from collections.abc import Callable


class CallRate:
    """So many calls of each action in any second."""

    def __init__(self, per_second: int, now: Callable[[], float]) -> None:
        self._per_second = per_second
        self._now = now
        self._lock = threading.Lock()
        self._last: dict[str, deque[float]] = {}

    def takes(self, action: str) -> bool:
        """Whether one more call is in time."""
        if not self._per_second:
            return True
        now = self._now()
        with self._lock:
            last = self._last.setdefault(action, deque(maxlen=self._per_second))
            if len(last) == self._per_second and 0 <= now - last[0] < 1.0:
                return False
            last.append(now)
            return True
