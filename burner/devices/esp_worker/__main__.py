"""The worker process: commands on one pipe, answers on the other; it ends with its station.

Its argument, or its name where it was forked, is the slot's log: a process list shows it.
"""

import os
import queue
import signal
import threading
from typing import BinaryIO

from burner.core.secrets import core_dumps
from burner.devices import wire
from burner.devices.esp_worker import esptool_output
from burner.devices.esp_worker.log import WorkerLog
from burner.devices.wire import Message


def prepare() -> None:
    """Make this process a worker's; nothing here is of one slot."""
    core_dumps.forbid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    esptool_output.install()
    # esptool is imported with these, and must find its settings and its logger
    from burner.devices.esp_worker import tool, worker  # noqa: F401

    tool.patch_esptool()


def serve() -> None:
    """Serve one station until it is gone."""
    from burner.devices.esp_worker import tool
    from burner.devices.esp_worker.worker import Worker

    down, up = _take_pipes()
    worker = Worker(up, WorkerLog(up))
    commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=_read_commands, args=(down, commands, worker.stop), daemon=True).start()
    worker.tell("ready", versions=tool.versions())
    while True:
        worker.execute(commands.get())


def _read_commands(
    down: BinaryIO, commands: "queue.SimpleQueue[Message]", stop: threading.Event
) -> None:
    """Read commands for ever. When the station is gone, this process ends at once."""
    try:
        while (command := wire.receive(down)) is not None:
            if command.kind == "stop":
                stop.set()
            else:
                commands.put(command)
    finally:
        os._exit(0)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes of this process. What other code prints to standard output is dropped."""
    down = os.fdopen(os.dup(0), "rb")
    up = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return down, up


if __name__ == "__main__":
    prepare()
    serve()
