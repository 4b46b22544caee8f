"""The time that an attempt spends in each step."""

from collections.abc import Callable
from time import monotonic

from burner.core.attempt import Step


class StepClock:
    """Measures the steps of an attempt; `now` gives seconds."""

    def __init__(self, first: Step, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._seconds: dict[str, float] = {}
        self.step = first
        self.restart()

    def restart(self) -> None:
        """Start again: the time so far does not count."""
        self._started = self._entered = self._now()

    def skip(self, seconds: float) -> None:
        """Leave the last seconds out: the time of a wait is not the slot's."""
        self._started, self._entered = self._started + seconds, self._entered + seconds

    def enter(self, step: Step) -> None:
        """End the current step and begin this one."""
        now = self._now()
        self._seconds[self.step] = self._seconds.get(self.step, 0.0) + now - self._entered
        self.step, self._entered = step, now

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._now() - self._started

    @property
    def timings(self) -> dict[str, float]:
        """Seconds of each step that is over."""
        return dict(self._seconds)
