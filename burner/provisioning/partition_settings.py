"""The settings that all carriers of a data partition share."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.segments import RegionClass
from burner.core.yaml_schema import StrictModel, refusal

if TYPE_CHECKING:
    from burner.flash.layout import Layout


class AfterBoot(StrEnum):
    """What the firmware does with the key configuration when it first starts."""

    KEPT = "kept"
    """It reads the key where it was burned, each time."""
    MOVED = "moved"
    """It stores the key elsewhere and erases it here."""


class PartitionCarrierSettings(StrictModel):
    """What the carriers say that fill a data partition."""

    partition: str
    """The data partition that holds the key, by its name in the partition table."""
    region_class: Literal[RegionClass.FROZEN, RegionClass.MUTABLE] = Field(
        default=RegionClass.FROZEN, alias="class"
    )
    """`mutable`: the firmware changes the partition too, and it is not compared byte by byte later;
    the key in it is."""
    after_boot: AfterBoot = AfterBoot.KEPT
    """What the firmware does with the key when it first starts. `kept`: it reads it here each time.
    `moved`: it stores it elsewhere and erases it here; a good unit that comes back without its key
    is KNOWN then, if its start says what `boot` awaits, and the class is mutable."""

    @model_validator(mode="before")
    @classmethod
    def _what_is_moved_is_mutable(cls, data: Any) -> Any:
        moved = isinstance(data, dict) and data.get("after_boot") == AfterBoot.MOVED
        return {"class": RegionClass.MUTABLE.value, **data} if moved else data

    @model_validator(mode="after")
    def _what_is_frozen_stays(self) -> Self:
        if self.after_boot is AfterBoot.MOVED and self.region_class is not RegionClass.MUTABLE:
            found = f"after_boot: moved with class: {self.region_class}"
            raise refusal(
                Code.PROFILE_INVALID, found, "class: mutable (or left out) where the key is erased"
            )
        return self


def is_moved(settings: StrictModel) -> bool:
    """Whether the firmware moves the key elsewhere when it first starts."""
    if not isinstance(settings, PartitionCarrierSettings):
        return False
    return settings.after_boot is AfterBoot.MOVED


def moved_from_readonly(settings: PartitionCarrierSettings, layout: "Layout") -> list[Finding]:
    """A finding where the firmware must erase a partition that its own table marks as read-only."""
    partition = layout.table.find(settings.partition)
    if partition is None or not partition.readonly or not is_moved(settings):
        return []
    found = f"after_boot: moved, and the table marks {partition.name} readonly"
    return [
        Finding(
            Code.PROFILE_INVALID,
            "carrier.after_boot",
            found,
            "after_boot: kept, or a partition that is not readonly",
        )
    ]
