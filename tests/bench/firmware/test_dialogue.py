"""The model's firmware in the dialogues of tests: a good unit's answers come from the profile."""

from pathlib import Path

import pytest

from burner.bench.bench_file import read_spec
from burner.bench.dialogue_answers import good_line
from burner.bench.firmware.dialogue import AnsweringFirmware
from burner.bench.firmware.executed import why_modelled
from burner.bench.unit.unit_spec import ConsoleAnswer
from burner.core.regex import search
from burner.profile.tests import MeasurementSettings
from tests.images import write_product

TESTS = r"""
- name: led
  serial:
    lines:
      - {send: "led red\r\n", expect: 'led (?P<color>\w+)'}
      - {expect: 'current=(?P<current>[0-9.]+) ?mA'}
      - {send: "?", expect: '^OK$'}
  measurements:
    - {name: color, text: RED}
    - {name: current, unit: mA, low: 11.5, high: 12.5}
"""


def hear(answers: tuple[ConsoleAnswer, ...], *pieces: bytes) -> bytes:
    firmware = AnsweringFirmware(answers)
    return b"".join(firmware.receive(piece, 0.0) for piece in pieces)


def test_a_good_unit_answers_what_the_profile_wants(tmp_path: Path) -> None:
    source = write_product(tmp_path, tests=TESTS)
    firmware = read_spec("sim:1", source).boards[0].unit.firmware
    assert hear(firmware.answers, b"led red\r\n") == b"led RED\r\ncurrent=12.0 mA\r\n"
    assert hear(firmware.answers, b"?") == b"OK\r\n"


def test_a_bench_file_says_otherwise_for_single_units(tmp_path: Path) -> None:
    source = write_product(tmp_path, tests=TESTS)
    file = tmp_path / "bench.yaml"
    file.write_text(
        "slots: 2\nunits:\n- {}\n"
        r'- {firmware: {answers: {led red: "led GREEN\ncurrent={number:2}mA"}}}',
        encoding="utf-8",
    )
    good, bad = (board.unit.firmware.answers for board in read_spec(str(file), source).boards)
    assert hear(good, b"led red\n").startswith(b"led RED")
    assert hear(bad, b"led red\n") == b"led GREEN\r\ncurrent=02mA\r\n"
    assert hear(bad, b"?\n") == b"OK\r\n"


def test_a_line_is_answered_when_it_is_whole() -> None:
    answers = (ConsoleAnswer("led red", "ok"),)
    assert hear(answers, b"le", b"d red") == b""
    assert hear(answers, b"le", b"d red\n") == b"ok\r\n"
    assert hear(answers, b"led green\nled red\rx") == b"ok\r\n"


def test_what_nobody_described_is_not_answered() -> None:
    assert hear((), b"led red\r\n") == b""


@pytest.mark.parametrize(
    ("pattern", "measured", "line"),
    [
        (r"color=(?P<v>\w+)", {"text": "RED"}, "color=RED"),
        (r"^\s*U: (?P<v>[0-9]+\.[0-9]{3}) V$", {"low": "3.2", "high": "3.4"}, None),
        (r"U=(?P<v>\d+\.\d+)", {"low": "3.2", "high": "3.4"}, "U=3.3"),
        (r"n=(?P<v>\d+)", {"low": "5"}, "n=5"),
        (r"\[(?P<v>OFF|ON)\]", {"pattern": "ON"}, "[ON]"),
        (r"state (?P<v>(idle|busy)) now", {"text": "busy"}, "state busy now"),
        (r"a.*b (?P<v>\d)", {}, "a b 1"),
        (r"(test|RF) \(ready\) (?P<v>(?:on|off))", {}, "test (ready) on"),
        (r"(?P<v>ab)\d\d", {"text": "no"}, None),
    ],
)
def test_a_good_line_is_found_by_trial(
    pattern: str, measured: dict[str, str], line: str | None
) -> None:
    settings = MeasurementSettings.model_validate({"name": "v", **measured})
    assert good_line(pattern, {"v": settings}) == line
    assert line is None or search(pattern, line)


def test_a_product_with_dialogues_is_one_of_the_model(tmp_path: Path) -> None:
    unit = read_spec("sim:1", write_product(tmp_path, tests=TESTS)).boards[0].unit
    assert why_modelled(unit) == "the unit or the profile describes the firmware: answers"
