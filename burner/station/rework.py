"""Ordering a rework while the station runs: REWORK, then the slot, then the reason. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from burner.station.commands import Command, ReasonChosen, mark_of

TIMEOUT_S = 30.0
"""What was begun and not gone on with is dropped."""
LONGEST_REASON = 200


@dataclass(frozen=True)
class ReworkDialogue:
    """A choice that was begun. The slot is empty until it was said."""

    reasons: tuple[str, ...]
    """To choose from; empty: the operator types one."""
    slot: str = ""
    since: float = 0.0
    """When the operator last said something."""

    @property
    def keys(self) -> tuple[str, ...]:
        """What may be typed for an answer without Enter; none while a text is wanted."""
        if not self.slot:
            return ()
        return tuple(str(number) for number, _ in enumerate(self.reasons, 1))

    def over(self, now: float) -> bool:
        """Whether it was left half-entered for too long."""
        return now - self.since >= TIMEOUT_S

    def with_slot(self, slot: str, now: float) -> "ReworkDialogue":
        """The slot was said."""
        return replace(self, slot=slot, since=now)

    def reason(self, text: str, barcode: Command | None) -> str:
        """The reason that was said; empty when it is none of this product's."""
        if isinstance(barcode, ReasonChosen):
            return next((r for r in self.reasons if mark_of(r) == barcode.mark), "")
        if barcode is not None:
            return ""
        if self.reasons:
            return _numbered(self.reasons, text)
        return text if text.isprintable() and len(text) <= LONGEST_REASON else ""


def _numbered(reasons: Sequence[str], text: str) -> str:
    if text.isdecimal() and 1 <= int(text) <= len(reasons):
        return reasons[int(text) - 1]
    return text if text in reasons else ""
