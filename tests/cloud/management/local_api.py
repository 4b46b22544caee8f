"""The management API in this process, for the real SDKs to talk to."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.http_server import BoundedHttpServer, Bounds
from burner.cloud.gateway.management.api_call import ApiCallServed
from burner.cloud.gateway.management.service import ManagementService
from burner.cloud.gateway.registered_devices import RegisteredDevices
from burner.cloud.gateway.tls import ServerTls
from burner.cloud.management.credentials import ApiCredentials, api_credentials
from burner.core.secrets.secret import Secret
from burner.platforms.registration import HttpRequest
from tests.cloud.gateway.products import PRODUCT_ID, product

SECRET_ID = "AKIDdesk0123456789"
SECRET_KEY = "deskKey0123456789abcdefABCDEF"
CREDENTIALS = f"{SECRET_ID}:{SECRET_KEY}"
"""As a reference to them has it."""
KEY = api_credentials(Secret(CREDENTIALS.encode()))
BODY_BYTES = 64 * 1024

Answer = Callable[[HttpRequest], tuple[HTTPStatus, bytes]]


@dataclass
class LocalApi:
    """A management API that runs."""

    url: str
    """For --api-endpoint."""
    products: Sequence[ServedProduct]
    calls: list[ApiCallServed] = field(default_factory=list)
    certificate: str = ""
    """PEM, where it speaks TLS with one that was made for it."""

    @property
    def endpoint(self) -> str:
        """Host and port, as the SDKs take it."""
        return self.url.partition("//")[2]

    @property
    def devices(self) -> RegisteredDevices:
        """Of the first product."""
        return self.products[0].devices

    @property
    def actions(self) -> list[str]:
        """The actions that were called, in order."""
        return [call.action for call in self.calls]


@contextmanager
def local_api(
    *products: ServedProduct,
    key: ApiCredentials = KEY,
    calls_per_second: int = 0,
    task_polls: int = 0,
    tls: ServerTls | None = None,
    seconds: float = 10.0,
    now: Callable[[], float] = time.time,
) -> Iterator[LocalApi]:
    """The API of these products; of one without devices where none is given."""
    served = products or (product(product_id=PRODUCT_ID),)
    service = ManagementService(
        served, key, calls_per_second=calls_per_second, task_polls=task_polls, now=now
    )
    api = LocalApi("", served, certificate=tls.certificate if tls else "")

    def answer(request: HttpRequest, _client: str, _secured: bool) -> tuple[HTTPStatus, bytes]:
        reply, seen = service.answer(request)
        api.calls.append(seen)
        return reply.status, reply.body

    server = BoundedHttpServer(
        ("127.0.0.1", 0),
        answer,
        lambda *_: None,
        tls=tls.context if tls else None,
        bounds=Bounds(body_bytes=BODY_BYTES, seconds=seconds),
    )
    api.url = server.url
    server.start()
    try:
        yield api
    finally:
        server.close()
