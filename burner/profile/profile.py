"""A product: the engineer's YAML as a frozen `Profile`."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from burner.core.baud_rates import FASTEST, Baud
from burner.core.code import Code
from burner.core.yaml_document import Document
from burner.core.yaml_schema import AtLeastOne, Size, StrictModel, refusal
from burner.identity.naming import NameSettings
from burner.identity.settings import IdentitySettings
from burner.platforms.platform import DEFAULT_CLOUD, Platform
from burner.platforms.platforms import PLATFORMS
from burner.profile.boot import BootSettings
from burner.profile.documents import DocumentSettings
from burner.profile.images import ImageFile, TableFile
from burner.profile.limits import LimitSettings
from burner.profile.product import Product
from burner.profile.registration import RegistrationSettings
from burner.profile.route import RouteSettings
from burner.profile.tests import Tests, UnitTest, tests_after_boot, tests_before_write
from burner.profile.unit_label.settings import UnitLabelSettings
from burner.provisioning.carriers import CarrierSettings
from burner.provisioning.key_config import PossibleKeys
from burner.provisioning.sdk_layout import with_sdk_layout

FORMAT = 1
"""The newest format of a profile that is read here."""

ChipName = Literal[
    "esp8266",
    "esp32",
    "esp32s2",
    "esp32s3",
    "esp32s31",
    "esp32c2",
    "esp32c3",
    "esp32c5",
    "esp32c6",
    "esp32c61",
    "esp32h2",
    "esp32h21",
    "esp32h4",
    "esp32p4",
]


def _known_format(number: object) -> object:
    if isinstance(number, int) and number > FORMAT:
        raise refusal(Code.PROFILE_TOO_NEW, f"format {number}", f"this burner reads {FORMAT}")
    return number


def _flash_size(size: int) -> int:
    if size & (size - 1) or not 0x40000 <= size <= 0x8000000:
        raise ValueError("the size of a flash part: 256K, 512K, 1MB, 2MB, 4MB … 128MB")
    return size


def _code(text: str) -> str:
    if not re.fullmatch(r"E[0-9]{3}", text):
        raise refusal(
            Code.WARNING_NOT_ACCEPTABLE,
            f"found {text[:40]!r}",
            "the code of a warning, such as E122",
        )
    return text


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason or "\n" in reason:
        found = "has several lines" if reason else "has no reason"
        raise refusal(Code.WARNING_NOT_ACCEPTABLE, found, "why it is right as it is, in one line")
    return reason


WarningCode = Annotated[str, AfterValidator(_code)]
Reason = Annotated[str, AfterValidator(_reason), Field(max_length=200)]


class Chip(StrictModel):
    """The chip that the firmware was built for."""

    type: ChipName
    """The chip. A unit with another one is refused (E401) before anything is erased."""
    min_revision: Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}$")] | None = None
    """Lowest silicon revision that the firmware runs on, in quotes: `"0.3"`. Left out: any."""


def _kind_of_baud(value: object) -> str:
    return "auto" if isinstance(value, str) else "rate"


FlashBaud = Annotated[
    Annotated[Baud, Field(ge=9600), Tag("rate")] | Annotated[Literal["auto"], Tag("auto")],
    Discriminator(_kind_of_baud),  # a mistake in one is not told as one in both
]


class Flash(StrictModel):
    """Size of the flash on the board, and the speed of writing."""

    size: Annotated[Size, AfterValidator(_flash_size)]
    """Size of the flash on the board: 256K, 512K, 1MB, 2MB, 4MB … 128MB. A unit with less is
    refused."""
    baud: FlashBaud = 921600
    """Bits per second at the start. After link errors a unit is tried again one step slower.
    `auto`: each slot begins at 2000000, or at the rate that its station file has for it, and steps
    down until a unit passes."""
    early_baud: Literal["auto", "never"] = "auto"
    """`auto`: the chip's ROM is set to the rate before the stub is uploaded, half a second to a
    second less a unit, on the chips where that works. `never`: the stub changes the rate."""

    @property
    def first_baud(self) -> int:
        """The rate of a slot that has not found a better one."""
        return FASTEST if self.baud == "auto" else self.baud


class QuantityOf(StrEnum):
    """What the quantity of a release counts."""

    VERSION = "version"
    """Units of every release of this name and version."""
    RELEASE = "release"
    """Units of this very release."""


class Reburn(StrEnum):
    """What happens to a good unit that another release has made."""

    REFUSE = "refuse"
    """It stays as it is."""
    UPGRADE = "upgrade"
    """It is burned with this release."""


def _rework_reason(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("one line of visible text")
    return text


class ReworkSettings(StrictModel):
    """Burning a known unit again, ordered by the operator while the station runs."""

    reasons: tuple[
        Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_rework_reason)], ...
    ] = Field(default=(), max_length=50)
    """Reasons that the operator chooses from. None: the operator types a reason."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.reasons)) < len(self.reasons):
            raise ValueError("each reason once")
        return self


class FlashPlan(StrictModel):
    """The part of a profile that says what lies where in flash."""

    chip: Chip
    """The chip that the firmware was built for."""
    flash: Flash
    """Size of the flash on the board, and the speed of writing."""
    partition_table: TableFile | None = None
    """The partition table. Needed on every chip but the ESP8266, where firmware may do without."""
    images: AtLeastOne[ImageFile]
    """The firmware files, each at an offset or in a partition."""
    blank: tuple[str, ...] = ()
    """Partitions written as 0xFF on purpose, so that no old data remains in a reworked unit:
    `[nvs, otadata]`. Not those that an image or the carrier fills (E146)."""

    _document: Document | None = PrivateAttr(default=None)
    _path: Path = PrivateAttr(default=Path("profile"))

    @property
    def path(self) -> Path:
        """The file from which it was read."""
        return self._path

    def read_from(self, document: Document, path: Path) -> None:
        """Remember the file and its lines."""
        self._document, self._path = document, path

    def place(self, *field: str | int) -> str:
        """`file:line field`, for findings."""
        document = self._document or Document(str(self._path), {}, {}, {})
        return document.place(*field)

    def places_of(self, text: str) -> list[str]:
        """The places in the file that have this text as their value."""
        texts = self._document.texts if self._document else {}
        return [self.place(*field) for field, value in texts.items() if text in value]

    def files(self) -> dict[str, str]:
        """Every file that goes into flash: name of the image (or `partition-table`) → path.

        Of two images of one name, which is refused, the first.
        """
        files: dict[str, str] = {}
        for image in self.images:
            files.setdefault(image.name, image.file)
        return files | ({TABLE: self.partition_table.file} if self.partition_table else {})

    def files_field(self, name: str) -> tuple[str | int, ...]:
        """The field that names a file of `files()`."""
        if name == TABLE:
            return ("partition_table", "file")
        return ("images", [image.name for image in self.images].index(name), "file")


def _platform(info: ValidationInfo) -> Platform:
    """The platform of the product, as far as the profile is read."""
    product = info.data.get("product")
    return PLATFORMS[product.cloud if isinstance(product, Product) else DEFAULT_CLOUD]


class Profile(FlashPlan):
    """A product, as its engineer wrote it down."""

    burner: Annotated[Literal[1], BeforeValidator(_known_format)]
    """Version of this format, the first line of every profile."""
    product: Product
    """Name, version and cloud identity of the product."""
    carrier: CarrierSettings
    """How the key configuration reaches the firmware; docs/carriers.md says which kind to take."""
    name: Annotated[NameSettings, Field(validate_default=True)] = NameSettings()
    """How a unit's DeviceName is made; docs/names.md."""
    identity: IdentitySettings = IdentitySettings()
    """Which IDs a unit must have, and where they are read; docs/names.md."""
    boot: BootSettings = BootSettings()
    """What the firmware prints when it starts well."""
    tests: Tests = ()
    """Tests that every unit must pass, in their order: docs/testing.md."""
    route: RouteSettings | None = None
    """A test firmware that every unit runs before its own: docs/testing.md. Left out: none."""
    label: UnitLabelSettings | None = None
    """The label that is printed for every unit that passed: docs/labels.md."""
    rework: ReworkSettings = ReworkSettings()
    """Reasons for a rework that the operator chooses from."""
    quantity: Annotated[int, Field(ge=1)] | None = None
    """How many units this release may make, over all batches. Left out: any number."""
    quantity_of: QuantityOf = QuantityOf.VERSION
    """What counts towards `quantity`. `version`: the units of every release of this name and
    version. `release`: those of this very release; one that is built anew begins at 0."""
    limits: LimitSettings = LimitSettings()
    """Where and when units may be made."""
    registration: RegistrationSettings = RegistrationSettings()
    """How the product must be set on the platform, so that its units can register:
    docs/cloud.md."""
    documents: DocumentSettings = DocumentSettings()
    """Documents that go into the release file."""
    reburn: Reburn = Reburn.REFUSE
    """What becomes of a good unit of another release when it comes to this one. `refuse`: it stays
    as it is. `upgrade`: it is burned with this release."""
    accept: Mapping[WarningCode, Reason] = {}
    """Warnings that are accepted, by code, each with the reason in a line:
    `{E122: registers over our own gateway}`. They are then shown in one line, and kept in the
    release. Errors cannot be accepted, except for E148."""

    def files(self) -> dict[str, str]:
        """As of the flash plan, and behind them the images of the route."""
        files = super().files()
        for image in self.route.images if self.route else ():
            files.setdefault(image.name, image.file)
        return files

    def files_field(self, name: str) -> tuple[str | int, ...]:
        """The field that names a file of `files()`."""
        if name in super().files():
            return super().files_field(name)
        assert self.route is not None  # noqa: S101 - the name is one of its images
        names = [image.name for image in self.route.images]
        return ("route", "images", names.index(name), "file")

    @field_validator("carrier", mode="before")
    @classmethod
    def _as_in_the_sdk(cls, carrier: Any, info: ValidationInfo) -> Any:
        return with_sdk_layout(carrier, _platform(info).sdk_layout)

    @field_validator("name")
    @classmethod
    def _allowed_names(cls, name: NameSettings, info: ValidationInfo) -> NameSettings:
        return name.under(_platform(info).rules.names)

    @property
    def platform(self) -> Platform:
        """The platform with which the units register."""
        return PLATFORMS[self.product.cloud]

    @property
    def all_tests(self) -> tuple[UnitTest, ...]:
        """Every test of a unit, as they run: before the write, on the test firmware, on its own."""
        route = self.route.tests if self.route else ()
        return (*tests_before_write(self.tests), *route, *tests_after_boot(self.tests))

    @property
    def possible_keys(self) -> PossibleKeys:
        """The keys that its units can have."""
        return PossibleKeys(self.product.id, self.platform.rules)

    @property
    def title(self) -> str:
        """`plug-c3 1.2.0`."""
        return f"{self.product.name} {self.product.version}"


FILL_IN = "FILL_IN"
"""What `profile new` writes where only the engineer knows the value."""
TABLE = "partition-table"
"""The name of the table's own segment."""
