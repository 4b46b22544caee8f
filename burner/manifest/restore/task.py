"""Who begins a new log at which place."""

from dataclasses import dataclass
from pathlib import Path

from burner.manifest.store.place import ManifestPlace
from burner.manifest.store.station_key import MakeSigner


@dataclass(frozen=True)
class RestoreTask:
    """Who begins a new log at which place, and where the older copy lies."""

    where: ManifestPlace
    source: ManifestPlace
    folder: Path
    """For what is made meanwhile."""
    station: str
    signer: MakeSigner
    operator: str
    reason: str
