"""A device as a list of the platform shows it: of its management API, or of its console."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from burner.cloud.management.api import DeviceOnPlatform
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.visible_text import in_one_line

LONGEST_NAME: Final = 64
"""No platform has longer ones, and no record takes them."""
_HEAD: Final = 48


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

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", visible_name(self.name))

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

    @property
    def strength(self) -> tuple[bool, bool, bool]:
        """How much was done with it: of two rows of one device, the stronger counts."""
        return self.in_use is True, self.active is True, self.activated is not None

    @property
    def unusable(self) -> Code | None:
        """Why no new unit can register with this name; None: nothing is known against it."""
        if self.in_use:
            return Code.CLOUD_NAME_REGISTERED
        return Code.CLOUD_DEVICE_DISABLED if self.enabled is False else None


def unusable_names(
    devices: Iterable[ListedDevice], burned: Collection[str]
) -> dict[str, BurnerError]:
    """The names with which no new unit can register, and why: E808, E819.

    Args:
        devices: on the platform.
        burned: names of good units: these registered themselves.
    """
    return {
        device.name: BurnerError(device.unusable)
        for device in devices
        if device.unusable and device.name not in burned
    }


def visible_name(name: str) -> str:
    """A name as lists, tables and records show it. One that no platform allows, but that a list has
    all the same, is escaped; a long one is cut, with the begin of its SHA-256 behind it.
    """
    if name.isascii() and name.isprintable() and len(name) <= LONGEST_NAME:
        return name
    visible = in_one_line(name).encode("ascii", "backslashreplace").decode("ascii")
    if len(visible) <= LONGEST_NAME:
        return visible
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{visible[:_HEAD]}...#{digest}"
