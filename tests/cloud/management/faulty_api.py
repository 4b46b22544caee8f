"""The local management API with faults, each planned for one call of an action.

`faulty_api(product(), faults={("CreateMultiDevice", 2): Fault.CUT_AFTER})`: the second call of this
action is done, and gets no answer. A text in place of a Fault is an error code of the platform, and
the call is not done. Other faults need no plan: `calls_per_second`, `task_polls`, `refused` and
`shifted_from` of `CountedDevices`, `tls` for another host.
"""

import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.management.service import ManagementService
from burner.cloud.gateway.registered_devices import (
    CreationOutcome,
    ListedName,
    RegisteredDevices,
    RegistrationTerms,
)
from burner.cloud.gateway.tls import ServerTls
from burner.cloud.management.api import DeviceOnPlatform
from burner.platforms.product_settings import RegisterType
from burner.platforms.registration import HttpRequest
from tests.cloud.gateway.products import product
from tests.cloud.management.local_api import KEY, LocalApi

PRECREATED = RegistrationTerms(RegisterType.PRECREATED, 1000, 0)
THROTTLED = "RequestLimitExceeded"
CLOCK_OFF_S = 1200


class Fault(Enum):
    """What goes wrong with a call. But for CUT_BEFORE, STATUS_502 and CLOCK_OFF it is done."""

    CUT_BEFORE = auto()
    """The connection ends; the call is not done."""
    CUT_AFTER = auto()
    """The connection ends; the call is done."""
    HALF_ANSWER = auto()
    """The connection ends in the middle of the answer."""
    BROKEN_JSON = auto()
    """An answer of JSON that ends too early, without the connection doing so."""
    SLOW = auto()
    """The answer drips for as long as the client waits."""
    SILENT = auto()
    """No answer comes, and the connection stays."""
    HTML = auto()
    """A page, as of a hotel's network, with status 200."""
    EMPTY = auto()
    """JSON that holds nothing."""
    STATUS_500 = auto()
    STATUS_502 = auto()
    CLOCK_OFF = auto()
    """The platform's clock is 20 minutes ahead."""


NOT_DONE = {Fault.CUT_BEFORE, Fault.STATUS_502, Fault.CLOCK_OFF}


class CountedDevices(RegisteredDevices):
    """Devices that count how often the creation of each name was asked for, and done."""

    def __init__(
        self,
        *,
        names: Iterable[str] = (),
        terms: RegistrationTerms = PRECREATED,
        refused: Mapping[str, CreationOutcome] = {},
        shifted_from: int = 0,
    ) -> None:
        """Count.

        Args:
            names: that exist.
            terms: how the product registers.
            refused: names that are not created, each with the reason.
            shifted_from: from this page on, counted from 1, all devices are one place further, as
                if one had come in front of them: so a page repeats a device. 0: never.
        """
        super().__init__(terms, {name: ListedName() for name in names})
        self.attempts = Counter[str]()
        self.created = Counter[str]()
        self._refused = refused
        self._shifted_from = shifted_from
        self._pages = 0

    def create(self, names: Iterable[str]) -> Mapping[str, CreationOutcome]:
        asked = list(names)
        outcomes = dict(super().create(name for name in asked if name not in self._refused))
        outcomes |= {name: self._refused[name] for name in asked if name in self._refused}
        self.attempts.update(asked)
        self.created.update(
            name for name, outcome in outcomes.items() if outcome is CreationOutcome.CREATED
        )
        return outcomes

    def page(self, offset: int, count: int) -> tuple[int, Sequence[DeviceOnPlatform]]:
        self._pages += 1
        shift = int(0 < self._shifted_from <= self._pages)
        total, devices = super().page(max(offset - shift, 0), count)
        return total + shift, devices


def counted_product(devices: CountedDevices, **more: Any) -> ServedProduct:
    """A product with these devices."""
    return replace(product(**more), devices=devices)


@contextmanager
def faulty_api(
    *products: ServedProduct,
    faults: Mapping[tuple[str, int], Fault | str] = {},
    calls_per_second: int = 0,
    task_polls: int = 0,
    tls: ServerTls | None = None,
    now: Callable[[], float] = time.time,
    lasts: Callable[[], None] = lambda: None,
) -> Iterator[LocalApi]:
    """The API of these products, with faults: (action, number of its call from 1) → fault.

    `lasts` is called when a fault has begun that lasts as long as the client waits.
    """
    api = LocalApi("", products, certificate=tls.certificate if tls else "")
    service = ManagementService(
        products, KEY, calls_per_second=calls_per_second, task_polls=task_polls, now=now
    )
    ahead = ManagementService(products, KEY, now=lambda: now() + CLOCK_OFF_S)
    server = _FaultyServer(api, service, ahead, faults, lasts)
    if tls:
        server.socket = tls.context.wrap_socket(server.socket, server_side=True)
    api.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _FaultyServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self,
        api: LocalApi,
        service: ManagementService,
        ahead: ManagementService,
        faults: Mapping[tuple[str, int], Fault | str],
        lasts: Callable[[], None],
    ) -> None:
        super().__init__(("127.0.0.1", 0), _FaultyHandler)
        self.api, self.service, self.ahead, self.lasts = api, service, ahead, lasts
        self.ended = threading.Event()
        self._faults = faults
        self._counts = Counter[str]()
        self._lock = threading.Lock()

    def fault(self, action: str) -> Fault | str | None:
        with self._lock:
            self._counts[action] += 1
            return self._faults.get((action, self._counts[action]))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client went away: nothing to tell."""


class _FaultyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _FaultyServer

    def do_POST(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = HttpRequest(self.path, dict(self.headers.items()), body)
        fault = self.server.fault(request.header("X-TC-Action") or request.header("x-acs-action"))
        if isinstance(fault, str):
            error = {"Code": fault, "Message": "as planned"}
            if request.header("x-acs-action"):
                self._answer(json.dumps({**error, "RequestId": "r"}).encode(), status=400)
                return
            self._answer(json.dumps({"Response": {"Error": error, "RequestId": "r"}}).encode())
            return
        service = self.server.ahead if fault is Fault.CLOCK_OFF else self.server.service
        answer, status = b"", 200
        if fault not in (Fault.CUT_BEFORE, Fault.STATUS_502):
            reply, seen = service.answer(request)
            self.server.api.calls.append(seen)
            answer, status = reply.body, reply.status
        with suppress(OSError, ssl.SSLError):
            self._faulty(fault, answer, status)

    def _faulty(self, fault: Fault | None, answer: bytes, status: int) -> None:
        match fault:
            case None:
                self._answer(answer, status=status)
            case Fault.CLOCK_OFF:
                self._answer(answer, status=status, ahead=CLOCK_OFF_S)
            case Fault.CUT_BEFORE | Fault.CUT_AFTER:
                return
            case Fault.HALF_ANSWER:
                self._answer(answer[: len(answer) // 2], length=len(answer))
            case Fault.BROKEN_JSON:
                self._answer(answer[: len(answer) // 2])
            case Fault.SLOW:
                self._drip(answer)
            case Fault.SILENT:
                self.server.lasts()
                self.server.ended.wait()
            case Fault.HTML:
                self._answer(b"<html>Please log in</html>", kind="text/html")
            case Fault.EMPTY:
                self._answer(b"{}")
            case Fault.STATUS_500:
                self._answer(b"", status=500)
            case Fault.STATUS_502:
                self._answer(b"<html>Bad Gateway</html>", status=502, kind="text/html")

    def _answer(
        self,
        body: bytes,
        *,
        status: int = 200,
        kind: str = "application/json",
        length: int | None = None,
        ahead: int = 0,
    ) -> None:
        self.send_response_only(status)
        self.send_header("Date", self.date_time_string(time.time() + ahead))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, body: bytes) -> None:
        self._answer(b"", length=len(body))
        self.server.lasts()
        for number in range(len(body)):
            self.wfile.write(body[number : number + 1])
            if self.server.ended.wait(0.02):
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of http.server
        """Print nothing."""
