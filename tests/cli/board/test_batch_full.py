"""The end of a batch on the screen: counts, the next step, and the tiles still in sight."""

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from burner.cli.board.batch_full import FullBatch, next_steps
from burner.cli.board.display import Display
from burner.cli.board.display_view import DisplayView
from burner.cli.board.tiles import draw
from burner.core.attempt import Outcome
from burner.core.words.language import Language
from burner.station.events import SlotState, SlotStateChanged
from tests.chinese import english_in
from tests.cli.board.test_display import finished, shown, view_of

DONE = FullBatch("WO-77", 128, 128, "line-3", waits=True)


def ended(slots: int, language: Language, full_batch: FullBatch = DONE) -> DisplayView:
    """All passed but for slot 2, whose board is bad."""
    view = view_of(slots, language)
    for slot in view.tiles:
        bad = slot == "2"
        view.add(finished(slot, Outcome.FAIL if bad else Outcome.PASS, "E601" if bad else ""), 1.0)
        view.add(SlotStateChanged(slot, SlotState.FAIL if bad else SlotState.PASS), 1.0)
    view.batch_full(full_batch)
    return view


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
@pytest.mark.parametrize("slots", [1, 2, 8, 32])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits_with_every_tile_and_what_to_do_with_the_bad_board(
    language: Language, slots: int, width: int, height: int
) -> None:
    lines = draw(ended(slots, language), 90.0, width, height - 1)
    assert len(lines) <= height - 1
    assert all(cell_len(line.plain) <= width for line in lines)
    text = shown(lines)
    assert all(f"{slot} " in text or f"{slot}✔" in text for slot in range(1, slots + 1))
    if slots > 1:
        assert f"{'工位' if language == 'zh' else 'slot'} 2  E601" in text


def test_it_says_how_many_passed_and_how_the_others_ended() -> None:
    text = shown(draw(ended(2, "en"), 90.0, 80, 23))
    assert "Batch WO-77 is complete: 128 of 128 units have passed." in text
    assert "PASS 1  FAIL 1" in text
    assert "first pass " in text
    assert "time 1:30" in text


def test_a_board_that_waited_for_the_last_place_is_to_be_taken_out() -> None:
    view = view_of(2)
    view.add(finished("2", Outcome.ERROR, "E452"), 1.0)
    view.add(SlotStateChanged("2", SlotState.ERROR), 1.0)
    view.batch_full(DONE)
    text = shown(draw(view, 90.0, 80, 23))
    assert "E452" not in text
    assert "slot 2  E451 The batch is complete" in text


def test_it_says_what_is_next() -> None:
    text = " ".join(shown(draw(ended(4, "en"), 90.0, 120, 39)).split())
    assert "→ Take all boards out, each into the box that its tile says." in text
    close = "burner batch close WO-77 --operator ID --station line-3 -o evidence/"
    assert f"→ Then QA closes the batch: {close}" in text


def test_a_batch_with_a_blank_in_its_name_can_be_typed_as_it_stands() -> None:
    steps = FullBatch("WO 7", 1, 1, "s", waits=False).steps("en")
    assert 'batch close "WO 7" --operator' in steps[1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_close_names_the_manifest_of_the_run_and_no_option_leaves_its_value(
    language: Language,
) -> None:
    done = replace(DONE, manifest="line 3.db")
    close = done.steps(language)[1]
    assert '--station line-3 --manifest "line 3.db" -o evidence/' in close
    for width in range(60, 100):
        lines = [line.plain for line in next_steps(done, language, width, unicode=True)]
        assert not any(re.search(r" --?[a-z-]+$", line) for line in lines)
        assert close.replace(" ", "") in "".join(lines).replace(" ", "")


@pytest.mark.parametrize("waits", [True, False])
def test_a_key_is_asked_for_only_where_somebody_can_press_one(waits: bool) -> None:
    view = ended(2, "en", FullBatch("WO-77", 2, 2, "s", waits))
    assert ("Press any key" in shown(draw(view, 9.0, 80, 23))) is waits


def test_in_chinese_it_is_chinese() -> None:
    text = shown(draw(ended(8, "zh"), 90.0, 120, 39))
    assert "批次完成" in text
    known = ("plug-c3", "WO-77", "anna", "line-3", "plug-000001", "evidence/")
    assert english_in(text, known) == []


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_gets_the_page_and_a_pipe_gets_the_lines(terminal: bool) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=80, height=24)
    board = Display(view_of(2), console)
    board.start()
    board.batch_full(DONE)
    board.close()
    text = screen.getvalue()
    assert "Batch WO-77 is complete: 128 of 128 units have passed." in text
    assert ("█▀▄ █▀█ █▀▄ █▀▀" in text) is terminal
    assert "batch close WO-77" in text
