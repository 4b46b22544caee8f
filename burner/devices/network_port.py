"""Ports in the network: which URLs are one, and whether the server of one answers."""

import socket
from urllib.parse import urlsplit

from burner.core.code import Code
from burner.core.errors import BurnerError

CONNECT_S = 2.0
_SCHEMES = ("rfc2217", "socket")
_BENCH_SCHEME = "sim"
ALLOWED = "a device name, rfc2217://HOST:PORT or socket://HOST:PORT"


def is_port(device: str) -> bool:
    """Whether it is the name of a device, or the URL of a port.

    pyserial has other URLs: `spy://` writes to any file.
    """
    scheme, is_url, _ = device.lower().partition("://")
    return not is_url or scheme in (*_SCHEMES, _BENCH_SCHEME)


def check_port(device: str) -> None:
    """Refuse the URL of something else.

    Raises:
        BurnerError: E302.
    """
    if not is_port(device):
        raise BurnerError(Code.PORT_MISSING, f"{device} is no port; allowed: {ALLOWED}")


def check_server(device: str) -> None:
    """Connect to the server of a port in the network, and close at once. Others are let pass.

    Raises:
        BurnerError: E302 nobody listens there, or the server does not answer.
    """
    try:
        url = urlsplit(device)
        if url.scheme not in _SCHEMES:
            return
        with socket.create_connection((url.hostname or "", url.port or 0), CONNECT_S):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BurnerError(Code.PORT_MISSING, f"{device}: {reason}") from None
