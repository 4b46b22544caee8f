"""Ctrl-C, and a closed terminal, in a long piece of work."""

import signal
import threading

import pytest

from burner.cli.cloud.stop_request import WARNING, StopRequest


def test_ctrl_c_asks_to_stop_and_twice_stops_now(capfd: pytest.CaptureFixture[str]) -> None:
    stop, before = StopRequest(), signal.getsignal(signal.SIGINT)
    with stop.caught():
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    for thread in threading.enumerate():
        if thread.name == WARNING:
            thread.join()
    assert "stops after the chunk in flight" in capfd.readouterr().err


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no such signal")
def test_a_closed_terminal_asks_to_stop_and_never_stops_now() -> None:
    stop = StopRequest()
    with stop.caught():
        signal.raise_signal(signal.SIGHUP)
        assert stop()
        signal.raise_signal(signal.SIGHUP)
