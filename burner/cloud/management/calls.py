"""The way of every call: at a bounded rate, within a deadline, again where that is safe.

No library's own timeout is enough: it holds for one read, and an answer may come byte by byte. So a
call runs in a thread of its own, which is given up when its time is over.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from burner.cloud.management.errors import UncertainCallError
from burner.cloud.management.sending import Sending
from burner.core.code import Code
from burner.core.errors import BurnerError

ResultOfCall = TypeVar("ResultOfCall")

_UNCERTAIN: Final = frozenset(
    {
        Code.API_DEADLINE_PASSED,
        Code.API_ANSWER_UNREADABLE,
        Code.API_FAILED,
        Code.MANAGEMENT_SDK_MISSING,  # of a call: the SDK sent it by another way
    }
)
"""After these errors nobody knows whether the platform did what it was asked."""
_SLICE: Final = 0.25
"""Seconds of one wait: on Windows Ctrl-C comes between two."""


@dataclass(frozen=True)
class CallLimits:
    """How long and how often a call is tried, and how many are made."""

    per_second: int = 18
    """Platforms take 20."""
    seconds: float = 20
    """Of one try."""
    total_seconds: float = 90
    """Of a call with all its tries."""
    tries: int = 3
    """Of a call that reads, where the network or the platform fails."""
    first_wait: float = 0.5
    """Seconds before the second try; each time twice as long."""
    longest_wait: float = 10


@dataclass(frozen=True)
class CallClock:
    """The time of calls, and between them."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    """From 0 to 1: many stations that were refused at once do not come back at once."""


@dataclass
class ApiCalls:
    """Makes calls, from any thread. What is called raises BurnerError (E8)."""

    limits: CallLimits = field(default_factory=CallLimits)
    clock: CallClock = field(default_factory=CallClock)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _turns: deque[float] = field(default_factory=deque, init=False)
    """When the last calls began or will begin."""

    def read(self, call: Callable[[], ResultOfCall]) -> ResultOfCall:
        """Make a call that changes nothing; it is tried again where network or platform fail.

        Raises:
            BurnerError: of the last try.
        """
        return self._until_answered(call, changes=False)

    def change(self, call: Callable[[], ResultOfCall]) -> ResultOfCall:
        """Make a call that changes something; again only where the platform refused to look at it.

        Raises:
            UncertainCallError: it may have been done.
            BurnerError: it was not done.
        """
        try:
            return self._until_answered(call, changes=True)
        except BurnerError as error:
            if error.code in _UNCERTAIN:
                raise UncertainCallError(error) from None
            raise

    def _until_answered(self, call: Callable[[], ResultOfCall], *, changes: bool) -> ResultOfCall:
        end = self.clock.now() + self.limits.total_seconds
        failed = throttled = 0
        while True:
            try:
                self._wait_for_turn()
                return self._try(call, self._seconds_until(end))
            except BurnerError as error:
                if error.code == Code.API_THROTTLED:
                    throttled += 1
                elif changes or not error.row.retry:
                    raise
                else:
                    failed += 1
                wait = self._wait_after(throttled + failed)
                if failed == self.limits.tries or self.clock.now() + wait >= end:
                    raise _after_tries(error, throttled + failed) from None
            self.clock.sleep(wait)

    def _try(self, call: Callable[[], ResultOfCall], seconds: float) -> ResultOfCall:
        sending = Sending(self.clock.now() + seconds, self.clock.now)

        def run() -> ResultOfCall:
            with sending.of_this_thread():
                return call()

        try:
            return within(seconds, run, self.clock.now)
        except _NoAnswerError:
            if sending.give_up():
                raise
        raise BurnerError(Code.API_UNREACHABLE, f"no connection in {seconds:.0f} s")

    def _seconds_until(self, end: float) -> float:
        return max(min(self.limits.seconds, end - self.clock.now()), 0)

    def _wait_after(self, tries: int) -> float:
        longest = min(self.limits.first_wait * 2.0 ** (tries - 1), self.limits.longest_wait)
        return longest * (1 + self.clock.jitter()) / 2

    def _wait_for_turn(self) -> None:
        with self._lock:
            turn = now = self.clock.now()
            if len(self._turns) == self.limits.per_second:
                turn = max(now, self._turns.popleft() + 1)
            self._turns.append(turn)
        if turn > now:
            self.clock.sleep(turn - now)


def _after_tries(error: BurnerError, tries: int) -> BurnerError:
    if tries == 1:
        return error
    return BurnerError(error.code, f"{error.detail}; {tries} tries")


class _NoAnswerError(BurnerError):
    """The deadline of a call has passed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(Code.API_DEADLINE_PASSED, f"no answer in {seconds:.0f} s")


def within(
    seconds: float,
    call: Callable[[], ResultOfCall],
    now: Callable[[], float] = time.monotonic,
) -> ResultOfCall:
    """The result of a call, or its exception.

    Args:
        seconds: until its deadline.
        call: what is called, in a thread of its own.
        now: the clock of the deadline.

    Raises:
        BurnerError: E837 it has none in time. Its thread is left to itself.
    """
    results: SimpleQueue[tuple[bool, ResultOfCall | BaseException]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((True, call()))
        except BaseException as error:  # it is raised where somebody waits
            results.put((False, error))

    end = now() + seconds
    threading.Thread(target=run, name="management call", daemon=True).start()
    while True:
        left = end - now()
        try:
            done, result = results.get(timeout=max(min(left, _SLICE), 0))
        except Empty:
            if left > 0:
                continue
            raise _NoAnswerError(seconds) from None
        if isinstance(result, BurnerError) and not done:
            raise result.with_traceback(None)  # its frames hold headers and the answer
        if isinstance(result, BaseException) and not done:
            raise result
        return result  # type: ignore[return-value]
