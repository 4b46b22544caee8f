"""Whether the server of a port in the network answers: a connection is made and closed at once."""

import socket
from urllib.parse import urlsplit

from burner.core.code import Code
from burner.core.errors import BurnerError

CONNECT_S = 2.0
_SCHEMES = ("rfc2217", "socket")


def check_server(device: str) -> None:
    """Connect to the server of a pyserial URL. Other devices are not looked at.

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
