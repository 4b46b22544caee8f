"""Devices of the fixture that slots share: first come, first served. Thread-safe."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self


class Resources:
    """Every resource of a station, by name. One that has no number there is there once."""

    def __init__(self, numbers: Mapping[str, int] | None = None) -> None:
        """Nobody uses or awaits any. `numbers`: how many there are of each."""
        self._numbers = dict(numbers or {})
        self._lock = threading.Lock()
        self._having: dict[str, list[Turn]] = {}
        self._waiting: dict[str, list[Turn]] = {}

    def turn(self, name: str, slot: str) -> "Turn":
        """Ask for a resource: the slot's turn has come when `Turn.wait` says so.

        The end of the turn, as a context manager, gives the resource back, or gives up the wait.
        """
        turn = Turn(self, name, slot)
        with self._lock:
            self._waiting.setdefault(name, []).append(turn)
            self._hand_out(name)
        return turn

    def users(self, name: str) -> tuple[str, ...]:
        """The slots that have it now."""
        with self._lock:
            return tuple(turn.slot for turn in self._having.get(name, ()))

    def end(self, turn: "Turn") -> None:
        """Give the resource back, or give up the wait for it."""
        with self._lock:
            for turns in (self._having[turn.name], self._waiting[turn.name]):
                if turn in turns:
                    turns.remove(turn)
            self._hand_out(turn.name)

    def _hand_out(self, name: str) -> None:
        having, waiting = self._having.setdefault(name, []), self._waiting[name]
        while waiting and len(having) < self._numbers.get(name, 1):
            having.append(turn := waiting.pop(0))
            turn.has_come.set()


@dataclass(frozen=True, eq=False)
class Turn:
    """A slot's turn with a resource: the slot waits for it, then has the resource."""

    resources: Resources
    name: str
    slot: str
    has_come: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout_s: float = 0.0) -> bool:
        """Whether the turn has come, within the time."""
        return self.has_come.wait(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.resources.end(self)
