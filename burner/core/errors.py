"""`BurnerError`, the exception that crosses modules, and the table with the texts of its codes.

The table is data: `codes/*.toml`, by class of error and topic. Codes are only added
(tests/golden/codes.txt), because wall charts in factories show them.
"""

import tomllib
import traceback
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.words.error_details import detail_in
from burner.core.words.language import Language
from burner.core.words.plural import counted


class Fault(StrEnum):
    """Whose fault an error is: it decides between FAIL (unit) and ERROR (station)."""

    UNIT = "unit"
    STATION = "station"
    INPUT = "input"


@dataclass(frozen=True)
class CodeText:
    """One row of the table: what happened and what to do now, in both languages."""

    code: str
    says: str
    do: str
    says_zh: str
    do_zh: str
    fault: Fault
    retry: bool
    """True where trying the same unit again may help (link noise, a busy port)."""
    shows_detail: bool
    """The detail of the case is part of what an operator must read."""
    refuses_input: bool
    """A file or an option of the command was refused: it ends with exit status 3."""

    def sentence(self, language: Language = "en") -> str:
        """What happened."""
        return self.says_zh if language == "zh" else self.says

    def remedy(self, language: Language = "en") -> str:
        """What to do now."""
        return self.do_zh if language == "zh" else self.do


_KINDS: dict[Language, tuple[str, str]] = {"en": ("error", "warning"), "zh": ("错误", "警告")}
_ACCEPTED: dict[Language, str] = {"en": "accepted", "zh": "已接受"}


@dataclass(frozen=True)
class Finding:
    """One problem in an input: its place, what was found there, what is allowed."""

    code: str
    place: str
    """`file:line field`, as much of it as is known."""
    found: str
    allowed: str
    warning: bool = False
    accepted: str = ""
    """Of a warning: why the profile accepts it; empty where it does not."""

    def __str__(self) -> str:
        return self.line()

    def line(self, language: Language = "en") -> str:
        """`place: error CODE: found; allowed`, in the reader's language.

        An accepted warning has its reason in place of what is allowed.
        """
        kind = _ACCEPTED[language] if self.accepted else _KINDS[language][self.warning]
        found, allowed = detail_in(language, self.found), detail_in(language, self.allowed)
        reason = self.accepted or allowed
        mark = "；" if language == "zh" else "; "
        return f"{self.place}: {kind} {self.code}: {found}{mark if reason else ''}{reason}"


class BurnerError(Exception):
    """An error: a code of the table, and the detail of this case.

    `findings` has every finding when an input was refused for several reasons at once. The detail
    must never hold a secret.
    """

    def __init__(self, code: str, detail: str = "", findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(code, detail)
        self.code = Code(code)
        self.detail = detail
        self.findings = findings

    @property
    def row(self) -> CodeText:
        """The code's row of the table."""
        return lookup(self.code)

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.code}: {self.row.says}{detail}"


def as_burner_error(error: Exception) -> BurnerError:
    """Any exception as a BurnerError.

    A bug gets its type and place as detail, never its message: that could hold a secret.
    """
    if isinstance(error, BurnerError):
        return error
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return BurnerError(Code.UNEXPECTED_ERROR, f"{type(error).__name__} at {place}")


def refuse(findings: list[Finding]) -> None:
    """Raise one BurnerError for all errors among the findings. Warnings are no errors.

    Raises:
        BurnerError: with the first error's code and all findings.
    """
    errors = [f for f in findings if not f.warning]
    if errors:
        detail = f"{counted(len(errors), 'error')}; first: {errors[0].place}: {errors[0].found}"
        raise BurnerError(errors[0].code, detail, tuple(findings))


@cache
def table() -> dict[str, CodeText]:
    """Every code, by its number."""
    rows: dict[str, dict[str, Any]] = {}
    for entry in resources.files("burner.core.words").joinpath("codes").iterdir():
        if entry.name.endswith(".toml"):
            rows |= tomllib.loads(entry.read_text(encoding="utf-8"))
    return {
        code: CodeText(
            code=code,
            says=row["says"],
            do=row["do"],
            says_zh=row["says_zh"],
            do_zh=row["do_zh"],
            fault=Fault(row["fault"]),
            retry=row.get("retry", False),
            shows_detail=row.get("shows_detail", False),
            refuses_input=row.get("refuses_input", False),
        )
        for code, row in sorted(rows.items())
    }


def lookup(code: str) -> CodeText:
    """The row of a code.

    Raises:
        KeyError: for a code that is not in the table (a bug: a test compares both).
    """
    return table()[code]


_INPUT_REFUSED = 3
_EXIT_CODES = {
    ErrorClass.PROFILE: _INPUT_REFUSED,
    ErrorClass.RELEASE: _INPUT_REFUSED,
    ErrorClass.BUG: 70,
}


def exit_code(code: str) -> int:
    """Exit status of a command that ended with this error (0, 1, 2, 130 are set elsewhere)."""
    if lookup(code).refuses_input:
        return _INPUT_REFUSED
    return _EXIT_CODES.get(Code(code).error_class, 4)
