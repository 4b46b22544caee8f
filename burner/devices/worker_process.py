"""The worker process, seen from the station: started early, killed when it stays silent.

Each message of the worker says within how many seconds the next one is due. That is how a worker
is noticed that hangs in a driver, was stopped, or died; its process group is then killed.
"""

import contextlib
import queue
import subprocess
import threading
from collections.abc import Callable, Generator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from burner.core.child_process import ChildProcess
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.search import SecretSearch
from burner.core.words.visible_text import in_one_line
from burner.devices import wire
from burner.devices.slot_log import SlotLog
from burner.devices.wire import Message
from burner.devices.worker_start import start_worker

START_S = 60.0
"""32 workers on two cores take about 5 s to import; a slow machine may take longer."""
FIRST_SIGN_S = 5.0
MARGIN_S = 5.0
"""Added to every deadline, since the machine may be busy."""
SEND_S = 20.0
MAX_LINE = 500
"""Characters of a line of the station in the log."""
_LARGE = 32 * 1024
"""A pipe takes this much even when nobody reads; more may block."""


class WorkerProcess:
    """One child process and the pipe to it; one caller at a time, `kill` from any thread."""

    def __init__(
        self,
        log_path: Path,
        start: Callable[[str], ChildProcess] = start_worker,
        margin_s: float = MARGIN_S,
        search: SecretSearch | None = None,
    ) -> None:
        """Start it; nothing waits until the first exchange.

        Args:
            log_path: where what it says for the log is written.
            start: starts the process; it gets the name of the log.
            margin_s: how much later than announced a message may come.
            search: takes the product secret out of its log lines and errors.

        Raises:
            BurnerError: E321 when the system starts no process.
        """
        try:
            self._process = start(log_path.name)
        except OSError as error:
            raise BurnerError(Code.WORKER_NOT_STARTED, str(error)) from error
        self._margin_s = margin_s
        self._search = search or SecretSearch()
        self._log = SlotLog(log_path)
        self._up: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._versions: dict[str, str] | None = None
        self.held_segments: set[str] = set()
        """Digests of the segments this worker holds."""
        self._last_stderr_line = ""
        self._reader = threading.Thread(
            target=self._read, name=f"worker {log_path.stem}", daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id; also of its process group."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs (it may be stopped)."""
        return self._process.poll() is None

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the tools it runs, from its first message. Raises BurnerError (E321)."""
        return self._await_ready()

    def exchange(self, command: Message) -> Generator[Message, None, Message]:
        """Send a command; yield the messages before the last one, and return the last one.

        If the caller leaves early, the worker is killed: it is in the middle of the command.

        Raises:
            BurnerError: what the worker says, E320 when it falls silent, E902 when it dies.
        """
        self._await_ready()
        finished = False
        try:
            self._send(command)
            within_s = FIRST_SIGN_S
            while True:
                message = self._next(within_s + self._margin_s, Code.WORKER_DIED)
                if message.kind in ("done", "failed"):
                    break
                within_s = message.fields.get("within", FIRST_SIGN_S)
                yield message
            finished = True
        finally:
            if not finished:
                self.kill()
        if message.kind == "failed":
            raise BurnerError(message["code"], self._search.clean(message["detail"]))
        return message

    def ask(self, command: Message) -> Message:
        """Send a command and return the last message. Raises BurnerError like `exchange`."""
        conversation = self.exchange(command)
        while True:
            try:
                next(conversation)
            except StopIteration as end:
                return cast("Message", end.value)

    def log(self, attempt: str, text: str) -> None:
        """Add a line of the station to the log. Never raises."""
        now = datetime.now().isoformat(timespec="milliseconds")
        line = in_one_line(f"{now} {attempt or '-'} {self._search.clean(text)}")
        self._log.write(line[:MAX_LINE])

    def interrupt(self) -> None:
        """Ask the running command to end early (all awaited lines of a boot have come)."""
        with contextlib.suppress(OSError):
            wire.send(self._stdin, Message("stop"))

    def kill(self) -> None:
        """Kill its process group now; from any thread, any number of times."""
        with contextlib.suppress(OSError):
            self._process.kill_group()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5.0)
        self._reader.join(1.0)
        with contextlib.suppress(OSError):
            self._stdin.close()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Close its pipe, so that it ends by itself; kill it when it does not."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        self.kill()

    @property
    def _stdin(self) -> BinaryIO:
        return cast("BinaryIO", self._process.stdin)

    def _await_ready(self) -> dict[str, str]:
        """Wait for the first message of the worker, once; the versions in it."""
        if self._versions is None:
            self._versions = dict(self._next(START_S, Code.WORKER_NOT_STARTED)["versions"])
        return self._versions

    def _send(self, command: Message) -> None:
        watch = threading.Timer(SEND_S, self.kill) if len(command.payload) > _LARGE else None
        if watch is not None:
            watch.daemon = True
            watch.start()
        try:
            wire.send(self._stdin, command)
        except (OSError, ValueError) as error:
            raise BurnerError(Code.WORKER_DIED, self._exit_detail()) from error
        finally:
            if watch is not None:
                watch.cancel()

    def _next(self, timeout_s: float, when_dead: str) -> Message:
        try:
            message = self._up.get(timeout=timeout_s)
        except queue.Empty:
            self.kill()
            raise BurnerError(Code.WORKER_HUNG, f"silent for {timeout_s:.0f} s") from None
        if message is None:
            self._up.put(None)
            raise BurnerError(when_dead, self._exit_detail())
        return message

    def _read(self) -> None:
        """Queue messages until the worker closes its end; then keep its last line on stderr."""
        stdout, logged = cast("BinaryIO", self._process.stdout), self._search.stream()
        with contextlib.suppress(OSError, ValueError), stdout, contextlib.closing(self._log):
            while (message := wire.receive(stdout)) is not None:
                if message.kind == "log":
                    self._log.write(logged.clean_line(message["text"]))
                else:
                    self._up.put(message)
        with cast("BinaryIO", self._process.stderr) as stderr:
            lines = stderr.read().decode(errors="replace").splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        self._last_stderr_line = self._search.clean(last)
        self._up.put(None)

    def _exit_detail(self) -> str:
        """Its exit status and its last line on stderr."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        status = self._process.returncode
        if status is None:
            return "its pipe broke"
        return f"exit {status}" + (
            f": {self._last_stderr_line[:200]}" if self._last_stderr_line else ""
        )
