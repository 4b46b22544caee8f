"""The devices of a product on the gateway: which may register, and which have. No I/O."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.product_settings import RegisterType

MOST_DEVICES = 1_000_000
"""Of a product, as with Tencent."""


class DeviceState(StrEnum):
    """How far a device has come."""

    CREATED = ""
    REGISTERED = "registered"
    ACTIVATED = "activated"


@dataclass(frozen=True)
class ListedName:
    """A name that was created beforehand."""

    state: DeviceState = DeviceState.CREATED
    refusal: Code | None = None
    """The error with which the gateway refuses this device; None: it follows the rules."""


@dataclass(frozen=True)
class RegistrationTerms:
    """How a product takes registrations."""

    register_type: RegisterType
    limit: int
    """Devices that it creates by itself."""
    repeats: int
    """How often a registered device may register again, as long as it is not activated."""


@dataclass
class _Device:
    state: DeviceState
    refusal: Code | None = None
    times: int = 0


class RegisteredDevices:
    """The devices of one product; for several threads."""

    def __init__(self, terms: RegistrationTerms, listed: Mapping[str, ListedName]) -> None:
        self._terms = terms
        self._lock = threading.Lock()
        self._devices = {
            name: _Device(entry.state, entry.refusal) for name, entry in listed.items()
        }
        self._created = 0

    def register(self, name: str, precreated: bool | None) -> None:
        """Register a device.

        Args:
            name: its name, which is allowed.
            precreated: what the device says; None: nothing.

        Raises:
            BurnerError: E805, E806, E807, E808, E809, or the error with which it is listed.
        """
        with self._lock:
            if self._terms.register_type is RegisterType.OFF:
                raise BurnerError(Code.CLOUD_REGISTRATION_OFF)
            device = self._devices.get(name) or self._create(name, precreated)
            if device.refusal is not None:
                raise BurnerError(device.refusal, "listed so")
            if device.state is DeviceState.ACTIVATED:
                raise BurnerError(Code.CLOUD_NAME_REGISTERED, "activated")
            if device.state is DeviceState.REGISTERED:
                self._repeat(device)
            device.state = DeviceState.REGISTERED

    def _create(self, name: str, precreated: bool | None) -> _Device:
        if precreated or self._terms.register_type is RegisterType.PRECREATED:
            raise BurnerError(Code.CLOUD_NAME_NOT_CREATED)
        if self._created >= self._terms.limit:
            raise BurnerError(Code.CLOUD_DEVICE_LIMIT_REACHED, f"limit {self._terms.limit}")
        self._created += 1
        device = self._devices[name] = _Device(DeviceState.CREATED)
        return device

    def _repeat(self, device: _Device) -> None:
        if device.times < self._terms.repeats:
            device.times += 1
        elif self._terms.repeats:
            raise BurnerError(Code.CLOUD_DEVICE_TOO_OFTEN, f"{device.times + 1} times")
        else:
            raise BurnerError(Code.CLOUD_NAME_REGISTERED, "registered")
