"""The keyboard of a running station, read on a computer that is busy with other things."""

import threading
import time
from collections.abc import Iterator

import pytest

from burner.cli.run.inputs import follow_keyboard
from burner.core.secrets.search import SecretSearch
from burner.station.events import Prompt, StationEvent
from burner.station.scanning.router import Router

QUIET_S = 0.15


def prompts_of(*reads: str) -> list[tuple[str, tuple[str, ...]]]:
    """What the station answers to what each look finds; each comes late, on a busy computer."""
    router, events = Router(("1", "2")), list[StationEvent]()
    router.emit = events.append
    coming: Iterator[str | None] = iter((*reads, None))

    def read(timeout_s: float) -> str | None:
        time.sleep(QUIET_S + timeout_s)
        return next(coming)

    follow_keyboard(read, QUIET_S, router, SecretSearch(), threading.Event())
    return [(e.text, e.args) for e in events if isinstance(e, Prompt) and e.text]


@pytest.mark.parametrize("pieces", [("1", "2345678"), ("1234", "5678"), ("12345678",)])
def test_a_busy_computer_cuts_no_scan_into_two(pieces: tuple[str, ...]) -> None:
    assert prompts_of("", *pieces, "", "") == [("no label", ("12345678",))]


def test_a_key_and_the_scan_after_it_are_two() -> None:
    assert prompts_of("", "r", "", "", "1") == [("rework slot", ())]
    prompts = prompts_of("", "R", "", "", "PLG", "000001", "", "")
    assert prompts[-1] == ("rework no slot", ("PLG000001",))
