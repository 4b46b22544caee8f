"""The key in a C struct, in a partition or at an offset of the flash, as the profile describes it.

The struct is packed: padding for alignment is a `bytes[N]` field. The whole struct follows from the
key. So what is read back is decoded in two steps: take the key out, make the struct of it, and
compare. Every magic number, length and checksum is then compared too.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.secrets.secret import Secret
from burner.core.segments import Segment
from burner.core.words.plural import counted
from burner.flash.partition_table import SECTOR_SIZE
from burner.provisioning.carrier import (
    FlashRange,
    KeyState,
    bytes_of,
    is_erased,
    partition_of,
    try_to_fill,
)
from burner.provisioning.checksums import CHECKSUMS
from burner.provisioning.key_config import KeyConfig, PossibleKeys
from burner.provisioning.partition_settings import moved_from_readonly

if TYPE_CHECKING:
    from burner.flash.layout import Layout

from burner.provisioning.raw_settings import WITHOUT_PARTITION, RawField, RawSettings


class RawCarrier:
    """Fills a struct in a partition."""

    def __init__(self, settings: RawSettings, possible: PossibleKeys) -> None:
        self.settings = settings
        self._longest = possible.longest

    def needs_name(self) -> bool:
        return self.holds_name()

    def holds_name(self) -> bool:
        return any(field.key == "device_name" for field in self.settings.fields)

    def check(self, layout: "Layout") -> list[Finding]:
        settings, longest = self.settings, self._longest
        fields = (partial(_check_room, settings, field, longest) for field in settings.fields)
        findings = try_to_fill(self, layout, longest, partial(self.read_ranges, layout), *fields)
        return [*findings, *moved_from_readonly(self.settings, layout)]

    def fill(self, layout: "Layout", key: KeyConfig) -> tuple[Segment, ...]:
        place = self.read_ranges(layout)[0]
        before = place.offset % SECTOR_SIZE if self._without_table else self.settings.offset
        data = b"\xff" * before + pack(self.settings, key)
        kind = self.settings.region_class
        return (Segment(place.name, place.offset - before, data, kind, confidential=True),)

    def read_ranges(
        self,
        layout: "Layout",
        *,
        as_burned: bool = False,  # noqa: ARG002 - nothing of it is blank
    ) -> tuple[FlashRange, ...]:
        offset, size = self.settings.offset, self.settings.size
        if self._without_table:
            _refuse_table(layout)
            return (FlashRange(self._place, offset, size),)
        partition = partition_of(layout, self.settings.partition)
        if offset + size > partition.size:
            found = f"{offset + size:#x} bytes, {partition.name} has {partition.size:#x}"
            raise BurnerError(Code.PARTITION_TOO_SMALL, found)
        return (FlashRange(self._place, partition.offset + offset, size),)

    @property
    def _without_table(self) -> bool:
        return not self.settings.partition

    @property
    def _place(self) -> str:
        return self.settings.partition or WITHOUT_PARTITION

    def decode(self, read: Mapping[str, bytes]) -> KeyConfig:
        return unpack(self.settings, bytes_of(read, self._place))

    def compare(self, read: Mapping[str, bytes], key: KeyConfig) -> KeyState:
        if is_erased(bytes_of(read, self._place)):
            return KeyState.GONE
        return KeyState.SAME if self.decode(read) == key else KeyState.OTHER


def _refuse_table(layout: "Layout") -> None:
    """A key without a partition would lie where the table has something else, now or later."""
    there = [p.name for p in layout.table if not p.is_app]
    if layout.table.partitions:
        allowed = f"a data partition of its own; there: {', '.join(there) or 'none'}"
        finding = Finding(Code.KEY_PARTITION_MISSING, "carrier.partition", "is missing", allowed)
        raise BurnerError(Code.KEY_PARTITION_MISSING, finding.found, (finding,))


def pack(settings: RawSettings, key: KeyConfig) -> bytes:
    """The bytes of the struct.

    Raises:
        BurnerError: E136 where a value does not fit its field.
    """
    texts = {field.name: _text(field, key) for field in settings.fields if field.kind == "text"}
    data = bytearray(b"".join(_packed(settings, field, texts) for field in settings.fields))
    starts = settings.starts()
    for field in settings.fields:
        if field.checksum is not None:
            covered = settings.covered(field)
            total = CHECKSUMS[field.checksum.algorithm].compute(
                bytes(data[covered.start : covered.stop])
            )
            start = starts[field.name]
            data[start : start + field.size] = total.to_bytes(field.size, settings.endian)
    return bytes(data)


def unpack(settings: RawSettings, data: bytes) -> KeyConfig:
    """The key in a struct.

    Raises:
        BurnerError: E606 where there is no text, E607 where anything differs from the struct that
            this key would make.
    """
    starts = settings.starts()
    texts = {}
    for field in settings.fields:
        if field.key is not None:
            raw = data[starts[field.name] : starts[field.name] + field.size]
            texts[field.key] = raw.split(b"\0")[0]
    if empty := [name for name, text in texts.items() if not text]:
        raise BurnerError(Code.KEY_NOT_FOUND, f"no text in {empty[0]}")
    key = KeyConfig(
        texts["product_id"].decode("ascii", "replace"),
        Secret(texts["product_secret"]),
        texts.get("device_name", b"").decode("ascii", "replace"),
    )
    same = False
    with suppress(BurnerError):
        same = pack(settings, key) == data
    if not same:
        raise BurnerError(
            Code.KEY_PARTITION_DAMAGED,
            f"not the struct of {settings.partition or WITHOUT_PARTITION}",
        )
    return key


def _text(field: RawField, key: KeyConfig) -> bytes:
    values = {
        "product_id": key.product_id.encode(),
        "product_secret": key.product_secret.reveal(),
        "device_name": key.device_name.encode(),
    }
    text = values[field.key] if field.key else str(field.value).encode()
    if len(text) > field.size - field.terminated:
        raise BurnerError(
            Code.VALUE_EXCEEDS_FIELD,
            f"{field.name}: {counted(len(text), 'byte')} into {field.type}",
        )
    return text


def _check_room(settings: RawSettings, field: RawField, longest: KeyConfig) -> None:
    """Whether a field takes the largest value that it may get. Raises BurnerError (E136)."""
    if field.kind == "text":
        _text(field, longest)
    elif field.length_of is None:
        _packed(settings, field, {})


def _packed(settings: RawSettings, field: RawField, texts: Mapping[str, bytes]) -> bytes:
    """One field; a checksum as zeros."""
    if field.kind == "text":
        return texts[field.name].ljust(field.size, b"\0")
    if field.kind == "bytes":
        return bytes.fromhex(str(field.value)) if field.value is not None else bytes(field.size)
    number = len(texts[field.length_of]) if field.length_of else field.value or 0
    try:
        return int(number).to_bytes(field.size, settings.endian, signed=field.signed)
    except OverflowError:
        raise BurnerError(
            Code.VALUE_EXCEEDS_FIELD, f"{field.name}: {number} into {field.type}"
        ) from None
