"""The control port of a bench: a TCP port for JSON lines such as {"do": "swap", "slot": "3"}.

Each line is answered with one: {"ok": true, …} or {"ok": false, "error": "…"}. The commands are
listed in docs/bench.md.
"""

import json
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from burner.bench.server import Bench, SimSlot
from burner.bench.wire.loop import Loop
from burner.bench.wire.tcp import Listener, TcpStream
from burner.core.errors import BurnerError

MAX_LINE_BYTES = 4096


class Control:
    """Serves the control port of a bench, on the bench's own loop."""

    def __init__(self, bench: Bench, host: str, number: int = 0) -> None:
        self._bench = bench
        self._connections: set[ControlConnection] = set()
        self._listener = Listener(bench.loop, host, number, self._accepted)

    @property
    def address(self) -> str:
        """`127.0.0.1:4000`."""
        return self._listener.address

    def _accepted(self, connection: socket.socket) -> None:
        self._connections.add(ControlConnection(self, self._bench.loop, connection))

    def left(self, caller: "ControlConnection") -> None:
        """A client closed its connection."""
        self._connections.discard(caller)

    def close(self) -> None:
        """Close the port and all connections."""
        for caller in tuple(self._connections):
            caller.close()
        self._listener.close()

    def answer(self, line: bytes) -> dict[str, Any]:
        """Execute the command of a line."""
        try:
            request = json.loads(line)
            return self._do(**request)
        except (ValueError, TypeError, RecursionError):
            return _refusal('expected {"do": WHAT, "slot": NAME}')
        except BurnerError as error:
            return _refusal(str(error))

    def _do(self, do: str, slot: str = "", board: int = 0) -> dict[str, Any]:
        if do == "status":
            return {"ok": True, **self._bench.describe()}
        place = self._bench.slots.get(slot)
        if place is None:
            return _refusal(f"no slot {slot!r}")
        now = time.monotonic()
        if do == "insert":
            return {"ok": True, "done": self._bench.insert(place, now, board)}
        if do == "traffic":
            return {"ok": True, "traffic": place.board.traffic() if place.board else {}}
        if do not in _COMMANDS:
            return _refusal(f"{do!r} is not one of status, insert, traffic, {', '.join(_COMMANDS)}")
        return {"ok": True, "done": _COMMANDS[do](self._bench, place, now)}


_COMMANDS: Mapping[str, Callable[[Bench, SimSlot, float], bool]] = {
    "remove": Bench.remove,
    "swap": Bench.swap,
    "unplug": Bench.unplug,
    "plug": Bench.plug,
    "renumber": Bench.renumber,
}


class ControlConnection:
    """One connection to the control port."""

    def __init__(self, control: Control, loop: Loop, connection: socket.socket) -> None:
        self._control = control
        self._rest = b""
        self._stream = TcpStream(loop, connection, self._data, self._end)

    def _data(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._stream.send(json.dumps(self._control.answer(line)).encode() + b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            self._end()

    def _end(self) -> None:
        self.close()
        self._control.left(self)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()


def _refusal(why: str) -> dict[str, Any]:
    return {"ok": False, "error": why}
