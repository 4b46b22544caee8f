"""The layout of a chip's flash. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass

from burner.core.segments import Segment
from burner.flash.partition_table import PartitionTable


@dataclass(frozen=True)
class Layout:
    """The layout of a chip's flash: the table, and the segments that will be written."""

    chip: str
    """esptool's name: `esp32c3`."""
    flash_size: int
    """Bytes."""
    table: PartitionTable
    segments: Mapping[str, Segment]
    """By name, ascending by offset; the table and blank regions included."""
