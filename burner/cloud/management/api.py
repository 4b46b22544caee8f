"""What burner asks of a platform's management API: one Protocol, an adapter for each platform."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.product_settings import CredentialKind, RegisterType


@dataclass(frozen=True)
class ProductOnPlatform:
    """A product as the platform knows it. None: the platform does not tell."""

    product_id: str
    name: str
    region: str
    """As the platform names it; empty: it does not tell."""
    credential_kind: CredentialKind | None
    register_type: RegisterType | None
    register_limit: int | None
    """Devices that the product may create by itself."""
    device_limit: int | None
    """Devices that the product may have."""
    devices: int
    """Devices that it has."""
    secret: Secret | None
    licenses_left: int | None = None
    """Licenses that new devices may still use; None: devices need none, or it does not tell."""
    enabled: bool | None = None
    """Whether it is enabled: units of a disabled one do not register."""


@dataclass(frozen=True)
class DeviceOnPlatform:
    """A device as the platform knows it. None: the platform does not tell."""

    name: str
    created: datetime | None = None
    registered: bool | None = None
    """Whether it has fetched its credentials."""
    active: bool | None = None
    """Whether it was ever online."""
    activated: datetime | None = None
    """When it was online first."""
    enabled: bool | None = None


@dataclass(frozen=True)
class CreationResult:
    """What became of names that were to be created. Each name is in one of the three."""

    created: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    """They were there before: as good as created."""
    refused: Mapping[str, BurnerError] = field(default_factory=dict)


class CreationCutShortError(BurnerError):
    """An error ended a call of `create` that had created names already."""

    def __init__(self, cause: BurnerError, created: Sequence[str]) -> None:
        super().__init__(cause.code, cause.detail)
        self.cause = cause
        self.created = tuple(created)


@dataclass(frozen=True)
class CreationTask:
    """Names that the platform creates; the task may go on after the call."""

    id: str
    """The platform's; empty: it was done in the call."""
    names: tuple[str, ...]
    result: CreationResult | None
    """None: ask `creation_result` later."""


class ManagementApi(Protocol):
    """The management API of a platform, for one account and region.

    Each call has a deadline, and tries again, with back-off, where the platform asks to slow down.
    No error holds a credential.

    Raises:
        BurnerError: E8 from every method.
    """

    @property
    def names_per_call(self) -> int:
        """How many names `create` takes."""

    def product(self, product_id: str) -> ProductOnPlatform:
        """A product. E802: there is none."""

    def device_count(self, product_id: str) -> int:
        """How many devices a product has; its secret is not read. E802: no product."""

    def devices(self, product_id: str) -> Iterator[Sequence[DeviceOnPlatform]]:
        """All devices of a product, a page at a time."""

    def device(self, product_id: str, name: str) -> DeviceOnPlatform | None:
        """A device; None: there is none of this name."""

    def create(self, product_id: str, names: Sequence[str]) -> CreationTask:
        """Create devices; never sent twice by itself.

        Raises:
            CreationCutShortError: some names were created before the error.
            UncertainCallError: names may have been created: the caller looks with `device` or
                `devices`.
            BurnerError: none was created.
        """

    def creation_result(self, product_id: str, task: CreationTask) -> CreationResult | None:
        """The result of a task; None: the platform is still at work."""

    def set_registration(self, product_id: str, register_type: RegisterType, limit: int) -> None:
        """Switch dynamic registration of a product, and set its limit."""
