"""Layouts and keys that the carriers' tests share."""

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from burner.core.secrets.secret import Secret
from burner.core.segments import Segment
from burner.flash.layout import Layout
from burner.flash.partition_table import SUBTYPES, TYPES, Partition, PartitionTable
from burner.platforms.tencent import RULES, SDK_LAYOUT
from burner.provisioning.carrier import FlashCarrier
from burner.provisioning.key_config import KeyConfig, PossibleKeys
from burner.provisioning.sdk_layout import with_sdk_layout

PRODUCT_ID = "S3EUVBRJLB"
POSSIBLE = PossibleKeys(PRODUCT_ID, RULES)
PLAIN = "8XzjN8rfgFVGDTNTUGau4snA"
KEY = KeyConfig(PRODUCT_ID, Secret(PLAIN.encode()))
NAMED = KeyConfig(PRODUCT_ID, Secret(PLAIN.encode()), "240AC4A1B2C3")

keys = st.builds(
    KeyConfig,
    st.from_regex(re.compile(r"[0-9A-Z]{10}", re.ASCII), fullmatch=True),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=16, max_size=32).map(
        lambda text: Secret(text.encode())
    ),
    st.from_regex(re.compile(r"[A-Za-z0-9_-]{1,48}", re.ASCII), fullmatch=True),
)


def of_tencent(carrier: Mapping[str, Any]) -> Any:
    """A carrier as in a profile of Tencent's, which may leave out what the SDK says."""
    return with_sdk_layout(dict(carrier), SDK_LAYOUT)


def partition(name: str, kind: str, size: int, *, offset: int = 0x15000) -> Partition:
    """`kind` as in the CSV: `data, nvs`."""
    main, _, sub = kind.partition(", ")
    return Partition(name, TYPES[main], SUBTYPES[TYPES[main]][sub], offset, size)


def layout(
    *partitions: Partition, chip: str = "esp32c3", segments: list[Segment] | None = None
) -> Layout:
    by_name = {segment.name: segment for segment in segments or []}
    return Layout(chip, 4 << 20, PartitionTable(partitions), by_name)


def burned(carrier: FlashCarrier, where: Layout, key: KeyConfig) -> dict[str, bytes]:
    """What the flash would give back from the carrier's places."""
    flash = bytearray(b"\xff" * where.flash_size)
    for segment in {**where.segments, **{s.name: s for s in carrier.fill(where, key)}}.values():
        flash[segment.offset : segment.end] = segment.data
    return {
        place.name: bytes(flash[place.offset : place.offset + place.size])
        for place in carrier.read_ranges(where)
    }
