"""Text that people type into records: operator and reason, one line each."""

from unicodedata import category

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import SIMULATED

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def check_one_line(**texts: str) -> None:
    """Refuse line breaks and other characters that nobody sees: they forge lines on a page.

    Args:
        texts: what it is → what was given.

    Raises:
        BurnerError: E738.
    """
    for what, text in texts.items():
        for place, character in enumerate(text, 1):
            if category(character) in _UNSEEN:
                name = f"U+{ord(character):04X}"
                raise BurnerError(
                    Code.INVISIBLE_CHARACTER, f"{what}: {name} as character {place} of {len(text)}"
                )


def require_who_and_why(what: str, operator: str, reason: str = "-") -> None:
    """Nothing is written down without a name, and no correction without a reason.

    Raises:
        BurnerError: E731 one of them is missing, E738 one is more than a line of text, E754 the
            reason ends as that of a simulated bench does.
    """
    if not operator.strip() or not reason.strip():
        raise BurnerError(Code.CORRECTION_INCOMPLETE, what)
    check_one_line(operator=operator, reason=reason)
    if reason.rstrip().endswith(SIMULATED):
        raise BurnerError(Code.SIMULATION_MARK_IN_REASON, what)
