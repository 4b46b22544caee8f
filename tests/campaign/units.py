"""A unit's life between two burns: what may have become of its flash, and what people say of it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from burner.bench.from_profile import with_own_lines
from burner.bench.modem.at_firmware import ProductMemory, StoredProduct
from burner.bench.unit.modem_spec import ModemSpec, ProductSpec
from burner.bench.unit.unit_spec import UnitSpec
from burner.core.segments import Segment
from burner.flash import otadata
from tests.campaign import products
from tests.campaign.products import FLASH_SIZE, CampaignRelease, Product
from tests.images import PRODUCT_ID

STATES = tuple(otadata.OtaState)
WIFI = b"stranger's Wi-Fi: hunter22"


@dataclass
class Unit:
    """One part. Its flash is a file, so that it outlives whatever is done to it."""

    spec: UnitSpec
    story: list[str] = field(default_factory=list)
    """What happened to it, for whoever reads a failure."""

    @property
    def flash(self) -> bytes:
        """Every byte of it."""
        path = self.spec.flash_file
        assert path is not None
        return path.read_bytes() if path.exists() else b"\xff" * FLASH_SIZE

    def put(self, offset: int, data: bytes) -> None:
        """Whole sectors of it are someone else's now."""
        flash = bytearray(self.flash)
        sectors = -(-len(data) // 0x1000) * 0x1000
        flash[offset : offset + sectors] = data.ljust(sectors, b"\xff")
        assert self.spec.flash_file is not None
        self.spec.flash_file.write_bytes(flash)

    def tell(self, key: StoredProduct | None) -> None:
        """Its AT firmware keeps this key from now on."""
        ProductMemory(ProductSpec(), self.spec.product_file).stored = key

    def throw_away(self) -> None:
        """It comes back no more."""
        for path in (self.spec.flash_file, self.spec.product_file):
            assert path is not None
            path.unlink(missing_ok=True)


def new(folder: Path, product: Product, spec: UnitSpec, number: int) -> Unit:
    """A unit with a flash of its own, blank; `number` is in its serial number."""
    path = folder / f"{spec.mac.octets.hex()}.flash"
    firmware = with_own_lines(product.firmware, number)
    modem = ModemSpec(kind="tencent-wifi", port="esp") if product.variant.carrier == "at" else None
    spec = replace(spec, flash_size=FLASH_SIZE, flash_file=path, firmware=firmware, modem=modem)
    return Unit(spec)


def _segments(made: CampaignRelease) -> tuple[Segment, ...]:
    """As another station writes them, with another name."""
    return made.release.payload("UNIT-OF-OTHERS")


def _tell_another(unit: Unit, made: CampaignRelease, product: Product) -> None:
    if product.variant.carrier == "at":
        unit.tell(StoredProduct(PRODUCT_ID, made.key.encode(), "UNIT-OF-OTHERS", made.region))


Change = Callable[[random.Random, Unit, Product], str]


def comes_back(rng: random.Random, unit: Unit, product: Product) -> str:
    return "comes back as it was"


def blank(rng: random.Random, unit: Unit, product: Product) -> str:
    unit.put(0, b"\xff" * FLASH_SIZE)
    unit.tell(None)
    return "was erased"


def with_other_firmware(rng: random.Random, unit: Unit, product: Product) -> str:
    """Firmware of somebody else in the second slot, selected, and that somebody's Wi-Fi."""
    app = products.application(f"9.{rng.randrange(3)}", product.variant.chip)
    unit.put(products.OTA_1, app)
    unit.put(products.OTADATA, otadata.ota_entry(2))
    unit.put(products.NVS, WIFI)
    return "has other firmware in ota_1, selected, and a stranger's nvs"


def burned_elsewhere(rng: random.Random, unit: Unit, product: Product) -> str:
    """All the bytes of a release, by a station whose manifest is not ours; then a stranger."""
    made = rng.choice(product.releases)
    for segment in _segments(made):
        unit.put(segment.offset, segment.data)
    _tell_another(unit, made, product)
    stranger = rng.random() < 0.7
    if stranger:
        with_other_firmware(rng, unit, product)
    return f"was burned elsewhere with {made.version}" + ", then had a stranger" * stranger


def half_written(rng: random.Random, unit: Unit, product: Product) -> str:
    """Some regions of a release, one of them cut short."""
    made = rng.choice(product.releases)
    segments = list(_segments(made))
    rng.shuffle(segments)
    for segment in segments[: rng.randrange(1, len(segments) + 1)]:
        cut = len(segment.data) if rng.random() < 0.7 else rng.randrange(1, len(segment.data) + 1)
        unit.put(segment.offset, segment.data[:cut])
    return f"was half written elsewhere with {made.version}"


def with_another_key(rng: random.Random, unit: Unit, product: Product) -> str:
    made = rng.choice(product.releases)
    for segment in _segments(made):
        if segment.confidential:
            unit.put(segment.offset, segment.data)
    _tell_another(unit, made, product)
    return f"holds the key and region of {made.version} ({made.region})"


def with_a_byte_changed(rng: random.Random, unit: Unit, product: Product) -> str:
    segment = rng.choice(_segments(product.releases[0]))
    place = segment.offset + rng.randrange(len(segment.data))
    unit.put(place // 0x1000 * 0x1000, _flipped(unit.flash, place))
    return f"has another bit at {place:#x}"


def _flipped(flash: bytes, place: int) -> bytes:
    start = place // 0x1000 * 0x1000
    sector = bytearray(flash[start : start + 0x1000])
    sector[place - start] ^= 1 << 3
    return bytes(sector)


def updated_over_the_air(rng: random.Random, unit: Unit, product: Product) -> str:
    unit.put(products.OTA_1, products.application("1.4.0", product.variant.chip))
    entries = [otadata.ota_entry(n, rng.choice(STATES)) for n in rng.sample((1, 2, 3, 4), 2)]
    for number, entry in enumerate(entries):
        unit.put(products.OTADATA + number * 0x1000, entry)
    return f"was updated over the air: otadata {' '.join(entry.hex() for entry in entries)}"


CHANGES: Mapping[Change, int] = {
    comes_back: 5,
    blank: 1,
    with_other_firmware: 3,
    burned_elsewhere: 3,
    half_written: 3,
    with_another_key: 2,
    with_a_byte_changed: 2,
    updated_over_the_air: 2,
}
"""With their weights."""


def between_burns(rng: random.Random, unit: Unit, product: Product) -> str:
    """Let something become of the unit. What, in a word; empty where it is simply as it was."""
    (change,) = rng.choices(list(CHANGES), list(CHANGES.values()))
    unit.story.append(change(rng, unit, product))
    return "" if change is comes_back else change.__name__.replace("_", " ")
