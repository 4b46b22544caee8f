"""Whether a partition table can be used: each partition, and their order. Pure."""

from collections.abc import Iterator
from itertools import pairwise

from burner.core.code import Code
from burner.core.errors import Finding
from burner.flash.partition_table import (
    APP,
    DATA,
    SECTOR_SIZE,
    Partition,
    PartitionTable,
    alignment,
)


def check_table(
    table: PartitionTable, name: str, chip: str, table_offset: int, flash_size: int
) -> list[Finding]:
    """Everything for which a table cannot be used: each partition, then their order."""
    findings = [finding for p in table for finding in _check_partition(p, name, chip, flash_size)]
    ordered = sorted(table, key=lambda p: p.offset)
    for before, after in pairwise(ordered):
        if after.offset < before.end:
            found = (
                f"starts at {after.offset:#x}, inside {before.name} that ends at {before.end:#x}"
            )
            findings.append(_about(after, name, found, "partitions that do not overlap"))
    taken = table_offset + SECTOR_SIZE
    for p in ordered:
        if p.offset < taken and p.end > table_offset and p.type in (APP, DATA):
            found = f"lies at {p.offset:#x}, over the partition table at {table_offset:#x}"
            findings.append(_about(p, name, found, f"partitions from {taken:#x} on"))
    labels = [p.name for p in table]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    return [
        *findings,
        *(
            Finding(Code.PARTITIONS_CONFLICT, f"{name} {label}", "occurs twice", "each name once")
            for label in twice
        ),
    ]


def _check_partition(p: Partition, name: str, chip: str, flash_size: int) -> Iterator[Finding]:
    align = alignment(chip, p.type)
    if p.offset % align:
        yield _about(p, name, f"offset {p.offset:#x} is unaligned", f"a multiple of {align:#x}")
    if p.size == 0 or (p.size % SECTOR_SIZE and not p.readonly):
        yield _about(p, name, f"size {p.size:#x}", f"a multiple of {SECTOR_SIZE:#x}, not zero")
    if p.end > flash_size:
        found = f"ends at {p.end:#x}, the flash at {flash_size:#x}"
        place = f"{name} {p.name}"
        yield Finding(
            Code.LAYOUT_EXCEEDS_FLASH,
            place,
            found,
            "a partition inside the flash, or a larger flash.size",
        )
    if p.is_otadata and p.size != 2 * SECTOR_SIZE:
        yield _about(p, name, f"otadata of {p.size:#x} bytes", "0x2000")


def _about(p: Partition, name: str, found: str, allowed: str) -> Finding:
    return Finding(Code.PARTITIONS_CONFLICT, f"{name} {p.name}", found, allowed)
