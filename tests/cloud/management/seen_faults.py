"""What tests of faults share: the code of each, an error that is looked at, and a proxy."""

import logging
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from burner.cloud.management.errors import UncertainCallError
from burner.core.code import Code
from burner.core.errors import BurnerError
from tests.cloud.gateway.products import SECRET
from tests.cloud.management.faulty_api import Fault
from tests.cloud.management.local_api import SECRET_ID, SECRET_KEY

TOKEN = "sessionToken0123456789"
SECRETS = (SECRET_ID, SECRET_KEY, TOKEN, SECRET.reveal().decode())
CODES = {
    Fault.CUT_BEFORE: Code.API_ANSWER_UNREADABLE,
    Fault.CUT_AFTER: Code.API_ANSWER_UNREADABLE,
    Fault.HALF_ANSWER: Code.API_ANSWER_UNREADABLE,
    Fault.BROKEN_JSON: Code.API_ANSWER_UNREADABLE,
    Fault.HTML: Code.API_ANSWER_UNREADABLE,
    Fault.EMPTY: Code.API_ANSWER_UNREADABLE,
    Fault.SLOW: Code.API_DEADLINE_PASSED,
    Fault.SILENT: Code.API_DEADLINE_PASSED,
    Fault.STATUS_500: Code.API_FAILED,
    Fault.STATUS_502: Code.API_FAILED,
}


@dataclass
class Refusal:
    """The error that was seen."""

    detail: str = ""
    is_uncertain: bool = False


@contextmanager
def refused(code: Code, caplog: pytest.LogCaptureFixture) -> Iterator[Refusal]:
    """Expect an error with this code, and no secret in its text, traceback or any log."""
    caplog.set_level(logging.DEBUG)
    refusal = Refusal()
    with pytest.raises(BurnerError) as raised:
        yield refusal
    refusal.detail = raised.value.detail
    refusal.is_uncertain = isinstance(raised.value, UncertainCallError)
    assert raised.value.code == code, raised.value
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert [secret for secret in SECRETS if secret in shown] == []


class Proxy:
    """A proxy on this computer that leads every host to one port; `status` refuses all."""

    def __init__(self, port: int, status: str = "200 OK") -> None:
        self.asked = list[str]()
        self._port, self._status = port, status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:proxyPassword@127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            self.asked.append(client.recv(4096).split()[1].decode())
            client.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())
            if self._status.startswith("200"):
                with socket.create_connection(("127.0.0.1", self._port)) as server:
                    back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                    back.start()
                    self._copy(client, server)
                    back.join(10)

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._listener.close()
