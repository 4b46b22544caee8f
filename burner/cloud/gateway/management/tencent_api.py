"""Tencent Cloud's management API: a request in, the platform's answer out. No network."""

import time
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus

from burner.cloud.gateway.gateway import HttpAnswer, ServedProduct
from burner.cloud.gateway.management.api_call import (
    ApiAnswer,
    ApiCall,
    ApiCallRefusedError,
    ApiCallServed,
)
from burner.cloud.gateway.management.call_rate import CallRate
from burner.cloud.gateway.management.explorer import ExplorerActions
from burner.cloud.gateway.management.hub import HubActions
from burner.cloud.gateway.management.tc3 import signed_service
from burner.cloud.management.credentials import ApiCredentials
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.registration import HttpRequest, compact, json_object

CONTENT_TYPE = "application/json"


class TencentService:
    """Serves Tencent Cloud's management API on the devices of several products; for threads."""

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
        self._credentials = credentials
        self._now = now
        self._rate = CallRate(calls_per_second, now)
        served = tuple(products)
        self._services = {
            each.service: each.actions()
            for each in (HubActions(served, task_polls), ExplorerActions(served))
        }

    def answer(self, request: HttpRequest) -> tuple[HttpAnswer, ApiCallServed]:
        """The answer to a request, and what became of it."""
        request_id = str(uuid.uuid4())
        action = request.header("X-TC-Action")
        product_id = ""
        try:
            call = self._call(request, action)
            product_id = str(call.parameters.get("ProductId", ""))
            answer = self._done(call)
        except ApiCallRefusedError as refused:
            error = {"Code": refused.code, "Message": str(refused)}
            body = compact({"Response": {"Error": error, "RequestId": request_id}})
            served = ApiCallServed(action, product_id, refused.code, str(refused))
            return HttpAnswer(HTTPStatus.OK, body), served
        body = compact({"Response": {**answer.values, "RequestId": request_id}})
        return HttpAnswer(HTTPStatus.OK, body), ApiCallServed(action, product_id, "", answer.seen)

    def _call(self, request: HttpRequest, action: str) -> ApiCall:
        if request.header("Content-Type").partition(";")[0].strip().lower() != CONTENT_TYPE:
            raise ApiCallRefusedError("InvalidRequest", f"Content-Type is not {CONTENT_TYPE}.")
        service = signed_service(request, self._credentials, self._now())
        headers = ("X-TC-Version", "X-TC-Action", "X-TC-Region")
        for name in headers:
            if not request.header(name):
                raise ApiCallRefusedError("MissingParameter", f"{name} is missing.")
        try:
            parameters = json_object(request.body, Code.CLOUD_REQUEST_INVALID)
        except BurnerError as error:
            raise ApiCallRefusedError("InvalidParameter", f"The body is {error.detail}.") from None
        version, _, region = (request.header(name) for name in headers)
        return ApiCall(service, version, action, region, parameters)

    def _done(self, call: ApiCall) -> ApiAnswer:
        versions = self._services.get(call.service)
        if versions is None:
            raise ApiCallRefusedError("NoSuchProduct", f"{call.service} is not served.")
        actions = versions.get(call.version)
        if actions is None:
            raise ApiCallRefusedError("NoSuchVersion", f"{call.version[:20]} is no version.")
        if call.action not in actions:
            raise ApiCallRefusedError("InvalidAction", f"{call.action[:40]!a} is not served.")
        if not self._rate.takes(call.action):
            raise ApiCallRefusedError("RequestLimitExceeded", "Too many calls in a second.")
        known, run = actions[call.action]
        call.check_names(known)
        return run(call)
