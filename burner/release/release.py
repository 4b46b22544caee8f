"""A checked profile with its layout and key, and the digest of all of it: what a batch burns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from burner.core.canonical_json import digest
from burner.core.errors import Finding
from burner.core.secrets.search import SecretSearch
from burner.core.segments import Segment
from burner.flash.layout import Layout
from burner.profile.profile import Profile
from burner.provisioning.at_carrier import AtCarrier
from burner.provisioning.carrier import FlashCarrier
from burner.provisioning.carriers import Carrier, as_at_carrier, as_flash_carrier
from burner.provisioning.key_config import KeyConfig
from burner.release.diff import NOT_IN_INDEX, UnitRecipe, keyless_regions
from burner.release.documents.documents import SBOM, document_digests
from burner.release.placement.payload import key_segments, merge_segments
from burner.release.release_file import FORMAT


@dataclass(frozen=True)
class KeylessRelease:
    """What a batch burns, without the product key: enough to check its units.

    It is opened, so checked.
    """

    profile: Profile
    layout: Layout
    index: Mapping[str, Any]
    """What is burned, as `release_index` made it."""
    carrier: Carrier
    envelopes: tuple[bytes, ...] = field(default=(), kw_only=True)
    """Signed statements on it that its file holds."""
    route: tuple[Segment, ...] = field(default=(), kw_only=True)
    """What is written before it, with the test firmware; empty where the profile has no route."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical index: what is burned, whatever it is called on disk."""
        return digest(self.index)

    @property
    def key_fingerprint(self) -> str:
        """Of the product secret, as records hold it; empty where it is not known."""
        sealed = self.index.get("sealed")
        return str(sealed["key"]) if sealed else ""

    @property
    def sbom(self) -> str:
        """Of its bill of materials, as records hold it: `sha256:…`; empty where it has none."""
        digests = self.index.get("documents", {})
        return f"sha256:{digests[SBOM]}" if SBOM in digests else ""

    @property
    def flash_carrier(self) -> FlashCarrier | None:
        """What writes the key into flash; None where the started firmware is told it."""
        return as_flash_carrier(self.carrier)

    @property
    def at_carrier(self) -> AtCarrier | None:
        """What tells the started firmware its key, and asks for it; None where it is in flash."""
        return as_at_carrier(self.carrier)

    @property
    def key_by_dialogue(self) -> bool:
        """Whether the started firmware is told its key, and asked for it; none is in flash."""
        return self.at_carrier is not None

    def recorded_name(self, device_name: str) -> str:
        """The name that a unit's flash holds: none where the firmware derives it."""
        return device_name if self.carrier.holds_name() else ""


@dataclass(frozen=True)
class Release(KeylessRelease):
    """What a batch burns. It is opened, so checked."""

    key: KeyConfig
    """Without the name."""
    segments: tuple[Segment, ...]
    """What every unit shares, ascending; with the key, unless that is made for each unit."""
    warnings: tuple[Finding, ...] = ()

    @cached_property
    def search(self) -> SecretSearch:
        """Removes its secret from any text."""
        return SecretSearch(self.key.product_secret)

    @property
    def needs_name(self) -> bool:
        """Whether some bytes are made for each unit."""
        return self.carrier.needs_name()

    def key_for(self, device_name: str) -> KeyConfig:
        """The key configuration of this unit: with its name only where the carrier holds one."""
        return replace(self.key, device_name=self.recorded_name(device_name))

    def named_segments(self, device_name: str) -> tuple[Segment, ...]:
        """The segments for this unit alone; none where all units are the same."""
        if not self.needs_name:
            return ()
        return key_segments(self.flash_carrier, self.layout, self.key_for(device_name))

    @property
    def key_fingerprint(self) -> str:
        """Of the product secret, as records hold it."""
        return self.key.product_secret.fingerprint(self.key.product_id)

    def recipe(self) -> UnitRecipe:
        """How its units are made, for a comparison with earlier ones."""
        # Any name will do: what holds it is not compared.
        regions = keyless_regions(self.payload("N"))
        return UnitRecipe(self.digest, self.index, regions, self.key_fingerprint)

    def payload(self, device_name: str) -> tuple[Segment, ...]:
        """Every segment of one unit, ascending; without a name yet, only what is shared."""
        if not self.needs_name or not device_name:
            return self.segments
        return merge_segments(self.layout, self.named_segments(device_name))


def release_index(
    profile: Profile,
    layout: Layout,
    documents: Mapping[str, bytes],
    sealed: Mapping[str, str] | None = None,
    *,
    route: Iterable[Segment] = (),
) -> dict[str, Any]:
    """What a release is, as data: what the profile decides, and the digest of every part.

    Not in it: paths, times, accepted warnings, reasons for reworks, baud rates, where the secret is
    kept, or anything of the secret but `sealed`.

    Args:
        profile: the settings.
        layout: the parts.
        documents: SBOM and release notes, by their key in the profile.
        sealed: `seal.commitment` to the product secret, of a release that holds it sealed.
        route: what the route writes.
    """
    decides = profile.model_dump(
        mode="json",
        by_alias=True,
        exclude_defaults=True,
        exclude={
            **NOT_IN_INDEX,
            "partition_table": True,
            "images": True,
            "documents": True,
            "route": {"images"},
        },
    )
    parts = list(map(_part, layout.segments.values()))
    index: dict[str, Any] = {"format": FORMAT, "profile": decides, "parts": parts}
    if profile.route:
        index["route"] = [_part(part) for part in route if part.name not in layout.segments]
    if documents:
        index["documents"] = document_digests(documents)
    return index | ({"sealed": dict(sealed)} if sealed else {})


def _part(segment: Segment) -> dict[str, Any]:
    region = segment.region()
    part = {
        "name": region.name,
        "offset": region.offset,
        "size": region.size,
        "sha256": region.sha256,
        "class": region.kind.value,
    }
    return part | ({"confidential": True} if segment.confidential else {})
