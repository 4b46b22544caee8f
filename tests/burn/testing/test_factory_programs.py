"""Programs and functions of the factory, as tests of a profile call them."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from burner.burn.testing.factory_programs import FactoryPrograms
from burner.core.secrets.search import SecretSearch
from burner.profile.tests import UnitTest
from burner.programs.question import TestQuestion
from tests.burn.testing.programs import unit_test
from tests.programs import fixture_package

ANSWER = """
import json, sys
unit = json.load(sys.stdin)
print(json.dumps({"measurements": {"port": unit["port"], "test": unit["test"]}}))
"""


def question(test: str, slot: str = "1") -> TestQuestion:
    unit = "60:55:f9:00:00:01"
    return TestQuestion(test, slot, "/dev/ttyUSB3", unit, unit, "P1", "a", 1, "B", "plug-c3 1.0.0")


def asked(programs: FactoryPrograms, test: UnitTest) -> dict[str, str]:
    answer = programs.ask(test, question(test.name), lambda: False)
    return {**answer.values, "code": answer.code}


def test_a_program_beside_the_profile_answers_and_is_known_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "rf.py").write_text(ANSWER, encoding="utf-8")
    test = unit_test(run=("{python}", "rf.py"))
    with closing(FactoryPrograms(SecretSearch(), tmp_path)) as programs:
        answer = programs.ask(test, question("rf"), lambda: False)
    assert dict(answer.values) == {"port": "/dev/ttyUSB3", "test": "rf"}
    assert (answer.code, len(answer.program)) == ("", 64)


def test_a_function_is_warm_before_its_first_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture_package.install(tmp_path, "no secret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    test = unit_test(python="measures")
    with closing(FactoryPrograms(SecretSearch(), tmp_path)) as programs:
        programs.warm_up([test], ["1"])
        assert asked(programs, test)["calls"] == "1"
        assert asked(programs, test)["calls"] == "2"


@pytest.mark.skipif(sys.platform == "win32", reason="programs are written for sh")
def test_a_program_that_finds_the_unit_bad_is_the_units_fault(tmp_path: Path) -> None:
    test = unit_test(run=("sh", "-c", "exit 1"))
    with closing(FactoryPrograms(SecretSearch(), tmp_path)) as programs:
        assert asked(programs, test)["code"] == "E640"


def test_the_operator_does_not_wait_for_an_import_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture_package.install(tmp_path, "no secret")
    (tmp_path / "line_fixture.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    test = unit_test(python="measures")
    with closing(FactoryPrograms(SecretSearch(), tmp_path)) as programs:
        programs.warm_up([test], ["1"])
        answer = programs.ask(test, question("rf"), lambda: True)
    assert answer.code == "E458"
