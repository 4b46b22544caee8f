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
    ScanBackAwaited,
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
        return [event.code for event in self.events if isinstance(event, LabelRefused)]


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
