"""The client of Alibaba Cloud's SDK, and the SDK's exceptions as ours.

Its HTTP session is replaced: the SDK's own one ignores NO_PROXY, follows redirects with the token
in a header, and reads without an end.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from alibabacloud_iot20180120 import models
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from darabonba.core import DaraCore
from darabonba.exceptions import UnretryableException
from requests import PreparedRequest

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.alibaba_errors import refused
from burner.cloud.management.calls import ApiCalls
from burner.cloud.management.connection import BoundedConnection
from burner.cloud.management.credentials import ApiCredentials
from burner.cloud.management.endpoint import ApiEndpoint
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.alibaba import ALIBABA

_LOGGER: Final = "darabonba-core"


class AlibabaClient:
    """IoT Platform of one account, region and instance, over the SDK.

    The SDK tries nothing again by itself, looks for no other credentials, and logs nothing: its
    debug log would hold the token.
    """

    def __init__(self, account: ApiAccount) -> None:
        logging.getLogger(_LOGGER).disabled = True
        region = account.region or next(iter(ALIBABA.hosts))
        endpoint = account.endpoint or ApiEndpoint("https", f"iot.{region}.aliyuncs.com")
        self._connection = BoundedConnection(str(endpoint), account)
        self._sdk = Client(
            Config(
                credential=_StaticCredential(account.credentials),
                protocol=endpoint.scheme,
                endpoint=endpoint.host,
            )
        )
        self._runtime = RuntimeOptions(autoretry=False, max_idle_conns=1)
        DaraCore._sessions[f"{endpoint}:80:pool=1"] = _SdkSession(self._connection)
        self._account = account

    def read(
        self, action: str, fields: Mapping[str, Any], calls: ApiCalls | None = None
    ) -> Mapping[str, Any]:
        """Call an action that changes nothing; the body of its answer.

        Args:
            action: such as `QueryProduct`.
            fields: of the request, as the platform names them; empty ones are left out.
            calls: at whose rate; None: the account's.

        Raises:
            AlibabaRefusedError: the platform's refusal.
            BurnerError: E832 … E843.
        """
        return (calls or self._account.calls).read(lambda: self._call(action, fields))

    def change(self, action: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call an action that changes something; the body of its answer.

        Raises:
            UncertainCallError: it may have been done.
            AlibabaRefusedError, BurnerError: it was not done.
        """
        return self._account.calls.change(lambda: self._call(action, fields))

    def _call(self, action: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        sent = {name: value for name, value in fields.items() if value}
        if self._account.instance:
            sent["IotInstanceId"] = self._account.instance
        request = getattr(models, f"{action}Request")().from_map(sent)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
        try:
            answer = getattr(self._sdk, f"{method}_with_options")(request, self._runtime)
        except AlibabaCloudException as error:
            raise self._refused(action, error.code, error.message, error.data or {}) from None
        except UnretryableException as error:
            if isinstance(error.inner_exception, BurnerError):  # of the connection
                raise error.inner_exception from None
            why = type(error.inner_exception).__name__
            raise BurnerError(Code.API_ANSWER_UNREADABLE, f"{action}: {why}") from None
        body = answer.to_map().get("body")
        if not isinstance(body, Mapping):
            raise BurnerError(Code.API_ANSWER_UNREADABLE, f"{action}: not a JSON object")
        if body.get("Success") is not True:
            raise self._refused(action, body.get("Code"), body.get("ErrorMessage"), body)
        return body

    def _refused(
        self, action: str, code: object, message: object, body: Mapping[str, Any]
    ) -> BurnerError:
        request_id = body.get("RequestId")
        if not (isinstance(code, str) and isinstance(request_id, str)):
            return BurnerError(Code.API_ANSWER_UNREADABLE, f"{action}: no answer of the API")
        text = self._account.search.clean(message) if isinstance(message, str) else ""
        data = body.get("Data")
        ours = refused(action, code, text, request_id, data if isinstance(data, Mapping) else {})
        return self._connection.with_clock(ours)


@dataclass(frozen=True)
class _SdkResponse:
    """An answer, as the SDK reads it."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    reason: str = ""


@dataclass(frozen=True)
class _SdkSession:
    """In place of a session of `requests`, for the one method that the SDK calls."""

    connection: BoundedConnection

    def send(self, request: PreparedRequest, **_options: Any) -> _SdkResponse:
        """The answer to a request. Proxies and certificates are not the SDK's to choose.

        Raises:
            BurnerError: E835 … E842.
        """
        body = request.body if isinstance(request.body, bytes) else None
        reply = self.connection.exchange("POST", request.url or "", body, request.headers)
        if not _is_object(reply.content):
            raise self.connection.unreadable(reply)
        return _SdkResponse(reply.status, reply.headers, reply.content)


def _is_object(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


@dataclass(frozen=True)
class _StaticCredential:
    """The credentials, as the SDK asks for them when it signs."""

    credentials: ApiCredentials
    provider_name = None

    def get_credential(self) -> "_StaticCredential":
        """Itself."""
        return self

    @property
    def type(self) -> str:
        """The kind of the credentials."""
        return "sts" if self.credentials.token else "access_key"

    @property
    def access_key_id(self) -> str:
        """The ID."""
        return self.credentials.key_id.reveal().decode("ascii")

    @property
    def access_key_secret(self) -> str:
        """The key."""
        return self.credentials.key.reveal().decode("ascii")

    @property
    def security_token(self) -> str:
        """The token; empty where there is none."""
        token = self.credentials.token
        return token.reveal().decode("ascii") if token else ""
