"""The devices of a product on the gateway: which there are, how far each has come. No I/O."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum, auto

from burner.cloud.management.api import DeviceOnPlatform
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
    since: datetime | None = None
    """When it came to this state; None: when the gateway began."""
    enabled: bool = True


@dataclass(frozen=True)
class RegistrationTerms:
    """How a product takes registrations."""

    register_type: RegisterType
    limit: int
    """Devices that it creates by itself."""
    repeats: int
    """How often a registered device may register again, as long as it is not activated."""
    most: int = MOST_DEVICES
    """Devices that it may have."""
    licenses: int | None = None
    """Licenses for devices, one each; None: devices need none."""
    online_at_once: bool = False
    """Whether a device that registers counts as activated from then on."""


class CreationOutcome(StrEnum):
    """What became of a name that was to be created."""

    CREATED = auto()
    EXISTS = auto()
    TOO_MANY = auto()
    NO_LICENSE = auto()


@dataclass(slots=True)
class _Device:
    created: float
    state: DeviceState = DeviceState.CREATED
    refusal: Code | None = None
    times: int = 0
    activated: float = 0.0
    enabled: bool = True


class RegisteredDevices:
    """The devices of one product; for several threads."""

    def __init__(
        self,
        terms: RegistrationTerms,
        listed: Mapping[str, ListedName],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._terms = terms
        self._now = now
        self._lock = threading.Lock()
        self._devices: dict[str, _Device] = {}
        self._names: list[str] = []
        self._created_by_itself = 0
        for name, entry in listed.items():
            device = self._add(name, entry.since.timestamp() if entry.since else now())
            device.state, device.refusal = entry.state, entry.refusal
            device.enabled = entry.enabled
            if device.state is DeviceState.ACTIVATED:
                device.activated = device.created

    def __len__(self) -> int:
        with self._lock:
            return len(self._names)

    # -- the product -------------------------------------------------------------------------------

    @property
    def terms(self) -> RegistrationTerms:
        """How the product takes registrations now."""
        with self._lock:
            return self._terms

    def set_registration(self, register_type: RegisterType, limit: int | None) -> RegistrationTerms:
        """Switch dynamic registration. The limit stays where None is given."""
        with self._lock:
            limit = self._terms.limit if limit is None else limit
            self._terms = replace(self._terms, register_type=register_type, limit=limit)
            return self._terms

    # -- what a device does ------------------------------------------------------------------------

    def register(self, name: str, precreated: bool | None) -> None:
        """Register a device.

        Args:
            name: its name, which is allowed.
            precreated: what the device says; None: nothing.

        Raises:
            BurnerError: E805, E806, E807, E808, E809, E814, or the error with which it is listed.
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
            if self._terms.online_at_once:
                self._activate(device)

    def activate(self, name: str) -> None:
        """A device of this name is online for the first time.

        Raises:
            KeyError: there is none.
        """
        with self._lock:
            self._activate(self._devices[name])

    def _activate(self, device: _Device) -> None:
        device.state = DeviceState.ACTIVATED
        device.activated = device.activated or self._now()

    def _create(self, name: str, precreated: bool | None) -> _Device:
        if precreated or self._terms.register_type is RegisterType.PRECREATED:
            raise BurnerError(Code.CLOUD_NAME_NOT_CREATED)
        if self._created_by_itself >= self._terms.limit:
            raise BurnerError(Code.CLOUD_DEVICE_LIMIT_REACHED, f"limit {self._terms.limit}")
        match self._room():
            case CreationOutcome.TOO_MANY:
                raise BurnerError(Code.CLOUD_DEVICE_LIMIT_REACHED, f"limit {self._terms.most}")
            case CreationOutcome.NO_LICENSE:
                raise BurnerError(Code.CLOUD_LICENSES_USED_UP)
        self._created_by_itself += 1
        return self._add(name, self._now())

    def _repeat(self, device: _Device) -> None:
        if device.times < self._terms.repeats:
            device.times += 1
        elif self._terms.repeats:
            raise BurnerError(Code.CLOUD_DEVICE_TOO_OFTEN, f"{device.times + 1} times")
        else:
            raise BurnerError(Code.CLOUD_NAME_REGISTERED, "registered")

    # -- what a person does ------------------------------------------------------------------------

    def create(self, names: Iterable[str]) -> Mapping[str, CreationOutcome]:
        """Create devices with these names, which are allowed; what became of each."""
        outcomes: dict[str, CreationOutcome] = {}
        with self._lock:
            for name in names:
                if name in self._devices:
                    outcomes.setdefault(name, CreationOutcome.EXISTS)
                    continue
                outcomes[name] = self._room()
                if outcomes[name] is CreationOutcome.CREATED:
                    self._add(name, self._now())
        return outcomes

    def find(self, name: str) -> DeviceOnPlatform | None:
        """The device of this name."""
        with self._lock:
            return _shown(name, self._devices[name]) if name in self._devices else None

    def page(self, offset: int, count: int) -> tuple[int, Sequence[DeviceOnPlatform]]:
        """How many devices there are, and some of them, in the order in which they came."""
        with self._lock:
            names = self._names[offset : offset + count]
            return len(self._names), [_shown(name, self._devices[name]) for name in names]

    # -- the store ---------------------------------------------------------------------------------

    def _room(self) -> CreationOutcome:
        """Whether one more fits."""
        if len(self._names) >= self._terms.most:
            return CreationOutcome.TOO_MANY
        if self._terms.licenses is not None and len(self._names) >= self._terms.licenses:
            return CreationOutcome.NO_LICENSE
        return CreationOutcome.CREATED

    def _add(self, name: str, created: float) -> _Device:
        device = self._devices[name] = _Device(created)
        self._names.append(name)
        return device


def _shown(name: str, device: _Device) -> DeviceOnPlatform:
    activated = datetime.fromtimestamp(device.activated, UTC) if device.activated else None
    return DeviceOnPlatform(
        name=name,
        created=datetime.fromtimestamp(device.created, UTC),
        registered=device.state is not DeviceState.CREATED,
        active=activated is not None,
        activated=activated,
        enabled=device.enabled,
    )
