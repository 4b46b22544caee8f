"""Forks workers from one process that has imported esptool. On Linux only.

To start Python and to import esptool takes 0.15 s of a processor for each worker, a fork 0.01 s.

Standard input is a socket of the station. A request is the name of a slot's log, with four
descriptors: the standard streams of the worker, and a socket. There the station reads the worker's
process id, and its exit status when it has ended, each on a line; nothing at all where it could not
be started, with the reason on its standard errors. Until the station closes that socket, no other
process gets this id. A station that closes it has its worker killed.
"""

import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

assert sys.platform == "linux"  # noqa: S101 - for the type checker too

NAME_BYTES = 256
STREAMS = 3
"""Standard input, output and errors."""


class ForkServer:
    """Forks a worker for each request."""

    def __init__(self, station: socket.socket, refusal: str = "") -> None:
        """Nothing is answered yet.

        Args:
            station: where requests come from.
            refusal: why no worker can be started; empty: they can.
        """
        self._station = station
        self._refusal = refusal
        self._workers: dict[socket.socket, int] = {}
        """Process id by the socket of its station."""
        self._ended: set[int] = set()
        """Those of them that have ended, and are kept until the station knows it."""
        self._dying: set[int] = set()
        """Killed ones that no station uses any more; a driver may hold one for a while."""
        self._woken, self._wake = socket.socketpair()
        self._selector = selectors.DefaultSelector()

    def serve(self) -> str:
        """Answer requests; ends the process when the station is gone.

        Returns:
            Only in a forked worker: the name of its log.
        """
        for end in (self._woken, self._wake):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for source in (self._station, self._woken):
            self._selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                    self._report_ended()
                elif key.fileobj is not self._station:
                    assert isinstance(key.fileobj, socket.socket)  # noqa: S101 - registered below
                    self._forget(key.fileobj)
                elif (log := self._answer_request()) is not None:
                    return log

    def _answer_request(self) -> str | None:
        """Fork a worker; in it, the name of its log."""
        name, received, _, _ = socket.recv_fds(self._station, NAME_BYTES, STREAMS + 1)
        if not name:
            os._exit(0)
        if len(received) <= STREAMS:  # no descriptor was left here
            _close(received)
            return None
        streams, station = received[:STREAMS], socket.socket(fileno=received[STREAMS])
        try:
            worker = 0 if self._refusal else os.fork()
        except OSError as error:
            self._refuse(station, streams, str(error))
            return None
        if self._refusal:
            self._refuse(station, streams, self._refusal)
            return None
        if not worker:
            self._become_worker(streams, station)
            return name.decode(errors="replace")
        _close(streams)
        self._workers[station] = worker
        self._selector.register(station, selectors.EVENT_READ)
        return None

    def _refuse(self, station: socket.socket, streams: Sequence[int], reason: str) -> None:
        with suppress(OSError):
            os.write(streams[2], f"{reason}\n".encode())
        _close(streams)
        station.close()

    def _become_worker(self, streams: Sequence[int], station: socket.socket) -> None:
        """Leave what is the server's, and take over the streams, in a session of its own."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for end in (self._station, self._woken, self._wake, *self._workers):
            end.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        _close(streams)
        with station:  # its group exists now, to be killed
            _send_number(station, os.getpid())

    def _reap(self) -> None:
        for worker in tuple(self._dying):
            if os.waitpid(worker, os.WNOHANG)[0]:
                self._dying.discard(worker)

    def _report_ended(self) -> None:
        self._reap()
        for station, worker in self._workers.items():
            if worker in self._ended:
                continue
            end = os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if end is not None:
                self._ended.add(worker)
                exited = end.si_code == os.CLD_EXITED
                _send_number(station, end.si_status if exited else -end.si_status)

    def _forget(self, station: socket.socket) -> None:
        """The station has closed the socket of a worker: it ends now, if it has not."""
        worker = self._workers.pop(station)
        self._selector.unregister(station)
        station.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker, signal.SIGKILL)
        with suppress(ProcessLookupError, PermissionError):  # it leads no group yet
            os.kill(worker, signal.SIGKILL)
        self._ended.discard(worker)
        self._dying.add(worker)
        self._reap()


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _send_number(station: socket.socket, number: int) -> None:
    with suppress(OSError):  # it is gone, or does not wait for it
        station.sendall(b"%d\n" % number)


def main() -> None:
    """Serve; in a forked worker, be one."""
    refusal = ""
    try:
        from burner.devices.esp_worker.__main__ import prepare, serve

        prepare()
    except Exception as error:
        refusal = f"{type(error).__name__}: {error}"
    gc.collect()
    gc.freeze()
    station = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    log = ForkServer(station, refusal).serve()
    with suppress(OSError), open("/proc/self/comm", "w") as name:  # noqa: PTH123 - for `ps`
        name.write(log)
    serve()


if __name__ == "__main__":
    main()
