"""Forks processes that have their imports behind them: `tests.warm.server PROGRAM SOCKET`.

To start Python and to import what a command needs takes half a second of a processor, and the tests
start more than a thousand processes. A fork of one that has imported everything takes a hundredth.
Each is a process like any other: with its own memory, streams, folder, variables and signals.

PROGRAM is `burner`, which also serves benches, or `worker`. It says `ready` when SOCKET takes
requests: a line of JSON, with the three standard streams. The answer is the process id at once, and
the exit status at the end; each on a line. A client that hangs up early does not end its process.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import burner
from burner.core import errors
from tests.warm import process

REQUEST_BYTES = 1 << 16
ALSO_IMPORTED = (
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.serialization",
    "esp_idf_nvs_partition_gen.nvs_partition_gen",
    "sqlalchemy.dialects.sqlite",
)
"""What burner imports only when it is needed."""


def import_burner() -> None:
    """Import every module of burner, but for those that run when they are imported."""
    for module in pkgutil.walk_packages(burner.__path__, "burner."):
        if not module.name.endswith("__main__") and "esp_worker" not in module.name:
            importlib.import_module(module.name)
    for name in ALSO_IMPORTED:
        importlib.import_module(name)
    errors.table()


def import_worker() -> None:
    """Import what a worker does, in its order: esptool keeps the logger that it finds."""
    from burner.devices.esp_worker import esptool_output

    esptool_output.install()
    importlib.import_module("burner.devices.esp_worker.worker")


def serve(listener: socket.socket) -> Mapping[str, Any]:
    """Answer requests until our parent is gone; returns only in a forked child, its request."""
    running: dict[int, socket.socket] = {}
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    with selectors.DefaultSelector() as selector:
        for file in (listener, woken, sys.stdin):
            selector.register(file, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if sys.stdin in ready:  # whoever uses us has gone
                for child in running:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
                os._exit(0)
            if woken in ready:
                woken.recv(REQUEST_BYTES)
                _tell_ended(running)
            if listener in ready:
                client = listener.accept()[0]
                request, streams = _receive(client)
                if request is None:
                    client.close()
                    continue
                child = os.fork()
                if not child:
                    signal.set_wakeup_fd(-1)
                    for each in (listener, woken, wake, client, *running.values()):
                        each.close()
                    _become(request, streams)
                    break
                for stream in streams:
                    os.close(stream)
                running[child] = client
                _answer(client, child)
    return request


def _receive(client: socket.socket) -> tuple[Mapping[str, Any] | None, Sequence[int]]:
    data, streams, _, _ = socket.recv_fds(client, REQUEST_BYTES, 3)
    while data and not data.endswith(b"\n"):
        more = client.recv(REQUEST_BYTES)
        if not more:
            break
        data += more
    return (json.loads(data), streams) if len(streams) == 3 else (None, ())


def _answer(client: socket.socket, number: int) -> None:
    with suppress(OSError):  # it does not wait for us
        client.sendall(b"%d\n" % number)


def _tell_ended(running: dict[int, socket.socket]) -> None:
    while running:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        with running.pop(child) as client:
            _answer(client, os.waitstatus_to_exitcode(status))


def _become(request: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Take over what a new process has of its own."""
    if request["session"]:
        os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    tempfile.tempdir = None
    os.chdir(request["folder"])
    if request["umask"] is not None:
        os.umask(request["umask"])
    process.use(lambda: request["servers"])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        old = getattr(sys, name)
        own = open(  # noqa: SIM115 - to the end of the process
            number,
            mode,
            encoding=old.encoding,
            errors=old.errors,
            buffering=1 if name == "stderr" or os.isatty(number) else -1,
            closefd=False,
        )
        setattr(sys, name, own)
        setattr(sys, f"__{name}__", own)
    sys.argv = ["-m", *request["arguments"]]


def _end(status: int) -> None:
    """Leave as Python does, but clear no module: for that, all memory of the server is copied."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 0xFF)


def main() -> None:
    """Serve; in a child, run its module to the end of the process."""
    _, program, address = sys.argv
    {"burner": import_burner, "worker": import_worker}[program]()
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(128)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        request = serve(listener)
    status: Any = 0
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code or 0
        if not isinstance(status, int):
            raise
    _end(status)


if __name__ == "__main__":
    main()
