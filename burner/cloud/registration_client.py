"""Registers a device for real, over HTTP, as its firmware does. The credentials are dropped."""

import json
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import Final
from urllib import request as http

from burner.cloud.management.calls import within
from burner.cloud.management.endpoint import ApiEndpoint
from burner.cloud.management.platform_clock import seconds_ahead_of, with_clock_error
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.product_settings import CredentialKind
from burner.platforms.registration import (
    Applicant,
    HttpRequest,
    RegistrationApi,
    TimestampAndNonce,
)

LARGEST_ANSWER: Final = 64 * 1024
"""A certificate and its key are a tenth of it."""
MAX_OFF_S: Final = 60
"""A clock that is more off than this is named, where a signature is refused."""
_CUT: Final = (HTTPException, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ValueError)
_SERVER_ERROR: Final = 500


@dataclass(frozen=True)
class RegistrationAnswer:
    """What came of a registration. It holds no credential."""

    credentials: CredentialKind | None = None
    """What the platform gave; None: it is not known to have given anything."""
    error: BurnerError | None = None
    uncertain: bool = False
    """Whether the name may be registered all the same: the request went, and no answer came."""
    request_id: str = ""
    """The platform's."""

    @property
    def registered(self) -> bool:
        """Whether the name is registered now."""
        return self.credentials is not None


def register(
    api: RegistrationApi,
    applicant: Applicant,
    endpoint: ApiEndpoint,
    *,
    ca: Path | None = None,
    seconds: float = 20,
) -> RegistrationAnswer:
    """Register a device, once.

    Args:
        api: the way in which its firmware does it.
        applicant: the device.
        endpoint: of the platform, or of a gateway.
        ca: certificates in PEM that are trusted in place of the public ones; they can be read.
        seconds: until the end of the answer.
    """
    stamp = TimestampAndNonce(int(time.time()), secrets.randbelow(2**31 - 1) + 1)
    request = api.request(applicant, endpoint.host, stamp)
    try:
        answer = within(seconds, lambda: _exchange(request, endpoint, ca, seconds))
    except BurnerError as error:  # of `within`: the deadline
        return RegistrationAnswer(error=error, uncertain=True)
    if isinstance(answer, RegistrationAnswer):
        return answer
    try:
        credentials = api.credentials(answer.body, applicant.secret)
    except BurnerError as error:
        found = _named(error, answer)
        unreadable = error.code in (Code.CLOUD_ANSWER_UNREADABLE, Code.CLOUD_ANSWER_DAMAGED)
        return RegistrationAnswer(None, found, unreadable, answer.request_id)
    kind = CredentialKind.CERTIFICATE if credentials.certificate else CredentialKind.KEY
    return RegistrationAnswer(kind, request_id=answer.request_id)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def request_id(self) -> str:
        """The platform's; empty where it says none."""
        try:
            found = dict(_ids(json.loads(self.body)))
        except (ValueError, RecursionError):
            return ""
        return next(iter(found.values()), "")


def _ids(value: object, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < 3:
        for name, one in value.items():
            if str(name).lower() == "requestid" and isinstance(one, str) and one.isprintable():
                yield str(name), one[:64]
            yield from _ids(one, depth + 1)


def _named(error: BurnerError, answer: _Answer) -> BurnerError:
    """The error, or what it comes from: a wrong clock, an answer that is none of the platform."""
    off = seconds_ahead_of(answer.headers.get("Date", ""))
    is_off = off is not None and abs(off) > MAX_OFF_S
    refused = error.code == Code.CLOUD_SIGNATURE_REFUSED
    if error.code == Code.CLOUD_CLOCK_WRONG or (refused and is_off):
        return with_clock_error(BurnerError(Code.API_CLOCK_WRONG, error.detail), off)
    if error.code == Code.CLOUD_ANSWER_DAMAGED and answer.status != 200:
        failed = answer.status >= _SERVER_ERROR
        code = Code.CLOUD_FAILED if failed else Code.CLOUD_ANSWER_DAMAGED
        return BurnerError(code, f"status {answer.status}")
    return error


# -- the connection --------------------------------------------------------------------------------


def _exchange(
    request: HttpRequest, endpoint: ApiEndpoint, ca: Path | None, seconds: float
) -> "_Answer | RegistrationAnswer":
    """Send the request and read its answer, whatever the status."""
    host = endpoint.host
    proxies = {} if endpoint.is_local else http.getproxies()
    proxy = "" if http.proxy_bypass(_name(host)) else proxies.get(endpoint.scheme, "")
    at = f"{host} by the proxy {_name(proxy)}" if proxy else host
    opener = http.OpenerDirector()  # the usual one follows redirects, as to a login page
    opener.add_handler(http.ProxyHandler(proxies))
    opener.add_handler(http.HTTPHandler())
    opener.add_handler(http.HTTPSHandler(context=ssl.create_default_context(cafile=ca)))
    url = f"{endpoint}{request.path}"  # https, or http on this computer: see `api_endpoint`
    sent = http.Request(url, request.body, dict(request.headers), method="POST")  # noqa: S310
    try:
        with opener.open(sent, timeout=seconds) as response:
            body = response.read(LARGEST_ANSWER + 1)
            if response.length or len(body) > LARGEST_ANSWER:
                raise HTTPException  # half an answer, or far too much
            return _Answer(response.status, response.headers, body)
    except (OSError, HTTPException, ValueError) as error:
        return _fault(error, at, proxy)


def _fault(error: BaseException, at: str, proxy: str) -> RegistrationAnswer:
    """What went wrong below the answer. The text of a proxy's URL is in no message."""
    while isinstance(inner := getattr(error, "reason", None), BaseException):
        error = inner
    code, detail, uncertain = Code.API_UNREACHABLE, at, False
    if isinstance(error, ssl.SSLCertVerificationError):
        code, detail = Code.API_CERTIFICATE_UNTRUSTED, f"{at}: {error.verify_message}"
    elif isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        detail = f"{at}: no TLS: {error.reason or 'cut off'}"
    elif isinstance(error, socket.gaierror):
        code = Code.API_PROXY_FAILED if proxy else Code.API_HOST_UNKNOWN
    elif isinstance(error, TimeoutError):
        code, uncertain = Code.API_DEADLINE_PASSED, True
    elif "Tunnel connection failed" in str(error):
        code = Code.API_PROXY_FAILED
    elif isinstance(error, _CUT):
        code, detail, uncertain = Code.API_ANSWER_UNREADABLE, f"{at}: the connection was cut", True
    else:
        code = Code.API_PROXY_FAILED if proxy else code
        why = error.strerror if isinstance(error, OSError) else ""
        detail = f"{at}: {why}" if why else at
    return RegistrationAnswer(error=BurnerError(code, detail), uncertain=uncertain)


def _name(address: str) -> str:
    """The host name of `HOST:PORT`, `[HOST]:PORT` or a URL of a proxy, without its credentials."""
    address = address.rpartition("//")[2].rpartition("@")[2].partition("/")[0]
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0]
