"""The golden sample: what is sent for one unit, and where. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from burner.cloud.management.endpoint import ApiEndpoint
from burner.platforms.platform import Platform
from burner.platforms.registration import Applicant, RegistrationApi


class ApiChoice(StrEnum):
    """One of a platform's ways to register, as `Platform.apis` has them."""

    CURRENT = "current"
    OLDER = "older"


@dataclass(frozen=True)
class PlannedProof:
    """A registration that was not sent yet."""

    platform: Platform
    api: RegistrationApi
    applicant: Applicant
    endpoint: ApiEndpoint

    @property
    def url(self) -> str:
        """Where it goes."""
        return f"{self.endpoint}{self.api.path}"


def api_of(platform: Platform, choice: ApiChoice) -> RegistrationApi:
    """The way to register.

    Raises:
        ValueError: the platform has no other one.
    """
    if choice is ApiChoice.CURRENT:
        return platform.apis[0]
    if len(platform.apis) == 1:
        raise ValueError(f"{platform.title} has one way to register")
    return platform.apis[-1]


def registration_endpoint(platform: Platform, region: str) -> ApiEndpoint:
    """The platform's own host, over TLS.

    Args:
        platform: of the product.
        region: one of its regions, or the beginning of its host; empty: the first one.

    Raises:
        ValueError: there is none of this name.
    """
    hosts = platform.hosts
    region = platform.region_or_first(region)
    found = (host for name, host in hosts.items() if region in (name, host.partition(".")[0]))
    host = next(found, "")
    if not host:
        raise ValueError(f"{platform.title} has {', '.join(hosts)}")
    return ApiEndpoint("https", host)
