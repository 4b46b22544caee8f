"""Whose label was scanned: every rule alone, then all of them under any order of events."""

from collections.abc import Collection, Mapping

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from burner.core.errors import BurnerError
from burner.identity.settings import IdentitySettings, LabelSettings, SerialSettings
from burner.station.scanning.labels import PATIENCE_S, IdentifiedBoard, Labels, Scan

SLOTS = ("1", "2", "3", "4")
SETTINGS = IdentitySettings(
    serial=SerialSettings(source="label", pattern="S[0-9]+"),
    label=LabelSettings(pattern=r"(?P<serial>S[0-9]+)( MAC:(?P<mac>[0-9A-F]{6}))?"),
)


def mac(number: int) -> str:
    return f"60:55:f9:00:00:{number:02x}"


def board(number: int) -> IdentifiedBoard:
    return IdentifiedBoard(mac(number), {"mac": mac(number)})


def label(serial: int, of_board: int = 0) -> str:
    return f"S{serial}" + (f" MAC:0000{of_board:02X}" if of_board else "")


def nobody(_board: IdentifiedBoard, _label: str) -> None:
    """Nothing is on record."""


def somebody(_board: IdentifiedBoard, text: str) -> None:
    raise BurnerError("E435", f"{text} is B's")


def fixture(**boards: int) -> Labels:
    """Slots `s1`, `s2` … with these boards, all of them met."""
    state = Labels(SETTINGS, SLOTS)
    for slot in boards:
        state = state.board_seen(slot[1:])
    for slot, number in boards.items():
        state = state.board_identified(slot[1:], board(number), 0.0)
    return state


def test_one_slot_is_asked_at_a_time_in_the_order_of_the_fixture() -> None:
    state = fixture(s3=3, s1=1, s2=2)
    asked = []
    for serial in (1, 2, 3):
        asked.append(state.asked)
        state, _ = state.scanned(label(serial), 0.0, nobody)
    assert asked == ["1", "2", "3"]
    assert state.asked == ""


def test_a_slot_waits_for_its_turn_while_one_before_it_is_being_met_but_not_for_ever() -> None:
    state = (
        Labels(SETTINGS, SLOTS)
        .board_seen("1")
        .board_seen("2")
        .board_identified("2", board(2), 10.0)
    )
    assert state.asked == ""
    assert state.time_passed(10.0 + PATIENCE_S).asked == "2"
    assert state.board_gone("1", 10.1).asked == "2"
    assert state.board_identified("1", board(1), 10.2).asked == "1"


def test_the_question_stays_at_its_slot_when_one_before_it_comes() -> None:
    state = fixture(s2=2)
    assert state.board_seen("1").board_identified("1", board(1), 0.0).asked == "2"


def test_a_label_that_names_its_board_goes_to_it_whichever_slot_is_asked() -> None:
    state, scan = fixture(s1=1, s2=2).scanned(label(7, of_board=2), 0.0, nobody)
    assert scan == Scan("2", "S7 MAC:000002")
    assert state.asked == "1"
    assert state.label_of("2", mac(2)) == "S7 MAC:000002"


def test_a_label_that_names_an_imei_goes_to_its_board() -> None:
    rule_ = IdentitySettings(label=LabelSettings(pattern="(?P<imei>[0-9]{4,15})"))
    state = Labels(rule_, SLOTS)
    for number, imei in (("1", "490154203237518"), ("2", "490154203237526")):
        state = state.board_seen(number).board_identified(
            number, IdentifiedBoard(number, {"imei": imei}), 0.0
        )
    assert state.scanned("7526", 0.0, nobody)[1].slot == "2"


def test_a_label_of_a_board_that_is_nowhere_is_refused_at_the_asked_slot() -> None:
    before = fixture(s2=2, s3=3)
    state, scan = before.scanned(label(7, of_board=9), 0.0, nobody)
    assert (scan.slot, scan.code, scan.label) == ("2", "E441", "")
    assert state == before


def test_a_text_that_is_no_label_is_refused_at_the_asked_slot() -> None:
    assert fixture(s2=2).scanned("hello", 0.0, nobody)[1].code == "E440"


def test_a_label_that_fits_two_boards_is_the_asked_ones_or_the_slot_must_be_chosen() -> None:
    rule_ = IdentitySettings(label=LabelSettings(pattern="(?P<mac>[0-9A-F]{4,12})"))
    alike = {"1": "60:55:f9:00:11:11", "2": "60:55:f9:22:11:11", "3": "60:55:f9:00:00:03"}
    state = Labels(rule_, SLOTS)
    for slot, address in alike.items():
        state = state.board_seen(slot).board_identified(
            slot, IdentifiedBoard(address, {"mac": address}), 0.0
        )
    assert state.scanned("1111", 0.0, nobody)[1].slot == "1"
    assert state.slot_chosen("3").scanned("1111", 0.0, nobody)[1].code == "E436"
    assert state.slot_chosen("2").scanned("1111", 0.0, nobody)[1].slot == "2"


def test_a_label_that_names_nothing_read_so_far_goes_to_the_asked_slot() -> None:
    rule_ = IdentitySettings(label=LabelSettings(pattern="(?P<imei>[0-9]{4})"))
    state = (
        Labels(rule_, SLOTS).board_seen("2").board_identified("2", board(2), 0.0)
    )  # its IMEI comes later
    assert state.scanned("1234", 0.0, nobody)[1] == Scan("2", "1234")


def test_a_scan_that_nobody_waits_for_concerns_no_slot() -> None:
    assert Labels(SETTINGS, SLOTS).scanned(label(1), 0.0, nobody)[1] == Scan()


def test_a_label_of_a_unit_in_work_or_passed_is_asked_for_again_at_the_next_slot() -> None:
    state, _ = fixture(s1=1, s2=2).scanned(label(1), 0.0, nobody)
    assert state.scanned(label(1), 0.0, nobody)[1].code == "E434"
    state = state.ended("1", passed=True, now=0.0).board_gone("1", 0.0)
    refused = state.scanned(label(1), 0.0, nobody)[1]
    assert (refused.slot, refused.code) == ("2", "E434")
    assert state.scanned(label(2), 0.0, nobody)[1] == Scan("2", "S2")


def test_two_labels_of_one_serial_number_are_one_label() -> None:
    state, _ = fixture(s1=1, s2=2).scanned(label(1, of_board=1), 0.0, nobody)
    assert state.scanned(label(1, of_board=2), 0.0, nobody)[1].code == "E434"


def test_the_label_of_a_unit_that_failed_may_be_scanned_again_once_it_is_out() -> None:
    state, _ = fixture(s1=1, s2=2).scanned(label(1), 0.0, nobody)
    state = state.ended("1", passed=False, now=0.0)
    assert state.scanned(label(1), 0.0, nobody)[1].code == "E434"  # it lies in slot 1 still
    state = (
        state.board_gone("1", 0.0)
        .board_gone("2", 0.0)
        .board_seen("3")
        .board_identified("3", board(3), 0.0)
    )
    assert state.scanned(label(1), 0.0, nobody)[1] == Scan("3", "S1")


def test_a_unit_that_passed_may_come_again_with_its_own_label() -> None:
    state, _ = fixture(s1=1).scanned(label(1), 0.0, nobody)
    state = state.ended("1", passed=True, now=0.0).board_gone("1", 0.0)
    state = state.board_seen("2").board_identified("2", board(1), 0.0)
    assert state.scanned(label(1), 0.0, nobody)[1] == Scan("2", "S1")


def test_a_label_that_is_on_record_for_another_unit_is_asked_for_again() -> None:
    state, scan = fixture(s1=1).scanned(label(1), 0.0, somebody)
    assert (scan.slot, scan.code, scan.detail) == ("1", "E435", "S1 is B's")
    assert state.asked == "1"


def test_a_chosen_slot_is_asked_even_before_its_board_is_met() -> None:
    state = fixture(s1=1).board_seen("2").slot_chosen("2")
    assert state.asked == "2"
    assert state.scanned(label(1), 0.0, nobody)[1].code == "E437"
    assert state.board_identified("2", board(2), 0.0).scanned(label(1), 0.0, nobody)[1] == Scan(
        "2", "S1"
    )
    assert state.board_gone("2", 0.0).asked == "1"


def test_an_empty_slot_cannot_be_asked() -> None:
    state = fixture(s1=1)
    assert state.slot_chosen("4") == state


def test_another_board_in_the_slot_has_not_the_label_of_the_one_before() -> None:
    state, _ = fixture(s1=1).scanned(label(1), 0.0, nobody)
    assert state.label_of("1", mac(2)) == ""
    assert state.board_gone("1", 0.0).label_of("1", mac(1)) == ""


@pytest.mark.parametrize("text", ["S1", "S1 MAC:000001"])
def test_a_label_stays_until_the_board_leaves(text: str) -> None:
    state, _ = fixture(s1=1).scanned(text, 0.0, nobody)
    assert state.ended("1", passed=False, now=9.0).label_of("1", mac(1)) == text


# -- any order of events ---------------------------------------------------------------------------


BOARDS = range(1, 7)
SERIALS = (1, 2, 3, 9)


class Fixture(RuleBasedStateMachine):
    """Boards come and go in four slots while labels are scanned, right ones and wrong ones.

    The machine keeps what a person who watches would know, and compares.
    """

    def __init__(self) -> None:
        super().__init__()
        self.state = Labels(SETTINGS, SLOTS)
        self.now = 0.0
        self.in_slot: dict[str, int] = {}
        self.waiting: set[str] = set()
        self.labelled: dict[str, str] = {}
        """Slots with a unit in work or through, and its label."""
        self.holds: dict[int, str] = {}
        """Units in work or passed, and the serial number that each was given."""
        self.recorded = {"S9": mac(9)}
        self.asked_before = ""

    def check(self, met: IdentifiedBoard, text: str) -> None:
        unit = self.recorded.get(text.split(maxsplit=1)[0], met.unit_id)
        if unit != met.unit_id:
            raise BurnerError("E435", unit)

    def pick(self, data: st.DataObject, slots: Collection[str]) -> str:
        return data.draw(st.sampled_from(sorted(slots)))

    @precondition(lambda self: len(self.in_slot) < len(SLOTS))
    @rule(data=st.data())
    def comes(self, data: st.DataObject) -> None:
        slot = self.pick(data, set(SLOTS) - set(self.in_slot))
        number = data.draw(st.sampled_from(sorted(set(BOARDS) - set(self.in_slot.values()))))
        self.in_slot[slot] = number
        self.state = self.state.board_seen(slot)

    @precondition(lambda self: self.unmet)
    @rule(data=st.data())
    def is_met(self, data: st.DataObject) -> None:
        slot = self.pick(data, self.unmet)
        self.waiting.add(slot)
        self.state = self.state.board_identified(slot, board(self.in_slot[slot]), self.now)

    @property
    def unmet(self) -> set[str]:
        return set(self.in_slot) - self.waiting - set(self.labelled)

    @precondition(lambda self: self.in_slot)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        slot = self.pick(data, self.in_slot)
        del self.in_slot[slot]
        self.waiting.discard(slot)
        self.labelled.pop(slot, None)
        self.state = self.state.board_gone(slot, self.now)

    @precondition(lambda self: self.labelled)
    @rule(data=st.data(), passed=st.booleans())
    def ends(self, data: st.DataObject, passed: bool) -> None:
        slot = self.pick(data, self.labelled)
        self.state = self.state.ended(slot, passed, self.now)
        if not passed:
            self.holds.pop(self.in_slot[slot], None)

    @precondition(lambda self: self.labelled)
    @rule(data=st.data())
    def is_burned_again(self, data: st.DataObject) -> None:
        """The operator announces it, or orders a rework: its label is known."""
        slot = self.pick(data, self.labelled)
        self.state = self.state.board_seen(slot).label_kept(slot, self.now)
        self.holds[self.in_slot[slot]] = self.labelled[slot].split(maxsplit=1)[0]

    @rule(slot=st.sampled_from(SLOTS))
    def is_chosen(self, slot: str) -> None:
        self.state = self.state.slot_chosen(slot)
        self.asked_before = self.state.asked

    @rule(seconds=st.sampled_from([0.2, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.state = self.state.time_passed(self.now)

    @rule(data=st.data(), serial=st.sampled_from(SERIALS))
    def is_scanned(self, data: st.DataObject, serial: int) -> None:
        """Mostly a label without the board's number, or one of a board that is there."""
        names = data.draw(st.sampled_from([0, 0, *self.in_slot.values(), 9]))
        text, asked, before = label(serial, names), self.state.asked, self.state
        self.state, scan = self.state.scanned(text, self.now, self.check)
        if not scan.label:
            assert self.state == before
            assert scan.slot == asked
            self.must_be_refused(serial, names, asked)
            return
        number = self.in_slot[scan.slot]
        assert scan.slot in self.waiting
        assert names in (0, number)  # never at a board that it does not name
        assert names or scan.slot == asked  # nor, naming none, at another than the asked one
        others = {u: s for u, s in self.holds.items() if u != number}
        assert f"S{serial}" not in others.values()  # never two units with one label
        assert self.recorded.get(f"S{serial}", mac(number)) == mac(number)
        self.waiting.discard(scan.slot)
        self.labelled[scan.slot] = text
        self.holds[number] = f"S{serial}"

    def must_be_refused(self, serial: int, names: int, asked: str) -> None:
        """A label that nobody else has is never refused to the board that it is for."""
        there = {number: slot for slot, number in self.in_slot.items() if slot in self.waiting}
        slot = there.get(names, "") if names else asked if asked in self.waiting else ""
        if not slot:
            return
        number = self.in_slot[slot]
        taken = {u for u, s in self.holds.items() if s == f"S{serial}" and u != number}
        taken |= {
            self.in_slot[other]
            for other, text in self.labelled.items()
            if text.split(maxsplit=1)[0] == f"S{serial}"
        }
        assert taken or self.recorded.get(f"S{serial}", mac(number)) != mac(number)

    @invariant()
    def one_slot_is_asked_and_its_board_has_no_label(self) -> None:
        asked = self.state.asked
        assert not asked or (asked in self.in_slot and asked not in self.labelled)

    @invariant()
    def the_question_moves_only_when_it_is_answered_taken_away_or_chosen(self) -> None:
        before, self.asked_before = self.asked_before, self.state.asked
        if before and before != self.state.asked:
            assert before in self.labelled or before not in self.in_slot

    @invariant()
    def what_was_scanned_stays_with_its_board(self) -> None:
        shown: Mapping[str, str] = {
            slot: self.state.label_of(slot, mac(self.in_slot[slot])) for slot in self.in_slot
        }
        assert {s: text for s, text in shown.items() if text} == self.labelled


TestAnyOrder = Fixture.TestCase
TestAnyOrder.settings = hypothesis_settings(max_examples=100, stateful_step_count=40, deadline=None)
