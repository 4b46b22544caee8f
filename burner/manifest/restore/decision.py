"""What `restore` does, decided from what is known before anything is moved or begun."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.known_log import KnownLog


@dataclass(frozen=True)
class Loss:
    """Records that this computer knows of, and that are gone."""

    at_least: int = 0
    exact: bool = True
    """False: it may be more. A copy tells its length, not where it parted from what is known."""
    continued_elsewhere: bool = False
    """It is proved that the copy has other records where this computer knows some."""


@dataclass(frozen=True)
class Situation:
    """What is known of a place and of the older copy of its log."""

    origin: str
    """Of the log in whose place a new one begins, see `replaced_origin`."""
    there: KnownLog | None
    """At the place of the manifest."""
    replaced: frozenset[str]
    """Origins of the logs in whose place `there` was begun."""
    copy: KnownLog | None
    """The older copy; where none was named, `there`."""
    named: bool
    """Whether the copy was named, and lies elsewhere."""
    known: KnownLog | None
    """The last head of `origin` that this computer knows."""
    loss: Loss
    may_sign: bool
    """Whether a key of this computer is let in, so that the copy can be continued."""
    aside: Path | None
    """Where the file at the place goes; None: there is none to be moved."""
    aside_is_taken: bool


@dataclass(frozen=True)
class GoOn:
    """The new log was begun already: this computer goes on with it."""


@dataclass(frozen=True)
class Begin:
    """A new log begins."""

    last: KnownLog
    """The last head that is known of the old one."""


def decide(situation: Situation) -> GoOn | Begin:
    """What is to be done.

    Raises:
        BurnerError: E732 nothing is lost, and a key is at hand; E736 something is in the way.
    """
    if situation.there and situation.origin in situation.replaced:
        return GoOn()
    if situation.there and situation.named:
        raise BurnerError(
            Code.TARGET_EXISTS, f"the log {situation.there.origin} is at the place of the manifest"
        )
    last = situation.known if situation.loss.at_least else None
    if situation.copy and not situation.may_sign:
        last = last or situation.copy
    if last is None:
        ends = (
            f"{situation.origin} ends where this computer knows it to end" if situation.copy else ""
        )
        todo = (
            "; put that copy in the place of the manifest" if ends and not situation.there else ""
        )
        raise BurnerError(Code.NOTHING_TO_RESTORE, ends + todo)
    if situation.there and situation.aside is None:
        raise BurnerError(
            Code.TARGET_EXISTS, f"the log {situation.there.origin} is in the database"
        )
    if situation.aside_is_taken:
        raise BurnerError(Code.TARGET_EXISTS, str(situation.aside))
    return Begin(last)


def replaced_origin(expected: str, there: KnownLog | None, copy: KnownLog | None) -> str:
    """Origin of the log in whose place a new one begins; empty: there is none.

    Args:
        expected: the log that this computer wrote at the place; empty: none.
        there: the log at the place.
        copy: the older copy.
    """
    if expected and (there is None or there.origin != expected):
        return expected
    return copy.origin if copy else ""


def loss_of(known: Iterable[tuple[int, bool]], kept: int) -> Loss:
    """What is lost of a log.

    Args:
        known: sizes of the heads that this computer knows of it, and whether each is a head of
            the copy; of one larger than the copy that does not matter.
        kept: records of the log in the copy.
    """
    heads = sorted(known, reverse=True)
    most = heads[0][0] if heads else 0
    shared, elsewhere = kept, False
    for size, is_in_copy in heads:
        if size > kept:
            continue
        if is_in_copy:
            exact = size in (shared, most)
            return Loss(max(0, most - shared), exact, elsewhere)
        shared, elsewhere = size - 1, True
    lost = max(0, most - shared)
    return Loss(lost, exact=not lost or not shared, continued_elsewhere=elsewhere)
