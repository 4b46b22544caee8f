"""Serves a bench in this process until it is stopped."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from burner.bench.bench_file import BenchSpec
from burner.bench.control import Control
from burner.bench.server import Bench
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets import core_dumps


@dataclass(frozen=True)
class OpenBench:
    """A bench whose ports are open."""

    bench: Bench
    control: Control

    def describe(self) -> dict[str, Any]:
        """The facts of the ready line: the control port, every slot with its ports and board."""
        return {"control": self.control.address, **self.bench.describe()}


@contextmanager
def opened(
    spec: BenchSpec, host: str = "127.0.0.1", base_port: int = 0, with_pty: bool = True
) -> Iterator[OpenBench]:
    """Open the ports of a bench; `served.bench.run()` then serves them.

    Raises:
        BurnerError: E193 when a port cannot be opened.
    """
    bench = Bench(spec, host, base_port, with_pty)
    try:
        try:
            control = Control(bench, host)
        except OSError as error:
            raise BurnerError(Code.BENCH_PORT_UNAVAILABLE, str(error)) from None
        try:
            yield OpenBench(bench, control)
        finally:
            control.close()
    finally:
        bench.close()


def serve(
    spec: BenchSpec,
    ready: Callable[[dict[str, Any]], None],
    *,
    host: str = "127.0.0.1",
    base_port: int = 0,
    with_pty: bool = True,
    parent: BinaryIO | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM, or until the pipe `parent` ends with whoever holds it.

    With a parent Ctrl-C means the parent: units that are being burned finish first.

    Raises:
        BurnerError: E193 when a port cannot be opened.
    """
    core_dumps.forbid()  # the simulated flash holds keys
    with opened(spec, host, base_port, with_pty) as served:
        signal.signal(signal.SIGTERM, lambda *_: served.bench.loop.stop())
        if parent is None:
            signal.signal(signal.SIGINT, lambda *_: served.bench.loop.stop())
        else:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            watch = threading.Thread(
                target=_until_end, args=(parent, served.bench.loop.stop), daemon=True
            )
            watch.start()
        ready(served.describe())
        sys.stdout.flush()
        served.bench.run()


def _until_end(pipe: BinaryIO, stop: Callable[[], None]) -> None:
    while pipe.read(4096):
        pass
    stop()
