"""Errors of the network as ours. Their own texts hold URLs, proxies and headers: none is kept."""

import re
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from burner.core.code import Code
from burner.core.errors import BurnerError


def network_error(error: BaseException, host: str, proxy: str = "") -> BurnerError:
    """What went wrong below the management API.

    Args:
        error: what `requests` raised.
        host: that was called, with its port where it has one.
        proxy: that stood between, as HOST:PORT; empty: none.
    """
    causes = list(_causes(error))
    at = f"{host} by the proxy {proxy}" if proxy else host
    if tls := next((one for one in causes if isinstance(one, ssl.SSLCertVerificationError)), None):
        return BurnerError(Code.API_CERTIFICATE_UNTRUSTED, f"{at}: {tls.verify_message}")
    if any(isinstance(one, _PROXY) for one in causes):
        return BurnerError(Code.API_PROXY_FAILED, f"{at}{_tunnel_status(causes)}")
    if any(isinstance(one, _UNKNOWN_HOST) for one in causes):
        return BurnerError(Code.API_PROXY_FAILED if proxy else Code.API_HOST_UNKNOWN, at)
    if any(isinstance(one, _NO_ANSWER) for one in causes):
        return BurnerError(Code.API_DEADLINE_PASSED, at)
    if tls_other := next((one for one in causes if isinstance(one, ssl.SSLError)), None):
        return BurnerError(Code.API_UNREACHABLE, f"{at}: no TLS: {tls_other.reason or 'cut off'}")
    if any(isinstance(one, _NO_CONNECTION) for one in causes):
        code = Code.API_PROXY_FAILED if proxy else Code.API_UNREACHABLE
        return BurnerError(code, f"{at}{_system_reason(causes)}")
    return BurnerError(Code.API_ANSWER_UNREADABLE, f"{at}: the connection was cut")


_PROXY = (
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidProxyURL,
    urllib3.exceptions.ProxyError,
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
