"""What `restore` does: decided before anything is moved or begun. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.known_log import KnownLog


@dataclass(frozen=True)
class Loss:
    """Records that this computer knows and that are gone."""

    at_least: int = 0
    exact: bool = True
    """False: it may be more. The size of a copy does not show where it parted from the log."""
    continued_elsewhere: bool = False
    """Whether the copy has other records where this computer knows some."""


@dataclass(frozen=True)
class Situation:
    """A place, the log that is there, and the older copy."""

    origin: str
    """Of the log that is replaced, see `replaced_origin`."""
    present: KnownLog | None
    """The log at the place of the manifest."""
    replaced: frozenset[str]
    """Origins of the logs that `present` replaces."""
    copy: KnownLog | None
    """The older copy; where none was named, `present`."""
    named: bool
    """Whether the copy was named, and lies elsewhere."""
    known: KnownLog | None
    """The last head of `origin` that this computer knows."""
    loss: Loss
    may_sign: bool
    """Whether a key of this computer may sign, so that the copy can be continued."""
    aside: Path | None
    """Where the file at the place goes; None: there is none to be moved."""
    aside_is_taken: bool


@dataclass(frozen=True)
class ContinueNewLog:
    """The new log exists already: this computer continues it."""


@dataclass(frozen=True)
class BeginNewLog:
    """A new log begins."""

    last: KnownLog
    """The last head that is known of the old one."""


def decide(situation: Situation) -> ContinueNewLog | BeginNewLog:
    """Decide.

    Raises:
        BurnerError: E732 nothing is lost, and a key is at hand; E736 something is in the way.
    """
    if situation.present and situation.origin in situation.replaced:
        return ContinueNewLog()
    if situation.present and situation.named:
        raise BurnerError(
            Code.TARGET_EXISTS,
            f"the log {situation.present.origin} is at the place of the manifest",
        )
    last = situation.known if situation.loss.at_least else None
    if situation.copy and not situation.may_sign:
        last = last or situation.copy
    if last is None:
        ends = (
            f"{situation.origin} ends where this computer knows it to end" if situation.copy else ""
        )
        todo = (
            "; put that copy in the place of the manifest" if ends and not situation.present else ""
        )
        raise BurnerError(Code.NOTHING_TO_RESTORE, ends + todo)
    if situation.present and situation.aside is None:
        raise BurnerError(
            Code.TARGET_EXISTS, f"the log {situation.present.origin} is in the database"
        )
    if situation.aside_is_taken:
        raise BurnerError(Code.TARGET_EXISTS, str(situation.aside))
    return BeginNewLog(last)


def replaced_origin(expected: str, present: KnownLog | None, copy: KnownLog | None) -> str:
    """Origin of the log that a new one replaces; empty: there is none.

    Args:
        expected: the log that this computer wrote at the place; empty: none.
        present: the log at the place.
        copy: the older copy.
    """
    if expected and (present is None or present.origin != expected):
        return expected
    return copy.origin if copy else ""


def compute_loss(known: Iterable[tuple[int, bool]], copied: int) -> Loss:
    """Compute what is lost of a log.

    Args:
        known: size of each head that this computer knows, and whether it is a head of the copy;
            ignored where it is larger than the copy.
        copied: records of the log in the copy.
    """
    heads = sorted(known, reverse=True)
    largest = heads[0][0] if heads else 0
    shared, elsewhere = copied, False
    for size, is_in_copy in heads:
        if size > copied:
            continue
        if is_in_copy:
            exact = size in (shared, largest)
            return Loss(max(0, largest - shared), exact, elsewhere)
        shared, elsewhere = size - 1, True
    lost = max(0, largest - shared)
    return Loss(lost, exact=not lost or not shared, continued_elsewhere=elsewhere)
