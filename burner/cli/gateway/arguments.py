"""The arguments of `burner cloud gateway`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GatewayArguments:
    """What the command line asks for."""

    profiles: Sequence[Path]
    secret: str
    host: str
    http_port: int
    https_port: int | None
    tls_cert: Path | None
    tls_key: Path | None
    output: Path | None
    created_file: Path | None
    created: Sequence[str]
    register_type: str | None
    limit: int
    repeats: int | None
    credentials: str | None
    licenses: int | None
    activate: bool
    api_credentials: str
    clock_window: int
    as_json: bool
