"""The connection below the SDKs: one request, bounded in time and size, never redirected.

Their own ones follow redirects with the credentials, forget the kind of an error, and read without
an end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import certifi
import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.endpoint import is_loopback
from burner.cloud.management.network_errors import network_error
from burner.cloud.management.platform_clock import seconds_ahead_of, with_clock_error
from burner.cloud.management.sending import Sending, SendingAdapter, current_sending
from burner.core.code import Code
from burner.core.errors import BurnerError

LARGEST_ANSWER: Final = 16 << 20
"""Bytes. 250 devices with their certificates are a tenth of it."""
_PIECE: Final = 1 << 16
_OF_A_TRY: Final = 0.9
"""Of the time of a try: the connection mostly ends by itself before its thread is given up."""


@dataclass(frozen=True)
class HttpReply:
    """A whole answer, whatever it says."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class BoundedConnection:
    """To one address, through the proxy of the environment where there is one."""

    def __init__(self, url: str, account: ApiAccount) -> None:
        self.host = urlsplit(url).netloc
        self._ca = str(account.ca or certifi.where())
        self._seconds = account.calls.limits.seconds * _OF_A_TRY
        self._proxies = {} if is_loopback(urlsplit(url).hostname or "") else _proxies(url)
        self._session = requests.Session()
        self._session.trust_env = False  # nothing of ~/.netrc; proxies are looked up here
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, SendingAdapter())
        self._now = account.calls.clock.now
        self._clock_error: float | None = None

    def exchange(
        self,
        method: str,
        url: str,
        body: str | bytes | None,
        headers: Mapping[str, str | bytes] | None,
    ) -> HttpReply:
        """Send a request and read its whole answer.

        Raises:
            BurnerError: E835 … E840.
        """
        end = self._now() + self._seconds
        sending = current_sending() or Sending(end, self._now)
        try:
            with (
                sending.of_this_thread(),
                self._session.request(
                    method,
                    url,
                    data=body.encode() if isinstance(body, str) else body,
                    headers=headers,
                    proxies=self._proxies,
                    verify=self._ca,
                    timeout=(self._seconds / 2, self._seconds),
                    stream=True,
                    allow_redirects=False,
                ) as response,
            ):
                self._clock_error = seconds_ahead_of(response.headers.get("Date", ""))
                whole = self._whole(response, min(end, sending.end))
                return HttpReply(response.status_code, response.headers, whole)
        except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
            raise network_error(
                error, self.host, self._proxy, maybe_sent=sending.has_begun
            ) from None

    def _whole(self, response: requests.Response, end: float) -> bytes:
        pieces, size = list[bytes](), 0
        for piece in response.iter_content(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_ANSWER:
                detail = f"{self.host}: more than {LARGEST_ANSWER} bytes"
                raise BurnerError(Code.API_ANSWER_UNREADABLE, detail)
            if self._now() > end:
                raise requests.exceptions.ReadTimeout
        return b"".join(pieces)

    def unreadable(self, reply: HttpReply) -> BurnerError:
        """The error for an answer that is none of the management API."""
        if reply.status == HTTPStatus.OK:
            return BurnerError(Code.API_ANSWER_UNREADABLE, f"{self.host}: no JSON of the API")
        code = Code.API_ANSWER_UNREADABLE
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            code = Code.API_THROTTLED
        elif reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            code = Code.API_FAILED
        return BurnerError(code, f"{self.host}: status {reply.status}")

    def with_clock(self, error: BurnerError) -> BurnerError:
        """An error; where it is about the clock, with how wrong that was at the last answer."""
        if error.code != Code.API_CLOCK_WRONG:
            return error
        return with_clock_error(error, self._clock_error)

    @property
    def _proxy(self) -> str:
        """Without the credentials that its URL may hold."""
        url = self._proxies.get("https") or self._proxies.get("all") or ""
        return url.partition("://")[2].rpartition("@")[2].rstrip("/") or url.rpartition("@")[2]


def _proxies(url: str) -> dict[str, str]:
    return dict(get_environ_proxies(url))
