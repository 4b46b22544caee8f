"""What the tests of a station use beside the units: the devices that slots share, the programs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from burner.burn.testing.answer import TestAnswer
from burner.burn.testing.resources import Resources
from burner.profile.tests import UnitTest
from burner.programs.question import TestQuestion


class TestPrograms(Protocol):
    """Runs the programs and functions of the factory."""

    def ask(
        self, test: UnitTest, question: TestQuestion, is_aborted: Callable[[], bool]
    ) -> TestAnswer:
        """Run a program or a function once, and wait for its answer.

        Args:
            test: of the profile.
            question: about the unit.
            is_aborted: whether a person stopped the station: it then ends at once.

        Raises:
            BurnerError: it could not run, or gave no answer.
        """
        ...


@dataclass(frozen=True)
class TestEquipment:
    """The test equipment of a station."""

    resources: Resources = field(default_factory=Resources)
    programs: TestPrograms | None = None
    """None: no test needs one."""
