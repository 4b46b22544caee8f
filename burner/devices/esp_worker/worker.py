"""The commands that a station gives to a worker, one at a time."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from burner.core.code import Code
from burner.core.device_lines import MAX_READ
from burner.core.errors import BurnerError
from burner.devices import wire
from burner.devices.esp_worker import connection, listening, reading, resuming, tool, writing
from burner.devices.esp_worker.faults import is_server_gone, to_burner_error
from burner.devices.esp_worker.log import WorkerLog
from burner.devices.esp_worker.serial_port import open_port
from burner.devices.wire import Message

OPEN_S = 6.0
RESET_S = 3.0
WRITE_TIMEOUT_S = 10.0
PROGRESS_S = 0.25
"""Progress is sent no more often: a display draws at this pace, and 32 slots share a CPU."""

_log = logging.getLogger("worker")


class Worker:
    """The state of one worker between commands: connected chip, open ports, segments."""

    def __init__(self, up: BinaryIO, log: WorkerLog) -> None:
        self._up = up
        self._log = log
        self._chip: connection.ChipConnection | None = None
        self._interrupted: connection.ChipConnection | None = None
        """The connected chip whose port was closed for a program."""
        self._silicon: dict[str, Any] = {}
        self._ports: dict[str, Any] = {}
        self._opened = ""
        """The device or URL that was opened last."""
        self._segments: dict[str, writing.WireSegment] = {}
        self.stop = threading.Event()

    # messages up

    def tell(self, kind: str, payload: bytes = b"", **fields: Any) -> None:
        """Send one message up; a station that is gone ends the worker."""
        try:
            wire.send(self._up, Message(kind, fields, payload))
        except OSError:
            os._exit(1)

    def alive(self, within_s: float) -> None:
        """Announce the next message within so many seconds."""
        self.tell("alive", within=within_s)

    # commands down

    def execute(self, command: Message) -> None:
        """Run one command; its last message up is `done` or `failed`."""
        handler: Callable[[Message], None] | None = getattr(self, f"do_{command.kind}", None)
        try:
            if handler is None:
                raise BurnerError(Code.UNEXPECTED_ERROR, f"the worker knows no {command.kind}")
            handler(command)
        except Exception as error:  # the worker's last door: every error gets a code
            coded = to_burner_error(error, writing=command.kind == "write")
            if coded.code == Code.PORT_SERVER_LOST:
                coded = BurnerError(coded.code, f"{self._opened}: {coded.detail}")
            _log.warning("%s: %s %s", command.kind, coded.code, coded.detail, exc_info=error)
            self.tell("failed", code=coded.code, detail=coded.detail)

    def do_identify(self, command: Message) -> None:
        """Connect to the chip and read its IDs."""
        self._close_all()
        self._log.key(command["attempt"])
        self._opened = command["port"]
        request = connection.ConnectRequest(
            command["port"], command["chip"], command["baud"], command["early_baud"]
        )
        self._chip = connection.connect(request, self.alive)
        self.alive(connection.STUB_S)
        self._silicon = reading.silicon(self._chip)
        self.tell("done", silicon=self._silicon, early_baud_failed=self._chip.early_baud_failed)

    def do_resume(self, command: Message) -> None:
        """Go on with the connected chip, without a reset; empty MAC: it must be connected anew."""
        chip, mac = self._chip or self._interrupted, ""
        if chip is not None:
            self.alive(resuming.RESUME_S)
            mac = resuming.resume(chip, command["port"], self._silicon)
            self._chip = chip
        if not mac:
            self._close_all()
        self._interrupted = None
        self.tell("done", mac=mac)

    def do_matches(self, command: Message) -> None:
        """Compare the chip's MD5 of a region; first of its head, where that is given."""
        esp, offset = self._connected().esp, command["offset"]
        for size, md5 in command["md5"]:
            self.alive(writing.md5_s(size))
            if esp.flash_md5sum(offset, size) != md5:
                self.tell("done", matches=False)
                return
        self.tell("done", matches=True)

    def do_keep_segment(self, command: Message) -> None:
        """Keep a prepared segment, until the worker ends or until `drop_segment`."""
        self._segments[command["sha256"]] = writing.WireSegment(
            md5=command["md5"],
            size=command["size"],
            flash_size=command["flash_size"],
            compressed=command["compressed"],
            data=command.payload,
        )
        self.tell("done")

    def do_drop_segment(self, command: Message) -> None:
        """Forget a segment that belongs to one unit."""
        self._segments.pop(command["sha256"], None)
        self.tell("done")

    def do_write(self, command: Message) -> None:
        """Write segments in the order given, each proved by the chip's MD5."""
        chip, before, next_s, promised_s = self._connected(), 0, 0.0, 0.0
        try:
            for name, offset, sha256 in command["segments"]:
                segment, started = self._segments[sha256], time.monotonic()
                for done, within_s in writing.write(chip.esp, segment, offset):
                    if (now := time.monotonic()) >= next_s or within_s > promised_s:
                        next_s, promised_s = now + PROGRESS_S, within_s
                        self.tell("progress", done=before + done, within=within_s + PROGRESS_S)
                before += len(segment.data)
                self.tell("progress", done=before, within=writing.md5_s(segment.size))
                writing.check_md5(chip.esp, segment, name, offset)
                took_s = time.monotonic() - started
                _log.info("%s at %#x: %d bytes in %.2f s", name, offset, segment.size, took_s)
        except tool.FatalError as error:
            self.alive(RESET_S)
            if writing.restarted(chip, error):
                raise BurnerError(
                    Code.BOARD_RESTARTED_DURING_WRITE, f"while writing {name}"
                ) from None
            raise
        self.tell("done")

    def do_read(self, command: Message) -> None:
        """Read flash through the stub, which sends the MD5 of what it read."""

        def progress(done: int, total: int, _offset: int) -> None:
            self.tell("progress", done=done, total=total, within=writing.ANSWER_S)

        esp = self._connected().esp
        self.alive(writing.ANSWER_S)
        self.tell("done", payload=esp.read_flash(command["offset"], command["size"], progress))

    def do_boot(self, command: Message) -> None:
        """Reset into the application and send its lines up; a vanished port is no failure."""
        self.stop.clear()
        self.alive(RESET_S)
        chip = self._connected()
        self._chip, self._ports["esp"] = None, chip.port
        try:
            connection.restart(chip, command["baud"])
        except OSError as error:
            self._lose_port(error)
            return
        self._listen(command["timeout_s"])

    def do_listen(self, command: Message) -> None:
        """Go on listening on a port that came back under this or another name."""
        self.stop.clear()
        self._open("esp", command["port"], command["baud"])
        self._listen(command["timeout_s"])

    def _listen(self, timeout_s: float) -> None:
        self.alive(timeout_s + RESET_S)
        ends = time.monotonic() + timeout_s
        try:
            for line in listening.lines(self._ports["esp"], timeout_s, self.stop.is_set):
                self.tell("line", text=line, within=max(0.0, ends - time.monotonic()) + RESET_S)
        except OSError as error:
            self._lose_port(error)
            return
        self.tell("done", lost=False)

    def _lose_port(self, error: OSError) -> None:
        """The port is gone. That is normal for a chip on its own USB, which comes back.

        Raises:
            OSError: the port's server is gone.
        """
        self._close_port("esp")
        if is_server_gone(error):
            raise error
        _log.info("the port vanished: %s", error)
        self.tell("done", lost=True)

    def do_contact(self, command: Message) -> None:
        """Look, quickly, whether a chip answers."""
        self._close_all()
        self.alive(OPEN_S)
        self.tell("done", contact=connection.contact(command["port"], command["reset"]).value)

    # dialogues

    def do_line_open(self, command: Message) -> None:
        """Open a named port, or go on with the chip's own at another rate."""
        name = command["name"]
        if name == "esp" and self._chip is not None:
            self._ports["esp"] = self._chip.port
            self._chip = None
        if name == "esp":
            self._interrupted = None
        if name in self._ports:
            self._ports[name].baudrate = command["baud"]
        else:
            self._open(name, command["port"], command["baud"])
        _limit_writes(self._ports[name])
        self.tell("done")

    def do_line_send(self, command: Message) -> None:
        """Write bytes to an open line."""
        port = self._line(command["name"])
        self.alive(len(command.payload) * 10 / port.baudrate + WRITE_TIMEOUT_S)
        port.write(command.payload)
        self.tell("done")

    def do_line_receive(self, command: Message) -> None:
        """What arrived within the time; empty when nothing did."""
        port, timeout_s = self._line(command["name"]), command["timeout_s"]
        self.alive(timeout_s + WRITE_TIMEOUT_S)
        port.timeout = timeout_s
        first = port.read(1)
        more = min(port.in_waiting, MAX_READ)
        self.tell("done", payload=first + port.read(more) if first else b"")

    def do_line_baud(self, command: Message) -> None:
        """Change the rate of an open line."""
        self._line(command["name"]).baudrate = command["baud"]
        self.tell("done")

    def do_line_close(self, command: Message) -> None:
        """Close a line."""
        self._close_port(command["name"])
        self.tell("done")

    def do_free_ports(self, _command: Message) -> None:
        """Close every port; the attempt goes on."""
        chip = self._chip or self._interrupted
        self._close_all()
        self._interrupted = chip
        self.tell("done")

    def do_close(self, _command: Message) -> None:
        """End the attempt: every port is free again."""
        self._close_all()
        self._log.key("")
        self.tell("done")

    # what is open

    def _connected(self) -> connection.ChipConnection:
        if self._chip is None:
            raise BurnerError(Code.UNEXPECTED_ERROR, "no chip was identified")
        return self._chip

    def _line(self, name: str) -> Any:
        if name not in self._ports:
            raise BurnerError(Code.UNEXPECTED_ERROR, f"the line {name} is not open")
        return self._ports[name]

    def _open(self, name: str, port: str, baud: int) -> None:
        self.alive(OPEN_S)
        self._opened = port
        self._ports[name] = open_port(port, baud)

    def _close_port(self, name: str) -> None:
        port = self._ports.pop(name, None)
        if port is not None:
            with contextlib.suppress(OSError):
                port.close()

    def _close_all(self) -> None:
        self._interrupted = None
        if self._chip is not None:
            self._ports["esp"] = self._chip.port
            self._chip = None
        for name in list(self._ports):
            self._close_port(name)


def _limit_writes(port: Any) -> None:
    """Let a write end that the other side does not take; an RFC 2217 port knows no such limit."""
    try:
        port.write_timeout = WRITE_TIMEOUT_S
    except NotImplementedError:
        port.write_timeout = None
