"""A cloud platform, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from burner.platforms.registration import RegistrationApi
from burner.platforms.rules import ProductRules


class Cloud(StrEnum):
    """The platforms with which units can register; in a profile `product.cloud`."""

    TENCENT_HUB = "tencent-hub"
    """Tencent Cloud IoT Hub."""
    TENCENT_EXPLORER = "tencent-explorer"
    """Tencent Cloud IoT Explorer."""
    ALIBABA = "alibaba"
    """Alibaba Cloud IoT Platform."""
    VOLCENGINE = "volcengine"
    """Volcengine IoT."""


DEFAULT_CLOUD: Final = Cloud.TENCENT_HUB
"""The platform of a profile that names none."""


@dataclass(frozen=True)
class NvsPreset:
    """Where a known firmware of the platform keeps its key."""

    name: str
    partition: str
    namespace: str
    keys: Mapping[str, str] = field(default_factory=dict)
    """Value of the key → its key in NVS, where it is not called so too."""


@dataclass(frozen=True)
class SdkArray:
    """An array of C source that holds a value of the key."""

    text: str
    """What it holds until it is burned."""
    size: int
    """Bytes, the NUL at the end included."""


@dataclass(frozen=True)
class SdkLayout:
    """Where firmware with the platform's own C SDK keeps its key, if not in NVS."""

    json_keys: Mapping[str, str]
    """Value of the key → its key in the JSON file."""
    json_fields: Mapping[str, object]
    """What the JSON file has beside the key."""
    arrays: Mapping[str, SdkArray]
    """Value of the key → the array in the source."""


@dataclass(frozen=True)
class Platform:
    """What burner knows of a platform."""

    title: str
    rules: ProductRules
    apis: tuple[RegistrationApi, ...]
    """The ways to register; the one for new firmware first."""
    hosts: Mapping[str, str]
    """Region → host of registration."""
    registration_texts: tuple[str, ...]
    """Firmware that registers holds one of them."""
    nvs_preset: NvsPreset
    sdk_layout: SdkLayout | None
    """None: no SDK of it has a layout that is the same for everybody."""
    at_commands: bool
    """Whether there is AT firmware that registers; the carrier `at` speaks to it."""
    device_secret: Callable[[bytes], str]
    """The form of a device's own secret: from 16 random bytes."""
    certificates: bool
    """Whether products may give certificates."""
    creates_devices: bool
    """Whether products may create devices by themselves when these register."""
    registration_switch: bool
    """Whether its management API switches the dynamic registration of a product."""
    instances: bool
    """Whether a product may be in an instance that has an ID."""
    licenses: bool
    """Whether each device needs a license."""
    repeats: int
    """How often a registered device may register again, as long as it is not activated."""
    region_names: Mapping[str, str] = field(default_factory=dict)
    """Name of a region in the management API → the region, where it is another."""

    def region_or_first(self, region: str) -> str:
        """A region as it was named; the first one where none was."""
        return region or next(iter(self.hosts))
