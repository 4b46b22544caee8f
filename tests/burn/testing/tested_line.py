"""A line whose profile has tests, and a unit that answers their dialogues."""

from burner.core.measurements import TestResult
from burner.profile.tests import UnitTest
from tests.burn.one_slot import PRODUCT, UNIT, Line, boot_lines
from tests.burn.testing.programs import ScriptedPrograms, with_programs
from tests.devices.esp_in_memory import FakeBoard, FakeDevice

POWER = {"name": "tx_power", "unit": "dBm", "low": 10, "high": 14}


def with_tests(line: Line, *tests: UnitTest, programs: ScriptedPrograms | None = None) -> Line:
    """The line with these tests, and programs that answer."""
    line.with_profile(tests=tests)
    line.job = with_programs(line.job, programs or ScriptedPrograms())
    return line


def device(answer: bytes = b"led=RED\n") -> FakeDevice:
    return FakeDevice(FakeBoard(prints=boot_lines()), {"esp": lambda _: answer})


def stored_tests(line: Line) -> list[TestResult]:
    """Of the last attempt, as the manifest has them."""
    last = line.ledger.unit(UNIT, PRODUCT).last
    assert last is not None
    return list(last.result.tests)
