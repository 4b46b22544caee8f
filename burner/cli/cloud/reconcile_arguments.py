"""The arguments of `burner cloud reconcile`."""

from dataclasses import dataclass
from pathlib import Path

from burner.cli.parameters.cloud_options import ManagementOptions
from burner.cli.parameters.export_options import ExportOptions


@dataclass(frozen=True)
class ReconcileArguments:
    """What the command line asks for."""

    source: Path
    batch: str
    export: ExportOptions | None
    grace: int
    """Days."""
    management: ManagementOptions
    manifest: str
    operator: str | None
    station: str
    output: Path | None
    as_json: bool
