"""Alibaba's management API in this process, and the adapter over the real SDK that talks to it."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.http_server import BoundedHttpServer, Bounds
from burner.cloud.gateway.management.alibaba_api import AlibabaService
from burner.cloud.gateway.management.api_call import ApiCallServed
from burner.cloud.gateway.registered_devices import ListedName
from burner.cloud.gateway.tls import ServerTls
from burner.cloud.management.account import ApiAccount
from burner.cloud.management.alibaba import AlibabaIot
from burner.cloud.management.calls import ApiCalls, CallClock, CallLimits
from burner.cloud.management.credentials import ApiCredentials, api_credentials
from burner.cloud.management.endpoint import api_endpoint
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.registration import HttpRequest
from tests.cloud.gateway.products import product

PRODUCT_KEY = "a1B2c3D4e5F"
OF_ALIBABA: Mapping[str, Any] = {"cloud": Cloud.ALIBABA, "product_id": PRODUCT_KEY}
"""A product, as `product()` takes it."""
KEY_ID = "LTAI5tDesk0123456789"
KEY_SECRET = "deskKey0123456789abcdefABCDEF"
CREDENTIALS = f"{KEY_ID}:{KEY_SECRET}"
KEY = api_credentials(Secret(CREDENTIALS.encode()))

Answer = Callable[[HttpRequest], tuple[HTTPStatus, bytes]]


def quick_calls(**limits: float) -> ApiCalls:
    """Calls that never wait in earnest."""
    at = [0.0]

    def sleep(seconds: float) -> None:
        at[0] += seconds

    return ApiCalls(CallLimits(**limits), CallClock(lambda: at[0], sleep, lambda: 1.0))  # type: ignore[arg-type]


@dataclass
class AlibabaServer:
    """An API that runs."""

    url: str = ""
    calls: list[ApiCallServed] = field(default_factory=list)
    requests: list[HttpRequest] = field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        """What was called, in order."""
        return [call.action for call in self.calls]

    def opened(
        self,
        credentials: str = CREDENTIALS,
        *,
        calls: ApiCalls | None = None,
        instance: str = "",
        ca: Path | None = None,
    ) -> AlibabaIot:
        """The adapter that calls it."""
        return AlibabaIot(
            ApiAccount(
                api_credentials(Secret(credentials.encode())),
                instance=instance,
                endpoint=api_endpoint(self.url),
                ca=ca,
                calls=calls or quick_calls(),
            )
        )


def alibaba_product(names: Mapping[str, ListedName] = {}) -> ServedProduct:
    return product(**OF_ALIBABA, names=names)


@contextmanager
def serving(answer: Answer, *, tls: ServerTls | None = None) -> Iterator[AlibabaServer]:
    """A server that answers so."""
    api = AlibabaServer()

    def seen(request: HttpRequest, _client: str, _secured: bool) -> tuple[HTTPStatus, bytes]:
        api.requests.append(request)
        return answer(request)

    server = BoundedHttpServer(
        ("127.0.0.1", 0),
        seen,
        lambda *_: None,
        tls=tls.context if tls else None,
        bounds=Bounds(body_bytes=64 * 1024),
    )
    api.url = server.url
    server.start()
    try:
        yield api
    finally:
        server.close()


@contextmanager
def alibaba_api(
    *products: ServedProduct,
    key: ApiCredentials = KEY,
    calls_per_second: int = 0,
    task_polls: int = 0,
    tls: ServerTls | None = None,
    now: Callable[[], float] = time.time,
) -> Iterator[AlibabaServer]:
    """The API of these products; of one without devices where none is given."""
    service = AlibabaService(
        products or (alibaba_product(),),
        key,
        calls_per_second=calls_per_second,
        task_polls=task_polls,
        now=now,
    )
    served: list[ApiCallServed] = []

    def answer(request: HttpRequest) -> tuple[HTTPStatus, bytes]:
        reply, seen = service.answer(request)
        served.append(seen)
        return reply.status, reply.body

    with serving(answer, tls=tls) as api:
        api.calls = served
        yield api
