"""Teaching: what is new is the slot; two candidates are refused."""

from collections.abc import Sequence

import pytest

from burner.core.errors import BurnerError
from burner.station.fixture.new_ports import new_ports
from burner.station.fixture.station_file import UsbPort
from tests.station.test_station_file import listed

OLD = listed("/dev/ttyUSB0", "1-1")


class Clock:
    """Time that passes only in pauses."""

    now = 0.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


def learn(
    arrivals: dict[float, Sequence[UsbPort]], wanted: int = 1, timeout_s: float | None = 10
) -> tuple[UsbPort, ...]:
    """`arrivals`: the ports there are from that second on."""
    clock = Clock()

    def listing() -> Sequence[UsbPort]:
        return next(
            ports for at, ports in sorted(arrivals.items(), reverse=True) if at <= clock.now
        )

    def time() -> float:
        return clock.now

    return new_ports(listing, [OLD], wanted, timeout_s=timeout_s, pause=clock.pause, clock=time)


def test_the_port_that_is_new_is_the_slots() -> None:
    board = listed("/dev/ttyUSB1", "1-2")
    assert learn({0: [OLD], 2: [OLD, board]}) == (board,)


def test_a_port_that_bounces_is_waited_for() -> None:
    board = listed("/dev/ttyUSB1", "1-2")
    again = listed("/dev/ttyUSB2", "1-2")
    assert learn({0: [OLD], 1: [OLD, board], 1.5: [OLD], 2: [OLD, again]}) == (again,)


def test_two_boards_at_once_are_refused() -> None:
    boards = [listed("/dev/ttyUSB1", "1-2"), listed("/dev/ttyUSB2", "1-3")]
    with pytest.raises(BurnerError) as refused:
        learn({0: [OLD], 1: [OLD, *boards]}, wanted=2)
    assert refused.value.code == "E198"


def test_more_interfaces_than_the_slot_has_ports_are_refused() -> None:
    both = [listed("/dev/ttyUSB1", "1-2:1.0"), listed("/dev/ttyUSB2", "1-2:1.1")]
    with pytest.raises(BurnerError):
        learn({0: [*both]}, wanted=1)


def test_the_interfaces_of_one_device_come_in_their_order() -> None:
    second, first = listed("/dev/ttyUSB1", "1-2:1.1"), listed("/dev/ttyUSB2", "1-2:1.0")
    assert learn({0: [OLD, second, first]}, wanted=2) == (first, second)


def test_nothing_new_ends_with_the_time() -> None:
    assert learn({0: [OLD]}) == ()


def test_the_next_board_may_get_the_name_of_the_one_just_unplugged() -> None:
    first, second = listed("/dev/ttyACM0", "1-1"), listed("/dev/ttyACM0", "1-2")
    clock = Clock()
    ports = new_ports(
        lambda: [first] if clock.now < 2 else [second],
        [first],
        1,
        timeout_s=10,
        pause=clock.pause,
        clock=lambda: clock.now,
    )
    assert ports == (second,)


def test_the_same_board_plugged_in_again_is_new() -> None:
    assert learn({0: [OLD], 1: [], 2: [OLD]}) == (OLD,)
