"""Scans and keys at a station whose slots are only said: who is told what."""

import threading
import time
from collections.abc import Iterator
from io import StringIO

import pytest

from burner.core.errors import BurnerError
from burner.identity.settings import IdentitySettings, LabelSettings
from burner.station.events import (
    LabelRefused,
    LabelScanned,
    Prompt,
    ReworkOrdered,
    SlotState,
    SlotStateChanged,
    StationEvent,
)
from burner.station.scanning.keystrokes import Keystrokes
from burner.station.scanning.label_list import AHEAD, LabelList, label_lines
from burner.station.scanning.labels import IdentifiedBoard
from burner.station.scanning.operator_commands import CANCEL, REWORK, reason_barcode, slot_barcode
from burner.station.scanning.rework import TIMEOUT_S
from burner.station.scanning.router import REPEAT_S, Router

S = SlotState
SLOTS = tuple(str(number) for number in range(1, 13))
IDENTITY = IdentitySettings(label=LabelSettings(pattern=r"SN[0-9]+( (?P<mac>[0-9A-F]{6}))?"))
REASONS = ("new antenna", "flash replaced")


class Station:
    """A router, its events, a clock that is moved by hand, and slots that wait in threads."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self.events: list[StationEvent] = []
        router.emit = self.events.append
        self.labels: dict[str, str | None] = {}
        self.errors: dict[str, str] = {}
        self._gone: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}

    def board(self, slot: str, unit_id: str = "") -> None:
        """A board comes into a slot, is met, and waits for its label."""
        unit_id = unit_id or f"60:55:f9:00:00:{int(slot):02x}"
        self.router.slot_state_changed(slot, S.SEEN)
        self.router.slot_state_changed(slot, S.BURNING)
        self._gone[slot] = threading.Event()
        thread = threading.Thread(target=self._wait, args=(slot, unit_id), daemon=True)
        self._threads[slot] = thread
        before = len(self.events)
        thread.start()
        while not any(
            isinstance(e, SlotStateChanged) and e.slot == slot for e in self.events[before:]
        ):
            time.sleep(0.001)

    def _wait(self, slot: str, unit_id: str) -> None:
        board = IdentifiedBoard(unit_id, {"mac": unit_id})
        try:
            self.labels[slot] = self.router.wait_for_label(slot, board, self._gone[slot].is_set)
        except BurnerError as error:
            self.errors[slot] = error.code

    def take_out(self, slot: str) -> None:
        self._gone[slot].set()
        self.wait(slot)

    def wait(self, slot: str) -> str | None:
        self._threads[slot].join(60)
        assert not self._threads[slot].is_alive()
        return self.labels.get(slot)

    def end(self) -> None:
        for slot, thread in self._threads.items():
            self._gone[slot].set()
            thread.join(60)

    @property
    def asked(self) -> str:
        """The slot that wants a label; there is never more than one."""
        last = {
            event.slot: event.state for event in self.events if isinstance(event, SlotStateChanged)
        }
        wanting = [slot for slot, state in last.items() if state in (S.SCAN, S.RESCAN)]
        waiting = [slot for slot in wanting if self._threads[slot].is_alive()]
        assert len(waiting) <= 1
        return waiting[0] if waiting else ""

    def shown(self, slot: str) -> SlotState:
        return next(
            event.state
            for event in reversed(self.events)
            if isinstance(event, SlotStateChanged) and event.slot == slot
        )

    @property
    def prompts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Prompt)]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def station(clock: Clock) -> Iterator[Station]:
    made = Station(Router(SLOTS, identity=IDENTITY, reasons=REASONS, clock=clock))
    yield made
    made.end()


# -- labels ----------------------------------------------------------------------------------------


def test_one_slot_says_scan_and_the_others_wait_for_their_turn(station: Station) -> None:
    for slot in ("2", "1", "3"):
        station.board(slot)
    assert [station.shown(slot) for slot in ("1", "2", "3")] == [S.SEEN, S.SCAN, S.SEEN]
    station.router.take_text("SN1")
    assert station.wait("2") == "SN1"
    assert LabelScanned("2", "SN1") in station.events
    assert station.shown("1") is S.SCAN


def test_a_foreign_scan_is_said_at_the_asked_slot_and_asked_again_there(station: Station) -> None:
    station.board("1")
    station.board("2")
    station.router.take_text("4006381333931")
    assert station.shown("1") is S.RESCAN
    assert [e.code for e in station.events if isinstance(e, LabelRefused)] == ["E440"]
    assert station.asked == "1"
    station.router.take_text("SN1")
    assert station.wait("1") == "SN1"
    assert station.asked == "2"


def test_the_same_text_within_two_seconds_is_one_scan(station: Station, clock: Clock) -> None:
    station.board("1")
    station.board("2")
    station.router.take_text("SN1")
    for _ in range(3):
        clock.now += REPEAT_S * 0.3
        station.router.take_text("SN1")
    assert not [e for e in station.events if isinstance(e, LabelRefused)]
    clock.now += REPEAT_S * 0.3  # since the reading that was taken, not since the last repeat
    station.router.take_text("SN1")
    assert [e.code for e in station.events if isinstance(e, LabelRefused)] == ["E434"]
    assert station.shown("2") is S.RESCAN
    assert station.wait("1") == "SN1"


def test_a_label_that_names_its_board_finds_it(station: Station) -> None:
    station.board("1")
    station.board("2")
    station.router.take_text("SN7 000002")
    assert station.wait("2") == "SN7 000002"
    assert station.asked == "1"


def test_a_slot_is_chosen_by_its_barcode_or_its_number(station: Station) -> None:
    for slot in ("1", "2", "12"):
        station.board(slot)
    station.router.take_text(slot_barcode("2"))
    assert (station.asked, station.shown("1"), station.shown("2")) == ("2", S.SEEN, S.SCAN)
    station.router.take_text("12")
    assert station.asked == "12"
    station.router.take_text("SN1")
    assert station.wait("12") == "SN1"


def test_a_board_that_is_taken_out_takes_its_question_with_it(station: Station) -> None:
    station.board("1")
    station.board("2")
    station.take_out("1")
    assert station.labels["1"] is None
    assert station.asked == "2"


def test_a_board_that_is_burned_again_in_its_slot_needs_no_second_scan(station: Station) -> None:
    station.board("1")
    station.router.take_text("SN1")
    station.wait("1")
    station.router.unit_ended("1", passed=False, rework="")
    station.router.slot_state_changed("1", S.FAIL)
    station.router.take_text("1")
    for state in (S.EMPTY, S.SEEN, S.BURNING):
        station.router.slot_state_changed("1", state)
    unit = "60:55:f9:00:00:01"
    assert (
        station.router.wait_for_label("1", IdentifiedBoard(unit, {"mac": unit}), lambda: True)
        == "SN1"
    )
    assert station.events[-1] == LabelScanned("1", "SN1")


def test_a_retry_of_the_same_unit_needs_no_second_scan(station: Station) -> None:
    station.board("1")
    station.router.take_text("SN1")
    unit = "60:55:f9:00:00:01"
    assert station.wait("1") == "SN1"
    assert (
        station.router.wait_for_label("1", IdentifiedBoard(unit, {"mac": unit}), lambda: True)
        == "SN1"
    )
    other = "60:55:f9:00:00:02"
    assert (
        station.router.wait_for_label("1", IdentifiedBoard(other, {"mac": other}), lambda: True)
        is None
    )


def test_a_scan_that_nobody_waits_for_is_answered(station: Station) -> None:
    station.router.take_text("SN1")
    assert station.prompts == ["nobody asks"]


def test_a_product_without_labels_says_so() -> None:
    station = Station(Router(SLOTS))
    station.router.take_text("SN1")
    assert station.prompts == ["no label"]


def test_a_scanners_prefix_and_identifier_are_no_part_of_the_label() -> None:
    station = Station(Router(SLOTS, identity=IDENTITY, prefixes=("~",)))
    station.board("1")
    station.router.take_text("~]C1SN1\r")
    assert station.wait("1") == "SN1"


# -- prepared labels -------------------------------------------------------------------------------


def wait_for(labels: LabelList) -> str:
    while not (line := labels.next("1")):
        time.sleep(0.001)
    return line


def prepared(*lines: str) -> Station:
    return Station(Router(SLOTS, identity=IDENTITY, labels=LabelList(lines, by_slot=SLOTS)))


def test_prepared_labels_go_to_the_slots_in_the_fixtures_order() -> None:
    station = prepared("SN1\n", "SN2\n")
    station.router.slot_state_changed("1", S.SEEN)  # still being met when the board of slot 2 is
    station.board("2")
    station.board("1")
    assert (station.wait("1"), station.wait("2")) == ("SN1", "SN2")


def test_a_wrong_prepared_label_is_its_units_error_and_takes_no_other_units_label() -> None:
    station = prepared("hello\n", "SN1\n", "SN1\n", "SN3\n")
    for slot in ("1", "2", "3", "4"):
        station.board(slot)
        station.wait(slot)
    assert station.errors == {"1": "E440", "3": "E434"}
    assert (station.labels["2"], station.labels["4"]) == ("SN1", "SN3")


def test_a_list_that_has_ended_leaves_no_slot_waiting() -> None:
    station = prepared()
    station.board("1")
    station.wait("1")
    assert station.errors == {"1": "E442"}


@pytest.mark.parametrize("blank", ["\n", "  \t\r\n", " "])
def test_an_empty_line_is_the_missing_label_of_its_slot_and_moves_no_other(blank: str) -> None:
    station = prepared("SN1\n", blank, "SN3\n")
    for slot in ("1", "2", "3"):
        station.board(slot)
        station.wait(slot)
    assert station.errors == {"2": "E442"}
    assert station.labels == {"1": "SN1", "3": "SN3"}


def test_where_no_slot_has_a_line_of_its_own_an_empty_one_is_skipped() -> None:
    lines = ("\n", "SN1 000001\n", "  \n", "SN2 000002\n")
    station = Station(Router(SLOTS, identity=IDENTITY, labels=LabelList(lines)))
    for slot in ("1", "2"):
        station.board(slot)
        station.wait(slot)
    assert station.labels == {"1": "SN1 000001", "2": "SN2 000002"}


def test_where_each_slot_has_its_line_a_slot_without_a_board_keeps_it() -> None:
    station = prepared("SN1\n", "SN2\n", "SN3\n")
    for slot in ("1", "3"):
        station.board(slot)
        assert station.wait(slot) == f"SN{slot}"
    station.board("4")
    station.wait("4")
    assert station.errors == {"4": "E442"}


def test_a_line_that_names_another_slots_board_goes_there_and_the_lines_are_exchanged() -> None:
    station = prepared("SN3 000003\n", "SN2\n", "SN1\n")
    station.router.slot_state_changed("1", S.SEEN)
    station.board("3")
    for slot in ("1", "2"):
        station.board(slot)
    assert {slot: station.wait(slot) for slot in ("1", "2", "3")} == {
        "1": "SN1",
        "2": "SN2",
        "3": "SN3 000003",
    }


def test_where_no_slot_has_a_line_of_its_own_a_label_must_name_its_board() -> None:
    lines = ("SN1 000001\n", "SN2\n", "SN3 000003\n")
    station = Station(Router(SLOTS, identity=IDENTITY, labels=LabelList(lines)))
    for slot in ("1", "2", "3"):
        station.board(slot)
        station.wait(slot)
    assert station.errors == {"2": "E443"}
    assert (station.labels["1"], station.labels["3"]) == ("SN1 000001", "SN3 000003")


def test_a_line_waits_for_the_board_that_it_names_and_a_dead_one_takes_no_other() -> None:
    lines = [f"SN{slot} 00000{slot}\n" for slot in ("1", "3", "2", "4")]
    station = Station(Router(SLOTS, identity=IDENTITY, labels=LabelList(lines)))
    for slot in ("2", "5", "3", "1"):  # 4 is dead, and 5 is in no line
        station.board(slot)
        station.wait(slot)
    assert station.labels == {"1": "SN1 000001", "2": "SN2 000002", "3": "SN3 000003"}
    assert station.errors == {"5": "E442"}


def test_a_list_without_an_end_is_read_no_further_than_it_is_wanted() -> None:
    read: list[str] = []

    def endless() -> Iterator[str]:
        while True:
            read.append(f"SN{len(read)}")
            yield read[-1]

    labels = LabelList(endless())
    assert [wait_for(labels), wait_for(labels)] == ["SN0", "SN1"]
    assert len(read) <= 2 * AHEAD + 3


def test_of_a_line_without_an_end_the_beginning_is_taken() -> None:
    lines = list(label_lines(StringIO("x" * 5000 + "\nSN1\n")))
    assert [len(lines[0]), *lines[1:]] == [1000, "SN1\n"]


def test_a_byte_order_mark_is_no_part_of_the_first_label_and_no_other_is_one() -> None:
    lines = list(label_lines(StringIO("\ufeffSN1\n\ufeffSN2\n")))
    assert lines == ["SN1\n", "\ufeffSN2\n"]


def test_a_list_that_cannot_be_read_leaves_no_slot_waiting() -> None:
    def broken() -> Iterator[str]:
        yield "SN1"
        raise OSError("the file is gone")

    labels = LabelList(broken())
    assert wait_for(labels) == "SN1"
    with pytest.raises(BurnerError) as refused:
        wait_for(labels)
    assert refused.value.code == "E442"


# -- boards that the operator announces ------------------------------------------------------------


def test_the_key_of_an_empty_slot_announces_its_board(station: Station) -> None:
    station.router.slot_state_changed("3", S.EMPTY)
    station.router.take_text("3")
    assert station.router.is_announced("3")
    station.router.slot_state_changed("3", S.SEEN)
    assert not station.router.is_announced("3")


def test_a_board_that_is_announced_is_asked_first(station: Station) -> None:
    station.board("1")
    station.router.slot_state_changed("3", S.EMPTY)
    station.router.take_text("3")
    station.router.take_text("SN1")
    assert [e.code for e in station.events if isinstance(e, LabelRefused)] == ["E437"]
    station.board("3")
    station.router.take_text("SN2")
    assert station.wait("3") == "SN2"


@pytest.mark.parametrize("state", [S.FAIL, S.ERROR, S.ABORTED])
def test_a_board_that_ended_badly_is_tried_again(station: Station, state: SlotState) -> None:
    station.router.slot_state_changed("3", state)
    station.router.take_text(slot_barcode("3"))
    assert station.router.is_announced("3")


@pytest.mark.parametrize(
    ("state", "prompt"),
    [
        (S.PASS, "slot done"),
        (S.KNOWN, "slot done"),
        (S.OTHER_BATCH, "slot done"),
        (S.BURNING, "slot works"),
        (S.CLOSED, "slot closed"),
    ],
)
def test_where_there_is_nothing_to_announce_it_is_said(
    station: Station, state: SlotState, prompt: str
) -> None:
    station.router.slot_state_changed("3", state)
    station.router.take_text("3")
    assert not station.router.is_announced("3")
    assert station.prompts[-1] == prompt


def test_a_slot_of_another_station_is_refused(station: Station) -> None:
    station.router.take_text(slot_barcode("99"))
    assert station.prompts[-1] == "no slot"


# -- rework ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs",
    [("r", "3", "2"), (REWORK, slot_barcode("3"), reason_barcode("flash replaced"))],
    ids=["keys", "barcodes"],
)
def test_a_rework_is_ordered_by_keys_or_by_barcodes(station: Station, inputs: list[str]) -> None:
    station.router.slot_state_changed("3", S.KNOWN)
    for text in inputs:
        station.router.take_text(text)
    assert station.router.rework_order("3") == "flash replaced"
    assert station.router.is_announced("3")
    assert ReworkOrdered("3", "flash replaced") in station.events
    asked = [event for event in station.events if isinstance(event, Prompt)]
    assert [event.text for event in asked] == ["rework slot", "rework reason", "rework ordered"]
    assert asked[1].options == REASONS


@pytest.mark.parametrize("pace_s", [0.15, 0.4, 0.5, 1.0])
def test_a_rework_of_a_failed_slot_is_ordered_at_the_pace_of_hands(pace_s: float) -> None:
    router = Router(("1", "2", "3", "4"), identity=IDENTITY, reasons=REASONS)
    events: list[StationEvent] = []
    router.emit = events.append
    router.slot_state_changed("2", S.FAIL)
    strokes, now = Keystrokes(), 10.0
    for character in ("r", "2", "1"):
        for look in range(round(pace_s / 0.05)):
            strokes.keys = router.keys
            typed = character if look == 0 else ""
            for text in strokes.feed(typed, now + look * 0.05):
                router.take_text(text)
        now += pace_s
    for text in strokes.passed(now):
        router.take_text(text)
    asked = [event.text for event in events if isinstance(event, Prompt)]
    assert asked == ["rework slot", "rework reason", "rework ordered"]
    assert router.rework_order("2") == "new antenna"


def test_a_key_that_is_pressed_twice_counts_twice(station: Station) -> None:
    station.router.slot_state_changed("1", S.PASS)
    for key in ("r", "1", "1"):
        station.router.take_text(key)
    assert station.router.rework_order("1") == "new antenna"


def test_an_order_for_an_empty_slot_is_for_the_next_unit(station: Station) -> None:
    station.router.slot_state_changed("3", S.EMPTY)
    for text in ("r", "3", "1"):
        station.router.take_text(text)
    assert not station.router.is_announced("3")
    assert station.router.rework_order("3") == "new antenna"


def test_an_order_holds_until_a_unit_was_burned_for_it(station: Station) -> None:
    station.router.slot_state_changed("3", S.EMPTY)
    for text in ("r", "3", "1"):
        station.router.take_text(text)
    station.router.nothing_identified("3")
    assert station.router.rework_order("3") == "new antenna"
    assert not station.router.is_announced("3")
    station.router.unit_ended("3", passed=True, rework="new antenna")
    assert station.router.rework_order("3") == ""
    assert station.events[-1] == ReworkOrdered("3", "")


def test_an_order_that_came_too_late_for_its_unit_has_it_burned_again(station: Station) -> None:
    station.router.slot_state_changed("3", S.SEEN)
    for text in ("r", "3", "1"):
        station.router.take_text(text)
    station.router.slot_state_changed("3", S.BURNING)
    station.router.unit_ended("3", passed=True, rework="")
    assert station.router.is_announced("3")
    assert station.router.rework_order("3") == "new antenna"


def test_a_label_that_came_when_its_board_was_already_out_is_free_again(station: Station) -> None:
    unit = IdentifiedBoard("60:55:f9:00:00:01", {"mac": "60:55:f9:00:00:01"})
    station.router.slot_state_changed("1", S.SEEN)

    def gone_while_it_is_scanned() -> bool:
        station.router.take_text("SN1")
        return True

    assert station.router.wait_for_label("1", unit, gone_while_it_is_scanned) is None
    station.board("2")
    station.router.take_text("SN2")
    station.board("3")
    station.router.take_text("SN1")
    assert station.wait("3") == "SN1"


def test_a_board_that_waits_for_its_label_is_burned_anew_as_a_rework(station: Station) -> None:
    station.board("3")
    for text in ("r", "3", "1"):
        station.router.take_text(text)
    assert station.wait("3") is None
    assert station.router.rework_order("3") == "new antenna"


def test_a_slot_at_work_cannot_be_chosen_but_another_can(station: Station) -> None:
    station.router.slot_state_changed("3", S.BURNING)
    station.router.slot_state_changed("4", S.PASS)
    for text in ("r", "3", "4", "1"):
        station.router.take_text(text)
    assert station.prompts[:2] == ["rework slot", "rework slot works"]
    assert (station.router.rework_order("3"), station.router.rework_order("4")) == (
        "",
        "new antenna",
    )


def test_what_is_no_reason_is_asked_again(station: Station) -> None:
    station.router.slot_state_changed("3", S.PASS)
    for text in ("r", "3", "7", reason_barcode("another profile's"), slot_barcode("4"), "1"):
        station.router.take_text(text)
    assert station.prompts[2:5] == ["rework no reason"] * 3
    assert station.router.rework_order("3") == "new antenna"


def test_without_reasons_in_the_profile_the_operator_types_one() -> None:
    station = Station(Router(SLOTS))
    station.router.slot_state_changed("3", S.PASS)
    for text in ("r", "3"):
        station.router.take_text(text)
    assert station.router.keys == ("\x1b",)
    station.router.take_text("r")
    assert station.router.rework_order("3") == "r"


@pytest.mark.parametrize("cancel", [CANCEL, "\x1b"], ids=["barcode", "key"])
@pytest.mark.parametrize("inputs", [["r"], ["r", "3"]], ids=["at the slot", "at the reason"])
def test_a_choice_is_cancelled(station: Station, inputs: list[str], cancel: str) -> None:
    station.router.slot_state_changed("3", S.PASS)
    for text in (*inputs, cancel):
        station.router.take_text(text)
    assert station.prompts[-1] == "rework cancelled"
    station.router.take_text("1")
    assert station.router.rework_order("3") == ""


def test_an_order_can_be_taken_back(station: Station) -> None:
    station.router.slot_state_changed("3", S.EMPTY)
    for text in ("r", "3", "1", "r", "3", CANCEL):
        station.router.take_text(text)
    assert station.router.rework_order("3") == ""


def test_a_choice_that_was_begun_and_left_is_dropped(station: Station, clock: Clock) -> None:
    station.router.slot_state_changed("3", S.EMPTY)
    station.router.take_text("r")
    clock.now += TIMEOUT_S
    station.router.tick()
    assert station.prompts[-1] == "rework timeout"
    station.router.take_text("3")
    assert station.router.is_announced("3")


def test_no_label_is_taken_for_an_answer_nor_an_answer_for_a_label(station: Station) -> None:
    station.board("1")
    station.router.take_text("r")
    station.router.take_text("SN1")
    assert station.prompts[-1] == "rework no slot"
    assert station.asked == "1"
    station.router.take_text(CANCEL)
    station.router.take_text("SN1")
    assert station.wait("1") == "SN1"


def test_a_reason_alone_says_what_comes_first(station: Station) -> None:
    station.router.take_text(reason_barcode("new antenna"))
    assert station.prompts == ["rework first"]
