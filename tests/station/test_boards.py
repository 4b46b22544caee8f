"""Boards that a person swaps: gone, bounced, or already another one."""

import threading

import pytest

from burner.station.boards import ByHand, Count


class Fixture:
    """A slot whose contact is told question by question; what runs out is an empty slot."""

    name = "1"

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[bool] = []
        self.stopping = threading.Event()

    def present(self, reset: bool) -> bool:
        self.asked.append(reset)
        return self.answers.pop(0) if self.answers else False

    def seen(self) -> None: ...

    def empty(self) -> None: ...


@pytest.mark.parametrize(
    ("answers", "resets"),
    [
        ((True, True, True, False, False), [True, False, False, False, True]),
        ((False, False), [True, True]),
    ],
    ids=["stays, then gone", "gone at once"],
)
def test_a_board_is_gone_when_two_questions_find_nothing(
    answers: tuple[bool, ...], resets: list[bool]
) -> None:
    slot = Fixture(*answers)
    ByHand(Count(), pause_s=0).go(slot)
    assert slot.asked == resets


@pytest.mark.parametrize("answers", [(True, False, True), (False, True)])
def test_a_board_that_answers_only_to_a_further_reset_is_met_anew(
    answers: tuple[bool, ...],
) -> None:
    slot = Fixture(*answers)
    ByHand(Count(), pause_s=0).go(slot)
    assert slot.answers == []
    assert slot.asked[-1]


def test_a_station_that_stops_waits_for_no_board_to_leave() -> None:
    slot = Fixture(*[True] * 50)
    slot.stopping.set()
    ByHand(Count(), pause_s=0).go(slot)
    assert slot.asked == [True]
