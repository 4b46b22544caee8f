"""The board never leaves its space, and every error keeps its code and what to do now."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from burner.cli.board.display_view import DisplayView, RunTitle
from burner.cli.board.tiles import draw
from burner.cli.board.troubles import Trouble
from burner.cli.board.words import SHAPES, short_word, state_word
from burner.cli.terminal.screen import wrapped
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError, Fault, table
from burner.core.words.error_details import detail_in
from burner.core.words.language import Language
from burner.station.events import (
    MesStateChanged,
    ReworkOrdered,
    SlotSilent,
    SlotState,
    SlotStateChanged,
)
from tests.cli.board.test_display import finished, shown, view_of

S = SlotState
SIZES = [(80, 24), (120, 40)]
LANGUAGES: list[Language] = ["en", "zh"]
OFTEN = ("E601", "E301", "E453", "E307", "E605", "E501", "E441", "E602")
"""Eight errors of a day at the line, with long remedies among them."""


def fail(view: DisplayView, slot: str, code: str) -> None:
    unit = BurnerError(code).row.fault is Fault.UNIT
    state = S.FAIL if unit else S.ERROR
    view.add(finished(slot, Outcome(state.value), code), 1.0)
    view.add(SlotStateChanged(slot, state), 1.0)


def board(view: DisplayView, width: int, height: int) -> str:
    """As it stands on a terminal of that size."""
    lines = draw(view, 5.0, width, height - 1)
    assert len(lines) <= height - 1
    assert all(cell_len(line.plain) <= width for line in lines)
    return shown(lines)


def without_blanks(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(("language", "word"), [("en", "NO NAME"), ("zh", "名称未建")])
def test_a_board_whose_name_is_not_on_the_platform_is_no_error_of_its_slot_and_told_once(
    language: Language, word: str
) -> None:
    view = view_of(16, language)
    for slot, name in (("1", "plug-1"), ("2", "plug-2")):
        event = finished(slot, Outcome.ERROR, "E818")
        result = replace(event.record.result, detail=name)
        view.add(replace(event, record=replace(event.record, result=result)), 1.0)
        view.add(SlotStateChanged(slot, S.ERROR), 1.0)
    text = board(view, 80, 24)
    assert text.count(word) == 3  # two tiles, and the sum
    assert state_word(S.ERROR, language) not in text
    assert text.count(table()["E818"].sentence(language)[:30]) == 1
    assert f"{'工位' if language == 'zh' else 'slots'} 1–2  E818" in text


@pytest.mark.parametrize(("language", "word"), [("en", "NOT HERE"), ("zh", "不在此做")])
def test_a_board_that_the_mes_does_not_want_here_is_no_error_of_its_slot(
    language: Language, word: str
) -> None:
    view = view_of(16, language)
    view.add(finished("1", Outcome.ERROR, "E471"), 1.0)
    view.add(SlotStateChanged("1", S.ERROR), 1.0)
    text = board(view, 80, 24)
    assert text.count(word) == 2  # the tile, and the sum
    assert state_word(S.ERROR, language) not in text


def test_a_mes_that_is_away_is_said_until_it_is_back() -> None:
    view = view_of(2)
    away = BurnerError("E780", "mes: 12 waiting: no answer in time")
    view.add(MesStateChanged("mes", 12, 0, away), 1.0)
    text = board(view, 80, 24)
    assert "E780" in text
    assert "12 waiting" in text
    view.add(MesStateChanged("mes", 0, 0), 2.0)
    assert "E780" not in board(view, 80, 24)


# -- every error ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slots", [1, 4, 8, 16, 32])
def test_all_of_up_to_eight_errors_show_code_and_remedy(
    slots: int, language: Language, width: int, height: int
) -> None:
    view = view_of(slots, language)
    failing = list(view.tiles)[:8]
    for slot, code in zip(failing, OFTEN, strict=False):
        fail(view, slot, code)
    text = board(view, width, height)
    for slot, code in zip(failing, OFTEN, strict=False):
        where = f"{'工位' if language == 'zh' else 'slot'} {slot}  {code}"
        assert where in text
        assert without_blanks(table()[code].remedy(language)) in without_blanks(text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slots", [16, 32])
def test_where_every_slot_fails_alike_it_is_told_once(slots: int, language: Language) -> None:
    view = view_of(slots, language)
    for slot in view.tiles:
        fail(view, slot, "E301")
    text = board(view, 80, 24)
    assert f"{'工位' if language == 'zh' else 'slots'} 1–{slots}  E301" in text
    assert text.count(table()["E301"].sentence(language)) == 1


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_where_32_slots_fail_differently_the_worst_show_what_to_do_and_all_their_code(
    language: Language, width: int, height: int
) -> None:
    view = view_of(32, language)
    codes = [c for c, row in table().items() if c[:2] in ("E3", "E4", "E5", "E6")][:31]
    for slot, code in zip(view.tiles, codes, strict=False):
        fail(view, slot, code)
    fail(view, "32", "E603")
    text = board(view, width, height)
    assert without_blanks(table()["E603"].remedy(language)) in without_blanks(text)
    assert all(text.count(code) >= 2 for code in codes)  # on the tile, and below


def test_errors_take_their_room_from_large_tiles() -> None:
    view = view_of(8)
    assert "█▀▀" in board(view, 80, 24)
    for slot, code in zip(view.tiles, OFTEN, strict=True):
        fail(view, slot, code)
    assert "█▀▀" not in board(view, 80, 24)
    assert "█▀▀" in board(view, 120, 40)


def test_eight_slots_have_large_words_on_the_smallest_terminal() -> None:
    view = view_of(8)
    fail(view, "3", "E601")
    text = board(view, 80, 24)
    assert "█▀▀ █▀█ ▀█▀ █" in text
    assert "slot 3  E601 The flash does not hold" in text


def test_an_error_gives_up_its_sentence_before_the_tiles_give_up_their_words() -> None:
    view = view_of(8)
    for slot, code in zip(view.tiles, OFTEN[:4], strict=False):
        fail(view, slot, code)
    text = board(view, 80, 24)
    assert "█▀▀ █▀█ ▀█▀ █" in text
    assert table()["E601"].says not in text
    assert "slot 1  E601 → Set the board aside as bad" in text


@pytest.mark.parametrize("code", ["E711", "E603"])
def test_what_concerns_all_slots_stands_above_what_concerns_one(code: str) -> None:
    view = view_of(8)
    fail(view, "1", code)
    fail(view, "2", "E601")
    text = board(view, 80, 24)
    assert text.index(f"slot 1  {code}") < text.index("slot 2  E601")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(table()))
def test_what_to_do_is_whole_however_narrow_the_screen(code: str, language: Language) -> None:
    view = view_of(2, language)
    view.trouble_of = {"1": Trouble(BurnerError(code), ("1",))}
    lines = [line.plain for line in draw(view, 5.0, 60, 40)]
    assert all(cell_len(line) <= 60 for line in lines)
    assert without_blanks(table()[code].remedy(language)) in without_blanks("".join(lines))


# -- tiles: nothing is cut ------------------------------------------------------------------------


def last_lines(view: DisplayView, width: int, height: int) -> list[str]:
    """The last line of each tile of eight."""
    lines = [line.plain for line in draw(view, 5.0, width, height - 1)]
    rows = [n for n, line in enumerate(lines) if line.startswith((" 1 ", " 5 "))]
    deep = lines.index("", rows[0]) - 1 - rows[0]
    text = "  ".join(lines[n + deep].strip() for n in rows).replace("answer no", "answer  no")
    return re.split(" {2,}", text)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("no answer for 12 s", "no answer")), ("zh", ("无应答 12 秒", "无应答"))],
)
@pytest.mark.parametrize("room", [0, 1])
def test_how_long_nothing_answers_is_told_whole_or_not(
    language: Language, words: tuple[str, str], room: int
) -> None:
    view = view_of(8, language)
    for slot in view.tiles:
        view.add(SlotStateChanged(slot, S.EMPTY), 0.0)
        view.add(SlotSilent(slot, 12.0), 5.0)
    height = (24, 10)[room]
    assert set(last_lines(view, 80, height)) == {words[room]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_there_is_no_room_for_a_name_the_code_stands_alone(language: Language) -> None:
    view = view_of(8, language)
    for slot, code in zip(view.tiles, OFTEN, strict=True):
        fail(view, slot, code)
    assert last_lines(view, 80, 24) == list(OFTEN)


def test_of_a_long_name_the_end_is_shown_and_of_a_long_reason_the_first_words() -> None:
    view = view_of(8)
    fail(view, "1", "E601")
    view.tiles["1"].device_name = "PLUG-6055f9000001-ABCDEF"
    view.add(SlotStateChanged("2", S.EMPTY), 0.0)
    view.add(ReworkOrdered("2", "flash replaced by hand"), 0.0)
    fail(view, "3", "E601")
    view.tiles["3"].device_name = "工单" * 9
    text = board(view, 80, 24)
    assert " E601 …00001-ABCDEF " in text
    assert " E601 …工单工单工单 " in text
    assert " rework: flash… " in text


@pytest.mark.parametrize(("code", "detail"), [("E321", "exit 1"), ("E713", "record 5 is gone")])
def test_the_detail_of_an_error_is_chinese_too(code: str, detail: str) -> None:
    view = view_of(1, "zh")
    view.add(SlotStateChanged("1", S.ERROR, error=BurnerError(code, detail)), 1.0)
    text = board(view, 80, 24)
    assert detail_in("zh", detail) in text.replace("\n", "")
    assert detail not in text


# -- space ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [*SIZES, (200, 60)])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slots", [1, 4, 8, 16, 32])
def test_every_slot_has_its_number_shape_and_word(
    slots: int, language: Language, width: int, height: int
) -> None:
    view = view_of(slots, language)
    for n, tile in enumerate(view.tiles.values()):
        tile.state = list(S)[n % len(S)]
    text = board(view, width, height)
    for n, tile in enumerate(view.tiles.values(), 1):
        assert f" {n} {SHAPES[tile.state]}" in text
    if language == "zh" and (slots, width) == (32, 80):
        words = {short_word(tile.state, language) for tile in view.tiles.values()}
        assert all(word in text or word in SMALL_ZH for word in words)


SMALL_ZH = {short_word(state, "zh") for state in S if cell_len(state_word(state, "zh")) <= 9}


@given(
    slots=st.integers(0, 70),
    width=st.integers(20, 250),
    height=st.integers(3, 80),
    states=st.lists(st.sampled_from(list(S)), min_size=70, max_size=70),
    name=st.text(max_size=70),
    codes=st.lists(st.sampled_from(sorted(table())), max_size=40),
    language=st.sampled_from(LANGUAGES),
    unicode=st.booleans(),
)
def test_the_board_never_leaves_its_space(
    slots: int,
    width: int,
    height: int,
    states: list[SlotState],
    name: str,
    codes: list[str],
    language: Language,
    unicode: bool,
) -> None:
    view = view_of(slots, language)
    for tile, state in zip(view.tiles.values(), states, strict=False):
        tile.state, tile.device_name, tile.code = state, name, "E601"
    view.trouble_of = {
        str(n): Trouble(BurnerError(code, name), (str(n),)) for n, code in enumerate(codes)
    }
    view.notes = {"1": "n" * 300}
    lines = draw(view, 5.0, width, height, unicode)
    assert len(lines) <= height
    assert all(cell_len(line.plain) <= width for line in lines if name.isprintable())


def test_a_batch_with_every_kind_of_end_counts_them_on_as_many_lines_as_it_takes() -> None:
    view = DisplayView(RunTitle("plug", "WO-7", "", "", planned=100), 0.0, 921_600)
    view.add_slots("12345")
    for slot, (state, code) in zip("1234", ENDS, strict=True):
        event = finished(slot, Outcome(state), code)
        attempt = replace(event.record.attempt, device_name="")
        view.add(replace(event, record=replace(event.record, attempt=attempt)), 1.0)
        view.add(SlotStateChanged(slot, S(state)), 1.0)
    text = board(view, 40, 24)
    for part in ("PASS 1", "FAIL 1", "ERROR 1", "ABORTED 1", "first pass", "an hour", "left"):
        assert part in text


ENDS = (("PASS", ""), ("FAIL", "E601"), ("ERROR", "E307"), ("ABORTED", "E458"))


# -- lines ----------------------------------------------------------------------------------------


def test_a_line_is_broken_between_words_or_chinese_characters_but_before_no_mark() -> None:
    assert wrapped("Set the board aside: it is bad.", 16) == (
        "Set the board",
        "aside: it is",
        "bad.",
    )
    assert wrapped("请重新烧录，运行 burner doctor。", 12) == (
        "请重新烧录，",
        "运行 burner",
        "doctor。",
    )


@given(st.text(st.sampled_from("ab 请，。“”\n（x）")), st.integers(4, 30))
def test_nothing_is_lost_where_a_line_is_broken(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert without_blanks("".join(lines)) == without_blanks(text)
    assert all(cell_len(line) <= width for line in lines)
