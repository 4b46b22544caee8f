"""The table of named checks, and what they found."""

from dataclasses import dataclass, field
from enum import StrEnum

from burner.core.errors import BurnerError


class ManifestCheck(StrEnum):
    """What is checked, in the order in which it is told."""

    DATABASE = "database"
    """Tables, constraints, indexes and guards are as burner made them."""
    RECORDS = "records"
    """Every body is canonical and hashes to its leaf; none is missing."""
    TREE = "tree"
    """The stored hashes are those of the records."""
    HEADS = "heads"
    """The head and every kept checkpoint are signed by a key that was in force."""
    RULES = "rules"
    """No record breaks a rule of those before it."""
    TABLES = "tables"
    """What follows from the records is what the tables hold."""
    IMPORTS = "imports"
    """Imported logs are as they came, and signed."""
    COMPUTER = "this computer"
    """The heads that this computer knows are heads of this log."""


@dataclass
class CheckResult:
    """One row of the table."""

    check: ManifestCheck
    covered: str = ""
    """Empty: the check was not reached."""
    code: str = ""
    """Empty: it agrees."""
    place: str = ""
    """The first bad place."""


@dataclass
class Verification:
    """What was checked, and what was found."""

    origin: str = ""
    size: int = 0
    root: str = ""
    results: dict[ManifestCheck, CheckResult] = field(
        default_factory=lambda: {check: CheckResult(check) for check in ManifestCheck}
    )

    warnings: tuple[str, ...] = ()
    """What is no fault, and yet to be looked at."""

    @property
    def agrees(self) -> bool:
        """Whether nothing bad was found."""
        return not any(result.code for result in self.results.values())

    def must_agree(self) -> None:
        """Refuse to go on with what does not agree.

        Raises:
            BurnerError: the first thing that was found.
        """
        for result in self.results.values():
            if result.code:
                raise BurnerError(result.code, f"{result.check}: {result.place}")

    def fail(self, check: ManifestCheck, code: str, place: str) -> None:
        """Note a bad place; the first one of a check stays."""
        result = self.results[check]
        if not result.code:
            result.code, result.place = code, place
