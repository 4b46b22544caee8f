"""Errors of the network as ours. Their own texts hold URLs, proxies and headers: none is kept."""

import re
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from burner.core.code import Code
from burner.core.errors import BurnerError


def network_error(
    error: BaseException, host: str, proxy: str = "", *, maybe_sent: bool
) -> BurnerError:
    """What went wrong below the management API: E837 and E840 only where a call was sent.

    Args:
        error: what `requests` raised.
        host: that was called, with its port where it has one.
        proxy: that stood between, as HOST:PORT; empty: none.
        maybe_sent: whether the platform may have the call.
    """
    causes = list(_causes(error))
    at = f"{host} by the proxy {proxy}" if proxy else host
    if tls := next((one for one in causes if isinstance(one, ssl.SSLCertVerificationError)), None):
        return BurnerError(Code.API_CERTIFICATE_UNTRUSTED, f"{at}: {tls.verify_message}")
    if any(isinstance(one, _PROXY) for one in causes):
        return BurnerError(Code.API_PROXY_FAILED, f"{at}{_tunnel_status(causes)}")
    if any(isinstance(one, _UNKNOWN_HOST) for one in causes):
        return BurnerError(Code.API_PROXY_FAILED if proxy else Code.API_HOST_UNKNOWN, at)
    if any(isinstance(one, _NO_CONNECTION) for one in causes):
        code = Code.API_PROXY_FAILED if proxy else Code.API_UNREACHABLE
        return BurnerError(code, f"{at}{_system_reason(causes)}")
    if not maybe_sent:
        tls_reasons = (one.reason for one in causes if isinstance(one, ssl.SSLError))
        reason = next((f": no TLS: {reason or 'cut off'}" for reason in tls_reasons), "")
        return BurnerError(Code.API_UNREACHABLE, f"{at}{reason or _system_reason(causes)}")
    if any(isinstance(one, _NO_ANSWER) for one in causes):
        return BurnerError(Code.API_DEADLINE_PASSED, at)
    return BurnerError(Code.API_ANSWER_UNREADABLE, f"{at}: the connection was cut")


_PROXY = (
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,  # of a proxy: an endpoint has another check
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.ProxySchemeUnknown,
    urllib3.exceptions.ProxySchemeUnsupported,
)
_UNKNOWN_HOST = (
    urllib3.exceptions.NameResolutionError,
    requests.exceptions.InvalidURL,
    socket.gaierror,
    UnicodeError,  # of a name that DNS cannot hold
)
_NO_ANSWER = (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError)
_NO_CONNECTION = (
    requests.exceptions.ConnectTimeout,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    ConnectionRefusedError,
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what caused it, and what it wraps, each once."""
    left, seen = [error], set[int]()
    while left:
        one = left.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inside = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        left += (each for each in inside if isinstance(each, BaseException))


def _tunnel_status(causes: list[BaseException]) -> str:
    for one in causes:
        if isinstance(one, OSError) and (found := re.search(r"failed: ([45]\d\d)\b", str(one))):
            return f": status {found[1]}"
    return _system_reason(causes)


def _system_reason(causes: list[BaseException]) -> str:
    reasons = (one.strerror for one in causes if isinstance(one, OSError) and one.errno)
    return next((f": {reason}" for reason in reasons if reason), "")
