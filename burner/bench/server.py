"""The bench: slots, the boards in them and the waiting ones, on one loop in one process."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from burner.bench.bench_file import BenchSpec, BoardSpec
from burner.bench.board import SimBoard, build
from burner.bench.chip.chip import SimChip
from burner.bench.firmware.console import BootRecord
from burner.bench.wire import pty
from burner.bench.wire.loop import Loop
from burner.bench.wire.port import SimPort
from burner.core.code import Code
from burner.core.errors import BurnerError

GAP_S = 1.5
"""How long a slot is empty between two boards. A station needs 0.7 s to see it."""
UNANSWERED_S = 5.0
"""After so long the operator takes out a board that the station does not see."""
LOOK_S = 0.2
"""Between two checks whether a port is free."""
GONE_S = 0.2
"""How long a port is away when it comes back under another name."""


@dataclass
class SimSlot:
    """A slot of the fixture."""

    name: str
    ports: dict[str, SimPort]
    board: SimBoard | None = None

    def attach(self, on: bool) -> None:
        """Connect every port to its line on the board, or to nothing."""
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


BuildBoard = Callable[[BoardSpec, float], SimBoard]


class Bench:
    """All slots, ports and boards. Single-threaded: only `loop.stop` may come from outside."""

    def __init__(
        self,
        spec: BenchSpec,
        host: str = "127.0.0.1",
        base_port: int = 0,
        with_pty: bool = pty.AVAILABLE,
        build: BuildBoard = build,
    ) -> None:
        self.loop = Loop()
        self.spec = spec
        self._build = build
        self._waiting = deque(spec.boards)
        self._shelf: dict[int, SimBoard] = {}
        self.slots: dict[str, SimSlot] = {}
        names = sorted({name for board in spec.boards for name in board.ports} or {"esp"})
        numbers = iter(range(base_port, base_port + len(names) * spec.slots))
        try:
            for name in map(str, range(1, spec.slots + 1)):
                ports = {
                    port: SimPort(self.loop, host, next(numbers) if base_port else 0, with_pty)
                    for port in names
                }
                self.slots[name] = SimSlot(name, ports)
        except OSError as error:
            self.close()
            raise BurnerError(Code.BENCH_PORT_UNAVAILABLE, str(error)) from None
        for slot in self.slots.values():
            self.insert(slot, time.monotonic())

    @property
    def ports(self) -> Iterator[SimPort]:
        """Every port of every slot."""
        return (port for slot in self.slots.values() for port in slot.ports.values())

    # boards

    def insert(self, slot: SimSlot, now: float, number: int = 0) -> bool:
        """Put in the next board, or a certain one from the shelf; False when there is none."""
        if slot.board:
            return False
        if number:
            slot.board = self._shelf.pop(number, None)
        elif self._waiting:
            slot.board = self._build(self._waiting.popleft(), now)
        return self.plug(slot, now)

    def remove(self, slot: SimSlot, now: float) -> bool:
        """Take the board out and put it on the shelf; it keeps its flash."""
        done = self.unplug(slot, now)
        if slot.board:
            self._shelf[slot.board.number] = slot.board
        slot.board = None
        return done

    def swap(self, slot: SimSlot, now: float) -> bool:
        """Take the board out and put in the next; False when none waits."""
        self.remove(slot, now)
        return self.insert(slot, now)

    def plug(self, slot: SimSlot, now: float) -> bool:
        """Give the board in a slot power; False when there is none."""
        if slot.board:
            slot.board.plug(now)
        slot.attach(on=True)
        return slot.board is not None

    def unplug(self, slot: SimSlot, now: float) -> bool:
        """Pull the cable; the board stays in the slot. False when there is none."""
        slot.attach(on=False)
        if slot.board:
            slot.board.unplug(now)
        return slot.board is not None

    def renumber(self, slot: SimSlot, now: float) -> bool:
        """The slot's ports vanish and come back under other numbers, the board running on."""
        slot.attach(on=False)
        for port in slot.ports.values():
            port.renumber()
        self.loop.at(now + GONE_S, lambda _: slot.attach(on=True))
        return slot.board is not None

    def _watch(self, slot: SimSlot, board: SimBoard, now: float) -> None:
        """Renumber the ports or swap the board of a slot, where the bench does so by itself."""
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
            self.loop.at(
                now + self.spec.swap_s, lambda at: self._swap_when_free(slot, board, chip, at)
            )

    def _give_up(self, slot: SimSlot, board: SimBoard, chip: SimChip, now: float) -> None:
        if not chip.answered:
            self._swap_when_free(slot, board, chip, now)

    def _swap_when_free(self, slot: SimSlot, board: SimBoard, chip: SimChip, now: float) -> None:
        """Swap the board for the next; if a host uses it again, after that host closes the port."""
        if slot.board is not board or not self._waiting or chip.used:
            return
        if slot.busy:
            self.loop.at(now + LOOK_S, lambda at: self._swap_when_free(slot, board, chip, at))
            return
        self.remove(slot, now)
        self.loop.at(now + GAP_S, lambda at: self._fill(slot, at))

    def _fill(self, slot: SimSlot, now: float) -> None:
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
                        self._watch(slot, slot.board, now)

    def close(self) -> None:
        """Close all ports, boards and flash files."""
        for port in self.ports:
            port.close()
        for board in self._boards():
            board.close()
        self.loop.close()

    def _boards(self) -> Iterator[SimBoard]:
        """Every board that was in a slot so far."""
        yield from (slot.board for slot in self.slots.values() if slot.board)
        yield from self._shelf.values()

    def describe(self) -> dict[str, Any]:
        """Slots with their ports and boards, as plain values."""
        return {
            "slots": {slot.name: slot.describe() for slot in self.slots.values()},
            "waiting": len(self._waiting),
            "shelf": sorted(self._shelf),
            "boots": self._boots(),
        }

    def _boots(self) -> list[dict[str, Any]]:
        """Who spoke after the starts from a burned flash, and how often, as plain values."""
        boots = Counter[BootRecord]()
        for board in self._boards():
            boots.update(board.boots)
        return [{**boot.describe(), "count": count} for boot, count in boots.most_common()]
