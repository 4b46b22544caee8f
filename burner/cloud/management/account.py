"""An account of a platform, and how its management API is called."""

from dataclasses import dataclass, field
from pathlib import Path

from burner.cloud.management.calls import ApiCalls
from burner.cloud.management.credentials import ApiCredentials
from burner.cloud.management.endpoint import ApiEndpoint
from burner.core.secrets.search import SecretSearch


@dataclass(frozen=True)
class ApiAccount:
    """Whose management API is called, where and how, whatever it is asked."""

    credentials: ApiCredentials
    region: str = ""
    """One of the platform's `hosts`, or as its management API names it; empty: the first."""
    endpoint: ApiEndpoint | None = None
    """In place of the platform's own."""
    ca: Path | None = None
    """Certificates that are trusted, in PEM, in place of the public ones."""
    instance: str = ""
    """The ID of the platform's instance that has the product; empty: it has none."""
    calls: ApiCalls = field(default_factory=ApiCalls)
    search: SecretSearch = field(init=False)
    """Finds the credentials, and the product secrets that were seen."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "search", self.credentials.search())
