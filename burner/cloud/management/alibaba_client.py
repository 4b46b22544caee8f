"""The client of Alibaba Cloud's SDK, and the SDK's exceptions as ours.

Its HTTP session is replaced: the SDK's own one ignores NO_PROXY, follows redirects with the token
in a header, and reads without an end.
"""

import json
import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
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
from burner.cloud.management.alibaba_errors import PRODUCT_UNKNOWN, refused
from burner.cloud.management.alibaba_record import AlibabaRecord
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
        region = ALIBABA.region_or_first(account.region)
        endpoint = account.endpoint or ApiEndpoint("https", f"iot.{region}.aliyuncs.com")
        self._connection = BoundedConnection(str(endpoint), account)
        self._sdk = Client(
            Config(
                credential=_StaticCredential(account.credentials),
                protocol=endpoint.scheme,
                endpoint=endpoint.host,
            )
        )
        self._runtime = RuntimeOptions(autoretry=False)
        DaraCore._sessions = _SessionOfTheCall()
        self._account = account

    def read(
        self, action: str, fields: Mapping[str, Any], calls: ApiCalls | None = None
    ) -> AlibabaRecord:
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

    def change(self, action: str, fields: Mapping[str, Any]) -> AlibabaRecord:
        """Call an action that changes something; the body of its answer.

        Raises:
            UncertainCallError: it may have been done.
            AlibabaRefusedError, BurnerError: it was not done.
        """
        return self._account.calls.change(lambda: self._call(action, fields))

    def _call(self, action: str, fields: Mapping[str, Any]) -> AlibabaRecord:
        sent = {name: value for name, value in fields.items() if value}
        if self._account.instance:
            sent["IotInstanceId"] = self._account.instance
        request = getattr(models, f"{action}Request")().from_map(sent)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
        body: object = None
        refusal: object = None
        failure: Exception | None = None
        session = _SdkSession(self._connection)
        calling = _CALLING.set(session)
        try:
            answer = getattr(self._sdk, f"{method}_with_options")(request, self._runtime)
            body = answer.to_map().get("body")
        except AlibabaCloudException as error:
            refusal = error.data
        except UnretryableException as error:
            failure = error.inner_exception
        finally:
            _CALLING.reset(calling)
        if not session.is_used:
            raise BurnerError(Code.MANAGEMENT_SDK_MISSING, f"{action}: darabonba-core")
        # Only here is it an error of ours: in the blocks above, the SDK's would be its context.
        if failure:
            raise _as_ours(action, failure)
        if isinstance(refusal, Mapping):
            raise self._refused(action, AlibabaRecord(refusal), "Message")
        if not isinstance(body, Mapping):
            raise BurnerError(Code.API_ANSWER_UNREADABLE, f"{action}: no JSON of the API")
        record = AlibabaRecord(body)
        if not record.is_true("Success"):
            raise self._refused(action, record, "ErrorMessage")
        return record

    def _refused(self, action: str, answer: AlibabaRecord, message: str) -> BurnerError:
        """The error of an answer that refuses, with its message under this name."""
        code, request_id, line = map(answer.text, ("Code", "RequestId", message))
        if not (code and request_id):
            return BurnerError(Code.API_ANSWER_UNREADABLE, f"{action}: no JSON of the API")
        if code == PRODUCT_UNKNOWN:  # also where the product is in an instance
            line = f"IotInstanceId {self._account.instance or '-'}; {line}"
        code, request_id, line = map(self._account.search.clean, (code, request_id, line))
        ours = refused(action, code, line, request_id, answer.record("Data"))
        return self._connection.with_clock(ours)


def _as_ours(action: str, failure: Exception) -> BurnerError:
    if isinstance(failure, BurnerError):  # of the connection
        return failure
    return BurnerError(Code.API_ANSWER_UNREADABLE, f"{action}: {type(failure).__name__}")


@dataclass(frozen=True)
class _SdkResponse:
    """An answer, as the SDK reads it."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    reason: str = ""


@dataclass
class _SdkSession:
    """In place of a session of `requests`, for one call and the one method that the SDK calls."""

    connection: BoundedConnection
    is_used: bool = False

    def send(self, request: PreparedRequest, **_options: Any) -> _SdkResponse:
        """The answer to a request. Proxies and certificates are not the SDK's to choose.

        Raises:
            BurnerError: E835 … E840; E841, E842 by the status of an answer that has no JSON.
        """
        self.is_used = True
        body = request.body
        if not isinstance(body, str | bytes | None):
            raise TypeError("the SDK sends a stream")
        reply = self.connection.exchange("POST", request.url or "", body, request.headers)
        if not _is_object(reply.content):
            raise self.connection.unreadable(reply)
        return _SdkResponse(reply.status, reply.headers, reply.content)


_CALLING: ContextVar[_SdkSession] = ContextVar("_CALLING")
"""The session of the call that this thread makes."""


class _SessionOfTheCall(dict[str, _SdkSession]):
    """In place of the SDK's sessions, of which there is one for each address in the process.

    So two accounts at one address never share a connection.
    """

    def __contains__(self, _address: object) -> bool:
        return True

    def __getitem__(self, _address: str) -> _SdkSession:
        return _CALLING.get()


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
