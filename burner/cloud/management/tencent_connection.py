"""The connection below Tencent's SDK, which takes any JSON for an answer of the API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from burner.cloud.management.connection import BoundedConnection

JSON: Final = "application/json"


@dataclass(frozen=True)
class _Raw:
    version: int = 11


@dataclass(frozen=True)
class SdkAnswer:
    """An answer of the management API, as the SDK reads it."""

    content: bytes
    headers: Mapping[str, str]
    status_code: int = 200
    reason: str = "OK"
    raw: _Raw = _Raw()

    @property
    def text(self) -> str:
        """Nothing: the SDK would log it, and it may hold secrets."""
        return ""


class TencentConnection(BoundedConnection):
    """In place of the SDK's connection: `tencentcloud.common.http.request.ProxyConnection`."""

    request_length = 0

    def request(
        self, method: str, url: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> SdkAnswer:
        """Send a request and read its whole answer.

        Raises:
            BurnerError: E835 … E840; E841, E842 by the status of an answer that has no JSON.
        """
        reply = self.exchange(method, url, body, headers)
        if reply.status != HTTPStatus.OK:
            raise self.unreadable(reply)
        try:
            response = json.loads(reply.content)["Response"]
            request_id = response["RequestId"]
        except (ValueError, TypeError, LookupError, RecursionError):
            request_id = None
        if not isinstance(request_id, str):
            raise self.unreadable(reply)
        response.pop("DeprecatedWarning", None)  # the SDK would print it
        return SdkAnswer(json.dumps({"Response": response}).encode(), {"Content-Type": JSON})
