"""What stands at the end of a run, on an ordinary terminal."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from burner.cli.board.summary import counts_line, hints, print_summary, trouble_lines
from burner.cli.terminal import screen
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.core.words.language import Language
from burner.station.tally import HandledUnit, Tally
from tests.chinese import english_in

ENDED = datetime(2025, 6, 1, 9, 30, tzinfo=UTC)


def unit(slot: str, code: str = "", name: str = "plug-6055f9000001") -> HandledUnit:
    outcome = Outcome.FAIL if code else Outcome.PASS
    return HandledUnit(
        slot=slot,
        unit_id="60:55:f9:00:00:01",
        device_name=name,
        outcome=outcome,
        code=code,
        detail="found esp32, the profile is for esp32c3" if code else "",
        seconds=9.1,
        waited_s=0.0,
        tries=1,
        first=outcome,
        known=False,
        written=True,
        started=ENDED,
        ended=ENDED,
        where=slot,
    )


def printed(
    tally: Tally, capsys: pytest.CaptureFixture[str], width: int = 80, language: Language = "en"
) -> list[str]:
    screen.console.cache_clear()
    console = screen.console()
    console.width = width
    print_summary(tally, 10.0, language)
    screen.console.cache_clear()
    return capsys.readouterr().out.splitlines()


def test_a_mac_and_a_name_stand_whole_in_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(Tally(units=[unit("1"), unit("2", code="E401")]), capsys)
    assert sum(bool(re.search(r"f9:00:00:01 +plug-6055f9000001", line)) for line in lines) == 2
    assert max(map(len, lines)) <= 80


def test_a_remark_that_would_be_squeezed_stands_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = printed(Tally(units=[unit("1"), unit("2", code="E401")]), capsys)
    assert "slot 2  plug-6055f9000001  found esp32, the profile is for esp32c3" in lines


def test_a_remark_with_room_stands_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(Tally(units=[unit("1", code="E401", name="")]), capsys, width=120)
    (row,) = (line for line in lines if "found esp32, the profile is for esp32c3" in line)
    assert row.split()[0] == "1"


def test_a_column_that_nobody_needs_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    head = printed(Tally(units=[unit("1", name="")]), capsys)[1].split()
    assert head == ["slot", "unit", "tries", "seconds"]


def test_a_long_remedy_is_wrapped_between_words(capsys: pytest.CaptureFixture[str]) -> None:
    screen.console.cache_clear()
    screen.console().width = 40
    screen.say_beside("E1  ", "Set the board aside: it belongs to another product of the line.")
    screen.console.cache_clear()
    assert capsys.readouterr().out == (
        "E1  Set the board aside: it belongs to\n    another product of the line.\n"
    )


def test_the_same_trouble_of_several_slots_is_told_once() -> None:
    busy = {slot: BurnerError("E303", "screen") for slot in ("10", "1", "2", "3", "7")}
    tally = Tally(troubles={**busy, "4": BurnerError("E302")})
    first, second = trouble_lines(tally, "en")
    assert first.startswith("slots 1–3, 7, 10  E303 ")
    assert second.startswith("slot 4  E302 ")


def test_the_next_step_is_shown_only_where_something_went_wrong() -> None:
    assert hints(Tally(units=[unit("1")]), "en") == []
    bad = Tally(units=[unit("1", code="E401")])
    assert hints(bad, "en") == ["burner explain E401", "burner unit show plug-6055f9000001"]
    assert hints(bad, "en", "line3.db")[1].endswith("plug-6055f9000001 --manifest line3.db")
    assert hints(bad, "zh")[0] == "burner --lang zh explain E401"


def test_a_board_without_a_place_is_no_fault_of_its_slot() -> None:
    late = replace(unit("2", code="E451"), outcome=Outcome.ERROR)
    bad = replace(unit("3", code="E301"), outcome=Outcome.ERROR)
    tally = Tally(units=[unit("1"), late, bad])
    assert counts_line(tally, 0, "en").startswith("3 units: PASS 1, ERROR 1, no place 1")
    assert "工位故障 1、无名额 1" in counts_line(tally, 0, "zh")


def test_a_board_whose_name_is_not_on_the_platform_is_no_fault_of_its_slot(
    capsys: pytest.CaptureFixture[str],
) -> None:
    waits = replace(unit("2", code="E818"), outcome=Outcome.ERROR, detail="plug-1")
    tally = Tally(units=[unit("1"), waits])
    assert counts_line(tally, 0, "en").startswith("2 units: PASS 1, NO NAME 1")
    assert "合格 1、名称未建 1" in counts_line(tally, 0, "zh")
    waits = replace(waits, detail=waits.device_name)
    (row,) = (line for line in printed(Tally(units=[waits]), capsys, 120) if "NO NAME   E" in line)
    assert row.count(waits.device_name) == 1


def test_boards_that_were_met_and_not_burned_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(units=[unit("1")], not_begun={"10": "60:55:f9:00:00:0a", "2": "86"})
    assert "read but not burned: slot 2 (86), slot 10 (60:55:f9:00:00:0a)" in printed(tally, capsys)
    zh = "\n".join(printed(tally, capsys, language="zh"))
    assert "已识别但未烧录：工位 2（86）、工位 10（60:55:f9:00:00:0a）" in zh


def test_in_chinese_the_end_of_a_run_has_no_english(capsys: pytest.CaptureFixture[str]) -> None:
    units = [unit("1"), unit("2", code="E401"), replace(unit("3"), known=True)]
    other = replace(unit("4"), known=True, other_batch=True, batch="WO-1", station="line-3")
    stopped = replace(unit("5", code="E458"), outcome=Outcome.ABORTED)
    tally = Tally(units=[*units, other, stopped], silent=[replace(unit("6"), unit_id="")])
    tally.troubles["7"] = BurnerError("E302", "slot 7: no port esp")
    lines = printed(tally, capsys, 120, "zh") + trouble_lines(tally, "zh") + hints(tally, "zh")
    assert "5 台：合格 1、已烧录过 1、其他批次 1、不良 1、已中止 1" in "\n".join(lines)
    assert english_in("\n".join(lines), ("plug", "WO-1", "line-3")) == []
