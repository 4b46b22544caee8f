"""The errors on the display: the worst first, the same error of several slots once. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError, Fault
from burner.core.words.error_details import detail_in
from burner.core.words.language import Language
from burner.core.words.natural_order import natural_order
from burner.core.words.phrases import phrase

STOPS_ALL = frozenset(
    {
        Code.MAC_CUT_FROM_EUI64,
        Code.IMEISV_INSTEAD_OF_IMEI,
        Code.BATCH_NOT_OPEN,
        Code.RELEASE_NOT_YET_VALID,
        Code.RELEASE_EXPIRED,
        Code.STATION_NOT_IN_LIMITS,
        Code.CLOCK_BEHIND_LOG,
        Code.FIRST_ARTICLE_NOT_APPROVED,
        Code.RELEASE_UNSIGNED,
        Code.SIGNER_NOT_ACCEPTED,
        Code.APPROVALS_MISSING,
        Code.RELEASE_BELOW_MINIMUM,
        Code.RELEASE_WITHDRAWN,
        Code.RELEASE_NOT_SEALED,
        Code.FIRMWARE_NAME_DIFFERS,
        Code.FIRMWARE_PRODUCT_ID_DIFFERS,
        Code.AT_VALUES_REFUSED,
        Code.AT_COMMAND_REFUSED,
        Code.SECRET_PRINTED,
        Code.TEST_PRINTED_SECRET,
        Code.PREFLIGHT_MISSING,
        Code.PREFLIGHT_NOT_GOOD,
    }
)
"""Errors of one unit whose remedy is to stop the batch or the product."""


class Rank(IntEnum):
    """How bad an error is for the line, the worst first."""

    ALL_SLOTS = 0
    """Nothing can be burned anywhere: the manifest is away, or the product itself is wrong."""
    UNIT = 1
    """FAIL: a board for the red box."""
    SLOT = 2
    """ERROR of one slot."""
    PLACE = 3
    """No error of unit or slot: a wrong label, a board of another batch."""


@dataclass(frozen=True)
class Trouble:
    """One error and the slots that have it."""

    error: BurnerError
    slots: tuple[str, ...]
    """Empty where it is an error of the station."""
    waits: bool = False
    """The station waits until the error is over, and goes on by itself."""

    @property
    def rank(self) -> Rank:
        """How bad it is."""
        return rank(self.error.code)

    def where(self, language: Language) -> str:
        """The slots: `slot 3`, `slots 1–4, 7`."""
        return slots_named(self.slots, language) if self.slots else phrase("station", language)

    @property
    def detail(self) -> str:
        """The detail of this case, where an operator must read it; else empty."""
        return self.error.detail if self.error.row.shows_detail else ""

    def bracketed(self, language: Language) -> str:
        """The detail in brackets."""
        detail = detail_in(language, self.detail)
        return phrase("brackets", language, detail) if detail else ""

    def says(self, language: Language) -> str:
        """The sentence of the code: what happened."""
        return self.error.row.sentence(language) + self.bracketed(language)

    def do(self, language: Language) -> str:
        """What to do now, and whether the station waits meanwhile."""
        waits = f" {phrase('waits', language)}" if self.waits else ""
        return self.error.row.remedy(language) + waits


def rank(code: str) -> Rank:
    """How bad an error of this code is."""
    error = BurnerError(code)
    if error.code.error_class is ErrorClass.MANIFEST or error.code in STOPS_ALL:
        return Rank.ALL_SLOTS
    return {Fault.UNIT: Rank.UNIT, Fault.STATION: Rank.SLOT, Fault.INPUT: Rank.PLACE}[
        error.row.fault
    ]


def worst_first(troubles: Iterable[Trouble]) -> Sequence[Trouble]:
    """Errors in the order in which they are to be read.

    Args:
        troubles: one a slot, the newest last.

    Returns:
        By rank, then the newest first. The same error of several slots is one.
    """
    together: dict[tuple[str, str, bool], Trouble] = {}
    for trouble in troubles:
        error = trouble.error
        key = (error.code, trouble.detail, trouble.waits)
        before = together.pop(key, None)  # as new as its newest
        slots = (*(before.slots if before else ()), *trouble.slots)
        together[key] = Trouble(error, _in_order(slots), trouble.waits)
    newest_first = list(reversed(together.values()))
    return sorted(newest_first, key=lambda trouble: trouble.rank)


def _in_order(slots: Iterable[str]) -> tuple[str, ...]:
    """Each slot once, in order."""
    return tuple(sorted(set(slots), key=natural_order))


def slots_named(slots: Sequence[str], language: Language) -> str:
    """`slot 3`, `slots 1–4, 7`."""
    return f"{phrase('slot' if len(slots) == 1 else 'slots', language)} {named(slots, language)}"


def named(slots: Sequence[str], language: Language) -> str:
    """`3`, or `1–4, 7`: neighbours as a range."""
    runs: list[list[str]] = []
    for slot in _in_order(slots):
        last = runs[-1][-1] if runs else ""
        if last.isdecimal() and slot.isdecimal() and int(slot) == int(last) + 1:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    spans = [run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return phrase(", ", language).join(spans)
