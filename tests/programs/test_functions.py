"""Test functions of installed packages: called in a warm worker, which is replaced when need be."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.core.code import Code
from burner.core.measurements import TestOutcome
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret
from burner.programs.answer import ProgramAnswer
from burner.programs.function_places import function_places
from burner.programs.programs import SlotPrograms
from tests.programs import fixture_package

SECRET = "Kp7wZt3QmX9dLr5VbN2h"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlotPrograms]:
    folder = tmp_path_factory.mktemp("packages")
    fixture_package.install(folder, SECRET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.syspath_prepend(str(folder))
        slot = SlotPrograms(SecretSearch(Secret(SECRET.encode())), folder)
        yield slot
        slot.close()


def call(programs: SlotPrograms, name: str, deadline_s: float = 60.0) -> ProgramAnswer:
    return programs.call_function(name, {"slot": "3"}, deadline_s=deadline_s)


def test_calls_have_one_warm_worker_and_decimals_keep_their_digits(
    programs: SlotPrograms,
) -> None:
    first, *_, second = (call(programs, "measures") for _ in range(20))
    assert first.outcome is TestOutcome.PASS
    assert first.values["u"] == "3.300"
    assert first.values["slot"] == "3"
    assert second.values["pid"] == first.values["pid"]
    assert int(second.values["calls"]) == int(first.values["calls"]) + 19


def test_a_function_that_returns_nothing_passes_and_one_may_fail_the_unit(
    programs: SlotPrograms,
) -> None:
    assert call(programs, "nothing") == ProgramAnswer(TestOutcome.PASS)
    failed = call(programs, "fails")
    assert (failed.outcome, failed.detail) == (TestOutcome.FAIL, "no carrier")


@pytest.mark.parametrize(
    ("name", "code", "detail"),
    [
        ("hangs", Code.TEST_TOO_SLOW, "0.1 s"),
        ("floods", Code.TEST_TOO_SLOW, "0.1 s: "),
        ("floods-with-its-answer", Code.TEST_OUTPUT_TOO_LARGE, ""),
        ("raises", Code.TEST_FUNCTION_RAISED, "ValueError: no instrument at GPIB0 (line_fixture"),
        ("raises-the-secret", Code.TEST_PRINTED_SECRET, ""),
        ("exits", Code.TEST_FUNCTION_RAISED, "SystemExit: sys.exit was called"),
        ("dies", Code.TEST_PROGRAM_DIED, "exit status 0: segmentation fault"),
        ("answers-a-list", Code.TEST_ANSWER_INVALID, "a list in place of an object"),
        ("answers-nan", Code.TEST_ANSWER_INVALID, "NaN is no number"),
        ("answers-an-object", Code.TEST_FUNCTION_RAISED, "TypeError: "),
        ("prints-the-secret", Code.TEST_PRINTED_SECRET, ""),
        ("prints-the-secret-and-raises", Code.TEST_PRINTED_SECRET, ""),
        ("writes-where-the-answer-goes", Code.TEST_ANSWER_INVALID, "line is damaged"),
        ("no-such-function", Code.TEST_FUNCTION_UNKNOWN, "no-such-function"),
        ("broken", Code.TEST_FUNCTION_RAISED, "No module named 'no_such_instrument_driver'"),
    ],
)
def test_what_goes_wrong_has_its_code_and_the_next_call_is_right(
    programs: SlotPrograms, name: str, code: Code, detail: str
) -> None:
    ended = call(programs, name, 0.1 if name in ("hangs", "floods") else 60.0)
    assert (ended.outcome, ended.code) == (TestOutcome.ERROR, code)
    assert detail in ended.detail
    assert SECRET not in repr(ended)
    assert call(programs, "measures").outcome is TestOutcome.PASS


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_child_that_comes_back_from_a_fork_answers_nothing(programs: SlotPrograms) -> None:
    assert call(programs, "forks").outcome is TestOutcome.FAIL
    assert call(programs, "measures").outcome is TestOutcome.PASS


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts them")
def test_a_worker_that_has_started_many_processes_is_replaced(programs: SlotPrograms) -> None:
    first = call(programs, "starts-many")
    assert first.outcome is TestOutcome.PASS
    assert not Path(f"/proc/{first.values['pid']}").exists()
    assert call(programs, "measures").values["calls"] == "1"


def test_an_entry_point_may_name_an_attribute_and_an_extra(programs: SlotPrograms) -> None:
    assert call(programs, "with-extra").values["rack"] == "7"


def test_functions_that_no_package_has_are_found_without_importing_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture_package.install(tmp_path, SECRET)
    monkeypatch.syspath_prepend(str(tmp_path))
    places = function_places()
    assert places["measures"] == "line_fixture:measures"
    assert "broken" in places
    assert "nope" not in places
    assert "line_fixture" not in sys.modules
