"""The adapters of burner over the real SDKs, on an API that runs here."""

import time
from collections.abc import Callable
from pathlib import Path

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.api import ManagementApi
from burner.cloud.management.calls import ApiCalls, CallClock, CallLimits
from burner.cloud.management.credentials import api_credentials
from burner.cloud.management.endpoint import api_endpoint
from burner.cloud.management.open import open_management
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from tests.cloud.management.local_api import CREDENTIALS

USUAL_LIMITS = CallLimits()


class MovedClock:
    """The time of this computer, which a test moves on: so a deadline passes without a wait."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def pass_a_try(self) -> None:
        """Now the time of a try is over."""
        self._ahead += USUAL_LIMITS.seconds


def opened(
    url: str,
    cloud: Cloud = Cloud.TENCENT_HUB,
    *,
    credentials: str = CREDENTIALS,
    region: str = "",
    ca: Path | None = None,
    limits: CallLimits = USUAL_LIMITS,
    slept: Callable[[float], None] = lambda _seconds: None,
    clock: MovedClock | None = None,
) -> ManagementApi:
    """The management API at a URL; it waits for nothing between its calls."""
    account = ApiAccount(
        api_credentials(Secret(credentials.encode())),
        region,
        api_endpoint(url),
        ca,
        calls=ApiCalls(limits, CallClock((clock or MovedClock()).now, slept)),
    )
    return open_management(cloud, account)
