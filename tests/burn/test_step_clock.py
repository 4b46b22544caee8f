"""The times of an attempt: its whole from start to end, its steps without waits."""

from burner.burn.step_clock import StepClock
from burner.core.attempt import WAIT, Step


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_wait_is_in_the_whole_and_in_no_step() -> None:
    watch = Watch()
    clock = StepClock(Step.IDENTIFY, watch)
    watch.at += 1
    with clock.wait():
        watch.at += 20
    clock.enter(Step.TEST)
    watch.at += 5
    clock.add_wait(4)
    clock.enter(Step.RECORD)
    assert clock.seconds == 26
    assert clock.timings == {Step.IDENTIFY: 1, WAIT: 24, Step.TEST: 1}
