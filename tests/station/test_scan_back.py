"""Printed labels scanned back: who gets a scan, what is refused, and when a slot goes on."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from burner.core.errors import BurnerError
from burner.core.unit_labels import UnitLabelState
from burner.identity.settings import IdentitySettings
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.station.events import (
    LabelRefused,
    Prompt,
    ScanBackAwaited,
    ScanRefused,
    SlotState,
    StationEvent,
    UnitLabelChanged,
)
from burner.station.scanning.keystrokes import ESCAPE
from burner.station.scanning.labels import IdentifiedBoard
from burner.station.scanning.router import Router
from burner.station.unit_labels.scan_back import ScanBack

ROW = UnitLabelRow("P", "u1", "WO1", "plug-1", 4, "line1", "c", "sent", "", 7, 1)


class Hand:
    """A router with a scan-back, and what came of it."""

    def __init__(self, identity: IdentitySettings | None = None) -> None:
        self.events: list[StationEvent] = []
        self.confirmed: list[str] = []
        self.error: BurnerError | None = None
        self.beside: Callable[[], None] = lambda: None
        """What others do while a scan is put on record."""
        self.back = ScanBack(self._confirm, self.events.append)
        self.now = 0.0
        self.router = Router(("1", "2"), identity=identity, clock=lambda: self.now)
        self.router.scan_back = self.back
        self.router.emit = self.events.append

    def _confirm(self, row: UnitLabelRow) -> None:
        self.beside()
        if self.error:
            raise self.error
        self.confirmed.append(row.unit_id)

    def label_out(self, slot: str = "1", row: UnitLabelRow = ROW) -> None:
        self.back.unit_passed(slot, row.unit_id)
        self.back.label_out(slot, row, (f"code-{row.unit_id}",))

    def scan(self, text: str) -> None:
        self.now += 10
        self.router.take_text(text)

    def waits(self, slot: str = "1", *, stopping: bool = False) -> bool:
        """Whether the slot still waits."""
        asked: list[bool] = []

        def gives_up(is_out: bool) -> bool:
            asked.append(is_out)
            return True

        pending = self.back._awaited.get(slot)
        self.back.wait(slot, gives_up)
        if asked and pending:
            self.back._awaited[slot] = replace(pending, is_scanned=False)
        return bool(asked) and not (stopping and not asked[0])

    @property
    def refusals(self) -> list[str]:
        return [
            event.code for event in self.events if isinstance(event, LabelRefused | ScanRefused)
        ]


def test_the_scan_of_the_printed_label_frees_the_slot() -> None:
    hand = Hand()
    hand.label_out()
    assert hand.waits()
    hand.scan("code-u1")
    assert not hand.waits()
    assert hand.confirmed == ["u1"]
    assert UnitLabelChanged("1", "u1", UnitLabelState.CONFIRMED) in hand.events


def test_another_text_is_refused_with_its_code_and_the_slot_waits_on() -> None:
    hand = Hand()
    hand.label_out()
    hand.scan("code-u2")
    assert hand.refusals == ["E340"]
    assert hand.waits()


def test_each_label_frees_its_own_slot() -> None:
    hand = Hand()
    hand.label_out("1")
    hand.label_out("2", ROW._replace(unit_id="u2"))
    hand.scan("code-u2")
    assert (hand.waits("1"), hand.waits("2")) == (True, False)


def test_a_scan_that_a_board_waits_for_goes_to_the_board() -> None:
    identity = IdentitySettings.model_validate({"label": {"pattern": "(?P<mac>[0-9A-F]{12})"}})
    hand = Hand(identity)
    hand.label_out("1")
    hand.router.slot_state_changed("2", SlotState.SEEN)
    board = IdentifiedBoard("60:55:f9:00:00:02", {"mac": "60:55:f9:00:00:02"})
    hand.router._labels = hand.router._labels.board_identified("2", board, 0.0)
    hand.scan("6055F9000002")
    assert hand.refusals == []
    hand.scan("code-u1")
    assert not hand.waits()
    assert hand.confirmed == ["u1"]


def test_a_doubtful_label_that_did_not_come_out_is_cancelled_a_sent_one_is_not() -> None:
    hand = Hand()
    hand.label_out("1")
    hand.label_out("2", replace_state("u2", "doubtful"))
    asked = [event.phrase for event in hand.events if isinstance(event, ScanBackAwaited)]
    assert asked == ["scan back", "scan doubtful label"]
    hand.scan(ESCAPE)
    assert (hand.waits("1"), hand.waits("2")) == (True, False)
    assert ScanBackAwaited("2") in hand.events


def test_a_slot_whose_label_is_not_out_goes_on_when_the_station_stops() -> None:
    hand = Hand()
    hand.back.unit_passed("1", "u1")
    assert hand.waits()
    assert not hand.waits(stopping=True)


def test_a_manifest_that_is_away_takes_the_scan_again() -> None:
    hand = Hand()
    hand.label_out()
    hand.error = BurnerError("E711", "server gone")
    hand.scan("code-u1")
    assert hand.waits()
    assert hand.refusals == ["E711"]
    hand.error = None
    hand.scan("code-u1")
    assert not hand.waits()
    assert hand.confirmed == ["u1"]


def test_nobody_else_waits_while_a_scan_is_put_on_record() -> None:
    hand = Hand()
    hand.label_out("1")
    hand.label_out("2", replace_state("u2", "sent"))

    def others() -> None:
        hand.beside = lambda: None
        hand.router.slot_state_changed("2", SlotState.PASS)
        hand.scan("code-u2")

    def beside() -> None:
        thread = threading.Thread(target=others, daemon=True)
        thread.start()
        thread.join(5)
        assert not thread.is_alive()

    hand.beside = beside
    hand.scan("code-u1")
    assert not hand.waits("1")
    assert not hand.waits("2")
    assert hand.confirmed == ["u1", "u2"]


@pytest.mark.parametrize("state", ["confirmed", "sent"])
def test_a_label_that_was_confirmed_before_is_not_asked_for(state: str) -> None:
    hand = Hand()
    hand.label_out("1", replace_state("u1", state))
    assert hand.waits() is (state == "sent")


def replace_state(unit_id: str, state: str) -> UnitLabelRow:
    return ROW._replace(unit_id=unit_id, state=state)


def printed(hand: Hand, *states: str) -> None:
    """A unit in each slot, whose label is out."""
    for slot, state in zip(("1", "2"), states, strict=False):
        hand.label_out(slot, replace_state(f"u{slot}", state)._replace(device_name=f"plug-{slot}"))


def prompts(hand: Hand) -> list[Prompt]:
    return [event for event in hand.events if isinstance(event, Prompt) and event.text]


def test_a_wrong_scan_while_several_slots_wait_is_the_fault_of_none() -> None:
    hand = Hand()
    printed(hand, "sent", "sent")
    hand.scan("x")
    assert hand.events[-1] == ScanRefused("E340", "x; waiting: 1 plug-1, 2 plug-2")


def test_a_code_that_is_on_two_labels_frees_neither_slot() -> None:
    hand = Hand()
    for slot in ("1", "2"):
        hand.back.unit_passed(slot, f"u{slot}")
        hand.back.label_out(slot, replace_state(f"u{slot}", "sent"), ("same", f"code-u{slot}"))
    hand.scan("same")
    assert hand.refusals == ["E340"]
    assert (hand.waits("1"), hand.waits("2")) == (True, True)


def test_a_label_that_was_given_up_and_is_found_is_put_on_record_and_blames_nobody() -> None:
    hand = Hand()
    printed(hand, "doubtful", "sent")
    hand.scan(ESCAPE)
    assert prompts(hand)[-1] == Prompt("label given up", ("1 plug-1",))
    hand.scan("code-u1")
    hand.back.record_scans()
    assert hand.refusals == []
    assert hand.confirmed == ["u1"]
    hand.scan("code-u1")
    assert prompts(hand)[-1] == Prompt("label known", ("plug-1",))
    assert hand.waits("2")


def test_where_no_slot_waits_a_doubtful_label_that_came_out_is_scanned_too() -> None:
    hand = Hand()
    hand.back = hand.router.scan_back = ScanBack(
        hand._confirm, hand.events.append, is_required=False
    )
    printed(hand, "doubtful")
    assert not hand.waits("1")
    hand.scan("code-u1")
    hand.back.record_scans()
    assert hand.confirmed == ["u1"]
    assert UnitLabelChanged("1", "u1", UnitLabelState.CONFIRMED) in hand.events


def test_a_printed_label_of_the_run_is_not_charged_to_a_board_that_waits_for_its_own() -> None:
    identity = IdentitySettings.model_validate({"label": {"pattern": "(?P<mac>[0-9A-F]{12})"}})
    hand = Hand(identity)
    printed(hand, "doubtful")
    hand.scan(ESCAPE)
    board = IdentifiedBoard("60:55:f9:00:00:02", {"mac": "60:55:f9:00:00:02"})
    hand.router._labels = hand.router._labels.board_identified("2", board, 0.0)
    hand.scan("code-u1")
    hand.back.record_scans()
    assert (hand.refusals, hand.confirmed) == ([], ["u1"])


def test_esc_on_a_label_that_the_printer_took_whole_is_answered() -> None:
    hand = Hand()
    printed(hand, "sent")
    hand.scan(ESCAPE)
    assert prompts(hand)[-1] == Prompt("label not given up", ("1 plug-1",))
    assert hand.waits("1")


def test_the_key_of_a_slot_that_waits_says_what_it_waits_for() -> None:
    hand = Hand()
    printed(hand, "sent")
    hand.scan("1")
    assert prompts(hand)[-1] == Prompt("label first", ("1", "plug-1"))
