"""What barcodes and keys say, and what is left of a scan without what the scanner put around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.station.scanning.operator_commands import (
    CANCEL,
    REWORK,
    Cancelled,
    OperatorCommand,
    ReasonChosen,
    ReworkWanted,
    SlotChosen,
    bare_text,
    command_of_barcode,
    command_of_key,
    mark_of,
    reason_barcode,
    slot_barcode,
    slot_keys,
)

SLOTS = ("1", "2", "12")
GS = "\x1d"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (slot_barcode("12"), SlotChosen("12")),
        (slot_barcode("12").lower(), SlotChosen("12")),
        (slot_barcode("77"), SlotChosen("77")),
        (REWORK, ReworkWanted()),
        (CANCEL, Cancelled()),
        (reason_barcode("new antenna"), ReasonChosen(mark_of("new antenna"))),
        (reason_barcode("new antenna").swapcase(), ReasonChosen(mark_of("new antenna"))),
        ("BURNER", None),
        ("BURNER DANCE", None),
        ("BURNER SLOT", None),
        ("SN:PLG0001 MAC:123456", None),
        ("", None),
    ],
)
def test_a_barcode_of_the_page_says_what_it_is_for(
    text: str, command: OperatorCommand | None
) -> None:
    assert command_of_barcode(text, SLOTS) == command


def test_a_slots_name_is_found_whatever_caps_lock_made_of_it() -> None:
    assert command_of_barcode("burner slot LEFT", ("left", "right")) == SlotChosen("left")
    assert command_of_barcode("BURNER SLOT a", ("A", "a")) == SlotChosen("a")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("2", SlotChosen("2")),
        ("12", SlotChosen("12")),
        ("3", None),
        ("r", ReworkWanted()),
        ("R", ReworkWanted()),
        ("\x1b", Cancelled()),
        ("SN1", None),
    ],
)
def test_a_key_says_what_it_is_for(text: str, command: OperatorCommand | None) -> None:
    assert command_of_key(text, SLOTS) == command


def test_slots_without_numbers_are_counted() -> None:
    assert slot_keys(("left", "right")) == {"1": "left", "2": "right"}
    assert slot_keys(("1", "2", "spare")) == {"1": "1", "2": "2", "3": "spare"}


@pytest.mark.parametrize(
    ("scanned", "text"),
    [
        ("SN1", "SN1"),
        ("]C1SN1", "SN1"),
        ("]Q3SN1\r\n", "SN1"),
        ("~SN1", "SN1"),
        ("~]C1SN1", "SN1"),
        ("]C1~SN1", "SN1"),
        ("~~SN1", "~SN1"),
        (f"]C1{GS}0106901234567892{GS}21SN1", "0106901234567892␝21SN1"),
        ("\x02SN1\x03", "SN1"),
        ("[)>\x1e06\x1dSSN1\x1e\x04", "[)>␞06␝SSN1"),
        ("]", "]"),
        ("  SN 1  ", "SN 1"),
    ],
)
def test_a_scan_is_what_the_code_holds(scanned: str, text: str) -> None:
    assert bare_text(scanned, ("~",)) == text


@given(st.text(max_size=40))
def test_whatever_is_scanned_holds_no_control_character(text: str) -> None:
    assert not any(ord(character) < 0x20 or ord(character) == 0x7F for character in bare_text(text))
