"""The key as strings in an NVS partition, plain or encrypted.

Encrypted NVS has a key of its own in every unit, made here and never kept. That key is readable in
the key partition until flash encryption is on: without flash encryption it protects nothing.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, StrictInt, StrictStr, model_validator

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.secrets.secret import Secret
from burner.core.segments import RegionClass, Segment
from burner.core.words.plural import counted
from burner.core.yaml_schema import StrictModel, refusal, refuse_problems
from burner.platforms.platforms import NVS_PRESETS
from burner.provisioning.carrier import FlashRange, KeyState, bytes_of, partition_of, try_to_fill
from burner.provisioning.key_config import KeyConfig, PossibleKeys
from burner.provisioning.nvs_reader import (
    KEY_SIZE,
    PAGE_SIZE,
    NvsValue,
    key_crc,
    read_key_partition,
    read_nvs,
)
from burner.provisioning.partition_settings import PartitionCarrierSettings, moved_from_readonly

if TYPE_CHECKING:
    from burner.flash.layout import Layout
    from burner.flash.partition_table import Partition

from burner.provisioning.nvs_writer import (
    IntegerType,
    fits_integer,
    integer_range,
    is_nvs_name,
    write_nvs,
)


def _nvs_name(text: str) -> str:
    if not is_nvs_name(text):
        # Over 15 characters it may be the secret itself, written in the wrong place.
        found = repr(text) if len(text) <= 15 else f"{counted(len(text), 'character')}, not shown"
        raise refusal(
            Code.NVS_ENTRY_INVALID, f"found {found}", "1 to 15 printable ASCII characters"
        )
    return text


NvsName = Annotated[str, AfterValidator(_nvs_name)]
"""A namespace or a key of NVS."""


class NvsKeys(StrictModel):
    """Keys that the firmware reads; null where it does not read a name."""

    product_id: NvsName = "product_id"
    """Key of the ProductID: 1 to 15 printable ASCII characters."""
    product_secret: NvsName = "product_secret"  # noqa: S105 - the name of a key
    """Key of the ProductSecret."""
    device_name: NvsName | None = None
    """Key of the unit's name. Left out: the firmware finds its name by itself."""


class NvsExtra(StrictModel):
    """One more value, the same in every unit."""

    namespace: NvsName | None = None
    """Namespace of this value. Left out: the carrier's own."""
    key: NvsName
    """Key that the firmware reads: 1 to 15 printable ASCII characters."""
    type: IntegerType | Literal["string", "hex"]
    """As the firmware reads it: `nvs_get_u8` … `nvs_get_i64`, `nvs_get_str`, or `hex` for
    `nvs_get_blob`."""
    value: StrictInt | StrictStr
    """A number, text, or hex digits, as `type` says. Burned unchanged: a placeholder such as
    `{mac}` is refused (E148) unless `accept` says why."""

    @model_validator(mode="after")
    def _value_fits(self) -> Self:
        if self.type == "string":
            if not isinstance(self.value, str) or "\0" in self.value:
                raise refusal(
                    Code.NVS_ENTRY_INVALID, f"{self.key} is not text", "text in quotes, without NUL"
                )
        elif self.type == "hex":
            if not isinstance(self.value, str) or not _is_hex(self.value):
                raise refusal(
                    Code.NVS_ENTRY_INVALID, f"{self.key} is not hex", "an even number of hex digits"
                )
        else:
            low, high = integer_range(self.type)
            if not fits_integer(self.type, self.value):
                raise refusal(
                    Code.NVS_ENTRY_INVALID,
                    f"{self.key} does not fit",
                    f"{self.type}: {low} to {high}",
                )
        return self

    def content(self) -> NvsValue:
        """The value as NVS holds it."""
        return bytes.fromhex(str(self.value)) if self.type == "hex" else self.value


class NvsSettings(PartitionCarrierSettings):
    """A profile's `carrier` of kind nvs. A preset fills what is left out."""

    # For editors: what a preset fills is not required of the file.
    model_config = ConfigDict(json_schema_extra={"required": ["kind"]})

    kind: Literal["nvs"]
    """Strings in an NVS partition."""
    preset: Literal["esp-qcloud", "esp-aliyun", "volcengine"] | None = None
    """Partition `fctry` with namespace and keys of a known firmware, one for each `product.cloud`:
    docs/carriers.md. What stands beside it comes first."""
    partition: str
    """The data partition (data, nvs) that holds the key. Required without a preset."""
    namespace: NvsName
    """Namespace that the firmware opens: 1 to 15 printable ASCII characters. Required without a
    preset."""
    keys: NvsKeys = NvsKeys()
    """Keys that the firmware reads."""
    extra: tuple[NvsExtra, ...] = ()
    """Further values, the same in every unit: `[{key: region, type: string, value: china}]`."""
    key_partition: str | None = None
    """The partition (data, nvs_keys) of the encryption key. Given: NVS is encrypted, with a key of
    its own in every unit."""

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        preset = NVS_PRESETS.get(str(data.get("preset"))) if isinstance(data, dict) else None
        if preset is None:
            return data
        filled = {"partition": preset.partition, "namespace": preset.namespace, **data}
        keys = data.get("keys", {})
        if preset.keys and isinstance(keys, dict):
            filled["keys"] = {**preset.keys, **keys}
        return filled

    @model_validator(mode="after")
    def _no_key_twice(self) -> Self:
        places = Counter(self.places_in_nvs())
        refuse_problems(
            (Code.CARRIER_KEY_DUPLICATED, f"{'/'.join(place)} occurs twice", "each key once")
            for place, count in places.items()
            if count > 1
        )
        return self

    def key_names(self) -> tuple[str, ...]:
        """The NVS names of the values of the key configuration."""
        names = (self.keys.product_id, self.keys.product_secret, self.keys.device_name)
        return tuple(name for name in names if name is not None)

    def places_in_nvs(self) -> Iterator[tuple[str, str]]:
        """Every (namespace, key) that will be written."""
        yield from ((self.namespace, key) for key in self.key_names())
        yield from ((extra.namespace or self.namespace, extra.key) for extra in self.extra)


class NvsCarrier:
    """Fills an NVS partition. `random` makes encryption keys: n → n bytes."""

    def __init__(
        self,
        settings: NvsSettings,
        possible: PossibleKeys,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.settings = settings
        self._longest = possible.longest
        self._random = random

    def needs_name(self) -> bool:
        return self.holds_name() or self.settings.key_partition is not None

    def holds_name(self) -> bool:
        return self.settings.keys.device_name is not None

    def check(self, layout: "Layout") -> list[Finding]:
        parts = (lambda: self._partition(layout), lambda: self._key_partition(layout))
        findings = try_to_fill(self, layout, self._longest, *parts)
        return [*findings, *moved_from_readonly(self.settings, layout)]

    def fill(self, layout: "Layout", key: KeyConfig) -> tuple[Segment, ...]:
        partition = self._partition(layout)
        encryption_key = self._random(KEY_SIZE) if self.settings.key_partition else None
        data = write_nvs(partition.size, self._entries(key), encryption_key, partition.readonly)
        kind = self.settings.region_class
        filled = Segment(partition.name, partition.offset, data, kind, confidential=True)
        if encryption_key is None:
            return (filled,)
        keys = self._key_partition(layout)
        assert keys is not None  # noqa: S101 - there is a key for it
        page = (encryption_key + key_crc(encryption_key)).ljust(PAGE_SIZE, b"\xff")
        return filled, Segment(keys.name, keys.offset, page, confidential=True)

    def read_ranges(self, layout: "Layout", *, as_burned: bool = False) -> tuple[FlashRange, ...]:
        partition = self._partition(layout)
        place = FlashRange(partition.name, partition.offset, self._read_size(partition, as_burned))
        keys = self._key_partition(layout)
        if keys is None:
            return (place,)
        return place, FlashRange(keys.name, keys.offset, PAGE_SIZE)

    def decode(self, read: Mapping[str, bytes]) -> KeyConfig:
        values, keys = self._values(read), self.settings.keys
        return KeyConfig(
            self._text(values, keys.product_id),
            Secret(self._text(values, keys.product_secret).encode()),
            self._text(values, keys.device_name) if keys.device_name else "",
        )

    def compare(self, read: Mapping[str, bytes], key: KeyConfig) -> KeyState:
        values = self._values(read)
        if not any((self.settings.namespace, name) in values for name in self.settings.key_names()):
            return KeyState.GONE
        wanted = {place: value for place, (_, value) in self._entries(key).items()}
        same = all(values.get(place) == value for place, value in wanted.items())
        return KeyState.SAME if same else KeyState.OTHER

    def _read_size(self, partition: "Partition", as_burned: bool) -> int:
        """Bytes to read back: whole pages with content; all pages where the firmware writes too."""
        if self.settings.region_class is not RegionClass.FROZEN and not as_burned:
            return partition.size
        entries = self._entries(self._longest)
        filled = write_nvs(partition.size, entries, readonly=partition.readonly)
        return -(-len(filled.rstrip(b"\xff")) // PAGE_SIZE) * PAGE_SIZE

    def _partition(self, layout: "Layout") -> "Partition":
        return partition_of(layout, self.settings.partition, "nvs")

    def _key_partition(self, layout: "Layout") -> "Partition | None":
        name = self.settings.key_partition
        return partition_of(layout, name, "nvs_keys", key="key_partition") if name else None

    def _values(self, read: Mapping[str, bytes]) -> Mapping[tuple[str, str], NvsValue]:
        encryption_key = None
        if self.settings.key_partition is not None:
            encryption_key = read_key_partition(bytes_of(read, self.settings.key_partition))
        return read_nvs(bytes_of(read, self.settings.partition), encryption_key)

    def _entries(self, key: KeyConfig) -> dict[tuple[str, str], tuple[str, NvsValue]]:
        """What to write: (namespace, key) → (type, value)."""
        own, keys = self.settings.namespace, self.settings.keys
        entries: dict[tuple[str, str], tuple[str, NvsValue]] = {
            (own, keys.product_id): ("string", key.product_id),
            (own, keys.product_secret): ("string", key.product_secret.reveal().decode("ascii")),
        }
        if keys.device_name:
            entries[own, keys.device_name] = ("string", key.device_name)
        for extra in self.settings.extra:
            kind = "binary" if extra.type == "hex" else extra.type
            entries[extra.namespace or own, extra.key] = (kind, extra.content())
        return entries

    def _text(self, values: Mapping[tuple[str, str], NvsValue], key: str) -> str:
        value = values.get((self.settings.namespace, key))
        if not isinstance(value, str):
            raise BurnerError(Code.KEY_NOT_FOUND, f"no text under {self.settings.namespace}/{key}")
        return value


def _is_hex(text: str) -> bool:
    try:
        bytes.fromhex(text)
    except ValueError:
        return False
    return True
