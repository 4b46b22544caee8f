"""Ordering a rework while the station runs: REWORK, then the slot, then the reason. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from burner.station.events import Prompt, SlotState
from burner.station.scanning.operator_commands import (
    Cancelled,
    OperatorCommand,
    ReasonChosen,
    ReworkWanted,
    SlotChosen,
    mark_of,
)

TIMEOUT_S = 30.0
"""An order that nobody goes on with for so long is dropped."""
LONGEST_REASON = 200
NOT_NOW = {
    SlotState.BURNING: "rework slot works",
    SlotState.CLOSED: "rework slot closed",
}
"""States of a slot in which no rework can be ordered for it, and the phrase that says so."""


@dataclass(frozen=True)
class ReworkOrder:
    """The unit in a slot, or the next one, is to be burned again. Without a reason: no more."""

    slot: str
    reason: str


@dataclass(frozen=True)
class ReworkReply:
    """What the station shows next, and the dialogue after it."""

    prompt: Prompt
    dialogue: "ReworkDialogue | None" = None
    """None: it is over."""
    order: ReworkOrder | None = None


@dataclass(frozen=True)
class ReworkDialogue:
    """The dialogue in which a rework is ordered: first the slot is chosen, then the reason."""

    reasons: tuple[str, ...]
    """To choose from; empty: the operator types one."""
    slot: str = ""
    since: float = 0.0
    """When the operator last answered; seconds."""

    @property
    def keys(self) -> tuple[str, ...]:
        """What may be typed for a reason without Enter; none where a text is wanted."""
        return tuple(str(number) for number, _ in enumerate(self.reasons, 1))

    def over(self, now: float) -> bool:
        """Whether it has waited for an answer for too long."""
        return now - self.since >= TIMEOUT_S

    def begun(self) -> ReworkReply:
        """The first question."""
        return ReworkReply(Prompt("rework slot", asks=True), self)

    def answered(
        self,
        text: str,
        pressed: OperatorCommand | None,
        barcode: OperatorCommand | None,
        states: Mapping[str, SlotState],
        now: float,
    ) -> ReworkReply:
        """Take the answer of the operator, as text, key and barcode; `states` are of the slots."""
        command, going_on = barcode or pressed, replace(self, since=now)
        if isinstance(command, Cancelled):
            taken_back = ReworkOrder(self.slot, "") if self.slot else None
            return ReworkReply(Prompt("rework cancelled"), order=taken_back)
        if isinstance(barcode, ReworkWanted):
            return replace(going_on, slot="").begun()
        if not self.slot:
            slot = command.slot if isinstance(command, SlotChosen) else ""
            return going_on._with_slot(slot, text, states)
        if reason := self._reason(text, barcode):
            order = ReworkOrder(self.slot, reason)
            return ReworkReply(Prompt("rework ordered", (self.slot, reason)), order=order)
        wrong = "rework no reason" if self.reasons else "rework bad text"
        return ReworkReply(going_on._reason_wanted(wrong), going_on)

    def _with_slot(self, slot: str, text: str, states: Mapping[str, SlotState]) -> ReworkReply:
        if slot not in states:
            return ReworkReply(Prompt("rework no slot", (slot or text,), asks=True), self)
        if refusal := NOT_NOW.get(states[slot]):
            return ReworkReply(Prompt(refusal, (slot,), asks=True), self)
        chosen = replace(self, slot=slot)
        return ReworkReply(
            chosen._reason_wanted("rework reason" if self.reasons else "rework text"), chosen
        )

    def _reason_wanted(self, text: str) -> Prompt:
        return Prompt(text, (self.slot,), self.reasons, asks=True)

    def _reason(self, text: str, barcode: OperatorCommand | None) -> str:
        """The chosen reason; empty where the text is none of this product's."""
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
