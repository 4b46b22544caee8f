"""Characters of scanners and people, told apart by how they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.station.scanning.keystrokes import (
    FORGET_S,
    KEY_SHARE,
    LONGEST,
    NEXT_DIGIT_S,
    QUIET_S,
    Keystrokes,
)

KEY_S = QUIET_S * KEY_SHARE
KEYS = (*(str(number) for number in range(1, 13)), "r", "\x1b")


def keyboard() -> Keystrokes:
    return Keystrokes(keys=KEYS)


def scan(strokes: Keystrokes, text: str, now: float, each_s: float = 0.008) -> list[str]:
    """As a scanner types: one character after the other."""
    return [
        whole
        for number, character in enumerate(text)
        for whole in strokes.feed(character, now + number * each_s)
    ]


def test_enter_ends_a_scan() -> None:
    assert scan(keyboard(), "SN:PLG1\rSN:PLG2\n", 1.0) == ["SN:PLG1", "SN:PLG2"]


def test_tab_ends_a_scan() -> None:
    assert scan(keyboard(), "SN:PLG1\t", 1.0) == ["SN:PLG1"]


def test_a_pause_ends_a_scan_without_enter() -> None:
    strokes = keyboard()
    assert scan(strokes, "SN:PLG1", 1.0) == []
    assert strokes.passed(1.0 + 6 * 0.008 + QUIET_S / 2) == []
    assert strokes.passed(1.06 + QUIET_S) == ["SN:PLG1"]
    assert scan(strokes, "SN:PLG2", 2.0) == []
    assert scan(strokes, "SN:PLG3", 3.0) == ["SN:PLG2"]


def test_a_scan_that_begins_with_a_digit_is_no_key() -> None:
    strokes = keyboard()
    assert scan(strokes, "12345678", 1.0) == []
    assert strokes.passed(1.3) == ["12345678"]


def test_a_slower_scanner_needs_a_longer_pause() -> None:
    strokes = Keystrokes(quiet_s=0.6, keys=KEYS)
    assert scan(strokes, "SN:PLG1", 1.0, each_s=0.15) == []
    assert strokes.passed(3.0) == ["SN:PLG1"]


def test_a_key_alone_counts_after_a_moment() -> None:
    strokes = keyboard()
    assert strokes.feed("3", 1.0) == []
    assert strokes.passed(1.0 + KEY_S / 2) == []
    assert strokes.passed(1.01 + KEY_S) == ["3"]


def at_pace(strokes: Keystrokes, presses: tuple[str, ...], pace_s: float) -> list[str]:
    """What is whole in the end: each press a key, or a whole scan without Enter."""
    whole, now = [], 10.0
    for press in presses:
        whole += scan(strokes, press, now, each_s=0.02)
        for look in range(round(pace_s / 0.01)):
            whole += strokes.passed(now + 0.02 * (len(press) - 1) + look * 0.01)
        now += 0.02 * (len(press) - 1) + pace_s
    return whole + strokes.passed(now + NEXT_DIGIT_S)


PACES_S = (0.15, 0.4, 0.5, 1.0)
FOUR_SLOTS = ("1", "2", "3", "4", "r", "R", "\x1b")


@pytest.mark.parametrize("pace_s", PACES_S)
def test_keys_pressed_one_after_the_other_are_keys_at_any_pace(pace_s: float) -> None:
    strokes = Keystrokes(keys=FOUR_SLOTS)
    assert at_pace(strokes, ("r", "1", "1"), pace_s) == ["r", "1", "1"]
    assert strokes.typed == ""


@pytest.mark.parametrize("pace_s", PACES_S)
@pytest.mark.parametrize("label", ["PLG000001", "58:cf:79:00:00:01", "12345678"])
def test_a_scan_after_a_key_is_a_scan_at_any_pace(label: str, pace_s: float) -> None:
    assert at_pace(Keystrokes(keys=FOUR_SLOTS), ("4", label), pace_s) == ["4", label]
    assert at_pace(keyboard(), ("1", label), pace_s) == ["1", label]
    assert at_pace(keyboard(), ("12", label), pace_s) == ["12", label]


@pytest.mark.parametrize("pace_s", PACES_S)
def test_two_digits_of_a_slot_are_one_key_at_any_pace(pace_s: float) -> None:
    assert at_pace(keyboard(), ("r", "1", "2"), pace_s) == ["r", "12"]
    assert at_pace(keyboard(), ("1", "5"), pace_s) == ["1", "5"]


def test_the_first_of_two_digits_is_shown() -> None:
    strokes = keyboard()
    strokes.feed("1", 1.0)
    assert strokes.typed == ""
    assert strokes.passed(1.01 + KEY_S) == []
    assert strokes.typed == "1"


def test_keys_faster_than_time_tells_apart_are_two_keys() -> None:
    assert at_pace(Keystrokes(keys=FOUR_SLOTS), ("r2",), 0.4) == ["r", "2"]
    assert at_pace(keyboard(), ("r1", "2"), 0.4) == ["r", "12"]


def test_a_label_typed_behind_a_blank_is_no_row_of_keys() -> None:
    assert at_pace(keyboard(), tuple(" 861\n"), 0.3) == [" 861"]


def test_a_digit_that_may_be_the_first_of_two_waits_longer_or_for_enter() -> None:
    strokes = keyboard()
    strokes.feed("1", 1.0)
    assert strokes.passed(1.0 + KEY_S) == []
    assert strokes.passed(1.01 + NEXT_DIGIT_S) == ["1"]
    strokes.feed("1", 5.0)
    strokes.feed("2", 5.8)
    assert strokes.passed(5.81 + KEY_S) == ["12"]
    assert strokes.feed("1", 9.0) + strokes.feed("\n", 9.1) == ["1"]


def test_what_a_person_types_waits_for_enter_and_is_shown() -> None:
    strokes = keyboard()
    for number, character in enumerate("SN:PLG1"):
        assert strokes.feed(character, 1.0 + number * 0.3) == []
    assert strokes.typed == "SN:PLG1"
    assert strokes.passed(6.0) == []
    strokes.feed("\x7f", 6.1)
    strokes.feed("2", 6.4)
    assert strokes.feed("\r", 6.5) == ["SN:PLG2"]
    assert strokes.typed == ""


def test_what_was_begun_and_left_is_forgotten() -> None:
    strokes = keyboard()
    strokes.feed("S", 1.0)
    assert strokes.passed(1.0 + FORGET_S) == []
    assert strokes.typed == ""
    assert strokes.feed("\n", 30.0) == []


def test_ctrl_u_begins_anew() -> None:
    strokes = keyboard()
    strokes.feed("rubbish\x15SN1\n", 1.0)
    assert strokes.feed("rubbish\x15SN1\n", 9.0) == ["SN1"]


def test_escape_counts_and_an_arrow_key_does_not() -> None:
    strokes = keyboard()
    strokes.feed("\x1b", 1.0)
    assert strokes.passed(1.01 + KEY_S) == ["\x1b"]
    strokes.feed("\x1b[A", 3.0)
    assert strokes.passed(4.0) == []


def test_a_scanner_on_a_port_of_its_own_may_send_a_single_character() -> None:
    strokes = Keystrokes(shortest=1)
    strokes.feed("7", 1.0)
    assert strokes.passed(1.01 + QUIET_S) == ["7"]


def test_noise_without_end_takes_no_memory() -> None:
    strokes = Keystrokes(shortest=1)
    strokes.feed("x" * 100_000, 1.0)
    (text,) = strokes.passed(2.0)
    assert len(text) == LONGEST


@given(st.lists(st.tuples(st.text(max_size=6), st.floats(0, 3)), max_size=20))
def test_no_character_comes_twice_and_none_comes_out_of_order(
    chunks: list[tuple[str, float]],
) -> None:
    strokes, now, sent, whole = keyboard(), 0.0, "", ""
    for characters, pause in chunks:
        now += pause
        whole += "".join(strokes.feed(characters, now))
        sent += characters
    left = iter(sent)
    assert all(character in left for character in whole)
