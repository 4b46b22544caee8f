"""Ctrl-C once and twice, SIGTERM, and a terminal that is closed."""

import signal
import threading
import time
from collections.abc import Callable

import pytest

from burner.cli.board.batch_full import FullBatch
from burner.cli.run.signals import Signals
from burner.station.events import StationEvent
from burner.station.slots.boards import OneBoardPerSlot
from burner.station.station import Station
from tests.devices.esp_in_memory import FakeBoard, FakeDevice


class MessageRecorder:
    """Keeps what people would read."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def show(self, event: StationEvent) -> None:
        """Nothing is shown here."""

    def say(self, what: str) -> None:
        self.words.append(what)

    def count(self, passed: int) -> None:
        """Nothing is counted here."""

    def batch_full(self, full_batch: FullBatch) -> None:
        """Nothing is complete here."""


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def station() -> Station:
    return Station({"1": FakeDevice(FakeBoard())}, OneBoardPerSlot(), 921_600)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_once_stops_twice_aborts_and_the_operator_is_reported(
    station: Station, number: signal.Signals
) -> None:
    messages = MessageRecorder()
    signals = Signals(station, messages, ends_by_itself=True)
    with signals.caught():
        signal.raise_signal(number)
        until(station.stopping.is_set)
        assert not station.aborting.is_set()
        signal.raise_signal(number)
        until(station.aborting.is_set)
    assert signals.interrupted
    assert messages.words == ["finishing", "stopping"]


def test_a_second_signal_while_the_first_is_handled_aborts(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python handles a signal that is pending between any two calls of a handler."""
    signals = Signals(station, MessageRecorder(), ends_by_itself=True)
    start, left = threading.Thread.start, [signal.SIGTERM]

    def interrupted_start(thread: threading.Thread) -> None:
        if left:
            signal.raise_signal(left.pop())
        start(thread)

    with signals.caught():
        monkeypatch.setattr(threading.Thread, "start", interrupted_start)
        signal.raise_signal(signal.SIGINT)
        until(station.aborting.is_set)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal here")
@pytest.mark.parametrize("ends_by_itself", [True, False])
def test_a_closed_terminal_ends_a_watch_only(station: Station, ends_by_itself: bool) -> None:
    signals = Signals(station, MessageRecorder(), ends_by_itself=ends_by_itself)
    with signals.caught():
        signal.raise_signal(signal.SIGHUP)
        if not ends_by_itself:
            until(station.stopping.is_set)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(0.1)
    assert station.stopping.is_set() is not ends_by_itself
    assert not signals.interrupted


def test_a_signal_does_what_it_did_before_once_the_run_is_over(station: Station) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Signals(station, MessageRecorder(), ends_by_itself=True).caught():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
