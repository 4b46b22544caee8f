"""The connection below the SDK of Tencent: one POST, bounded in time and size, never redirected.

The SDK's own one follows redirects with the credentials, forgets the kind of an error, reads
without an end, and takes any JSON for an answer.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from burner.cloud.management.endpoint import is_loopback
from burner.cloud.management.network_errors import network_error
from burner.core.code import Code
from burner.core.errors import BurnerError

LARGEST_ANSWER: Final = 16 << 20
"""Bytes. 250 devices with their certificates are a tenth of it."""
_PIECE: Final = 1 << 16
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


class BoundedConnection:
    """In place of the SDK's connection: `tencentcloud.common.http.request.ProxyConnection`."""

    def __init__(self, url: str, ca: str, seconds: float) -> None:
        self._host = urlsplit(url).netloc
        self._ca = ca
        self._seconds = seconds
        self._proxies = {} if is_loopback(urlsplit(url).hostname or "") else _proxies(url)
        self._session = requests.Session()
        self._session.trust_env = False  # nothing of ~/.netrc; proxies are looked up here
        self.request_length = 0
        self.platform_time: float | None = None
        """What the clock of the platform said in the last answer, in seconds since 1970."""

    def request(
        self, method: str, url: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> SdkAnswer:
        """Send a request and read its whole answer.

        Raises:
            BurnerError: E835 … E842.
        """
        end = time.monotonic() + self._seconds
        try:
            with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                proxies=self._proxies,
                verify=self._ca,
                timeout=self._seconds,
                stream=True,
                allow_redirects=False,
            ) as response:
                self.platform_time = _seconds_since_1970(response.headers.get("Date", ""))
                content = _whole(response, end)
                return self._checked(response.status_code, content)
        except (requests.RequestException, OSError, ValueError) as error:
            raise network_error(error, self._host, self._proxy) from None

    @property
    def _proxy(self) -> str:
        """Without the credentials that its URL may hold."""
        parts = urlsplit(self._proxies.get("https") or self._proxies.get("all") or "")
        return parts.netloc.rpartition("@")[2]

    def _checked(self, status: int, content: bytes) -> SdkAnswer:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise BurnerError(Code.API_THROTTLED, f"{self._host}: status {status}")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise BurnerError(Code.API_FAILED, f"{self._host}: status {status}")
        if status != HTTPStatus.OK:
            raise BurnerError(Code.API_ANSWER_UNREADABLE, f"{self._host}: status {status}")
        try:
            response = json.loads(content)["Response"]
            request_id = response["RequestId"]
        except (ValueError, TypeError, LookupError, RecursionError):
            request_id = None
        if not isinstance(request_id, str):
            raise BurnerError(Code.API_ANSWER_UNREADABLE, f"{self._host}: no JSON of the API")
        response.pop("DeprecatedWarning", None)  # the SDK would print it
        return SdkAnswer(json.dumps({"Response": response}).encode(), {"Content-Type": JSON})


def _proxies(url: str) -> dict[str, str]:
    return dict(get_environ_proxies(url))


def _whole(response: requests.Response, end: float) -> bytes:
    pieces, size = list[bytes](), 0
    for piece in response.iter_content(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER or time.monotonic() > end:
            raise requests.exceptions.ReadTimeout
    return b"".join(pieces)


def _seconds_since_1970(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
