"""A unit's whole flash against what its record says; what differs is told, nothing is raised."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from burner.model import Record, Region, RegionClass
from tests.campaign import products
from tests.campaign.products import FLASH_SIZE, Made, Product
from tests.campaign.units import WIFI

SECTOR = 0x1000


@dataclass(frozen=True)
class Seen:
    """One burn as the bench saw it; flashes are whole."""

    before: bytes
    """When the burn began."""
    at_start: bytes
    """When the application started last, before it wrote anything."""
    after: bytes
    """When all was over."""
    says: str
    """What the unit prints when it is started once more."""


def passed(record: Record, made: Made, product: Product, seen: Seen) -> Iterator[str]:
    """A unit that was written and passed holds exactly what its record says."""
    if not record.result.written:
        yield "PASS, and nothing was written"
    for region in record.attempt.regions:
        if not _is_held(region, seen.at_start):
            yield f"{region.name} ({region.kind.value}) differs from the record"
        if region.kind is RegionClass.BLANK and not _is_blank(region, seen.at_start):
            yield f"{region.name} is not blank"
    yield from _untouched_elsewhere(record, seen)
    if WIFI in seen.after:
        yield "a stranger's nvs survived"
    yield from _works(record, made, product, seen)


def known(record: Record, made: Made, product: Product, seen: Seen) -> Iterator[str]:
    """A unit that is told to be good already is, and was left alone."""
    if record.attempt.release_digest != made.release.digest:
        yield "KNOWN with another release"
    if _outside_of_firmware(seen.before) != _outside_of_firmware(seen.after):
        yield "KNOWN, and the flash was changed"
    yield from _works(record, made, product, seen)


def _works(record: Record, made: Made, product: Product, seen: Seen) -> Iterator[str]:
    """What a good unit is, whether it was written now or found so."""
    for region in record.attempt.regions:
        if region.kind is RegionClass.FROZEN and not _is_held(region, seen.after):
            yield f"{region.name} (frozen) differs from the record afterwards"
    stored = product.stored(seen.after)
    wanted = {
        "product_id": record.attempt.product_id,
        "product_secret": made.key,
        "region": made.region,
    }
    if wrong := [name for name, value in wanted.items() if stored.get(name) != value]:
        yield f"the key configuration has another {', '.join(wrong)}"
    for wanted_line in (
        f"Loaded app from partition at offset {products.APP_START:#x}",
        f"App version:      {made.version}",
        f"product_id={record.attempt.product_id} device_name={record.attempt.device_name}",
    ):
        if wanted_line not in seen.says:
            yield f"it does not start what the record says: no line {wanted_line!r}"


def not_written(seen: Seen) -> Iterator[str]:
    """A unit that was refused is as it was."""
    if _outside_of_firmware(seen.before) != _outside_of_firmware(seen.after):
        yield "refused, and the flash was changed"


def _is_held(region: Region, flash: bytes) -> bool:
    data = flash[region.offset : region.offset + region.size]
    return hashlib.sha256(data).hexdigest() == region.sha256


def _is_blank(region: Region, flash: bytes) -> bool:
    data = flash[region.offset : region.offset + region.size]
    return data == b"\xff" * region.size


def _untouched_elsewhere(record: Record, seen: Seen) -> Iterator[str]:
    """Sectors without a region are as before; a region's last sector is blank behind it."""
    touched = bytearray(FLASH_SIZE // SECTOR)
    expected = bytearray(seen.before)
    for region in record.attempt.regions:
        end = region.offset + region.size
        sectors = range(region.offset // SECTOR, -(-end // SECTOR))
        touched[sectors.start : sectors.stop] = b"\1" * len(sectors)
        expected[region.offset : end] = seen.at_start[region.offset : end]
        expected[end : sectors.stop * SECTOR] = b"\xff" * (sectors.stop * SECTOR - end)
    for number in range(len(touched)):
        place = number * SECTOR
        if seen.at_start[place : place + SECTOR] != expected[place : place + SECTOR]:
            yield f"the sector at {place:#x} has something nobody burned"
            return


def _outside_of_firmware(flash: bytes) -> bytes:
    """Without nvs and otadata, where a firmware writes when it starts."""
    return flash[: products.NVS] + flash[products.OTADATA + 0x2000 :]
