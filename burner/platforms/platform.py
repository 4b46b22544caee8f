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
    at_commands: bool
    """Whether there is AT firmware that registers; the carrier `at` speaks to it."""
    device_secret: Callable[[bytes], str]
    """The form of a device's own secret: from 16 random bytes."""
    certificates: bool
    """Whether products may give certificates."""
    creates_devices: bool
    """Whether products may create devices by themselves when these register."""
    licenses: bool
    """Whether each device needs a license."""
    repeats: int
    """How often a registered device may register again, as long as it is not activated."""
