"""The bench: slots, the boards in them and the ones that wait, on one loop in one process."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from burner.bench import pty
from burner.bench.board import Board, build
from burner.bench.chip import Chip
from burner.bench.loop import Loop
from burner.bench.port import Port
from burner.bench.spec import BenchSpec, BoardSpec
from burner.core.code import Code
from burner.core.errors import BurnerError

GAP_S = 1.5
"""An empty slot between two boards: the operator's hand. A station needs 0.7 s to see it."""
UNANSWERED_S = 5.0
"""After so long the operator takes out a board that the station does not see."""
LOOK_S = 0.2
"""Between two looks whether a port is free."""
GONE_S = 0.2
"""How long a port is away when it comes back under another name."""


@dataclass
class Slot:
    """A place on the fixture."""

    name: str
    ports: dict[str, Port]
    board: Board | None = None

    def attach(self, on: bool) -> None:
        """Join every port to its line on the board, or leave it empty."""
        lines = self.board.lines if self.board and on else {}
        for name, port in self.ports.items():
            port.attach(lines.get(name))

    @property
    def busy(self) -> bool:
        """Whether a host holds a port of it."""
        return any(port.busy for port in self.ports.values())

    def describe(self) -> dict[str, Any]:
        """Its ports and its board, as plain values."""
        return {
            "ports": {name: port.describe() for name, port in self.ports.items()},
            "board": self.board.describe() if self.board else None,
        }


Build = Callable[[BoardSpec, float], Board]


class Bench:
    """Everything that is served. Single-threaded: only `loop.stop` may come from outside."""

    def __init__(
        self,
        spec: BenchSpec,
        host: str = "127.0.0.1",
        base_port: int = 0,
        with_pty: bool = pty.AVAILABLE,
        build: Build = build,
    ) -> None:
        self.loop = Loop()
        self.spec = spec
        self._build = build
        self._waiting = deque(spec.boards)
        self._shelf: dict[int, Board] = {}
        self.slots: dict[str, Slot] = {}
        names = sorted({name for board in spec.boards for name in board.ports} or {"esp"})
        numbers = iter(range(base_port, base_port + len(names) * spec.slots))
        try:
            for name in map(str, range(1, spec.slots + 1)):
                ports = {
                    port: Port(self.loop, host, next(numbers) if base_port else 0, with_pty)
                    for port in names
                }
                self.slots[name] = Slot(name, ports)
        except OSError as error:
            self.close()
            raise BurnerError(Code.BENCH_PORT_UNAVAILABLE, str(error)) from None
        for slot in self.slots.values():
            self.insert(slot, time.monotonic())

    @property
    def ports(self) -> Iterator[Port]:
        """Every port of every slot."""
        return (port for slot in self.slots.values() for port in slot.ports.values())

    # boards

    def insert(self, slot: Slot, now: float, number: int = 0) -> bool:
        """Put in the next board, or a certain one from the shelf; False when there is none."""
        if slot.board:
            return False
        if number:
            slot.board = self._shelf.pop(number, None)
        elif self._waiting:
            slot.board = self._build(self._waiting.popleft(), now)
        return self.plug(slot, now)

    def remove(self, slot: Slot, now: float) -> bool:
        """Take the board out and lay it on the shelf; it keeps its flash."""
        done = self.unplug(slot, now)
        if slot.board:
            self._shelf[slot.board.number] = slot.board
        slot.board = None
        return done

    def swap(self, slot: Slot, now: float) -> bool:
        """Take the board out and put in the next; False when none waits."""
        self.remove(slot, now)
        return self.insert(slot, now)

    def plug(self, slot: Slot, now: float) -> bool:
        """Give the board in a slot power; False when there is none."""
        if slot.board:
            slot.board.plug(now)
        slot.attach(on=True)
        return slot.board is not None

    def unplug(self, slot: Slot, now: float) -> bool:
        """Pull the cable; the board stays in the slot. False when there is none."""
        slot.attach(on=False)
        if slot.board:
            slot.board.unplug(now)
        return slot.board is not None

    def renumber(self, slot: Slot, now: float) -> bool:
        """The slot's ports vanish and come back under other numbers, the board running on."""
        slot.attach(on=False)
        for port in slot.ports.values():
            port.renumber()
        self.loop.at(now + GONE_S, lambda _: slot.attach(on=True))
        return slot.board is not None

    def _look_after(self, slot: Slot, board: Board, now: float) -> None:
        """What the bench does by itself with the board in a slot."""
        if board.starts() and board.spec.renumbers:
            self.renumber(slot, now)
        chip = board.chip
        if self.spec.swap_s is None or chip is None:
            return
        if slot.busy and not board.asked:
            board.asked = True
            self.loop.at(now + UNANSWERED_S, lambda at: self._give_up(slot, board, chip, at))
        if chip.used and not slot.busy:
            chip.used = False
            self.loop.at(now + self.spec.swap_s, lambda at: self._make_way(slot, board, chip, at))

    def _give_up(self, slot: Slot, board: Board, chip: Chip, now: float) -> None:
        if not chip.answered:
            self._make_way(slot, board, chip, now)

    def _make_way(self, slot: Slot, board: Board, chip: Chip, now: float) -> None:
        """Unless a host is at work on it again: then it makes way when that lets go of it."""
        if slot.board is not board or not self._waiting or chip.used:
            return
        if slot.busy:
            self.loop.at(now + LOOK_S, lambda at: self._make_way(slot, board, chip, at))
            return
        self.remove(slot, now)
        self.loop.at(now + GAP_S, lambda at: self._fill(slot, at))

    def _fill(self, slot: Slot, now: float) -> None:
        with suppress(BurnerError):  # a kept flash that does not fit: the slot stays empty
            self.insert(slot, now)

    # the loop

    def run(self) -> None:
        """Serve until `loop.stop()`."""
        ports = tuple((port, slot) for slot in self.slots.values() for port in slot.ports.values())
        while not self.loop.stopping:
            dues = [port.due for port, _ in ports if port.due is not None]
            now = self.loop.turn(min(dues) if dues else None)
            for port, slot in ports:
                if port.due is not None and port.due <= now:
                    port.advance(now)
                    if slot.board:
                        self._look_after(slot, slot.board, now)

    def close(self) -> None:
        """Let go of all ports, boards and flash files."""
        for port in self.ports:
            port.close()
        boards = (slot.board for slot in self.slots.values())
        for board in (*boards, *self._shelf.values()):
            if board:
                board.close()
        self.loop.close()

    def describe(self) -> dict[str, Any]:
        """Slots with their ports and boards, as plain values."""
        return {
            "slots": {slot.name: slot.describe() for slot in self.slots.values()},
            "waiting": len(self._waiting),
            "shelf": sorted(self._shelf),
        }
