"""A destination that speaks IPC-CFX, in the station file."""

from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StrictBool, model_validator

from burner.core.code import Code
from burner.core.yaml_schema import refusal
from burner.mes.common_settings import DestinationSettings, MesFile, Reference


def _amqp_url(text: str) -> str:
    """Refuse what is no address of a broker, or holds a password or a path."""
    try:
        url = urlsplit(text)
        fits = url.scheme in ("amqp", "amqps") and bool(url.hostname) and url.port != 0
    except ValueError:
        fits = False
    if not fits or "@" in text or url.path or url.query or url.fragment or not text.isprintable():
        allowed = "amqp(s)://HOST[:PORT], without user, password and path"
        raise refusal(Code.STATION_FILE_INVALID, "no such address", allowed)
    return text


AmqpUrl = Annotated[str, Field(max_length=512), AfterValidator(_amqp_url)]
AmqpAddress = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f]*$", max_length=255)]


class CfxSettings(DestinationSettings):
    """A MES that takes IPC-CFX messages over AMQP 1.0."""

    kind: Literal["cfx"]
    url: AmqpUrl
    """The broker: `amqps://HOST:5671`, or `amqp://HOST:5672` without TLS."""
    address: Annotated[AmqpAddress, Field(min_length=1)]
    """Where messages go, in the words of the broker, such as `/exchange/cfx`."""
    handle: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] = "burner.station"
    """The CFX handle of a station is this, a dot, and the name of the station."""
    identifier: Literal["mac", "imei", "label", "serial", "device_name"] = "mac"
    """What the MES calls a unit. One that has no such ID is called by its MAC."""
    user: Annotated[str, Field(max_length=255)] = ""
    """Left out: the certificate is the login, or there is none."""
    password: Reference | None = None
    """Reference to the password of the user."""
    plain_text: StrictBool = False
    """true: the password may go over `amqp://`, where others on the network can read it."""
    virtual_host: Annotated[str, Field(max_length=255)] = ""
    """Of a broker that has several; RabbitMQ 3 wants `vhost:NAME`."""
    ca: MesFile | None = None
    """PEM file with the certificates that are trusted; `amqps` needs it."""
    server_name: Annotated[str, Field(max_length=255)] = ""
    """Name in the broker's certificate; left out: HOST of the URL. It must be a name, no address.
    """
    certificate: MesFile | None = None
    """PEM file with the station's own certificate, which the broker may ask for."""
    key: MesFile | None = None
    """PEM file with the key of the certificate; left out: it is in the same file."""
    interlock_url: AmqpUrl | None = None
    """Who is asked before a unit is touched; left out: the broker."""
    interlock_address: AmqpAddress = ""
    """Where the question goes."""
    interlock_reply: AmqpAddress = ""
    """A queue of this station only, where answers come. Left out: over a link from the address
    itself, as endpoints answer that are asked without a broker."""
    interlock_target: Annotated[str, Field(max_length=255)] = ""
    """CFX handle of who answers."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "CfxSettings":
        secure = [url.startswith("amqps:") for url in (self.url, self.interlock_url) if url]
        asks = self.interlock_address
        parts_of_asking = self.interlock_reply or self.interlock_target or self.interlock_url
        for is_wrong, found, allowed in (
            (bool(self.user) != bool(self.password), "one of user and password", "both"),
            (self.key and not self.certificate, "a key without certificate", "both"),
            (any(secure) and not self.ca, "amqps without ca", "ca: FILE"),
            (
                not any(secure) and (self.ca or self.certificate or self.server_name),
                "parts of TLS",
                "with amqps only",
            ),
            (
                (self.interlock == "required") != bool(asks),
                "one of `interlock: required` and interlock_address",
                "both, or neither",
            ),
            (parts_of_asking and not asks, "parts of an interlock", "with interlock_address only"),
        ):
            if is_wrong:
                raise refusal(Code.STATION_FILE_INVALID, found, allowed)
        return self

    @model_validator(mode="after")
    def _password_is_hidden(self) -> "CfxSettings":
        urls = [url for url in (self.url, self.interlock_url) if url]
        if self.password and not self.plain_text and not all(map(_is_private, urls)):
            allowed = "amqps, or `plain_text: true`"
            raise refusal(Code.STATION_FILE_INVALID, "a password over amqp://", allowed)
        return self


def _is_private(url: str) -> bool:
    """Whether nobody else on the network can read along."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "amqps" or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
