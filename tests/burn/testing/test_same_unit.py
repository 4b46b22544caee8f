"""After long tests the unit must still be the one that was burned."""

import pytest

from burner.burn import steps
from burner.burn.testing.answer import TestAnswer
from burner.core.attempt import Outcome
from tests.burn.one_slot import PASSED, Line, boot_lines, ended
from tests.burn.testing.programs import ScriptedPrograms, unit_test
from tests.burn.testing.tested_line import device, with_tests
from tests.devices.esp_in_memory import FakeBoard, FakeDevice

OTHER = "60:55:f9:00:00:02"


@pytest.fixture
def long_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short a test is, somebody could have swapped the board."""
    monkeypatch.setattr(steps, "SWAP_S", 0.0)


def swapping(unit: FakeDevice) -> ScriptedPrograms:
    """A program during which somebody swaps the board."""

    def swap() -> TestAnswer:
        unit.insert(FakeBoard(mac=OTHER, prints=boot_lines()))
        return TestAnswer()

    return ScriptedPrograms(rf=swap)


@pytest.mark.usefixtures("long_tests")
def test_a_board_that_was_swapped_during_a_test_gives_no_pass_to_the_one_that_is_gone(
    line: Line,
) -> None:
    unit = device()
    record = with_tests(line, unit_test(), programs=swapping(unit)).burn(unit)
    assert ended(record) == (Outcome.ERROR, "E457")
    assert record.result.tests[0].outcome == "pass"


@pytest.mark.usefixtures("long_tests")
def test_a_board_that_was_taken_out_during_its_last_test_does_not_pass(line: Line) -> None:
    unit = device()

    def take_out() -> TestAnswer:
        unit.remove()
        return TestAnswer()

    record = with_tests(line, unit_test(), programs=ScriptedPrograms(rf=take_out)).burn(unit)
    assert record.result.outcome is Outcome.ERROR


@pytest.mark.usefixtures("long_tests")
def test_the_unit_is_left_with_its_firmware_running(line: Line) -> None:
    unit = device()
    assert ended(with_tests(line, unit_test()).burn(unit)) == PASSED
    calls = [call for call in unit.calls if call in ("identify", "boot", "free_port")]
    assert calls[-3:] == ["free_port", "identify", "boot"]


def test_a_unit_with_short_tests_is_not_reset_once_more(line: Line) -> None:
    unit = device()
    assert ended(with_tests(line, unit_test()).burn(unit)) == PASSED
    assert unit.calls.count("identify") == 1


@pytest.mark.usefixtures("long_tests")
def test_a_unit_that_a_test_has_locked_or_switched_off_is_not_looked_for(line: Line) -> None:
    unit = device()
    tests = unit_test(), unit_test("lock", unreachable_after=True)
    assert ended(with_tests(line, *tests).burn(unit)) == PASSED
    assert unit.calls.count("identify") == 1
