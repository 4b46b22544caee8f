"""What a product is: the engineer's YAML as a frozen `Profile`."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator

from burner.baud_rates import Baud
from burner.boot import BootSettings
from burner.carriers import CarrierSettings
from burner.errors import BurnerError
from burner.identity_settings import IdentitySettings
from burner.model import RegionClass
from burner.naming import NameSettings
from burner.schema import Document, Offset, Size, Strict, refusal
from burner.secrets import PLACEHOLDERS, parse_reference

PRODUCT_ID_FORM = re.compile(r"[0-9A-Za-z]{10}")
"""Tencent: exactly 10 characters; every real one is of 0-9 and A-Z."""

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
        raise refusal("E106", f"format {number}", f"this burner reads {FORMAT}")
    return number


def _product_id(text: str) -> str:
    if text in PLACEHOLDERS:
        raise refusal("E104", f"found the placeholder {text!r}", "the ProductID of the product")
    if not PRODUCT_ID_FORM.fullmatch(text):
        found = f"found {text[:40]!r}, {len(text)} characters"
        raise refusal("E102", found, "exactly 10 of 0-9 and A-Z, from the console")
    return text


def _reference(text: str) -> str:
    try:
        parse_reference(text)
    except BurnerError:
        allowed = "env:NAME, file:PATH, keyring:SERVICE/USER or prompt, never the secret itself"
        raise refusal("E150", "found something else than a reference, not shown", allowed) from None
    return text


def _flash_size(size: int) -> int:
    if size & (size - 1) or not 0x40000 <= size <= 0x8000000:
        raise ValueError("the size of a flash part: 256K, 512K, 1MB, 2MB, 4MB … 128MB")
    return size


def _code(text: str) -> str:
    if not re.fullmatch(r"E[0-9]{3}", text):
        raise refusal("E149", f"found {text[:40]!r}", "the code of a warning, such as E122")
    return text


def _reason(text: str) -> str:
    if not text.strip() or "\n" in text.strip():
        raise refusal(
            "E149", "no reason" if not text.strip() else "several lines", "why, in a line"
        )
    return text.strip()


WarningCode = Annotated[str, AfterValidator(_code)]
Reason = Annotated[str, AfterValidator(_reason), Field(max_length=200)]


class Product(Strict):
    """Who the product is, on the line and to the cloud."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_-]{0,31}$")]
    """Of this product's firmware release."""
    id: Annotated[str, AfterValidator(_product_id)]
    """The ProductID."""
    secret: Annotated[str, AfterValidator(_reference)]
    """Where the ProductSecret is kept; never the secret."""


class Chip(Strict):
    """Which part the firmware was built for."""

    type: ChipName
    min_revision: Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}$")] | None = None
    """Lowest silicon revision the firmware runs on, `"0.3"`."""


class Flash(Strict):
    """The flash part, and how fast to fill it."""

    size: Annotated[Size, AfterValidator(_flash_size)]
    baud: Annotated[Baud, Field(ge=9600)] = 921600
    """Where the ladder of baud rates starts."""
    early_baud: Literal["auto", "never"] = "auto"
    """`auto`: the chip's ROM is set to the rate before the stub is uploaded, half a second to a
    second less a unit, on the chips where that works. `never`: the stub changes the rate."""


class Reburn(StrEnum):
    """What becomes of a good unit that another release has made."""

    REFUSE = "refuse"
    """It stays as it is."""
    UPGRADE = "upgrade"
    """It is burned with this release."""


class TableFile(Strict):
    """The partition table, CSV or binary, and where it is burned."""

    file: Annotated[str, Field(min_length=1)]
    """From the profile's folder."""
    offset: Offset = 0x8000


class ImageFile(Strict):
    """A firmware file, by offset or by partition name."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]
    file: Annotated[str, Field(min_length=1)]
    """From the profile's folder."""
    offset: Offset | None = None
    partition: str | None = None
    region_class: Literal[RegionClass.FROZEN, RegionClass.MUTABLE] | None = Field(
        default=None, alias="class"
    )
    """Left out: mutable in partitions of type nvs, ota and phy, frozen elsewhere."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.offset is None) == (self.partition is None):
            raise ValueError("either offset or partition")
        return self


def _rework_reason(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("a line of text that can be seen")
    return text


class ReworkSettings(Strict):
    """Burning a known unit again, ordered by the operator while the station runs."""

    reasons: tuple[
        Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_rework_reason)], ...
    ] = Field(default=(), max_length=50)
    """What the operator chooses from; none given = types a reason."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.reasons)) < len(self.reasons):
            raise ValueError("each reason once")
        return self


def _at_least_one(images: tuple[ImageFile, ...]) -> tuple[ImageFile, ...]:
    # Not min_length: that complains of too few where one is wrong.
    if not images:
        raise ValueError("at least one image")
    return images


class FlashPlan(Strict):
    """The part of a profile that says what goes where in flash."""

    chip: Chip
    flash: Flash
    partition_table: TableFile | None = None
    """Needed on every chip but the ESP8266, where firmware may do without one."""
    images: Annotated[
        tuple[ImageFile, ...],
        AfterValidator(_at_least_one),
        Field(json_schema_extra={"minItems": 1}),
    ]
    blank: tuple[str, ...] = ()
    """Partitions written as 0xFF on purpose, so that nothing old survives."""

    _document: Document | None = PrivateAttr(default=None)
    _path: Path = PrivateAttr(default=Path("profile"))

    @property
    def path(self) -> Path:
        """The file it came from."""
        return self._path

    def read_from(self, document: Document, path: Path) -> None:
        """Remember where it came from."""
        self._document, self._path = document, path

    def place(self, *field: str | int) -> str:
        """`file:line field`, for findings."""
        document = self._document or Document(str(self._path), {}, {}, {})
        return document.place(*field)

    def places_of(self, text: str) -> list[str]:
        """Where the file holds a text, as values go."""
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


class Profile(FlashPlan):
    """A product, as its engineer wrote it down."""

    burner: Annotated[Literal[1], BeforeValidator(_known_format)]
    """Version of this format."""
    product: Product
    carrier: CarrierSettings
    name: NameSettings = NameSettings()
    identity: IdentitySettings = IdentitySettings()
    boot: BootSettings = BootSettings()
    rework: ReworkSettings = ReworkSettings()
    quantity: Annotated[int, Field(ge=1)] | None = None
    """How many units this release may make, over all batches."""
    reburn: Reburn = Reburn.REFUSE
    """What becomes of a good unit of another release when it comes to this one."""
    accept: Mapping[WarningCode, Reason] = {}
    """Warnings of `profile check` that are accepted, by code, each with the reason."""

    @property
    def title(self) -> str:
        """`plug-c3 1.2.0`."""
        return f"{self.product.name} {self.product.version}"


FILL_IN = "FILL_IN"
"""What `profile new` writes where only the engineer knows the value."""
TABLE = "partition-table"
"""The name of the table's own segment."""
