"""A firmware build as burner sees it: chip, files, partition table. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from burner.core.errors import BurnerError
from burner.flash.image import AppDescriptor, AppImage, parse_image
from burner.flash.partition_table import Partition, PartitionTable

_FOREIGN_DESCRIPTOR: Final = "arduino-lib-builder"
"""Arduino's libraries come with a descriptor of their own, which says nothing of the sketch."""


@dataclass(frozen=True)
class BuildFile:
    """A file for flash; offset in bytes."""

    name: str
    """As a profile may call it."""
    path: Path
    offset: int
    data: bytes = field(repr=False)

    @property
    def image(self) -> AppImage | None:
        """The parsed image, if it is firmware."""
        try:
            return parse_image(self.data)
        except BurnerError:
            return None


@dataclass(frozen=True)
class Build:
    """All that a build says about a product."""

    kind: str
    """What made it: `ESP-IDF`, `PlatformIO`, …"""
    folder: Path
    chip: str
    """esptool's name; empty where nothing tells."""
    flash_size: int
    """Bytes; 0 where nothing tells."""
    flash_mode: str
    flash_freq: str
    files: tuple[BuildFile, ...]
    """Ascending by offset, without the table."""
    table_file: BuildFile | None = None
    table: PartitionTable = field(default=PartitionTable(()))
    csv: Path | None = None
    """The file the table was made from, where one lies near and says the same."""
    images: Mapping[str, AppImage] = field(default_factory=dict)
    """Those of the files that are firmware, by name."""

    def partition_of(self, file: BuildFile) -> Partition | None:
        """The partition that begins at the offset of a file."""
        return next((p for p in self.table if p.offset == file.offset), None)

    @property
    def application(self) -> BuildFile | None:
        """The application: the image in an app partition; without a table, the last image."""
        firmware = [file for file in self.files if file.name in self.images]
        if not self.table.partitions:
            named = [file for file in firmware if file.name == "app"]
            return next(iter(named or firmware[::-1]), None)
        placed = ((file, self.partition_of(file)) for file in firmware)
        return next((file for file, where in placed if where and where.is_app), None)

    @property
    def descriptor(self) -> AppDescriptor | None:
        """The application's description of itself."""
        image = self.images.get(self.application.name) if self.application else None
        descriptor = image.descriptor if image else None
        return descriptor if descriptor and descriptor.project_name != _FOREIGN_DESCRIPTOR else None

    @property
    def min_revision(self) -> int:
        """The highest chip revision that an image requires: major × 100 + minor; 0 = any."""
        return max((image.min_revision for image in self.images.values()), default=0)
