"""What every carrier is given and what it promises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from pydantic import Field, model_validator

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.model import RegionClass, Segment
from burner.core.secret import Secret
from burner.core.yaml_schema import Strict, refusal

if TYPE_CHECKING:
    from burner.flash.partition_table import Layout, Partition


@dataclass(frozen=True)
class KeyConfig:
    """The key configuration: who the firmware is to the cloud.

    `device_name` is empty where the firmware derives it from its own silicon.
    """

    product_id: str
    product_secret: Secret
    device_name: str = ""


LONGEST = KeyConfig("P" * 10, Secret(b"S" * 32), "N" * 48)
"""The key that takes the most room."""


class KeyState(StrEnum):
    """How a unit's key configuration compares with the one it should have."""

    SAME = "same"
    OTHER = "other"
    """Another one, part of one, or a damaged one."""
    GONE = "gone"
    """None of its values is there any more."""


class AfterBoot(StrEnum):
    """What the firmware does with the key configuration when it first starts."""

    KEPT = "kept"
    """It reads the key where it was burned, each time."""
    MOVED = "moved"
    """It stores the key elsewhere and erases it here."""


class PartitionCarrierSettings(Strict):
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


@dataclass(frozen=True)
class Place:
    """A stretch of flash to read back; offset and size in bytes."""

    name: str
    offset: int
    size: int


class Carrier(Protocol):
    """Turns a key into bytes at a place in flash, and back."""

    def needs_name(self) -> bool:
        """Whether the bytes differ from unit to unit: they are made once per attempt."""
        ...

    def holds_name(self) -> bool:
        """Whether the name is among what is burned, so that `decode` gives it back."""
        ...

    def check(self, layout: "Layout") -> list[Finding]:
        """Everything that will not fit or not work, found without a key."""
        ...

    def fill(self, layout: "Layout", key: KeyConfig) -> tuple[Segment, ...]:
        """The segments that carry the key, added to the layout's or replacing those by name.

        Raises:
            BurnerError: E13x and E14x, as `check`; and for a key that does not fit.
        """
        ...

    def places(self, layout: "Layout") -> tuple[Place, ...]:
        """What must be read back so that `decode` can find the key."""
        ...

    def decode(self, read: Mapping[str, bytes]) -> KeyConfig:
        """The key in what was read back, by the name of its place.

        Raises:
            BurnerError: E606 where there is no such key in it, or it cannot be read at all.
        """
        ...

    def compare(self, read: Mapping[str, bytes], key: KeyConfig) -> KeyState:
        """How what was read back compares with a key and with all else that is burned beside it.

        Raises:
            BurnerError: E606, E607 where it cannot be read at all.
        """
        ...


def partition_of(
    layout: "Layout", name: str, *subtypes: str, key: str = "partition"
) -> "Partition":
    """The data partition that a carrier fills; one of the subtypes where some are given.

    Args:
        layout: with the table.
        name: of the partition.
        subtypes: those it may have; any where none is given.
        key: the carrier's setting that names the partition, for findings.

    Raises:
        BurnerError: E130 where the table has none of that name, E131 where it is another kind.
    """
    partition = layout.table.find(name)
    if partition is None:
        there = ", ".join(p.name for p in layout.table if not p.is_app) or "none"
        found = Finding(
            Code.KEY_PARTITION_MISSING,
            f"carrier.{key}",
            f"found {name!r}",
            f"data partitions: {there}",
        )
        raise BurnerError(Code.KEY_PARTITION_MISSING, name, (found,))
    allowed = [f"data, {subtype}" for subtype in subtypes]
    if partition.is_app or (allowed and partition.kind not in allowed):
        wanted = " or ".join(allowed) or "data"
        raise BurnerError(
            Code.KEY_PARTITION_WRONG_KIND, f"{name} is {partition.kind}, not {wanted}"
        )
    return partition


def findings_of(carrier: Carrier, layout: "Layout", *parts: Callable[[], object]) -> list[Finding]:
    """Whether a carrier can be filled at all, tried with the longest key there is.

    Args:
        carrier: to be filled.
        layout: that it fills.
        parts: of the work, each of which may fail alone and must not hide the others.
    """

    def whole() -> None:
        carrier.fill(layout, LONGEST)
        carrier.places(layout)

    found = dict.fromkeys(finding for part in parts for finding in _tried(part))
    return list(found) or _tried(whole)


def _tried(work: Callable[[], object]) -> list[Finding]:
    """What is wrong with it."""
    try:
        work()
    except BurnerError as error:
        return list(error.findings) or [Finding(error.code, "carrier", error.detail, "")]
    return []


def is_moved(settings: Strict) -> bool:
    """Whether the firmware moves the key elsewhere when it first starts."""
    if not isinstance(settings, PartitionCarrierSettings):
        return False
    return settings.after_boot is AfterBoot.MOVED


def moved_from_readonly(settings: PartitionCarrierSettings, layout: "Layout") -> list[Finding]:
    """A firmware erases nothing that its own partition table has it read only."""
    partition = layout.table.find(settings.partition)
    if partition is None or not partition.readonly or not is_moved(settings):
        return []
    found = f"after_boot: moved, and the table marks {partition.name} readonly"
    return [
        Finding(
            Code.PROFILE_INVALID, "carrier.after_boot", found, "kept, or a partition to write to"
        )
    ]


def is_erased(data: bytes) -> bool:
    """Whether flash holds nothing here, or what was there has been overwritten with zeros."""
    return data.count(0xFF) == len(data) or data.count(0) == len(data)


def part_of(read: Mapping[str, bytes], name: str) -> bytes:
    """What was read back from a place.

    Raises:
        BurnerError: E606 where nothing was.
    """
    if name not in read:
        raise BurnerError(Code.KEY_NOT_FOUND, f"{name}: not read back")
    return read[name]
