"""The time that an attempt spends in each step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from burner.core.attempt import WAIT, Step


class StepClock:
    """Measures the steps of an attempt, and apart from them its waits; `now` gives seconds."""

    def __init__(self, first: Step, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._seconds: dict[str, float] = {}
        self.step = first
        self._started = self._entered = self._now()

    def add_wait(self, seconds: float) -> None:
        """Of the present step so many seconds were a wait, which is not the slot's own time."""
        self._seconds[WAIT] = self._seconds.get(WAIT, 0.0) + seconds
        self._entered += seconds

    @contextmanager
    def wait(self) -> Iterator[None]:
        """What happens within is a wait."""
        began = self._now()
        try:
            yield
        finally:
            self.add_wait(self._now() - began)

    def enter(self, step: Step) -> None:
        """End the current step and begin this one."""
        now = self._now()
        self._seconds[self.step] = self._seconds.get(self.step, 0.0) + now - self._entered
        self.step, self._entered = step, now

    @property
    def seconds(self) -> float:
        """Since the start, waits included."""
        return self._now() - self._started

    @property
    def timings(self) -> dict[str, float]:
        """Seconds of each step that is over, and of all waits."""
        return dict(self._seconds)
