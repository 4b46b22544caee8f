"""A unit's whole flash against what its record says; what differs is told, nothing is raised."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from burner.bench.modem.at_firmware import StoredProduct
from burner.core.attempt import Record
from burner.core.segments import Region, RegionClass
from tests.campaign import products
from tests.campaign.products import FLASH_SIZE, CampaignRelease, Product
from tests.campaign.units import WIFI

SECTOR = 0x1000


@dataclass(frozen=True)
class BurnObservation:
    """One burn as the bench saw it; flashes are whole."""

    before: bytes
    """When the burn began."""
    history: tuple[range | bytes, ...]
    """What was written, and the whole flash at each start of the application, before that wrote
    anything."""
    after: bytes
    """When all was over."""
    next_starts: tuple[str, ...]
    """What the unit prints at its next starts."""
    at_product_before: StoredProduct | None
    at_product: StoredProduct | None
    """What its AT firmware keeps."""

    @property
    def at_last_start(self) -> bytes:
        """Before the application wrote anything more."""
        return [event for event in self.history if isinstance(event, bytes)][-1]

    def at_first_start(self, region: Region) -> bytes:
        """Of the application after the region was written last; empty where there was none."""
        start = b""
        for event in self.history:
            if isinstance(event, bytes):
                start = start or event
            elif event.start < region.offset + region.size and region.offset < event.stop:
                start = b""
        return start


def passed(
    record: Record, made: CampaignRelease, product: Product, seen: BurnObservation
) -> Iterator[str]:
    """A unit that was written and passed holds exactly what its record says."""
    if not record.result.written:
        yield "PASS, and nothing was written"
    for region in record.attempt.regions:
        at_start = seen.at_first_start(region)
        if not _is_held(region, at_start):
            yield f"{region.name} ({region.kind.value}) differs from the record"
        if region.kind is RegionClass.BLANK and not _is_blank(region, at_start):
            yield f"{region.name} is not blank"
    yield from _untouched_elsewhere(record, seen)
    if WIFI in seen.after:
        yield "a stranger's nvs survived"
    yield from _works(record, made, product, seen, written=True)


def known(
    record: Record, made: CampaignRelease, product: Product, seen: BurnObservation
) -> Iterator[str]:
    """A unit that is told to be good already is, and was left alone."""
    if record.attempt.release_digest != made.release.digest:
        yield "KNOWN with another release"
    if _is_changed(product, seen):
        yield "KNOWN, and the unit was changed"
    yield from _works(record, made, product, seen, written=False)


def _works(
    record: Record, made: CampaignRelease, product: Product, seen: BurnObservation, *, written: bool
) -> Iterator[str]:
    """What a good unit is, whether it was written now or found so."""
    for region in record.attempt.regions:
        if region.kind is RegionClass.FROZEN and not _is_held(region, seen.after):
            yield f"{region.name} (frozen) differs from the record afterwards"
    stored = product.stored(seen.after, seen.at_product)
    attempt = record.attempt
    wanted = product.wanted(made, attempt.product_id, attempt.device_name, written=written)
    if wrong := [name for name, value in wanted.items() if stored.get(name) != value]:
        yield f"the key configuration has another {', '.join(wrong)}"
    for wanted_line in (
        f"Loaded app from partition at offset {products.APP_START:#x}",
        f"App version:      {made.version}",
        f"product_id={record.attempt.product_id} device_name={record.attempt.device_name}",
    ):
        if not all(wanted_line in lines for lines in seen.next_starts):
            yield f"it does not start what the record says: no line {wanted_line!r}"


def not_written(product: Product, seen: BurnObservation) -> Iterator[str]:
    """A unit that was refused is as it was."""
    if _is_changed(product, seen):
        yield "refused, and the unit was changed"


def _is_held(region: Region, flash: bytes) -> bool:
    data = flash[region.offset : region.offset + region.size]
    return hashlib.sha256(data).hexdigest() == region.sha256


def _is_blank(region: Region, flash: bytes) -> bool:
    data = flash[region.offset : region.offset + region.size]
    return data == b"\xff" * region.size


def _untouched_elsewhere(record: Record, seen: BurnObservation) -> Iterator[str]:
    """Sectors without a region are as before; a region's last sector is blank behind it."""
    touched = bytearray(FLASH_SIZE // SECTOR)
    expected = bytearray(seen.before)
    for region in record.attempt.regions:
        end = region.offset + region.size
        sectors = range(region.offset // SECTOR, -(-end // SECTOR))
        touched[sectors.start : sectors.stop] = b"\1" * len(sectors)
        expected[region.offset : end] = seen.at_last_start[region.offset : end]
        expected[end : sectors.stop * SECTOR] = b"\xff" * (sectors.stop * SECTOR - end)
    for number in range(len(touched)):
        place = number * SECTOR
        if seen.at_last_start[place : place + SECTOR] != expected[place : place + SECTOR]:
            yield f"the sector at {place:#x} has something nobody burned"
            return


def _is_changed(product: Product, seen: BurnObservation) -> bool:
    """Whether somebody else than the firmware changed it."""
    before, after = seen.before, seen.after
    if product.variant.carrier_class == "moved":
        for start, size in products.CARRIERS:
            if after[start : start + size] == b"\xff" * size:
                before = before[:start] + b"\xff" * size + before[start + size :]
    flashes = _outside_of_firmware(before), _outside_of_firmware(after)
    return seen.at_product != seen.at_product_before or flashes[0] != flashes[1]


def _outside_of_firmware(flash: bytes) -> bytes:
    """Without nvs and otadata, where a firmware writes when it starts."""
    return flash[: products.NVS] + flash[products.OTADATA + 0x2000 :]
