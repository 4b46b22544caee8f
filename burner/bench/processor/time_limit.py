"""The end of a program that would run for ever.

A thread can stop the emulator, but not let it pause: an access to a register may have been seen
already, and would be made again. So a stop by the thread is always the end, and the thread stops
only what is beyond doubt. Its clock is the time of all threads of the computer's process, which is
the executing one's time only as long as no callback has to wait for another thread. So it judges
the time since the last access; the executing thread judges its own time at each access.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType

MOST_CPU_S = 1.0
"""Of the computer, until a program waits. On one of 2026 the reference firmware starts in 0.012,
one of 143 KB in 0.04: also a much slower computer does not cut them."""
MOST_CPU_OF_BOOT_S = 3.0
"""Of the computer, from one reset to the next: one program must not take the time of the others.
The reference firmware answers a challenge in 0.01."""
LOOK_S = 0.1
"""Between two looks of the thread. (The emulator could count instructions, but would then need
twice as long.)"""


class TimeLimit:
    """For one run of a program; used as a context.

    `stop` stops the emulator, from another thread too.
    """

    def __init__(self, stop: Callable[[], None], most_cpu_s: float = MOST_CPU_S) -> None:
        self.is_over = False
        self._stop, self._most_cpu_s = stop, most_cpu_s
        self._end = time.thread_time() + most_cpu_s
        self._steps = self._steps_at_look = 0
        self._silent_since = time.process_time()

    def step(self) -> bool:
        """The program has used a register or the ROM. Whether its time is over."""
        self._steps += 1
        if time.thread_time() > self._end:
            self.is_over = True
        return self.is_over

    def look(self) -> None:
        """From the thread: stop a program that makes no steps."""
        now = time.process_time()
        if self._steps != self._steps_at_look:
            self._steps_at_look, self._silent_since = self._steps, now
        elif now > self._silent_since + self._most_cpu_s:
            self.is_over = True
            self._stop()  # again at each look: it may come before the emulator has started

    def __enter__(self) -> "TimeLimit":
        _watch.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _watch.discard(self)


class _Watch:
    """One thread for all runs. It ends when nothing runs; inputs come in bursts and share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = set[TimeLimit]()
        self._has_thread = False

    def add(self, limit: TimeLimit) -> None:
        with self._lock:
            self._running.add(limit)
            if not self._has_thread:
                threading.Thread(target=self._look_at_all, daemon=True).start()
                self._has_thread = True

    def discard(self, limit: TimeLimit) -> None:
        """After this it is not stopped any more."""
        with self._lock:
            self._running.discard(limit)

    def _look_at_all(self) -> None:
        while True:
            time.sleep(LOOK_S)
            with self._lock:
                if not self._running:
                    self._has_thread = False
                    return
                for limit in self._running:
                    limit.look()


_watch = _Watch()
