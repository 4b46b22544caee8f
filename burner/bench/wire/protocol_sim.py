"""pyserial's handler for `sim://HOST:PORT`: a port of the bench, with lines, baud and unplugging.

pyserial finds it once `burner.bench.wire` stands in `serial.protocol_handler_packages`.
It runs in every worker, so it never polls: one recv() a read, one select() a wait.
"""

import errno
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from serial import serialutil

from burner.bench.wire import frames
from burner.bench.wire.frames import WINDOW, FrameKind

OPEN_TIMEOUT_S = 5.0
_RECEIVE_BYTES = 64 * 1024
_REFUSALS = {
    b"busy": (errno.EBUSY, "Device or resource busy"),
    b"absent": (errno.ENOENT, "No such file or directory"),
}


class _Deadline:
    """The end of a timeout; None never ends."""

    def __init__(self, timeout_s: float | None) -> None:
        self._end = None if timeout_s is None else time.monotonic() + timeout_s

    @property
    def left(self) -> float | None:
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    @property
    def past(self) -> bool:
        return self.left == 0


def _never() -> bool:
    return False


def _await_socket(connection: socket.socket, deadline: _Deadline) -> None:
    """Only a bench that stopped reading comes here: the window is smaller than its socket."""
    if not select.select([], [connection], [], deadline.left)[1]:
        raise serialutil.SerialTimeoutException("Write timeout")


def serial_class_for_url(url: str) -> "tuple[str, type[SimSerialPort]]":
    """What pyserial asks a handler: the URL as it is to be opened, and the class that opens it."""
    return url, SimSerialPort


class SimSerialPort(serialutil.SerialBase):
    """A simulated port. Raises serial.SerialException like a native one, unplugging included."""

    # SerialBase's own, which its type stubs leave out.
    _port: str | None
    _baudrate: int
    _timeout: float | None
    _write_timeout: float | None
    _dtr_state: bool
    _rts_state: bool

    BAUDRATES = (*serialutil.SerialBase.BAUDRATES, 74880, 750000, 5000000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._socket: socket.socket | None = None
        self._frames = frames.FrameReader()
        self._input = bytearray()
        self._under_way = 0
        self._flushed = 0
        self._flushes = 0
        self._gone = ""
        self._sent: dict[FrameKind, bytes] = {}
        self._turn = threading.Condition(threading.Lock())
        self._receiving = False
        self._outgoing = threading.Lock()
        super().__init__(*args, **kwargs)

    @property
    def name(self) -> str:
        """Begins with `rfc2217:`, so that esptool resets by setDTR/setRTS, without an ioctl."""
        return f"rfc2217:{self.portstr}"

    @name.setter
    def name(self, value: str | None) -> None:
        """SerialBase assigns it; the port alone decides."""

    # opening and closing

    def open(self) -> None:
        """Connect and claim the port.

        Raises:
            SerialException: the port is not there, in use, or has no name.
        """
        if self._port is None:
            raise serialutil.SerialException("Port must be configured before it can be used.")
        if self.is_open:
            raise serialutil.SerialException("Port is already open.")
        self._frames = frames.FrameReader()
        self._input.clear()
        self._under_way = self._flushed = self._flushes = 0
        self._gone = ""
        self._sent.clear()
        try:
            self._socket = self._connect()
        except OSError as error:
            self._socket = None
            raise serialutil.SerialException(
                error.errno, f"could not open port {self._port}: {error}"
            ) from None
        self.is_open = True
        self._reconfigure_port()
        self._send_lines()

    def _connect(self) -> socket.socket:
        parts = urlsplit(str(self._port))
        if not parts.hostname or not parts.port:
            raise OSError(errno.ENODEV, "expected sim://HOST:PORT")
        connection = socket.create_connection((parts.hostname, parts.port), OPEN_TIMEOUT_S)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(frames.HELLO)
            self._expect_answer(connection)
            connection.setblocking(False)
        except BaseException:
            connection.close()
            raise
        return connection

    def _expect_answer(self, connection: socket.socket) -> None:
        while True:
            data = connection.recv(_RECEIVE_BYTES)
            if not data:
                raise OSError(errno.ENOENT, "No such file or directory")
            received = self._frames.feed(data)
            if received:
                answer = received[0][1]
                if answer in _REFUSALS:
                    raise OSError(*_REFUSALS[answer])
                self._handle(received[1:])
                return

    def close(self) -> None:
        """Close the port; bytes already written are still sent."""
        self.is_open = False
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # settings

    def _reconfigure_port(self) -> None:
        """Send the bench what changed; timeouts concern the host only."""
        self._send_changed(FrameKind.BAUD, int(self._baudrate).to_bytes(4, "little"))

    def _update_dtr_state(self) -> None:
        self._send_lines()

    def _update_rts_state(self) -> None:
        self._send_lines()

    def _update_break_state(self) -> None:
        """A break does nothing to a simulated chip."""

    def _send_lines(self) -> None:
        state = bool(self._dtr_state) | bool(self._rts_state) << 1
        self._send_changed(FrameKind.LINES, bytes([state]))

    def _send_changed(self, kind: FrameKind, payload: bytes) -> None:
        if self._sent.get(kind) != payload:
            self._send(frames.pack(kind, payload))
            self._sent[kind] = payload

    cts = dsr = True
    ri = cd = False

    # reading

    @property
    def in_waiting(self) -> int:
        """Bytes that read() would give without waiting."""
        self._pump(0, _never)
        return len(self._input)

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes; fewer when the timeout ends first.

        Raises:
            SerialException: when the port vanished.
        """
        if len(self._input) < size:
            self._fill(size)
        with self._turn:
            data = bytes(self._input[:size])
            del self._input[:size]
        return data

    def _fill(self, size: int) -> None:
        deadline = _Deadline(self._timeout)
        self._pump(0, _never)
        while len(self._input) < size and not deadline.past:
            self._pump(deadline.left, lambda: len(self._input) >= size)

    def reset_input_buffer(self) -> None:
        """Drop what arrived and what is on the wire."""
        self._send(frames.pack(FrameKind.PURGE, b"\x01"))
        self._pump(0, _never)
        with self._turn:
            self._input.clear()

    def _pump(self, wait_s: float | None, enough: Callable[[], bool]) -> None:
        """Receive what is there, and wait for it so long at most (None: for ever).

        One thread receives; others wait for that thread, not for the socket.
        """
        connection = self._live()
        with self._turn:
            if enough():
                return
            if self._receiving:
                if wait_s != 0:
                    self._turn.wait(wait_s)
                return
            self._receiving = True
        try:
            if wait_s != 0:
                select.select([connection], [], [], wait_s)
            self._take_in(connection)
        except BlockingIOError:
            return
        except (OSError, ValueError) as error:
            self._vanish("read failed", error)
        finally:
            with self._turn:
                self._receiving = False
                self._turn.notify_all()

    def _take_in(self, connection: socket.socket) -> None:
        while True:
            data = connection.recv(_RECEIVE_BYTES)
            if not data:
                raise ConnectionResetError(errno.ENODEV, "device disconnected")
            with self._turn:
                self._handle(self._frames.feed(data))
            if len(data) < _RECEIVE_BYTES:
                return

    def _handle(self, received: list[tuple[FrameKind, bytes]]) -> None:
        for kind, payload in received:
            if kind is FrameKind.DATA:
                self._input += payload
            elif kind is FrameKind.TAKEN:
                self._under_way -= frames.number(payload)
            elif kind is FrameKind.FLUSH:
                self._flushed += 1

    # writing

    def write(self, data: Any, /) -> int:
        """Queue bytes; blocks while the transmit buffer is full.

        Raises:
            SerialTimeoutException: when the write timeout ends first.
            SerialException: when the port vanished.
        """
        payload = bytes(data)
        deadline = _Deadline(self._write_timeout)
        sent = 0
        while sent < len(payload):
            room = WINDOW - self._under_way
            if room <= 0:
                self._await_room(deadline)
                continue
            part = payload[sent : sent + room]
            with self._turn:
                self._under_way += len(part)
            self._send(frames.pack(FrameKind.DATA, part), deadline)
            sent += len(part)
        return sent

    def _await_room(self, deadline: _Deadline) -> None:
        if deadline.past:
            raise serialutil.SerialTimeoutException("Write timeout")
        self._pump(deadline.left, lambda: self._under_way < WINDOW)

    def flush(self) -> None:
        """Wait until every byte written is on the chip."""
        self._send(frames.pack(FrameKind.FLUSH))
        self._flushes += 1
        while self._flushed < self._flushes:
            self._pump(None, lambda: self._flushed >= self._flushes)

    def reset_output_buffer(self) -> None:
        """Drop what was written and is not yet on the wire."""
        self._send(frames.pack(FrameKind.PURGE, b"\x02"))

    @property
    def out_waiting(self) -> int:
        """Bytes written that the line has not taken yet, as the bench last reported."""
        self._pump(0, _never)
        return self._under_way

    def _send(self, data: bytes, deadline: _Deadline | None = None) -> None:
        connection = self._live()
        try:
            with self._outgoing:
                view = memoryview(data)
                while view:
                    try:
                        view = view[connection.send(view) :]
                    except BlockingIOError:
                        _await_socket(connection, deadline or _Deadline(None))
        except OSError as error:
            if isinstance(error, serialutil.SerialException):
                raise
            self._vanish("write failed", error)

    # a port that vanishes

    def _live(self) -> socket.socket:
        if self._socket is None:
            raise serialutil.PortNotOpenError
        if self._gone:
            raise serialutil.SerialException(errno.EIO, self._gone)
        return self._socket

    def _vanish(self, what: str, error: Exception) -> None:
        self._gone = f"{what}: {self._port} was unplugged ({error})"
        raise serialutil.SerialException(errno.EIO, self._gone) from None

    def fileno(self) -> int:
        """The socket, for select()."""
        return self._live().fileno()
