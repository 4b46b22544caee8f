"""Opens the management API of a platform. The SDKs are loaded here, and only here."""

import ssl
from pathlib import Path
from typing import Final

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.api import ManagementApi
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS

WITH_MANAGEMENT_API: Final = frozenset({Cloud.TENCENT_HUB, Cloud.TENCENT_EXPLORER, Cloud.ALIBABA})
"""The platforms whose management API burner can call."""


def require_management_api(cloud: Cloud) -> None:
    """Check that burner can call the management API of a platform.

    Raises:
        BurnerError: E844.
    """
    if cloud not in WITH_MANAGEMENT_API:
        raise BurnerError(Code.MANAGEMENT_API_UNKNOWN, PLATFORMS[cloud].title)


def open_management(cloud: Cloud, account: ApiAccount) -> ManagementApi:
    """The management API of a platform. Nothing is sent yet.

    Raises:
        BurnerError: E821 there is no certificate in `account.ca`, E830 the SDK is not installed,
            E844 burner knows no management API of the platform.
    """
    require_management_api(cloud)
    if account.ca:
        check_certificates(account.ca)
    try:
        if cloud is Cloud.ALIBABA:
            from burner.cloud.management.alibaba import AlibabaIot

            return AlibabaIot(account)
        if cloud is Cloud.TENCENT_EXPLORER:
            from burner.cloud.management.tencent_explorer import TencentExplorer

            return TencentExplorer(account)
        from burner.cloud.management.tencent_hub import TencentHub

        return TencentHub(account)
    except ModuleNotFoundError as error:
        raise BurnerError(Code.MANAGEMENT_SDK_MISSING, f"no module {error.name}") from None


def check_certificates(path: Path) -> None:
    """Check that a file has certificates to trust.

    Raises:
        BurnerError: E821.
    """
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        system = None if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
        why = system or "no certificate in PEM"
        raise BurnerError(Code.GATEWAY_CERTIFICATE_UNUSABLE, f"{path}: {why}") from None
