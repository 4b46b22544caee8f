"""The board: what it shows, in which space, and that its death stops nothing."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from burner.cli.board import display
from burner.cli.board.display import Display, event_line
from burner.cli.board.display_view import DisplayView, RunTitle
from burner.cli.board.tiles import draw
from burner.cli.board.words import SHAPES, SHAPES_ASCII, STYLES, short_word, state_word, tile_words
from burner.cli.terminal.big_word import EMBLEMS, in_letters, on_plate
from burner.core.attempt import Outcome, Record, Step
from burner.core.errors import BurnerError
from burner.core.silicon import Mac, Silicon
from burner.core.unit_events import (
    Finished,
    ManifestAway,
    ManifestBack,
    Progress,
    RetryStarted,
    StepStarted,
    UnitNamed,
)
from burner.core.words.language import Language
from burner.station.events import RESTING, LabelRefused, SlotState, SlotStateChanged, StationEvent
from tests.station.units import a_result, an_attempt

S = SlotState
TITLE = RunTitle("plug-c3 1.2.0", "WO-77", "anna", "line-3", planned=128, before=40)


def view_of(slots: int, language: Language = "en", title: RunTitle = TITLE) -> DisplayView:
    view = DisplayView(title, started=0.0, baud=921_600, language=language)
    view.add_slots(str(n) for n in range(1, slots + 1))
    return view


def finished(slot: str, outcome: Outcome = Outcome.PASS, code: str = "", **how: Any) -> Finished:
    silicon = Silicon("esp32c3", "v0.4", Mac.parse("6055f9000001"), 0x1640EF, 4 << 20)
    attempt = replace(an_attempt(slot, silicon=silicon), device_name="plug-000001", batch="WO-1")
    return Finished(slot, Record(1, attempt, a_result(outcome, code)), **how)


def shown(lines: Sequence[Text]) -> str:
    return "\n".join(line.plain for line in lines)


def test_the_bar_shows_what_the_manifest_counts() -> None:
    view = view_of(1)
    view.add(finished("1"), 1.0)
    view.add(SlotStateChanged("1", S.PASS), 1.0)
    assert "41/128" in shown(draw(view, 9.0, 80, 24))
    view.passed = 40  # one was scrapped at a desk
    assert "40/128" in shown(draw(view, 9.0, 80, 24))


def unwrapped(text: str) -> str:
    """What was wrapped between Chinese characters or at a blank, on one line."""
    return re.sub(r"(?<=[\u2e80-\uffef])\n(?=[\u2e80-\uffef])", "", text).replace("\n", " ")


def play(view: DisplayView, *events: StationEvent) -> str:
    for event in events:
        view.add(event, 10.0)
    return shown(draw(view, 12.0, 80, 24))


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_state_has_a_word_a_shape_and_a_style(language: Language) -> None:
    for table in (SHAPES, SHAPES_ASCII, STYLES):
        assert set(table) == set(S)
    assert set(EMBLEMS) == set(S) - set(RESTING)
    assert len({state_word(state, language) for state in S}) == len(S)
    assert all(cell_len(short_word(state, language)) <= 6 for state in S)


def test_a_name_that_the_platform_has_not_got_has_words_that_can_be_large() -> None:
    english, chinese = (tile_words(S.ERROR, language, code="E818") for language in ("en", "zh"))
    assert in_letters(english.short)
    assert on_plate(S.ERROR, chinese.full).plate.strip() == chinese.full
    assert all(cell_len(words.short) <= 6 for words in (english, chinese))


def test_what_an_operator_does_with_a_board_differs_in_shape_without_colour() -> None:
    boxes = (S.EMPTY, S.SCAN, S.BURNING, S.PASS, S.OTHER_BATCH, S.FAIL, S.ERROR)
    for shapes in (SHAPES, SHAPES_ASCII):
        assert len({shapes[state] for state in boxes}) == len(boxes)
    assert len({EMBLEMS[state] for state in boxes[1:]}) == len(boxes) - 1


def test_ascii_shapes_are_ascii() -> None:
    assert all(shape.isascii() for shape in SHAPES_ASCII.values())


LARGE = [S.PASS, S.FAIL, S.ERROR, S.KNOWN, S.OTHER_BATCH, S.BURNING, S.SEEN, S.SCAN]


@pytest.mark.parametrize("state", LARGE)
def test_what_matters_from_two_metres_is_large(state: SlotState) -> None:
    large = in_letters(short_word(state, "en"))
    assert large is not None
    assert {len(line) for line in large.lines} == {4 * len(short_word(state, "en")) - 1}
    assert "".join(large.lines).strip()


@pytest.mark.parametrize("state", EMBLEMS)
def test_a_chinese_word_stands_on_a_plate_beside_a_large_emblem(state: SlotState) -> None:
    large = on_plate(state, state_word(state, "zh"))
    assert [cell_len(line) for line in large.lines] == [large.width] * 3
    assert large.plate.replace(" ", "") == state_word(state, "zh")
    assert large.lines[1].endswith(f" {large.plate}")
    left, right = (len(large.plate) - len(s) for s in (large.plate.lstrip(), large.plate.rstrip()))
    assert left == right >= 1


def test_big_letters_have_five_rows_of_three() -> None:
    letters = in_letters("F")
    assert letters
    assert letters.lines == ("█▀▀", "█▀ ", "▀  ")


def test_the_chinese_word_is_shown_in_reverse_video() -> None:
    view = view_of(1, "zh")
    play(view, finished("1"), SlotStateChanged("1", S.PASS))
    (line,) = (line for line in draw(view, 12.0, 80, 24) if "合  格" in line.plain)
    (span,) = (span for span in line.spans if span.style == "reverse")
    assert line.plain[span.start : span.end] == "  合  格  "


# -- a unit's life -------------------------------------------------------------------------------


def test_a_burning_slot_shows_how_far_and_how_long() -> None:
    view = view_of(32)
    text = play(
        view,
        SlotStateChanged("2", S.SEEN),
        SlotStateChanged("2", S.BURNING),
        StepStarted("2", Step.WRITE),
        Progress("2", Step.WRITE, 50, 200),
    )
    assert "BURNING" in text
    assert " 25%" in text
    assert "2 ▶ 2.0s" in text


def test_a_passed_unit_shows_its_name_until_its_board_is_removed() -> None:
    view = view_of(32)
    text = play(
        view, SlotStateChanged("2", S.BURNING), finished("2"), SlotStateChanged("2", S.PASS)
    )
    assert "PASS" in text
    assert "plug-000001"[-7:] in text
    assert "plug-000001"[-7:] in play(view, SlotStateChanged("2", S.CLOSED))
    assert "000001" not in play(view, SlotStateChanged("2", S.EMPTY))


@pytest.mark.parametrize("waits", [S.SEEN, S.SCAN, S.RESCAN])
def test_a_slot_whose_board_waited_for_its_label_is_closed_in_the_end(waits: SlotState) -> None:
    view = view_of(4)
    play(
        view,
        SlotStateChanged("2", S.SEEN),
        SlotStateChanged("2", waits),
        SlotStateChanged("2", S.CLOSED),
    )
    assert view.tiles["2"].state is S.CLOSED


def test_a_known_unit_says_when_and_where_it_passed() -> None:
    view = view_of(2)
    known = finished("3", known=True)
    text = play(
        view,
        SlotStateChanged("2", S.BURNING),
        replace(known, slot="2"),
        SlotStateChanged("2", S.KNOWN),
    )
    assert "already PASS at " in text
    assert "in slot 3" in text
    assert not view.troubles


OTHER = replace(finished("3", known=True), slot="2", other_batch=True)


@pytest.mark.parametrize(
    ("language", "belongs", "box"),
    [
        ("en", "batch WO-1, 23:18, station s, slot 3", "into the box of that batch"),
        ("zh", "批次 WO-1，23:18，工站 s，工位 3", "放入该批次的箱中"),
    ],
)
def test_a_board_of_another_batch_says_where_it_belongs(
    language: Language, belongs: str, box: str
) -> None:
    view = view_of(2, language)
    text = play(view, OTHER, SlotStateChanged("2", S.OTHER_BATCH))
    when = view.tiles["2"].earlier
    assert when
    belongs = belongs.replace("23:18", when.when)
    assert f"E628 {BurnerError('E628').row.sentence(language)}" in text
    assert re.search(f"[(（]{belongs}[)）]", unwrapped(text))
    assert box in unwrapped(text)
    assert f"WO-1 {when.when} #3" in text
    line = event_line(view, SlotStateChanged("2", S.OTHER_BATCH)) or ""
    assert state_word(S.OTHER_BATCH, language) in line
    assert belongs in line
    assert box in line


def test_a_board_of_another_batch_is_not_green() -> None:
    view = view_of(2)
    play(view, OTHER, SlotStateChanged("2", S.OTHER_BATCH))
    styles = {str(span.style) for line in draw(view, 12.0, 80, 24) for span in line.spans}
    assert STYLES[S.OTHER_BATCH] in styles
    assert STYLES[S.PASS] not in styles


def test_a_pass_of_another_day_is_shown_with_its_date() -> None:
    view = view_of(1)
    known = finished("1", known=True)
    last_week = datetime.now(UTC) - timedelta(days=7)
    result = replace(known.record.result, ended=last_week)
    event = replace(known, record=replace(known.record, result=result))
    assert f"{last_week.astimezone():%Y-%m-%d %H:%M}" in play(
        view, event, SlotStateChanged("1", S.KNOWN)
    )


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "The flash does not"), ("zh", "芯片中的数据")]
)
def test_the_last_error_is_shown_with_its_remedy(language: Language, sentence: str) -> None:
    failed = finished("7", Outcome.FAIL, "E601")
    text = play(view_of(8, language), failed, SlotStateChanged("7", S.FAIL))
    assert f"7  E601 {sentence}" in text
    assert "→ " in text


def test_the_batch_counts_earlier_runs_and_estimates_its_end() -> None:
    view = view_of(4)
    text = play(view, finished("1"), SlotStateChanged("1", S.PASS))
    assert "41/128" in text
    assert "first pass 100.0%" in text
    assert "300 an hour" in text  # one unit in the first 12 seconds
    assert "17:24 left" in text


def test_a_slot_below_the_profiles_rate_shows_its_own() -> None:
    view = view_of(4)
    assert "460k" in play(view, finished("1"), SlotStateChanged("1", S.PASS, baud=460_800))
    assert "k" not in view_of(1).tiles["1"].called


def test_a_slot_that_falls_behind_is_named() -> None:
    view = view_of(2)
    for n in range(20):
        slot = "1" if n % 2 else "2"
        event = finished(slot, Outcome.FAIL if slot == "2" else Outcome.PASS, "E601")
        silicon = Silicon("esp32c3", "", Mac(bytes([2, 0, 0, 0, 0, n])), 0, 0)
        attempt = replace(event.record.attempt, silicon=silicon)
        view.add(replace(event, record=replace(event.record, attempt=attempt)), 1.0)
        view.add(SlotStateChanged(slot, S.PASS), 1.0)
    assert "slots behind the others: 2 (low yield)" in shown(draw(view, 5.0, 80, 24))


def test_a_retry_is_told_while_it_lasts() -> None:
    again = RetryStarted("3", "E501", 2, 460800)
    line = "slot 3: after E501 the station tries again (2 of 3) at 460800 baud"
    view = view_of(4)
    assert line in play(view, again)
    assert event_line(view, again) == line
    assert line in play(view, SlotStateChanged("3", S.BURNING, tries=2))
    assert "工位 3：E501 之后自动重试（第 2 次，共 3 次），460800 波特" in play(
        view_of(4, "zh"), again
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_after_the_last_try_nothing_says_that_it_is_tried_again(language: Language) -> None:
    view, failed = view_of(4, language), finished("3", Outcome.FAIL, "E601")
    text = play(
        view, failed, RetryStarted("3", "E601", 2), failed, SlotStateChanged("3", S.FAIL, tries=2)
    )
    for shown in (text, event_line(view, SlotStateChanged("3", S.FAIL, tries=2)) or ""):
        assert not re.search("tries|by itself|重试", shown)
        assert BurnerError("E601").row.remedy(language) in unwrapped(shown)


def test_an_error_that_the_station_tries_again_asks_nothing_of_the_operator() -> None:
    assert "E601 The chip" not in play(
        view_of(4), finished("3", Outcome.FAIL, "E601"), RetryStarted("3", "E601", 2)
    )


def test_an_error_stands_until_its_slot_passes_or_has_another_board() -> None:
    view = view_of(4)
    assert "slot 3  E601" in play(
        view, finished("2", Outcome.FAIL, "E501"), finished("3", Outcome.FAIL, "E601")
    )
    assert "slot 3  E601" in play(
        view, SlotStateChanged("3", S.FAIL), SlotStateChanged("3", S.EMPTY)
    )
    assert "slot 2  E501" in play(view, SlotStateChanged("3", S.SEEN))
    assert "E501" not in play(view, SlotStateChanged("2", S.PASS))


def test_a_wait_for_the_manifest_is_shown_until_it_is_over() -> None:
    view = view_of(4)
    text = play(view, ManifestAway("3", "E711", "no server"))
    assert "slot 3  E711" in text
    assert "→ Check the network and the server. The station waits and goes on by itself." in text
    assert event_line(view, ManifestAway("3", "E711")) == (
        "slot 3  E711  The database server does not answer. Nothing is burned without a record.  "
        "→ Check the network and the server. The station waits and goes on by itself."
    )
    assert "E711" not in play(view, ManifestBack("3"))
    assert event_line(view, ManifestBack("3")) is None


def test_a_wrong_label_is_shown_until_another_one_is_scanned() -> None:
    view = view_of(4)
    text = play(
        view, LabelRefused("3", "E441", "mac: label 02, unit 01"), SlotStateChanged("3", S.RESCAN)
    )
    assert "slot 3  E441 The label belongs to another unit" in text
    assert "(mac: label 02, unit 01)" in unwrapped(text)
    assert "→ Find the label of the board in this slot and scan it." in text
    assert "by itself" not in text
    assert "E441" not in play(view, SlotStateChanged("3", S.BURNING))


def test_an_error_of_the_slot_itself_is_shown() -> None:
    text = play(view_of(4), SlotStateChanged("3", S.ERROR, error=BurnerError("E902")))
    assert "slot 3  E902" in text


# -- lines ---------------------------------------------------------------------------------------


def test_without_a_terminal_each_end_is_a_line() -> None:
    view = view_of(2)
    for event in (UnitNamed("1", "60:55", "plug-1"), finished("1"), SlotStateChanged("1", S.PASS)):
        view.add(event, 1.0)
    assert event_line(view, SlotStateChanged("1", S.PASS)) == "slot 1  PASS  plug-000001  8.0 s"


def test_a_failure_is_a_line_with_its_remedy() -> None:
    view = view_of(2)
    for event in (finished("1", Outcome.FAIL, "E601"), SlotStateChanged("1", S.FAIL)):
        view.add(event, 1.0)
    line = event_line(view, SlotStateChanged("1", S.FAIL)) or ""
    assert line.startswith("slot 1  FAIL  plug-000001  E601  The flash does not")
    assert "→ Set the board aside as bad: its flash" in line


# -- showing -------------------------------------------------------------------------------------


class DeadScreen(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def show_all(console: Console, bell: bool = False) -> Display:
    board = Display(view_of(2), console, bell)
    board.start()
    board.show(finished("1"))
    board.show(SlotStateChanged("1", S.PASS))
    board.close()
    return board


@pytest.mark.parametrize("terminal", [True, False])
def test_a_dead_screen_stops_nothing(terminal: bool) -> None:
    show_all(Console(file=DeadScreen(), force_terminal=terminal, width=80, height=24))


def test_a_terminal_gets_the_board_and_a_pipe_gets_lines() -> None:
    for terminal, wanted in ((True, "█▀█ █▀█ █▀▀ █▀▀"), (False, "slot 1  PASS  plug-000001")):
        screen = io.StringIO()
        show_all(Console(file=screen, force_terminal=terminal, width=80, height=24))
        assert wanted in screen.getvalue()


def test_without_colour_the_words_and_shapes_remain() -> None:
    screen = io.StringIO()
    show_all(Console(file=screen, force_terminal=True, no_color=True, width=80, height=24))
    assert "✔" in screen.getvalue()
    assert "\x1b[30;42m" not in screen.getvalue()


@pytest.mark.parametrize(("bell", "rings"), [(True, 1), (False, 0)])
def test_the_bell_rings_when_asked(bell: bool, rings: int) -> None:
    screen = io.StringIO()
    show_all(Console(file=screen, force_terminal=True, width=80, height=24), bell)
    assert screen.getvalue().count("\a") == rings


def test_a_slots_new_state_does_not_wait_for_the_next_moving_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(display, "MOVING_S", 60.0)
    monkeypatch.setattr(display, "FRAME_S", 0.01)
    screen = io.StringIO()
    live = Display(view_of(2), Console(file=screen, force_terminal=True, width=80, height=24))
    live.start()
    live.show(finished("1"))
    live.show(SlotStateChanged("1", S.PASS))
    until = monotonic() + 60
    while (drawn := "█▀█ █▀█ █▀▀ █▀▀" in screen.getvalue()) is False and monotonic() < until:
        sleep(0.01)
    live.close()
    assert drawn


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_firmware_that_prints_the_secret_stays_on_the_board(language: Language) -> None:
    view = view_of(2, language)
    event = finished("1")
    result = replace(event.record.result, evidence={"warnings": ["E625"]})
    event = replace(event, record=replace(event.record, result=result))
    row = BurnerError("E625").row
    play(view, SlotStateChanged("1", S.BURNING), event, SlotStateChanged("1", S.PASS))
    line = event_line(view, event) or ""
    assert row.sentence(language) in line
    later = (
        SlotStateChanged("1", S.EMPTY),
        SlotStateChanged("1", S.SEEN),
        finished("1"),
        SlotStateChanged("1", S.PASS),
    )
    shown_then = unwrapped(play(view, *later))
    assert "E625" in shown_then
    assert row.sentence(language) in shown_then
    assert row.remedy(language) in shown_then
