"""Which names must still be created on the platform: from a journal of what was sent. Pure.

A name is sent only if it was never sent, or if the platform said after the sending that it has not
got it. A journal alone is no proof that the platform has a name: it is on record, or asked for.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice


@dataclass(frozen=True)
class SentChunk:
    """Names that were sent in one call, and what became of them is not known yet."""

    number: int
    names: tuple[str, ...]
    task: str = ""
    """The platform's; empty: whether the call arrived is not known."""


@dataclass(frozen=True)
class ChunkSent:
    """Names will be sent now."""

    number: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class TaskStarted:
    """The platform took a chunk, and is at work on it."""

    number: int
    task: str


@dataclass(frozen=True)
class ChunkSettled:
    """What became of a chunk. Names in none of the three were created."""

    number: int
    existing: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    """Name → code."""
    absent: tuple[str, ...] = ()
    """They were not created: the platform refused the call, or has not got them after a cut."""


@dataclass(frozen=True)
class NamesAsked:
    """The platform was asked for names."""

    present: tuple[str, ...]
    """Those that a unit can have. A name in neither of the two is in use, or disabled."""
    absent: tuple[str, ...]


@dataclass(frozen=True)
class CreationFinished:
    """Every name of a list was created, or refused."""


CreationEvent = ChunkSent | TaskStarted | ChunkSettled | NamesAsked | CreationFinished


class CreationHistory:
    """What a journal says of the names of one product."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        """Names that the platform had when it was asked, since the last list was finished."""
        self.done_before: set[str] = set()
        """Names that were there before, and those of finished lists: how their devices stand now is
    asked for."""
        self.pending: dict[int, SentChunk] = {}
        """Chunks of which nothing more is known."""
        self.next_number = 1

    def apply(self, event: CreationEvent) -> None:
        """Take the next event.

        Raises:
            ValueError: it does not follow the events before it.
        """
        match event:
            case ChunkSent(number, names):
                if number < self.next_number or not names:
                    raise ValueError(f"chunk {number} out of order")
                self.pending[number] = SentChunk(number, names)
                self.next_number = number + 1
            case TaskStarted(number, task):
                chunk = self._pending(number)
                self.pending[number] = SentChunk(number, chunk.names, task)
            case ChunkSettled(number):
                chunk = self._pending(number)
                del self.pending[number]
                self.done_before.update(event.existing)
                settled = {*event.absent, *event.refused, *event.existing}
                self._know(set(chunk.names) - settled, event.absent)
            case NamesAsked(present, absent):
                self._know(present, absent)
            case CreationFinished():
                self.done_before |= self.done
                self.done.clear()

    def _pending(self, number: int) -> SentChunk:
        if number not in self.pending:
            raise ValueError(f"chunk {number} was not sent, or is settled")
        return self.pending[number]

    def _know(self, present: Collection[str], absent: Collection[str]) -> None:
        self.done.update(present)
        self.done.difference_update(absent)
        self.done_before.difference_update(absent)


@dataclass(frozen=True)
class PrecreationPlan:
    """What to do with the names of a list. Each is in one of the four."""

    done: tuple[str, ...]
    """The platform has them, and said so: they are confirmed."""
    pending: tuple[str, ...]
    """They were sent, and may have been created."""
    ask: tuple[str, ...]
    """The platform had them once; nothing but the journal, or an earlier list, says so."""
    send: tuple[str, ...]
    """They were never sent, or the platform has not got them."""


def precreation_plan(
    names: Sequence[str], history: CreationHistory, confirmed: Collection[str]
) -> PrecreationPlan:
    """What to do with names.

    Args:
        names: each once.
        history: of the journal.
        confirmed: the names that the manifest has as confirmed, or the platform in this run.
    """
    pending = {name for chunk in history.pending.values() for name in chunk.names}
    once = history.done | history.done_before
    parts: tuple[list[str], ...] = ([], [], [], [])
    done, sent, ask, send = parts
    for name in names:
        if name in pending:
            sent.append(name)
        elif name in history.done and name in confirmed:
            done.append(name)
        elif name in once or name in confirmed:
            ask.append(name)
        else:
            send.append(name)
    return PrecreationPlan(*map(tuple, parts))


def chunks(names: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """The names in their order, so many at a time."""
    rest = iter(names)
    while chunk := tuple(islice(rest, size)):
        yield chunk
