"""A device as a list of the platform shows it: of its management API, or of its console."""

from dataclasses import dataclass
from datetime import datetime

from burner.cloud.management.api import DeviceOnPlatform


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device on the platform. None: the list does not tell."""

    name: str
    registered: bool | None = None
    """Whether it has fetched its credentials."""
    active: bool | None = None
    """Whether it was ever online."""
    activated: datetime | None = None
    """When it was online first."""
    created: datetime | None = None
    enabled: bool | None = None

    @classmethod
    def of(cls, device: DeviceOnPlatform) -> "ListedDevice":
        """A device of the management API."""
        return cls(
            name=device.name,
            registered=device.registered,
            active=device.active,
            activated=device.activated,
            created=device.created,
            enabled=device.enabled,
        )

    @property
    def in_use(self) -> bool | None:
        """Whether somebody registered with this name."""
        if self.registered or self.active:
            return True
        return False if self.registered is False else None
