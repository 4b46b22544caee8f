"""A unit with two firmwares: the test firmware first, its tests, then the product's."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from burner.burn.testing.answer import TestAnswer
from burner.core.attempt import Outcome, Step
from burner.core.segments import Segment
from burner.core.unit_events import StepStarted, TestStarted
from burner.manifest.writing.ledger import Ledger
from burner.release.opening import open_release
from tests.burn.one_slot import PASSED, Line, ended
from tests.burn.testing.programs import ScriptedPrograms, with_programs
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.images import app_image, write_product

ROUTE = """
  images: [{name: rf-test, file: rf.bin, partition: ota_0}]
  boot: {expect: ["RF ready"], timeout_s: 3}
  tests: [{name: tx, run: [fixture]}]
"""
TESTS = "[{name: current, before: write, run: [fixture]}, {name: led, run: [fixture]}]"


class TwoFirmwares(FakeBoard):
    """Prints what the firmware prints that its flash holds."""

    test_firmware: Segment
    ready = "RF ready"

    def starts(self) -> Sequence[str]:
        test, data = self.test_firmware, self.test_firmware.data
        is_held = self.flash.read(test.offset, len(data)) == data
        return ("boot", self.ready if is_held else "product")


@pytest.fixture
def board() -> TwoFirmwares:
    board = TwoFirmwares()
    board.prints = lambda _: board.starts()
    return board


@pytest.fixture
def routed(tmp_path: Path, ledger: Ledger, board: TwoFirmwares) -> Line:
    (tmp_path / "rf.bin").write_bytes(app_image("test firmware"))
    release = open_release(write_product(tmp_path, route=ROUTE, tests=TESTS))
    (board.test_firmware,) = [s for s in release.route if s.name == "rf-test"]
    line = Line(release, ledger)
    line.job = with_programs(line.job, ScriptedPrograms())
    return line


def test_the_test_firmware_is_written_tested_and_replaced(
    routed: Line, board: TwoFirmwares
) -> None:
    record = routed.burn(FakeDevice(board))
    assert ended(record) == PASSED
    way = [
        e.step if isinstance(e, StepStarted) else e.test
        for e in routed.events
        if isinstance(e, StepStarted | TestStarted)
    ]
    assert way[3:-1] == [
        Step.CLAIM,
        *(Step.TEST, "current"),
        *(Step.WRITE, Step.RESET, Step.TEST, "tx"),
        *(Step.WRITE, Step.VERIFY, Step.RESET, Step.PROVE, Step.TEST, "led"),
    ]
    assert [test.name for test in record.result.tests] == ["current", "tx", "led"]
    assert board.starts()[-1] == "product"
    for segment in routed.job.release.segments:
        assert board.flash.read(segment.offset, len(segment.data)) == segment.data


def test_a_unit_that_fails_on_its_test_firmware_gets_no_key(
    routed: Line, board: TwoFirmwares
) -> None:
    programs = ScriptedPrograms(tx=TestAnswer(code="E655"))
    routed.job = with_programs(routed.job, programs)
    record = routed.burn(FakeDevice(board))
    assert (ended(record), record.result.written) == ((Outcome.FAIL, "E655"), True)
    assert {t.name: t.outcome.value for t in record.result.tests} == {
        "current": "pass",
        "tx": "fail",
        "led": "not-run",
    }
    keys = [s for s in routed.job.release.segments if s.confidential]
    assert keys
    assert all(board.flash.read(s.offset, len(s.data)) != s.data for s in keys)


def test_a_test_firmware_that_does_not_start_fails_the_unit(
    routed: Line, board: TwoFirmwares
) -> None:
    board.ready = "panic"
    record = routed.burn(FakeDevice(board))
    assert ended(record) == (Outcome.FAIL, "E659")
    assert record.result.detail == "no line matched 'RF ready'; last line was 'panic'"


def test_another_unit_after_the_tests_of_the_route_is_not_written(
    routed: Line, board: TwoFirmwares
) -> None:
    other = replace(board, mac="60:55:f9:00:00:02")
    unit = FakeDevice(board)

    def swap() -> TestAnswer:
        unit.insert(other)
        return TestAnswer()

    routed.job = with_programs(routed.job, ScriptedPrograms(tx=swap))
    assert routed.burn(unit).result.code == "E457"
    assert not other.flash.bytes.strip(b"\xff")
