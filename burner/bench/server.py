"""The bench: slots, the boards in them and the ones that wait, on one loop in one process."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from burner.bench import pty
from burner.bench.chip import Chip
from burner.bench.line import Endpoint, Line
from burner.bench.loop import Loop
from burner.bench.port import Port
from burner.bench.spec import BenchSpec, BoardSpec
from burner.errors import BurnerError

GAP_S = 0.4
"""An empty slot between two boards: the operator's hand."""
GONE_S = 0.2
"""How long a port is away when it comes back under another name."""


@dataclass
class Board:
    """A board with its parts powered or lying on the shelf."""

    spec: BoardSpec
    lines: dict[str, Line]
    """By the name of the port."""
    finished: bool = False
    """Its start after a burn has been seen."""

    @property
    def chip(self) -> Endpoint:
        """The ESP itself."""
        return self.lines["esp"].endpoint


Build = Callable[[BoardSpec, float], dict[str, Line]]


def build(spec: BoardSpec, now: float) -> dict[str, Line]:
    """The lines of a board by the names of their ports, its parts not yet under power."""
    return {"esp": Line(Chip(spec.unit, now), spec.unit.timing)}


@dataclass
class Slot:
    """A place on the fixture."""

    name: str
    ports: dict[str, Port]
    board: Board | None = None
    fresh: bool = field(default=True)
    """Nothing was flashed since the board came."""


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
        numbers = iter(range(base_port, base_port + 4 * spec.slots)) if base_port else None
        names = sorted({name for board in spec.boards for name in port_names(board)})
        try:
            for index in range(spec.slots):
                ports = {
                    name: Port(self.loop, host, next(numbers) if numbers else 0, name, with_pty)
                    for name in names
                }
                slot = Slot(str(index + 1), ports)
                self.slots[slot.name] = slot
        except OSError as error:
            self.close()
            raise BurnerError("E193", str(error)) from None
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
            board = self._shelf.pop(number, None)
        elif self._waiting:
            spec = self._waiting.popleft()
            board = Board(spec, self._build(spec, now))
        else:
            board = None
        if board is None:
            return False
        slot.board = board
        board.finished = False
        for name, line in board.lines.items():
            line.endpoint.plug(now)
            slot.ports[name].attach(line)
        return True

    def remove(self, slot: Slot, now: float) -> bool:
        """Take the board out and lay it on the shelf; it keeps its flash."""
        board = slot.board
        if board is None:
            return False
        self._unplug(slot, now)
        slot.board = None
        self._shelf[board.spec.number] = board
        return True

    def swap(self, slot: Slot, now: float) -> bool:
        """Take the board out and, a moment later, put in the next; False when none waits."""
        self.remove(slot, now)
        self.loop.at(now + GAP_S, lambda at: _ignore(self.insert(slot, at)))
        return bool(self._waiting)

    def unplug(self, slot: Slot, now: float) -> bool:
        """Pull the cable; the board stays in the slot."""
        if slot.board is None:
            return False
        self._unplug(slot, now)
        return True

    def plug(self, slot: Slot, now: float) -> bool:
        """Put the cable back in."""
        if slot.board is None:
            return False
        for name, line in slot.board.lines.items():
            line.endpoint.plug(now)
            slot.ports[name].attach(line)
        return True

    def _unplug(self, slot: Slot, now: float) -> None:
        for name, line in slot.board.lines.items() if slot.board else ():
            slot.ports[name].attach(None)
            line.drop()
            line.endpoint.unplug(now)

    def renumber(self, slot: Slot, now: float) -> None:
        """The slot's ports vanish and come back under other numbers."""
        lines = {name: port.line for name, port in slot.ports.items()}
        for port in slot.ports.values():
            port.attach(None)
            port.renumber()
        board = slot.board

        def back(_: float) -> None:
            if slot.board is board:
                for name, port in slot.ports.items():
                    port.attach(lines[name])

        self.loop.at(now + GONE_S, back)

    # the loop

    def run(self) -> None:
        """Serve until `loop.stop()`."""
        ports = tuple(self.ports)
        while not self.loop.stopping:
            dues = [port.due for port in ports if port.due is not None]
            now = self.loop.turn(min(dues) if dues else None)
            for port in ports:
                if port.due is not None and port.due <= now:
                    port.advance(now)

    def close(self) -> None:
        """Let go of all ports, boards and flash files."""
        for port in self.ports:
            port.close()
        boards = [slot.board for slot in self.slots.values() if slot.board]
        for board in (*boards, *self._shelf.values()):
            for line in board.lines.values():
                line.endpoint.close()
        self.loop.close()

    # looking

    def describe(self) -> dict[str, Any]:
        """Slots with their ports and boards, as plain values."""
        return {
            "slots": {slot.name: _described(slot) for slot in self.slots.values()},
            "waiting": len(self._waiting),
            "shelf": sorted(self._shelf),
        }


def port_names(_: BoardSpec) -> tuple[str, ...]:
    """Which ports a board has."""
    return ("esp",)


def _described(slot: Slot) -> dict[str, Any]:
    ports = {
        name: {
            "url": f"sim://{port.address}",
            "rfc2217": f"rfc2217://{port.address}",
            "pty": port.pty.path if port.pty else None,
            "present": port.line is not None and port.line.endpoint.connected,
            "open": port.busy,
        }
        for name, port in slot.ports.items()
    }
    unit = slot.board.spec.unit.as_built() if slot.board else None
    board = (
        {
            "number": slot.board.spec.number,
            "chip": unit.chip,
            "mac": str(unit.mac),
            "faults": [fault.kind.value for fault in unit.faults],
        }
        if slot.board and unit
        else None
    )
    return {"ports": ports, "board": board}


def _ignore(_: object) -> None:
    """A result nobody waits for."""
