"""What every carrier is given and what it promises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from burner.errors import BurnerError, Finding
from burner.model import Segment
from burner.secrets import Secret

if TYPE_CHECKING:
    from burner.partitions import Layout, Partition


@dataclass(frozen=True)
class KeyConfig:
    """The key configuration: who the firmware is to the cloud.

    `device_name` is empty where the firmware derives it from its own silicon.
    """

    product_id: str
    product_secret: Secret
    device_name: str = ""


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
        found = Finding("E130", f"carrier.{key}", f"found {name!r}", f"data partitions: {there}")
        raise BurnerError("E130", name, (found,))
    allowed = [f"data, {subtype}" for subtype in subtypes]
    if partition.is_app or (allowed and partition.kind not in allowed):
        wanted = " or ".join(allowed) or "data"
        raise BurnerError("E131", f"{name} is {partition.kind}, not {wanted}")
    return partition


def findings_of(carrier: Carrier, layout: "Layout") -> list[Finding]:
    """Whether a carrier can be filled at all, tried with the longest key there is."""
    longest = KeyConfig("P" * 10, Secret(b"S" * 32), "N" * 48)
    try:
        carrier.fill(layout, longest)
        carrier.places(layout)
    except BurnerError as error:
        if error.findings:
            return list(error.findings)
        return [Finding(error.code, "carrier", error.detail, "")]
    return []


def part_of(read: Mapping[str, bytes], name: str) -> bytes:
    """What was read back from a place.

    Raises:
        BurnerError: E606 where nothing was.
    """
    if name not in read:
        raise BurnerError("E606", f"{name}: not read back")
    return read[name]
