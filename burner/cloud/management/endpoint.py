"""The address of a management API that is not the platform's own: the local API, a proxy."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

ENDPOINT_FORM: Final = "https://HOST[:PORT], or http:// with a loopback address"


@dataclass(frozen=True)
class ApiEndpoint:
    """Where a management API is served."""

    scheme: str
    host: str
    """With its port, where it has one."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def hostname(self) -> str:
        """Without its port."""
        return urlsplit(str(self)).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether it is a loopback address: it plays a platform."""
        return is_loopback(self.hostname)


def api_endpoint(text: str) -> ApiEndpoint:
    """Read `https://HOST[:PORT]`; `http://` is for a loopback address alone.

    Raises:
        ValueError: it is something else. The text is not repeated.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(ENDPOINT_FORM) from None
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment
    if not host or not plain or "@" in parts.netloc or not text.isascii() or not text.isprintable():
        raise ValueError(ENDPOINT_FORM)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError(ENDPOINT_FORM)
    return ApiEndpoint(parts.scheme, parts.netloc)


def is_loopback(host: str) -> bool:
    """Whether an address is this computer's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
