"""The files of a firmware build, and where each is burned, according to the profile."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from burner.core.segments import RegionClass
from burner.core.yaml_schema import Offset, StrictModel


class TableFile(StrictModel):
    """The partition table, CSV or binary, and where it is burned."""

    file: Annotated[str, Field(min_length=1)]
    """The CSV or the binary table of the firmware's build; the path starts from the profile's
    folder."""
    offset: Offset = 0x8000
    """Where it is burned, as in the build's sdkconfig (CONFIG_PARTITION_TABLE_OFFSET)."""


class FirmwareFile(StrictModel):
    """A firmware file, by offset or by partition name."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]
    """Its name in records and messages, such as `bootloader`; each image has another."""
    file: Annotated[str, Field(min_length=1)]
    """The .bin file as the build made it; the path starts from the profile's folder."""
    offset: Offset | None = None
    """Where it is burned, in bytes from the start of the flash. Either this or `partition`."""
    partition: str | None = None
    """The partition at whose start it is burned. Either this or `offset`."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.offset is None) == (self.partition is None):
            raise ValueError("either offset or partition")
        return self


class ImageFile(FirmwareFile):
    """A firmware file of the product, by offset or by partition name."""

    region_class: Literal[RegionClass.FROZEN, RegionClass.MUTABLE] | None = Field(
        default=None, alias="class"
    )
    """`frozen`: it stays as burned, and is compared with every later look. `mutable`: the firmware
    changes it. Left out: mutable in partitions of type nvs, ota and phy, frozen elsewhere."""
    confidential: StrictBool = False
    """It is a secret of the product, such as an NVS key partition or the key of a certificate. A
    release holds it sealed only (`burner release build --to`). It lies in a data partition."""
