"""A destination: one MES that gets messages and may be asked before a unit is touched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.mes.events import MesEvent


@dataclass(frozen=True)
class MesMessage:
    """One event for one destination."""

    id: str
    """A UUID. A message that is delivered again has the same id and the same content."""
    sequence: int
    """Grows from message to message of a manifest. Of one subject a later message is never
    delivered before an earlier one."""
    at: str
    """When it happened, UTC: `2026-11-29T18:00:00.000000Z`."""
    station: str
    """Where it happened."""
    subject: str
    """What it is about: a unit id, or `station/NAME`."""
    event: MesEvent


@dataclass(frozen=True, kw_only=True)
class InterlockQuestion:
    """May this unit be processed here, now?"""

    attempt: str
    unit_id: str
    station: str
    slot: str
    operator: str
    batch: str
    product_id: str
    profile: str
    release_digest: str
    device_name: str = ""
    """Empty where the name comes from the booted unit."""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class InterlockAnswer:
    """What the MES says."""

    allowed: bool
    reason: str = ""
    """Why not, in the words of the MES."""


class MesAwayError(BurnerError):
    """The destination could not be reached, or asks to be left alone: the message waits."""

    def __init__(self, detail: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(Code.MES_AWAY, detail)
        self.retry_after_s = retry_after_s
        """So long nothing should be sent; 0: it did not say."""


class MesRefusedError(BurnerError):
    """The destination does not take this message, however often it is sent."""

    def __init__(self, detail: str) -> None:
        super().__init__(Code.MES_REFUSED, detail)


class Destination(Protocol):
    """One MES. Messages come from one thread, which closes it; questions from all slots at once."""

    def deliver(self, message: MesMessage) -> None:
        """Deliver a message; when this returns, the MES has it.

        Raises:
            MesAwayError: try later.
            MesRefusedError: it does not take this one.
        """
        ...

    def ask(self, question: InterlockQuestion) -> InterlockAnswer:
        """Ask whether a unit may be processed.

        Raises:
            MesAwayError: there was no answer.
            BurnerError: E473 it cannot be read.
        """
        ...

    def close(self) -> None:
        """End all connections."""
        ...
