"""Which Host headers are answered: a page of another site must not read this one under its name.

A browser sends the name that it was given. After DNS rebinding that is the other site's name, with
our address behind it.
"""

import re
import socket
from ipaddress import ip_address

_HOST = re.compile(r"(?:\[(?P<address>[^\]]+)\]|(?P<name>[^:\[\]]+))(?::[0-9]+)?")


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this computer only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_allowed_host(header: str, listens_on: str) -> bool:
    """Whether the Host header names this server.

    Args:
        header: with its port, if any.
        listens_on: the address or name that was asked for. On a loopback address only its own names
            count; elsewhere every address does, and this computer's name.
    """
    name = _without_port(header).lower()
    if name in ("localhost", listens_on.lower()):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        own = socket.gethostname().lower()
        return not is_loopback(listens_on) and name in (own, own.partition(".")[0], f"{own}.local")
    return address.is_loopback or not is_loopback(listens_on)


def _without_port(header: str) -> str:
    """Empty: it is no name or address with a port."""
    found = _HOST.fullmatch(header)
    return (found["address"] or found["name"] or "") if found else ""
