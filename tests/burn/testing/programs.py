"""Programs of a factory that answer at once, and tests of a profile in one call."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from burner.burn.job import Job
from burner.burn.testing.answer import TestAnswer
from burner.burn.testing.equipment import TestEquipment
from burner.burn.testing.resources import Resources
from burner.core.errors import BurnerError
from burner.profile.tests import UnitTest
from burner.programs.question import TestQuestion

Script = TestAnswer | BurnerError | Callable[[], TestAnswer]


def values(**measured: str) -> TestAnswer:
    return TestAnswer(measured)


def unit_test(name: str = "rf", **settings: Any) -> UnitTest:
    """A program, unless the settings say otherwise."""
    kind = {} if {"serial", "python", "run"} & set(settings) else {"run": ("rf.py",)}
    return UnitTest.model_validate({"name": name, **kind, **settings})


class ScriptedPrograms:
    """Gives the answers of a test one after the other, the last one again and again."""

    def __init__(self, **scripts: Script | list[Script]) -> None:
        self.scripts = {k: list(s) if isinstance(s, list) else [s] for k, s in scripts.items()}
        self.questions: list[TestQuestion] = []

    def ask(
        self, test: UnitTest, question: TestQuestion, is_aborted: Callable[[], bool]
    ) -> TestAnswer:
        self.questions.append(question)
        script = self.scripts.get(test.name, [TestAnswer()])
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, BurnerError):
            raise answer
        return answer() if callable(answer) else answer

    @property
    def asked(self) -> list[str]:
        return [question.test for question in self.questions]


def with_programs(job: Job, programs: ScriptedPrograms) -> Job:
    """A job whose programs answer so."""
    return replace(job, equipment=TestEquipment(Resources(), programs))
