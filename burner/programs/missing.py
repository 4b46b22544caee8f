"""Programs and functions that are needed and not there: said before anything begins."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.profile.tests import UnitTest
from burner.programs.function_places import function_places
from burner.programs.program_file import find_program


def missing_for_tests(tests: Iterable[UnitTest], folder: Path) -> Iterator[Finding]:
    """What tests need and this computer has not got.

    Args:
        tests: of the profile.
        folder: of the profile or release file.
    """
    tests = tuple(tests)
    yield from missing_programs({f"test {test.name}": test.run for test in tests}, folder)
    known = function_places() if any(test.python for test in tests) else {}
    for test in tests:
        if test.python and test.python not in known:
            found = f"no installed package has the function {test.python}"
            allowed = "an entry point of the group burner.tests"
            yield Finding(Code.TEST_FUNCTION_UNKNOWN, f"test {test.name}", found, allowed)


def missing_programs(needed: Mapping[str, Sequence[str]], folder: Path) -> Iterator[Finding]:
    """Programs that are not there, or cannot be executed.

    Args:
        needed: by the name of what needs it: program and arguments; empty where it needs none.
        folder: where relative paths begin.
    """
    for place, arguments in needed.items():
        if not arguments:
            continue
        try:
            find_program(arguments, folder)
        except BurnerError as error:
            yield Finding(error.code, place, error.detail, "a program that this computer can run")
