"""The management APIs of all platforms: a request in, the platform's answer out. No network."""

import time
from collections.abc import Callable, Iterable

from burner.cloud.gateway.gateway import HttpAnswer, ServedProduct
from burner.cloud.gateway.management.alibaba_api import AlibabaService
from burner.cloud.gateway.management.api_call import ApiCallServed
from burner.cloud.gateway.management.tencent_api import TencentService
from burner.cloud.management.credentials import ApiCredentials
from burner.platforms.registration import HttpRequest

PATH = "/"
CALLS_PER_SECOND = 20
"""Of each action, as Tencent allows."""


class ManagementService:
    """Serves the management API on the devices of several products; for several threads."""

    def __init__(
        self,
        products: Iterable[ServedProduct],
        credentials: ApiCredentials,
        *,
        calls_per_second: int = 0,
        task_polls: int = 0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Serve.

        Args:
            products: whose devices they are.
            credentials: with which calls are signed.
            calls_per_second: of one action; 0: as many as come.
            task_polls: how often a task that creates devices is still at work when it is asked.
            now: the clock.
        """
        served = tuple(products)
        self._tencent, self._alibaba = (
            service(
                served,
                credentials,
                calls_per_second=calls_per_second,
                task_polls=task_polls,
                now=now,
            )
            for service in (TencentService, AlibabaService)
        )

    def answer(self, request: HttpRequest) -> tuple[HttpAnswer, ApiCallServed]:
        """The answer to a request, and what became of it."""
        if request.header("x-acs-action"):
            return self._alibaba.answer(request)
        return self._tencent.answer(request)
