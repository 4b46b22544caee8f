"""Alibaba Cloud's management API: a request in, the platform's answer out. No network."""

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from burner.cloud.gateway.gateway import HttpAnswer, ServedProduct
from burner.cloud.gateway.management.acs3 import check_signature
from burner.cloud.gateway.management.alibaba_actions import AlibabaActions, AlibabaCall
from burner.cloud.gateway.management.api_call import (
    ApiAnswer,
    ApiCallRefusedError,
    ApiCallServed,
)
from burner.cloud.gateway.management.call_rate import CallRate
from burner.cloud.management.credentials import ApiCredentials
from burner.platforms.registration import HttpRequest, compact

VERSION: Final = "2018-01-20"
MOST_PARAMETERS: Final = 2000
_STATUS: Final[Mapping[str, HTTPStatus]] = {
    "InvalidAccessKeyId.NotFound": HTTPStatus.NOT_FOUND,
    "InvalidAction.NotFound": HTTPStatus.NOT_FOUND,
    "ServiceUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Of the codes that do not begin with `iot.`, where it is not 400."""


class AlibabaService:
    """Serves Alibaba Cloud's management API on the devices of several products; for threads."""

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
            products: whose devices they are; those of other platforms are left out.
            credentials: with which calls are signed.
            calls_per_second: of one action; 0: as many as come.
            task_polls: how often a step of an application is still at work when it is asked.
            now: the clock.
        """
        self._credentials = credentials
        self._now = now
        self._rate = CallRate(calls_per_second, now)
        self._nonces = _Nonces()
        self._actions = AlibabaActions(products, task_polls).actions()

    def answer(self, request: HttpRequest) -> tuple[HttpAnswer, ApiCallServed]:
        """The answer to a request, and what became of it."""
        common = {"RequestId": str(uuid.uuid4()).upper()}
        action, product_id = request.header("x-acs-action"), ""
        try:
            call = self._call(request, action)
            product_id = call.parameters.get("ProductKey", "")
            answer = self._done(call)
        except ApiCallRefusedError as refused:
            served = ApiCallServed(action, product_id, refused.code, str(refused))
            return _refused(refused, common), served
        body = compact({**common, "Success": True, "Code": "", **answer.values})
        return HttpAnswer(HTTPStatus.OK, body), ApiCallServed(action, product_id, "", answer.seen)

    def _call(self, request: HttpRequest, action: str) -> AlibabaCall:
        check_signature(request, self._credentials, self._now())
        if not self._nonces.takes(request.header("x-acs-signature-nonce")):
            raise ApiCallRefusedError("SignatureNonceUsed", "The nonce was used before.")
        query = request.path.partition("?")[2]
        try:
            pairs = [
                *parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS),
                *parse_qsl(request.body.decode("ascii"), max_num_fields=MOST_PARAMETERS),
            ]
        except ValueError:
            raise ApiCallRefusedError("InvalidParameter", "The body is no form.") from None
        if request.header("x-acs-version") != VERSION:
            raise ApiCallRefusedError(
                "NoSuchVersion", f"{request.header('x-acs-version')[:20]} is no version."
            )
        return AlibabaCall(action, dict(pairs))

    def _done(self, call: AlibabaCall) -> ApiAnswer:
        if call.action not in self._actions:
            raise ApiCallRefusedError(
                "InvalidAction.NotFound", f"{call.action[:40]!a} is not served."
            )
        if not self._rate.takes(call.action):
            message = "Request was denied due to user flow control."
            raise ApiCallRefusedError("Throttling.User", message)
        known, run = self._actions[call.action]
        for name in call.parameters:
            if name.partition(".")[0] not in known:
                message = f"{name[:40]!a} is no parameter, or none that this server knows."
                raise ApiCallRefusedError("InvalidParameter", message)
        return run(call)


def _refused(refused: ApiCallRefusedError, common: Mapping[str, Any]) -> HttpAnswer:
    """Who calls is refused with a status of HTTP; what is called, inside of an answer."""
    if refused.code.startswith("iot."):
        values = {"Success": False, "Code": refused.code, "ErrorMessage": str(refused)}
        return HttpAnswer(HTTPStatus.OK, compact({**common, **values}))
    status = _STATUS.get(refused.code, HTTPStatus.BAD_REQUEST)
    values = {"Code": refused.code, "Message": str(refused), "HostId": "iot"}
    return HttpAnswer(status, compact({**common, **values}))


class _Nonces:
    """The nonces of the last requests; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: deque[str] = deque(maxlen=10_000)
        self._known: set[str] = set()

    def takes(self, nonce: str) -> bool:
        """Whether a nonce is new."""
        with self._lock:
            if nonce in self._known:
                return False
            if len(self._last) == self._last.maxlen:
                self._known.remove(self._last[0])
            self._last.append(nonce)
            self._known.add(nonce)
            return True
