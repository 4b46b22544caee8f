"""Samples at the desk: what a board does, and what the reader is told."""

from collections.abc import Callable, Sequence
from typing import cast

import pytest

from burner.burn.comparison import Comparison, ComparisonVerdict
from burner.burn.verify import VerifyResult
from burner.core.errors import BurnerError
from burner.devices.device import Contact, Device
from burner.station.slots.boards import OneBoardPerSlot, SwappedByHand, UnitLimit
from burner.station.slots.slot import SlotDevice
from burner.station.verify_run import SampleChecked, SampleEvent, SampleSeen, SlotWaits, VerifyRun

GOOD = VerifyResult("58:cf:79:00:00:01", comparisons=(Comparison("app", ComparisonVerdict.SAME),))
UNREAD = VerifyResult(problem=BurnerError("E307", "garbled"))
NO_PORT = VerifyResult(problem=BurnerError("E302", "no such port"))


class DeskDevice:
    """A slot in which boards come and go by a script of looks."""

    def __init__(self, *looks: Contact | BurnerError) -> None:
        self.looks = list(looks)

    def contact(self, reset: bool = True) -> Contact:
        contact = self.looks.pop(0) if self.looks else Contact.ABSENT
        if isinstance(contact, BurnerError):
            raise contact
        return contact

    def kill(self) -> None: ...

    def as_slot(self) -> SlotDevice:
        return cast("SlotDevice", self)


def ran(*results: VerifyResult | Exception, **slots: DeskDevice) -> Sequence[SampleEvent]:
    """One board a slot, checked with these results, one after the other."""
    left = list(results)

    def check(_device: Device) -> VerifyResult:
        result = left.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    devices = {name: device.as_slot() for name, device in (slots or {"a": DeskDevice()}).items()}
    return list(VerifyRun(devices, OneBoardPerSlot(), check).run())


def checked(events: Sequence[SampleEvent]) -> list[SampleChecked]:
    return [event for event in events if isinstance(event, SampleChecked)]


def test_a_board_is_seen_and_checked() -> None:
    assert ran(GOOD) == [SampleSeen("a"), SampleChecked("a", GOOD, 1)]


def test_a_board_that_could_not_be_read_is_tried_again_and_is_no_sample() -> None:
    assert checked(ran(UNREAD, GOOD)) == [SampleChecked("a", GOOD, 1)]
    assert checked(ran(UNREAD, UNREAD, UNREAD)) == [SampleChecked("a", UNREAD, 0)]


def test_what_no_second_try_mends_is_tried_once() -> None:
    unknown = VerifyResult(GOOD.unit_id, problem=BurnerError("E620"))
    assert checked(ran(unknown)) == [SampleChecked("a", unknown, 1)]


def test_one_unit_in_two_slots_is_one_sample() -> None:
    events = checked(ran(GOOD, GOOD, a=DeskDevice(), b=DeskDevice()))
    assert [event.number for event in events] == [1, 1]
    assert [event.again for event in events] == [False, True]


def test_a_bug_is_told_and_the_slot_goes_on() -> None:
    (event,) = checked(ran(RuntimeError("secret words")))
    assert event.result.code == "E901"
    assert event.result.problem is not None
    assert "secret words" not in event.result.problem.detail


def until(
    events: Callable[[SampleEvent], bool], *looks: Contact | BurnerError, count: int = 1
) -> list[SampleEvent]:
    """A watched slot that finds these, until an event."""
    run = VerifyRun(
        {"a": DeskDevice(*looks).as_slot()},
        SwappedByHand(UnitLimit(count), pause_s=0.0),
        lambda _: GOOD,
    )
    results = []
    for event in run.run():
        results.append(event)
        if events(event):
            run.stop()
    return results


def test_an_empty_slot_waits_until_a_board_answers() -> None:
    events = until(
        lambda event: isinstance(event, SampleChecked), Contact.ABSENT, Contact.ABSENT, ANSWERS
    )
    assert events[:3] == [SlotWaits("a"), SampleSeen("a"), SampleChecked("a", GOOD, 1)]


ANSWERS = Contact.ANSWERS


def test_a_port_that_cannot_be_asked_is_told_once() -> None:
    held = BurnerError("E303", "in use")
    events = until(lambda event: isinstance(event, SampleChecked), held, held, held, ANSWERS)
    assert events[:2] == [SlotWaits("a"), SlotWaits("a", held)]
    assert [type(event) for event in events[2:5]] == [SlotWaits, SampleSeen, SampleChecked]


def test_the_same_unit_again_does_not_count_towards_the_wanted_number() -> None:
    looks = (ANSWERS, ANSWERS, Contact.ABSENT, Contact.ABSENT, ANSWERS)
    seen = checked(until(lambda event: getattr(event, "again", False), *looks, count=2))
    assert [(event.number, event.again) for event in seen] == [(1, False), (1, True)]


@pytest.mark.parametrize("result", [NO_PORT])
def test_a_slot_without_a_port_is_an_error_and_no_sample(result: VerifyResult) -> None:
    (event,) = checked(ran(result, result, result))
    assert (event.number, event.result.code) == (0, "E302")
