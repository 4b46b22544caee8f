"""Boards that a person swaps: gone, bounced, or already another one."""

import itertools
import threading
from collections.abc import Iterator

import pytest

from burner.devices.device import Contact
from burner.station.slots.boards import SwappedByHand, UnitLimit
from burner.station.slots.presence import GARBLED_AFTER, PASSED_OVER_AFTER, SILENT_S, EmptySlot


class Fixture:
    """A slot whose contact is told question by question; what runs out is an empty slot."""

    name = "1"

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[bool] = []
        self.stopping = threading.Event()

    def contact(self, reset: bool) -> Contact:
        self.asked.append(reset)
        answers = self.answers.pop(0) if self.answers else False
        return Contact.ANSWERS if answers else Contact.SILENT

    def announced(self) -> bool:
        return False

    def seen(self) -> None: ...

    def empty(self) -> None: ...

    def silent(self, seconds: float) -> None: ...

    def passed_over(self, seconds: float) -> None: ...


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
    SwappedByHand(UnitLimit(), pause_s=0).wait_until_removed(slot, met=True)
    assert slot.asked == resets


@pytest.mark.parametrize("answers", [(True, False, True), (False, True)])
def test_a_board_that_answers_only_to_a_further_reset_is_met_anew(
    answers: tuple[bool, ...],
) -> None:
    slot = Fixture(*answers)
    SwappedByHand(UnitLimit(), pause_s=0).wait_until_removed(slot, met=True)
    assert slot.answers == []
    assert slot.asked[-1]


def test_a_station_that_stops_waits_for_no_board_to_leave() -> None:
    slot = Fixture(*[True] * 50)
    slot.stopping.set()
    SwappedByHand(UnitLimit(), pause_s=0).wait_until_removed(slot, met=True)
    assert slot.asked == [True]


# what does not answer

A, G, Q, N = Contact.ANSWERS, Contact.GARBLED, Contact.SILENT, Contact.ABSENT


def found(*contacts: Contact, each_s: float = 1.0) -> list[bool]:
    slot = EmptySlot()
    return [slot.has_board(contact, number * each_s) for number, contact in enumerate(contacts)]


def test_a_board_that_answers_is_one_at_once() -> None:
    assert found(N, Q, A) == [False, False, True]


def test_noise_is_a_board_when_it_does_not_end() -> None:
    assert found(*[G] * GARBLED_AFTER) == [False] * (GARBLED_AFTER - 1) + [True]
    assert not any(found(*([G] * (GARBLED_AFTER - 1) + [Q]) * 3))


def test_silence_of_a_port_that_was_there_all_along_is_no_board() -> None:
    assert not any(found(*[Q] * 600))


def test_silence_of_a_port_that_came_is_a_dead_board() -> None:
    seconds = int(SILENT_S)
    assert found(N, *[Q] * (seconds + 1)) == [False] * (seconds + 1) + [True]
    assert not any(found(N, *([Q] * seconds + [N]) * 3))


def test_for_how_long_a_slot_is_silent() -> None:
    slot = EmptySlot()
    assert [round(slot.silent_for(at)) for at in _looks(slot, N, Q, Q, Q, G, Q)] == [
        *(0, 0, 1, 2),
        *(0, 0),
    ]


def _looks(slot: EmptySlot, *contacts: Contact) -> Iterator[float]:
    for at, contact in enumerate(contacts):
        slot.has_board(contact, at)
        yield at


class Silent(Fixture):
    """A slot in which nothing answers; it stops the station when it was passed over."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.reports: list[str] = []

    def contact(self, reset: bool) -> Contact:
        return Contact.SILENT

    def silent(self, seconds: float) -> None:
        self.reports.append("silent" if seconds else "over")

    def passed_over(self, seconds: float) -> None:
        self.reports.append("passed over")
        self.stopping.set()


def test_a_silent_slot_is_told_and_then_passed_over_when_another_has_had_two_boards() -> None:
    seconds = itertools.count(step=5)
    boards = SwappedByHand(UnitLimit(), pause_s=0.01, clock=lambda: next(seconds))
    slot = Silent("2")
    thread = threading.Thread(target=boards.wait_for_board, args=(slot,))
    thread.start()
    for _ in range(PASSED_OVER_AFTER):
        assert boards.wait_for_board(Fixture(True))
    thread.join(60)
    assert slot.reports == ["silent", "passed over"]
