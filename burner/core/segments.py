"""Stretches of flash: segments with their bytes, regions with their digests. Data only."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import md5, sha256
from typing import Self


class RegionClass(StrEnum):
    """What may happen to a region after the burn."""

    FROZEN = "frozen"
    """Stays as burned."""
    MUTABLE = "mutable"
    """The firmware changes it on first boot (nvs, otadata, phy)."""
    BLANK = "blank"
    """Written as 0xFF on purpose, so that nothing old survives."""


@dataclass(frozen=True)
class Region:
    """A stretch of flash and what it holds, without the bytes. Offset and size in bytes."""

    name: str
    offset: int
    size: int
    sha256: str
    md5: str
    kind: RegionClass = RegionClass.FROZEN

    @property
    def end(self) -> int:
        """Offset of the first byte behind it."""
        return self.offset + self.size


@dataclass(frozen=True)
class Segment:
    """Bytes for a place in flash. `confidential` bytes hold a secret."""

    name: str
    offset: int
    data: bytes = field(repr=False)
    kind: RegionClass = RegionClass.FROZEN
    confidential: bool = False

    @property
    def end(self) -> int:
        """Offset of the first byte behind it."""
        return self.offset + len(self.data)

    def holds(self, other: Self) -> bool:
        """Whether the other's bytes are among these, at the same place."""
        start = other.offset - self.offset
        inside = start >= 0 and other.end <= self.end
        return inside and self.data.startswith(other.data, start)

    def region(self) -> Region:
        """The region of this segment. Its digests are computed once: 2 ms a megabyte."""
        return self._region

    @cached_property
    def _region(self) -> Region:
        return Region(
            name=self.name,
            offset=self.offset,
            size=len(self.data),
            sha256=sha256(self.data).hexdigest(),
            md5=md5(self.data, usedforsecurity=False).hexdigest(),
            kind=self.kind,
        )


@dataclass(frozen=True)
class SealedSegment(Segment):
    """A confidential segment whose bytes are not at hand: `data` is as many zeros."""

    sha256: str = ""
    """Of the bytes themselves."""

    def region(self) -> Region:
        """The same place with the digest that is known."""
        return Region(self.name, self.offset, len(self.data), self.sha256, "", self.kind)
