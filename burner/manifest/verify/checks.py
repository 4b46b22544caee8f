"""The named checks of a manifest, and their results."""

from dataclasses import dataclass, field
from enum import StrEnum

from burner.core.errors import BurnerError


class ManifestCheck(StrEnum):
    """What is checked, in the order of the report."""

    DATABASE = "database"
    """Tables, constraints, indexes and guards are as burner made them."""
    RECORDS = "records"
    """Every body is canonical and matches its leaf hash; none is missing."""
    TREE = "tree"
    """The stored hashes are those of the records."""
    HEADS = "heads"
    """The head and every kept checkpoint are signed by a key that was in force."""
    RULES = "rules"
    """No record breaks a rule of those before it."""
    TABLES = "tables"
    """The tables hold what follows from the records."""
    IMPORTS = "imports"
    """Imported logs are unchanged and signed."""
    COMPUTER = "this computer"
    """The heads that this computer knows are heads of this log."""


@dataclass
class CheckResult:
    """The result of one check."""

    check: ManifestCheck
    covered: str = ""
    """What was checked; empty: the check did not run."""
    code: str = ""
    """Empty: it passed."""
    place: str = ""
    """The first bad place."""


@dataclass
class Verification:
    """The results of all checks."""

    origin: str = ""
    size: int = 0
    root: str = ""
    results: dict[ManifestCheck, CheckResult] = field(
        default_factory=lambda: {check: CheckResult(check) for check in ManifestCheck}
    )
    warnings: tuple[str, ...] = ()
    """No failures, but somebody should look at them."""

    @property
    def agrees(self) -> bool:
        """Whether no check failed."""
        return not any(result.code for result in self.results.values())

    def raise_first_failure(self) -> None:
        """Refuse to continue after a failed check.

        Raises:
            BurnerError: of the first failed check.
        """
        for result in self.results.values():
            if result.code:
                raise BurnerError(result.code, f"{result.check}: {result.place}")

    def fail(self, check: ManifestCheck, error: BurnerError) -> None:
        """Note a bad place; a check keeps the first one."""
        result = self.results[check]
        if not result.code:
            result.code, result.place = error.code, error.detail
