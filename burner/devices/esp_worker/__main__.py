"""The worker's process: told what to do by one pipe, answers up another, gone with its parent."""

import os
import queue
import signal
import threading
from typing import BinaryIO

from burner.core.secrets import core_dumps
from burner.devices import wire
from burner.devices.esp_worker import quiet
from burner.devices.esp_worker.log import WorkerLog
from burner.devices.wire import Message


def main() -> None:
    """Serve one station until it goes away. argv: the slot's log, for who reads a process list."""
    core_dumps.forbid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    down, up = _take_pipes()
    quiet.install()
    # esptool is imported with these, and must find its settings and its logger
    from burner.devices.esp_worker import tool
    from burner.devices.esp_worker.worker import Worker

    tool.cure()
    worker = Worker(up, WorkerLog(up))
    commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(down, commands, worker.stop), daemon=True).start()
    worker.tell("ready", versions=tool.versions())
    while True:
        worker.obey(commands.get())


def _hear(down: BinaryIO, commands: "queue.SimpleQueue[Message]", stop: threading.Event) -> None:
    """Read commands for ever. When the station is gone this process ends, whatever it is in."""
    try:
        while (command := wire.receive(down)) is not None:
            if command.kind == "stop":
                stop.set()
            else:
                commands.put(command)
    finally:
        os._exit(0)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Our own ends of the pipes; whatever else prints to standard output goes nowhere."""
    down = os.fdopen(os.dup(0), "rb")
    up = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return down, up


if __name__ == "__main__":
    main()
