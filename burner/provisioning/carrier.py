"""The `FlashCarrier` protocol, and what its implementations share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.segments import Segment

if TYPE_CHECKING:
    from burner.flash.layout import Layout
    from burner.flash.partition_table import Partition

from burner.provisioning.key_config import KeyConfig


class KeyState(StrEnum):
    """How a unit's key configuration compares with the one it should have."""

    SAME = "same"
    OTHER = "other"
    """Another one, part of one, or a damaged one."""
    GONE = "gone"
    """None of its values is there any more."""


@dataclass(frozen=True)
class FlashRange:
    """A stretch of flash to read back; offset and size in bytes."""

    name: str
    offset: int
    size: int


class FlashCarrier(Protocol):
    """Turns a key into bytes at a place in flash, and back."""

    def needs_name(self) -> bool:
        """Whether the bytes differ from unit to unit: then they are made for each attempt."""
        ...

    def holds_name(self) -> bool:
        """Whether the name is among the burned bytes, so that `decode` returns it."""
        ...

    def check(self, layout: "Layout") -> list[Finding]:
        """Everything that does not fit or cannot work, found without a key."""
        ...

    def fill(self, layout: "Layout", key: KeyConfig) -> tuple[Segment, ...]:
        """The segments with the key, to be added to the layout's or to replace those of the same
        name.

        Raises:
            BurnerError: E13x and E14x, as `check`; and for a key that does not fit.
        """
        ...

    def read_ranges(self, layout: "Layout", *, as_burned: bool = False) -> tuple[FlashRange, ...]:
        """The stretches of flash that `decode` needs.

        Args:
            layout: that the carrier fills.
            as_burned: flash is as it was burned, by the chip's MD5: what is blank need not be read,
                also where the firmware will write.
        """
        ...

    def decode(self, read: Mapping[str, bytes]) -> KeyConfig:
        """The key in what was read back. `read` has the bytes by the name of their range.

        Raises:
            BurnerError: E606 where there is no key in it, or it cannot be read at all.
        """
        ...

    def compare(self, read: Mapping[str, bytes], key: KeyConfig) -> KeyState:
        """Compare what was read back with a key, and with all else that is burned beside it.

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
        finding = Finding(
            Code.KEY_PARTITION_MISSING,
            f"carrier.{key}",
            f"found {name!r}",
            f"data partitions: {there}",
        )
        raise BurnerError(Code.KEY_PARTITION_MISSING, name, (finding,))
    allowed = [f"data, {subtype}" for subtype in subtypes]
    if partition.is_app or (allowed and partition.kind not in allowed):
        wanted = " or ".join(allowed) or "data"
        raise BurnerError(
            Code.KEY_PARTITION_WRONG_KIND, f"{name} is {partition.kind}, not {wanted}"
        )
    return partition


def try_to_fill(
    carrier: FlashCarrier, layout: "Layout", longest: KeyConfig, *parts: Callable[[], object]
) -> list[Finding]:
    """Fill a carrier with the longest key there is, and collect what is wrong.

    Args:
        carrier: to be filled.
        layout: that it fills.
        longest: the key.
        parts: of the work. Each is tried, so that one failure does not hide the others.
    """

    def whole() -> None:
        carrier.fill(layout, longest)
        carrier.read_ranges(layout)

    findings = dict.fromkeys(finding for part in parts for finding in _tried(part))
    return list(findings) or _tried(whole)


def _tried(work: Callable[[], object]) -> list[Finding]:
    """The findings of one part of the work."""
    try:
        work()
    except BurnerError as error:
        return list(error.findings) or [Finding(error.code, "carrier", error.detail, "")]
    return []


def is_erased(data: bytes) -> bool:
    """Whether flash holds nothing here: it is erased, or overwritten with zeros."""
    return data.count(0xFF) == len(data) or data.count(0) == len(data)


def bytes_of(read: Mapping[str, bytes], name: str) -> bytes:
    """The bytes that were read back from a range.

    Raises:
        BurnerError: E606 where nothing was read back.
    """
    if name not in read:
        raise BurnerError(Code.KEY_NOT_FOUND, f"{name}: not read back")
    return read[name]
