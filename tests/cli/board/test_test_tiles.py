"""What the board shows of tests: which one runs, what a unit waits for, what was bad."""

import pytest

from burner.cli.board.display_view import DisplayView, RunTitle
from burner.cli.board.tiles import draw
from burner.core.attempt import Outcome, Step
from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.core.unit_events import ResourceAwaited, StepStarted, TestEnded, TestStarted
from burner.core.words.language import Language
from burner.station.events import SlotState, SlotStateChanged
from tests.cli.board.test_display import finished

BAD = Measurement("tx_power", "9.9", "dBm", "10", "14", good=False)


def view_under_test(language: Language = "en") -> DisplayView:
    title = RunTitle("plug-c3 1.2.0", "WO-1", "anna", "line-3", planned=9)
    view = DisplayView(title, started=0.0, baud=921_600, language=language)
    view.add_slots(("1", "2"))
    view.add(SlotStateChanged("1", SlotState.BURNING), 2.0)
    view.add(StepStarted("1", Step.TEST), 2.0)
    return view


def drawn(view: DisplayView, width: int = 100, height: int = 30) -> str:
    return "\n".join(line.plain for line in draw(view, 9.0, width, height))


@pytest.mark.parametrize(("language", "word"), [("en", "TEST"), ("zh", "测试中")])
@pytest.mark.parametrize("width", [30, 100])
def test_a_board_under_test_names_the_test(language: Language, word: str, width: int) -> None:
    view = view_under_test(language)
    view.add(TestStarted("1", "led-red", 2, 3), 3.0)
    text = drawn(view, width, 8)
    assert word in text
    assert "led-red" in text


@pytest.mark.parametrize(
    ("language", "word", "why"),
    [("en", "WAIT", "rf-box: slot 2 has it"), ("zh", "排队等待", "rf-box：工位 2 使用中")],
)
def test_a_board_that_waits_for_a_resource_says_which_and_who_has_it(
    language: Language, word: str, why: str
) -> None:
    view = view_under_test(language)
    view.add(ResourceAwaited("1", "rf-box", "2"), 3.0)
    text = drawn(view, 100, 8)
    assert word in text
    assert why in text
    assert "rf-box #2" in drawn(view, 24, 8)
    view.add(TestStarted("1", "rf", 1, 3), 4.0)
    assert why not in drawn(view)


def test_a_board_that_failed_shows_the_value_that_was_bad() -> None:
    view = view_under_test()
    result = TestResult("rf", "run", TestOutcome.FAIL, "E655", measurements=(BAD,))
    view.add(TestEnded("1", result), 3.0)
    view.add(TestEnded("1", TestResult("led", "serial", TestOutcome.FAIL, "E658")), 3.0)
    view.add(finished("1", Outcome.FAIL, "E655"), 4.0)
    view.add(SlotStateChanged("1", SlotState.FAIL), 4.0)
    assert "E655 tx_power 9.9 dBm" in drawn(view)


def test_the_next_attempt_shows_nothing_of_the_one_before() -> None:
    view = view_under_test()
    view.add(TestEnded("1", TestResult("led", "serial", TestOutcome.FAIL, "E658")), 3.0)
    view.add(StepStarted("1", Step.IDENTIFY), 4.0)
    view.add(finished("1", Outcome.ERROR, "E301"), 4.0)
    view.add(SlotStateChanged("1", SlotState.ERROR), 4.0)
    assert "led" not in drawn(view)
