"""Calls of a management API: paced, bounded in time, tried again where that is safe. No sleeps."""

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

import pytest

from burner.cloud.management.calls import ApiCalls, CallClock, CallLimits, within
from burner.cloud.management.errors import UncertainCallError
from burner.cloud.management.sending import Sending, current_sending
from burner.core.code import Code
from burner.core.errors import BurnerError

SAFE_TO_REPEAT = (
    *(Code.API_HOST_UNKNOWN, Code.API_UNREACHABLE, Code.API_DEADLINE_PASSED),
    *(Code.API_ANSWER_UNREADABLE, Code.API_FAILED, Code.API_PROXY_FAILED),
)
FINAL = (
    *(Code.API_CREDENTIALS_REFUSED, Code.API_PERMISSION_MISSING, Code.API_CLOCK_WRONG),
    *(Code.API_CERTIFICATE_UNTRUSTED, Code.API_CALL_REFUSED, Code.CLOUD_PRODUCT_UNKNOWN),
)
UNCERTAIN = (
    *(Code.API_DEADLINE_PASSED, Code.API_ANSWER_UNREADABLE, Code.API_FAILED),
    Code.MANAGEMENT_SDK_MISSING,
)


class Time:
    """A clock that stands, but for who sleeps."""

    def __init__(self, jitter: float = 1.0) -> None:
        self.now = 0.0
        self.slept = list[float]()
        self.clock = CallClock(lambda: self.now, self._sleep, lambda: jitter)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def answers(*codes: Code) -> Callable[[], str]:
    """A call that fails with these codes, one after the other, and then is good."""
    outcomes: Iterator[Code | None] = iter((*codes, None))

    def call() -> str:
        if code := next(outcomes):
            raise BurnerError(code, "host")
        return "good"

    return call


def calls(time: Time) -> ApiCalls:
    return ApiCalls(clock=time.clock)


def test_five_times_slow_down_and_then_good_is_good_with_longer_waits() -> None:
    time = Time()
    assert calls(time).read(answers(*repeat(Code.API_THROTTLED, 5))) == "good"
    assert time.slept == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_jitter_takes_up_to_half_of_a_wait() -> None:
    time = Time(jitter=0.0)
    calls(time).read(answers(Code.API_THROTTLED))
    assert time.slept == [0.25]


def test_who_is_always_asked_to_slow_down_ends_within_the_time_of_a_call() -> None:
    time = Time()
    with pytest.raises(BurnerError) as raised:
        calls(time).read(answers(*repeat(Code.API_THROTTLED, 100)))
    assert raised.value.code == Code.API_THROTTLED
    assert raised.value.detail.endswith("; 13 tries")
    assert time.now < CallLimits().total_seconds


def test_slow_down_is_obeyed_by_a_call_that_changes_too_since_nothing_was_done() -> None:
    assert calls(Time()).change(answers(Code.API_THROTTLED)) == "good"


def test_the_table_of_codes_says_which_are_worth_another_try() -> None:
    assert all(BurnerError(code).row.retry for code in SAFE_TO_REPEAT)
    assert not any(BurnerError(code).row.retry for code in FINAL)


@pytest.mark.parametrize("code", SAFE_TO_REPEAT)
def test_a_reading_call_is_tried_three_times(code: Code) -> None:
    time = Time()
    assert calls(time).read(answers(code, code)) == "good"
    with pytest.raises(BurnerError, match="3 tries") as raised:
        calls(time).read(answers(code, code, code))
    assert raised.value.code == code


@pytest.mark.parametrize("code", FINAL)
def test_what_another_try_cannot_mend_is_told_at_once(code: Code) -> None:
    time = Time()
    with pytest.raises(BurnerError) as raised:
        calls(time).read(answers(code))
    assert (raised.value.code, raised.value.detail, time.slept) == (code, "host", [])


@pytest.mark.parametrize("code", UNCERTAIN)
def test_a_changing_call_without_a_good_answer_is_never_sent_again(code: Code) -> None:
    with pytest.raises(UncertainCallError, match="may have been done") as raised:
        calls(Time()).change(answers(code))
    assert raised.value.code == code


@pytest.mark.parametrize(
    "code", [*FINAL, Code.API_HOST_UNKNOWN, Code.API_UNREACHABLE, Code.API_PROXY_FAILED]
)
def test_a_changing_call_that_was_not_done_says_so_by_its_type(code: Code) -> None:
    with pytest.raises(BurnerError) as raised:
        calls(Time()).change(answers(code))
    assert type(raised.value) is BurnerError


def test_in_any_second_there_are_at_most_18_calls() -> None:
    time = Time()
    paced, begun = calls(time), list[float]()
    for _ in range(60):
        paced.read(lambda: begun.append(time.now))
    assert begun[:18] == [0.0] * 18
    assert all(later - earlier >= 1 for earlier, later in windows(begun, 18))


def windows(moments: Sequence[float], size: int) -> Iterator[tuple[float, float]]:
    yield from zip(moments, moments[size:], strict=False)


def test_a_call_without_an_end_is_given_up() -> None:
    end = threading.Event()
    try:
        with pytest.raises(BurnerError) as raised:
            within(0.01, end.wait)
        assert raised.value.code == Code.API_DEADLINE_PASSED
    finally:
        end.set()


def test_a_call_that_is_given_up_before_it_was_sent_was_not_done_and_is_not_sent_any_more() -> None:
    time, connected, outcome = Time(), threading.Event(), list[Exception | None]()
    ended = threading.Event()

    def call() -> None:
        sending = current_sending()
        assert sending
        time.now += CallLimits().seconds  # a slow DNS
        connected.wait()
        try:
            sending.begin()
        except TimeoutError as error:
            outcome.append(error)
        finally:
            ended.set()

    with pytest.raises(BurnerError, match="no connection in 20 s") as raised:
        calls(time).change(call)
    assert (type(raised.value), raised.value.code) == (BurnerError, Code.API_UNREACHABLE)
    time.now = 0.0
    connected.set()
    assert ended.wait(60)
    assert [type(one) for one in outcome] == [TimeoutError]


def test_a_call_that_was_sent_and_has_no_answer_in_time_may_have_been_done() -> None:
    time, end = Time(), threading.Event()

    def call() -> None:
        sending = current_sending()
        assert sending
        sending.begin()
        time.now += CallLimits().seconds
        end.wait()

    try:
        with pytest.raises(UncertainCallError, match="no answer in 20 s"):
            calls(time).change(call)
    finally:
        end.set()


def test_what_is_too_late_does_not_begin() -> None:
    late = Sending(end=20, now=lambda: 20.1)
    with pytest.raises(TimeoutError):
        late.begin()
    assert not late.has_begun


def test_an_exception_comes_out_where_somebody_waits() -> None:
    def fail() -> None:
        raise KeyError("of a bug")

    with pytest.raises(KeyError, match="of a bug"):
        within(10, fail)
