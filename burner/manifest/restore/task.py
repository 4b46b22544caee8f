"""Who begins a new log at which place."""

from dataclasses import dataclass
from pathlib import Path

from burner.manifest.local.station_key import MakeSigner
from burner.manifest.store.place import ManifestPlace


@dataclass(frozen=True)
class RestoreTask:
    """Who begins a new log at which place, and where the older copy is."""

    where: ManifestPlace
    source: ManifestPlace
    folder: Path
    """For temporary files."""
    station: str
    signer: MakeSigner
    operator: str
    reason: str
