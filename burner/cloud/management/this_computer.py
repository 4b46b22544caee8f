"""Whether a host is this computer, whatever name or address it is called by."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

Addresses = Callable[[str], Sequence[str]]
"""Host → its addresses; none where nobody knows it."""
ANY_PORT = 9


def addresses_of(host: str) -> Sequence[str]:
    """The addresses of a host, as this computer resolves them."""
    try:
        found = socket.getaddrinfo(host, ANY_PORT, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return ()
    return [str(address[0]) for *_, address in found]


def is_this_computer(host: str, addresses: Addresses = addresses_of) -> bool:
    """Whether one of its addresses is ours. Behind a proxy a name may have none here: False."""
    return any(map(_is_ours, addresses(host)))


def _is_ours(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if ip.is_loopback or ip.is_unspecified:
        return True
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, ANY_PORT))  # nothing is sent: only the route is chosen
            return str(probe.getsockname()[0]) == address
    except OSError:
        return False
