"""A program that never waits is stopped, and a stop never changes what a program did."""

import threading

import pytest

from burner.bench.processor import time_limit
from burner.bench.processor.time_limit import TimeLimit
from tests.bench.processor.programs import ECHO, LOOP, UART
from tests.bench.processor.test_program import started

COUNTS = (
    *UART,
    0x00130313,  # addi t1, t1, 1
    0x0062A023,  # sw   t1, 0(t0)
    0xFF9FF06F,  # j    -8
)


def counting() -> tuple[TimeLimit, list[int]]:
    stops = list[int]()
    return TimeLimit(lambda: stops.append(threading.get_ident()), 0.0), stops


def test_looks_at_every_moment_change_nothing_of_what_a_program_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time_limit, "LOOK_S", 0.0)
    ran = started(*ECHO)
    sent = bytes(range(256))
    assert [ran.receive(sent, float(at)) for at in range(20)] == [sent] * 20
    assert ran.stopped == ""


def test_a_program_that_is_stopped_between_two_accesses_has_made_each_once() -> None:
    ran = started(*COUNTS, most_cpu_s=0.01)
    assert ran.stopped.startswith("it runs on and on")
    first = ran.printed[0]
    assert ran.printed == bytes((first + count) % 256 for count in range(len(ran.printed)))


def test_a_program_that_makes_no_access_is_stopped_by_the_thread() -> None:
    ran = started(*LOOP, most_cpu_s=0.2)
    assert (ran.printed, ran.stopped) == (
        b"L",
        "it runs on and on, and never looks for input, at 0x403ce80c",
    )


def test_a_program_that_has_used_its_time_since_the_start_gets_no_more_input() -> None:
    ran = started(*ECHO, most_cpu_of_boot_s=0.0)
    while ran.receive(b"x", 1.0):  # a clock may be coarse
        pass
    assert ran.stopped == "it has used 0.0 s of the computer since its start"


def test_a_look_stops_what_has_made_no_access_for_too_long() -> None:
    limit, stops = counting()
    while not limit.is_over:  # a clock may be coarse
        limit.look()
    assert len(stops) == 1


def test_a_look_lets_a_program_go_on_that_has_made_an_access() -> None:
    limit, stops = TimeLimit(lambda: stops.append(0), 60.0), list[int]()
    limit.step()
    limit.look()
    limit.look()
    assert (limit.is_over, stops) == (False, [])


def test_an_access_shows_when_the_time_of_the_executing_thread_is_over() -> None:
    limit, stops = counting()
    while not limit.step():
        pass
    assert limit.is_over
    assert stops == []
