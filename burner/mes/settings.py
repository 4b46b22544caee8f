"""The section `mes:` of the station file: the destinations of a station."""

from collections import Counter
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from burner.core.code import Code
from burner.core.yaml_schema import refusal
from burner.mes.cfx_settings import CfxSettings
from burner.mes.common_settings import DestinationSettings, MesFile, Reference


def _url(text: str) -> str:
    """Refuse what is no address of a server, or holds a password."""
    try:
        url = urlsplit(text)
        fits = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        fits = False
    if not fits or url.username or url.password or url.fragment or not text.isprintable():
        allowed = "http(s)://HOST[:PORT]/PATH, without user and password"
        raise refusal(Code.STATION_FILE_INVALID, "no such address", allowed)
    return text


Url = Annotated[str, Field(max_length=2048), AfterValidator(_url)]


class WebhookSettings(DestinationSettings):
    """A MES that takes each message as a POST with JSON."""

    kind: Literal["webhook"]
    url: Url
    interlock_url: Url | None = None
    """Where it is asked before a unit is touched."""
    hmac: Reference | None = None
    """Reference to the secret that signs each request; left out: they are not signed."""
    ca: MesFile | None = None
    """PEM file with the certificates that are trusted in place of the system's."""
    certificate: MesFile | None = None
    """PEM file with the station's own certificate, which the MES may ask for."""
    key: MesFile | None = None
    """PEM file with the key of the certificate; left out: it is in the same file."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "WebhookSettings":
        if (self.interlock == "required") != bool(self.interlock_url):
            allowed = "both, or neither"
            found = "one of `interlock: required` and interlock_url"
            raise refusal(Code.STATION_FILE_INVALID, found, allowed)
        if self.key and not self.certificate:
            raise refusal(Code.STATION_FILE_INVALID, "a key without certificate", "both")
        return self


class FolderSettings(DestinationSettings):
    """A MES that collects a file for each attempt on a unit from a folder."""

    kind: Literal["file"]
    folder: MesFile
    """It must exist: one that is away (a share) is waited for."""
    form: Literal["json", "csv"] = "json"

    @model_validator(mode="after")
    def _answers_nothing(self) -> "FolderSettings":
        if self.interlock == "required":
            raise refusal(
                Code.STATION_FILE_INVALID, "interlock: required", "none: a folder does not answer"
            )
        return self


MesSettings = Annotated[WebhookSettings | FolderSettings | CfxSettings, Field(discriminator="kind")]
MesSection = Annotated[tuple[MesSettings, ...], Field(max_length=8)]


def check_names(section: tuple[DestinationSettings, ...]) -> None:
    """Refuse two destinations of one name. To be called by the model of the station file."""
    counts = Counter(destination.name for destination in section)
    for name, times in counts.items():
        if times > 1:
            found = f"{times} destinations of the name {name}"
            raise refusal(Code.STATION_FILE_INVALID, found, "one of each name")
