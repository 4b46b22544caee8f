"""What the adapters over Tencent's SDKs share: a client, and the SDK's exceptions as ours."""

import logging
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from tencentcloud.common.abstract_client import LOGGER_NAME, AbstractClient
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.credentials import ApiCredentials
from burner.cloud.management.errors import refusal_detail
from burner.cloud.management.tencent_connection import TencentConnection
from burner.cloud.management.tencent_errors import refused
from burner.cloud.management.tencent_values import with_sealed_secrets
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.tencent import API_REGIONS
from burner.platforms.tencent_hub import TENCENT_HUB


class TencentClient:
    """One service of Tencent Cloud in one version, over its SDK.

    The SDK tries nothing again by itself, and logs nothing: its debug log would hold signatures,
    tokens and product secrets.
    """

    def __init__(
        self, sdk_client: type[AbstractClient], models: ModuleType, account: ApiAccount
    ) -> None:
        logging.getLogger(LOGGER_NAME).disabled = True
        scheme, host = "https", None
        if account.endpoint:
            scheme, host = account.endpoint.scheme, account.endpoint.host
        http = HttpProfile(protocol=scheme, endpoint=host)
        self._sdk = sdk_client(
            _SdkCredential(account.credentials),
            API_REGIONS.get(TENCENT_HUB.region_or_first(account.region), account.region),
            ClientProfile(httpProfile=http, language="en-US", disable_region_breaker=True),
        )
        self._connection = TencentConnection(f"{scheme}://{self._sdk.request.host}", account)
        self._sdk.request.conn = self._connection
        self._models = models
        self._account = account

    def read(self, action: str, **parameters: Any) -> Any:
        """Call an action that changes nothing.

        Returns:
            The SDK's model of the answer.

        Raises:
            CallRefusedError: the platform's refusal.
            BurnerError: E832 … E843.
        """
        return self._account.calls.read(lambda: self._call(action, parameters))

    def change(self, action: str, **parameters: Any) -> Any:
        """Call an action that changes something.

        Raises:
            UncertainCallError: it may have been done.
            CallRefusedError, BurnerError: it was not done.
        """
        return self._account.calls.change(lambda: self._call(action, parameters))

    def _call(self, action: str, parameters: Mapping[str, Any]) -> Any:
        request = getattr(self._models, f"{action}Request")()
        for name, value in parameters.items():
            setattr(request, name, value)
        try:
            return with_sealed_secrets(getattr(self._sdk, action)(request))
        except TencentCloudSDKException as error:
            raise self._as_ours(action, error) from None

    def _as_ours(self, action: str, error: TencentCloudSDKException) -> BurnerError:
        if isinstance(error.__context__, BurnerError):  # of the connection; the SDK wraps all
            return error.__context__
        clean = self._account.search.clean
        code = clean(str(error.get_code() or ""))
        if not error.get_request_id():  # the SDK's own, about what it could not read
            return BurnerError(Code.API_ANSWER_UNREADABLE, refusal_detail(action, code, "", ""))
        message, request_id = clean(str(error.get_message() or "")), str(error.get_request_id())
        ours = refused(action, code, message, clean(request_id))
        return self._connection.with_clock(ours)


class _SdkCredential:
    """The credentials, as the SDK asks for them when it signs."""

    def __init__(self, credentials: ApiCredentials) -> None:
        self._credentials = credentials

    def get_credential_info(self) -> tuple[str, str, str | None]:
        ours = self._credentials
        token = ours.token.reveal().decode("ascii") if ours.token else None
        return ours.key_id.reveal().decode("ascii"), ours.key.reveal().decode("ascii"), token
