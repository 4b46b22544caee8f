"""What the board shows of scans and keys: on the tile they are for, and below the tiles."""

import pytest

from burner.cli.board.display import event_line
from burner.cli.board.display_view import ANSWER_S, DisplayView
from burner.cli.board.tiles import draw
from burner.cli.run.event_json import event_json
from burner.core.errors import BurnerError
from burner.core.unit_events import NotBegun
from burner.core.unit_labels import UnitLabelState
from burner.core.words.language import Language
from burner.station.events import (
    BoardInSlot,
    LabelRefused,
    LabelScanned,
    Prompt,
    ReworkOrdered,
    ScanBackAwaited,
    ScannerStateChanged,
    ScanRefused,
    SlotSilent,
    SlotState,
    SlotStateChanged,
    StationEvent,
    Typing,
    UnitLabelChanged,
)
from tests.cli.board.test_display import finished, shown, view_of

S = SlotState
LABEL = "SN:PLG0001"


def board(view: DisplayView, now: float = 10.0, width: int = 80, height: int = 24) -> str:
    return shown(draw(view, now, width, height))


def after(*events: StationEvent, slots: int = 8, language: Language = "en") -> DisplayView:
    view = view_of(slots, language)
    for event in events:
        view.add(event, 10.0)
    return view


WAY = (
    SlotStateChanged("3", S.SCAN),
    LabelScanned("3", LABEL),
    SlotStateChanged("3", S.BURNING),
    finished("3"),
    SlotStateChanged("3", S.PASS),
)


@pytest.mark.parametrize("steps", [2, 3, 5], ids=["before the write", "at work", "ended"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_what_was_scanned_stands_on_the_tile_from_the_scan_on(
    steps: int, width: int, height: int
) -> None:
    assert LABEL[3:] in board(after(*WAY[:steps]), width=width, height=height)


def test_it_stays_until_the_board_is_taken_out() -> None:
    assert "PLG0001" not in board(after(*WAY, SlotStateChanged("3", S.EMPTY)))


def test_of_a_long_label_the_end_is_shown() -> None:
    text = board(after(LabelScanned("3", "https://example.com/serial/000123456789")))
    assert "…" in text
    assert "456789" in text


def test_a_wrong_scan_is_large_on_its_tile_and_whole_below() -> None:
    view = after(
        SlotStateChanged("3", S.SCAN),
        LabelRefused("3", "E434", "SN1"),
        SlotStateChanged("3", S.RESCAN),
    )
    text = board(view)
    assert "3 ↻" in text
    assert " E434" in text
    assert "slot 3  E434 This label was already scanned for another board in this run. (SN1)" in (
        " ".join(text.split()).replace(" ( ", " (").replace("slot 3 E434", "slot 3  E434")
    )
    view.add(LabelScanned("3", LABEL), 11.0)
    assert "E434" not in board(view)


def test_a_wrong_scan_is_forgotten_when_its_board_leaves() -> None:
    view = after(
        SlotStateChanged("3", S.SCAN),
        LabelRefused("3", "E440", "x"),
        SlotStateChanged("3", S.RESCAN),
        SlotStateChanged("3", S.EMPTY),
    )
    assert "E440" not in board(view)


def test_an_empty_slot_says_for_how_long_nothing_has_answered() -> None:
    view = after(SlotStateChanged("3", S.EMPTY), SlotSilent("3", 4.0))
    assert "no answer for 12 s" in board(view, now=18.0)
    view.add(SlotSilent("3", 0.0), 19.0)
    assert "no answer" not in board(view, now=20.0)


def test_a_question_stands_until_it_is_answered_and_an_answer_for_a_while() -> None:
    reasons = ("new antenna", "flash replaced")
    view = after(Prompt("rework reason", ("3",), reasons, asks=True))
    text = board(view, now=1000.0)
    assert "REWORK of slot 3: why?" in text
    assert "1 new antenna   2 flash replaced" in text
    view.add(Prompt("rework ordered", ("3", "new antenna")), 1000.0)
    assert "Slot 3: the unit is burned again, for: new antenna" in board(view, now=1001.0)
    assert "burned again" not in board(view, now=1000.0 + ANSWER_S)


def test_all_of_many_reasons_are_on_the_screen() -> None:
    reasons = tuple(f"reason number {n}" for n in range(1, 21))
    text = board(after(Prompt("rework reason", ("3",), reasons, asks=True)))
    assert all(reason in text for reason in reasons)


def test_what_is_typed_is_seen() -> None:
    view = after(Typing("SN:PL"))
    assert "> SN:PL_" in board(view)
    view.add(Typing(""), 11.0)
    assert ">" not in board(view)


def test_an_ordered_rework_stands_on_the_tile_until_it_was_done() -> None:
    view = after(SlotStateChanged("3", S.EMPTY), ReworkOrdered("3", "new antenna"))
    assert "rework: new antenna" in board(view, width=120, height=40)
    view.add(ReworkOrdered("3", ""), 11.0)
    assert "rework" not in board(view, width=120, height=40)


def test_a_missing_scanner_is_the_stations_trouble_until_it_is_back() -> None:
    view = after(
        ScannerStateChanged("scanner 1", BurnerError("E316", "scanner 1: no port at usb 1-1.3"))
    )
    assert "station  E316 A barcode scanner of this station is not connected." in board(view)
    view.add(ScannerStateChanged("scanner 1"), 11.0)
    assert "E316" not in board(view)


def test_no_event_of_scans_and_keys_makes_a_tile() -> None:
    view = after(Prompt("no slot", ("9",)), Typing("9"), ScannerStateChanged("scanner 1"))
    assert list(view.tiles) == [str(number) for number in range(1, 9)]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (LabelScanned("3", LABEL), "slot 3  SN:PLG0001"),
        (ReworkOrdered("3", "new antenna"), "slot 3  rework: new antenna"),
        (ReworkOrdered("3", ""), None),
        (Prompt("no slot", ("9",)), "This station has no slot 9."),
        (Prompt(), None),
        (Typing("x"), None),
        (SlotStateChanged("3", S.SCAN), "slot 3  SCAN"),
    ],
)
def test_without_a_terminal_each_is_a_line(event: StationEvent, line: str | None) -> None:
    assert event_line(after(event), event) == line


@pytest.mark.parametrize(
    ("event", "keys"),
    [
        (LabelScanned("3", LABEL), {"event": "label", "slot": "3", "label": LABEL}),
        (ReworkOrdered("3", "x"), {"event": "rework", "slot": "3", "reason": "x"}),
        (SlotSilent("3", 4.04), {"event": "silent", "slot": "3", "seconds": 4.0}),
        (NotBegun("3"), {"event": "not begun", "slot": "3"}),
        (
            ScannerStateChanged("scanner 1", BurnerError("E316", "gone")),
            {"event": "scanner", "scanner": "scanner 1", "code": "E316", "detail": "gone"},
        ),
        (Prompt("no slot", ("9",)), None),
    ],
)
def test_a_script_is_reported(event: StationEvent, keys: dict[str, object] | None) -> None:
    assert event_json(event) == keys


@pytest.mark.parametrize(("slots", "width", "height"), [(2, 80, 24), (8, 80, 24), (32, 80, 24)])
def test_each_slot_that_waits_for_the_scan_of_its_printed_label_says_so(
    slots: int, width: int, height: int
) -> None:
    waits = [event for slot in "12" for event in passed(slot)]
    view = after(*waits, slots=slots)
    lines = board(view, width=width, height=height)
    assert "Scan the printed labels of slots: 1 plug-1, 2 plug-2" in lines
    assert lines.count("?") == 2
    assert "PASS" not in lines.replace("PASS 1", "")
    view.add(ScanBackAwaited("1"), 11.0)
    view.add(Prompt("no slot", ("9",)), 11.0)
    assert "scan it" not in board(view, 12.0, width, height)
    later = board(view, 12.0 + ANSWER_S, width, height)
    assert "Slot 2: put the label on plug-2, and scan it." in later
    assert later.count("?") == 1


@pytest.mark.parametrize(
    ("awaited", "text"),
    [
        (ScanBackAwaited("1", "plug-1", printed=False), ""),
        (
            ScanBackAwaited("1", "plug-1", printed=False, board=BoardInSlot.GONE),
            "Slot 1: the label of plug-1 is not printed yet.",
        ),
        (
            ScanBackAwaited("1", "plug-1", board=BoardInSlot.OTHER),
            "Slot 1: the board in it now is NOT burned. First scan the printed label of plug-1.",
        ),
    ],
)
def test_a_board_that_is_swapped_before_the_scan_is_said(
    awaited: ScanBackAwaited, text: str
) -> None:
    view = after(finished("1"), SlotStateChanged("1", S.PASS), awaited)
    lines = " ".join(board(view, width=120).split())
    assert text in lines
    assert ("◌" in lines) is (not awaited.printed)
    assert ("new board" in lines) is (awaited.board is BoardInSlot.OTHER)
    line = event_line(view, awaited)
    assert line.startswith(text) if line else not text


def test_of_several_slots_that_wait_each_says_how_its_label_stands() -> None:
    view = after(
        ScanBackAwaited("1", "plug-1", board=BoardInSlot.OTHER),
        ScanBackAwaited("2", "plug-2", doubtful=True),
        ScanBackAwaited("3", "plug-3", printed=False, board=BoardInSlot.GONE),
    )
    assert (
        "1 plug-1 (new board: not burned), 2 plug-2 (may not have come out: then Esc),"
        " 3 plug-3 (not printed yet)"
    ) in " ".join(board(view).split())


def test_a_wrong_scan_while_several_slots_wait_is_charged_to_none_and_goes_with_the_next() -> None:
    wrong = ScanRefused("E340", "x; waiting: 1 plug-1, 2 plug-2")
    view = after(*passed("1"), *passed("2"), wrong)
    assert set(view.tiles) == set(after().tiles)
    assert "station  E340" in (event_line(view, wrong) or "")
    assert "E340" in board(view)
    view.add(UnitLabelChanged("2", "u2", UnitLabelState.CONFIRMED), 11.0)
    assert "E340" not in board(view)


def passed(slot: str) -> tuple[StationEvent, ...]:
    state = SlotStateChanged(slot, S.PASS)
    return finished(slot), state, ScanBackAwaited(slot, f"plug-{slot}")
