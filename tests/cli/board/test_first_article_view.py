"""What the board shows of a first article: on the tile that waits, and below the tiles."""

import re

import pytest

from burner.cli.board.display import event_line
from burner.cli.board.display_view import DisplayView, RunTitle
from burner.cli.board.tiles import draw
from burner.cli.board.troubles import Rank
from burner.cli.board.words import SHAPES, state_word
from burner.core.code import Code
from burner.core.unit_events import ApprovalAwaited, ApprovalGiven, ManifestBack
from burner.core.words.language import Language
from burner.station.events import (
    FirstArticleChanged,
    FirstArticleStage,
    SlotState,
    SlotStateChanged,
)

MADE = FirstArticleChanged(FirstArticleStage.MADE, ("alice", "bob"))
AWAITED = ApprovalAwaited("1", Code.FIRST_ARTICLE_NOT_APPROVED, "batch WO-1: alice, bob")


def waiting(language: Language) -> DisplayView:
    title = RunTitle("plug-c3 1.2.0", "WO-1", "anna", "line-3", planned=9)
    view = DisplayView(title, started=0.0, baud=921_600, language=language)
    view.add_slots(("1", "2"))
    view.add(MADE, 1.0)
    view.add(SlotStateChanged("1", SlotState.BURNING), 2.0)
    view.add(AWAITED, 2.0)
    return view


def drawn(view: DisplayView, width: int = 100) -> str:
    text = "\n".join(line.plain for line in draw(view, 9.0, width, 30))
    return re.sub(r"(?<=[\u2e80-\uffef])\n(?=[\u2e80-\uffef])", "", text)


@pytest.mark.parametrize(
    ("language", "tile", "below", "who"),
    [
        ("en", "waits for approval", "The first article is made.", "batch WO-1: alice, bob"),
        ("zh", "等待首件批准", "首件已完成。", "批次 WO-1：alice, bob"),
    ],
)
def test_a_board_that_waits_says_for_what_and_for_whom(
    language: Language, tile: str, below: str, who: str
) -> None:
    view = waiting(language)
    text = drawn(view)
    for part in (tile, below, who, "E242"):
        assert part in text
    assert view.troubles[0].rank is Rank.ALL_SLOTS


@pytest.mark.parametrize(("language", "word"), [("en", "WAIT"), ("zh", "等待批准")])
def test_the_word_of_a_board_that_waits_is_not_burning(language: Language, word: str) -> None:
    view = waiting(language)
    view.add_slots(str(number) for number in range(3, 41))
    text = drawn(view, 160)
    assert word in text
    assert SHAPES[SlotState.SEEN] in text
    assert state_word(SlotState.BURNING, language) not in text


def test_a_narrow_tile_says_it_in_a_word() -> None:
    view = waiting("en")
    view.add_slots(str(number) for number in range(3, 33))
    assert "waits for approval" not in drawn(view, 100)
    assert "approval" in drawn(view, 100)


def test_once_it_is_approved_nothing_of_it_is_left_but_a_remark() -> None:
    view = waiting("en")
    view.add(ManifestBack("2"), 3.0)  # of another wait
    assert "E242" in drawn(view)
    view.add(FirstArticleChanged(FirstArticleStage.APPROVED), 3.0)
    view.add(ApprovalGiven("1"), 3.0)
    text = drawn(view)
    assert "E242" not in text
    assert "waits" not in text
    assert "The first article is approved: burning continues." in text


def test_a_log_has_a_line_for_the_wait_and_for_each_stage() -> None:
    view = waiting("en")
    line = event_line(view, AWAITED)
    assert line is not None
    assert line.startswith("slot 1  E242  The first units of this batch wait for approval.")
    assert event_line(view, MADE) == view.notice
    incomplete = FirstArticleChanged(FirstArticleStage.INCOMPLETE)
    view.add(incomplete, 3.0)
    assert event_line(view, incomplete) == (
        "A unit of the first article is no longer good: another one is needed."
    )
