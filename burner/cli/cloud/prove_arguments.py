"""The arguments of `burner cloud prove`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burner.cloud.management.endpoint import ApiEndpoint


@dataclass(frozen=True)
class ProveArguments:
    """What the command line asks for."""

    source: Path
    unit: str
    live: bool
    api: str
    region: str
    registration_endpoint: "ApiEndpoint | None"
    registration_ca: Path | None
    secret: str
    yes: bool
    manifest: str
    operator: str | None
    station: str
    as_json: bool
