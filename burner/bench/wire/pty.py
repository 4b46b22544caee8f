"""A PTY beside a port, on POSIX: for clients that want a device name. It has no reset lines.

The master of a PTY is not told that the other side was opened, so closed ones are polled 20 times a
second. Opening it is like plugging the board in with its boot button held: the chip starts in
download mode, which plain esptool needs where it cannot reset.
"""

import os
import select
import struct
import sys
import time
from contextlib import suppress
from typing import Protocol

from burner.bench.unit.unit_spec import USUAL_BAUD
from burner.bench.wire.client_protocols import RawBytes
from burner.bench.wire.line import SimLine
from burner.bench.wire.loop import Loop, Stream

if sys.platform != "win32":
    import fcntl
    import termios
    import tty

    _SPEEDS = {getattr(termios, n): int(n[1:]) for n in dir(termios) if n[1:].isdecimal()}
    """`termios.B115200` → 115200."""

AVAILABLE = sys.platform != "win32"
LOOK_S = 0.05
_TCGETS2 = 0x802C542A
"""Linux: termios with the rate as a number."""


class PtyPort(Protocol):
    """The port to which a PTY belongs."""

    line: SimLine | None

    @property
    def busy(self) -> bool:
        """Whether a host holds the port."""
        ...

    def touched(self) -> None:
        """Something may be due at once."""
        ...


class Pty:
    """A PTY that becomes a client of its port while somebody has it open."""

    def __init__(self, loop: Loop, port: PtyPort) -> None:
        self._loop = loop
        self._port = port
        self._master, self.path = _open()
        self._stream: Stream | None = None
        self.dialect: RawBytes | None = None
        self._closed = False
        self._wait()

    @property
    def open(self) -> bool:
        """Whether a host holds it."""
        return self.dialect is not None

    def _wait(self) -> None:
        if not self._closed:
            # On a grid, so that all idle PTYs are looked at in one turn of the loop.
            self._loop.at((int(time.monotonic() / LOOK_S) + 1) * LOOK_S, self._look)

    def _look(self, _: float) -> None:
        if self._closed or self.open:
            return
        hung, line = _has_hung_up(self._master), self._port.line
        if hung or line is None or not line.endpoint.connected or self._port.busy:
            self._wait()
            return
        self._opened(line)

    def _opened(self, line: SimLine) -> None:
        master = self._master
        self._stream = Stream(
            self._loop,
            master,
            receive=lambda size: os.read(master, size),
            send=lambda data: os.write(master, data),
            on_data=self._data,
            on_end=self.hang_up,
        )
        self.dialect = RawBytes(line, self._stream.send, has_rate=True)
        self.dialect.wake()
        self._port.touched()

    def _data(self, data: bytes) -> None:
        line, dialect = self._port.line, self.dialect
        if line is None or dialect is None:
            return
        baud = _baud(self._master)
        if baud != line.baud:
            line.set_baud(baud)
        dialect.feed(data)
        self._port.touched()

    def pause(self) -> None:
        """Stop reading."""
        if self._stream:
            self._stream.pause()

    def resume(self) -> None:
        """Read on."""
        if self._stream:
            self._stream.resume()

    def hang_up(self) -> None:
        """Drop the host. A PTY cannot be taken away from it: it gets no more bytes."""
        if self._stream:
            self._stream.close()
            self._stream = None
        if self.dialect:
            self.dialect = None
            self._wait()

    def close(self) -> None:
        """Close the PTY."""
        self._closed = True
        self.hang_up()
        os.close(self._master)


def _open() -> tuple[int, str]:
    """Descriptor of the master, device name of the other side."""
    if sys.platform != "win32":
        master, slave = os.openpty()
        path = os.ttyname(slave)
        tty.setraw(slave)
        os.close(slave)
        os.set_blocking(master, False)
        return master, path
    raise NotImplementedError


def _has_hung_up(master: int) -> bool:
    """Whether nobody has the other side open."""
    if sys.platform != "win32":
        poll = select.poll()
        poll.register(master, select.POLLIN)
        return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0))
    raise NotImplementedError


def _baud(master: int) -> int:
    """The rate the host has set, in bits per second."""
    if sys.platform != "win32":
        speed = termios.tcgetattr(master)[5]
        if speed in _SPEEDS:
            return _SPEEDS[speed]
        with suppress(OSError):
            answer = fcntl.ioctl(master, _TCGETS2, bytes(44))
            return int(struct.unpack("=4I20s2I", answer)[6])
    return USUAL_BAUD
