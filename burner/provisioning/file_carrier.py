"""The key in `device_info.json` (or a JSON of another name) in a file-system partition.

Tencent's C SDKs and its Python SDK read that file; the C SDKs take at most 1024 bytes. The whole
partition is written. Only sectors that can have content are read back, whatever the key is: to read
a megabyte takes longer than all the rest of the burn.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.secrets.secret import Secret
from burner.core.segments import RegionClass, Segment
from burner.core.yaml_schema import Problem, StrictModel, refusal, refuse_problems
from burner.provisioning.carrier import FlashRange, KeyState, is_erased, partition_of, try_to_fill
from burner.provisioning.fat_image import Fat, make_fat, read_fat
from burner.provisioning.key_config import KeyConfig, PossibleKeys
from burner.provisioning.littlefs_image import Littlefs, make_littlefs, read_littlefs
from burner.provisioning.partition_settings import PartitionCarrierSettings, moved_from_readonly

if TYPE_CHECKING:
    from burner.flash.layout import Layout
    from burner.flash.partition_table import Partition

SECTOR_SIZE: Final = 4096
SUBTYPES: Final = {"littlefs": ("littlefs", "spiffs", "undefined"), "fat": ("fat",)}
"""A LittleFS partition is often marked spiffs: its driver goes by the name."""


def _file_system(value: Any) -> Any:
    if value == "spiffs" or (isinstance(value, dict) and value.get("type") == "spiffs"):
        raise refusal(Code.SPIFFS_UNSUPPORTED, "found spiffs", "littlefs or fat")
    return {"type": value} if isinstance(value, str) else value


FileSystem = Annotated[
    Annotated[Littlefs | Fat, Field(discriminator="type")],
    BeforeValidator(
        _file_system, json_schema_input_type=Literal["littlefs", "fat"] | Littlefs | Fat
    ),
]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$")]


class JsonKeys(StrictModel):
    """Keys that the firmware reads; null where it finds its name by itself. Left out: those of
    Tencent's SDKs; on other platforms each is required."""

    # For editors: what the SDK of the platform says is not required of the file.
    model_config = ConfigDict(json_schema_extra={"required": []})

    product_id: str
    """Key of the ProductID. Left out: `productId`."""
    product_secret: str
    """Key of the ProductSecret. Left out: `productSecret`."""
    device_name: str | None
    """Key of the unit's name; null where the firmware finds its name by itself. Left out:
    `deviceName`."""


class FurtherFile(StrictModel):
    """Another file in the root, the same in every unit."""

    name: FileName
    """Name of the file, in the root."""
    text: str | None = None
    """Content, in UTF-8. Either this or `hex`."""
    hex: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{2})*$")] | None = None
    """Content, as hex digits. Either this or `text`."""

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.text is None) == (self.hex is None):
            raise ValueError("either text or hex")
        return self

    @property
    def content(self) -> bytes:
        return bytes.fromhex(self.hex) if self.hex is not None else (self.text or "").encode()


class FileSettings(PartitionCarrierSettings):
    """A profile's `carrier` of kind file."""

    model_config = ConfigDict(json_schema_extra={"required": ["kind", "partition", "filesystem"]})

    kind: Literal["file"]
    """A JSON in a file system."""
    filesystem: FileSystem
    """`littlefs` or `fat`, or a mapping with that `type` and its parameters."""
    name: FileName = "device_info.json"
    """Name of the JSON file, in the root."""
    keys: JsonKeys
    """Keys that the firmware reads."""
    json_fields: Mapping[str, JsonValue] = Field(alias="json")
    """Everything else in the JSON, the same in every unit. Left out: what makes the samples of
    Tencent's SDKs register the device; on other platforms it is required, and `{}` is nothing.
    Burned unchanged: a placeholder such as `{mac}` is refused (E148) unless `accept` says why."""
    max_size: Annotated[int, Field(ge=64, le=65536)] = 1024
    """Bytes of the JSON that the firmware takes."""
    files: tuple[FurtherFile, ...] = ()
    """Further files, the same in every unit: `[{name: ca.crt, text: "-----BEGIN…"}]`."""

    @model_validator(mode="after")
    def _no_name_twice(self) -> Self:
        refuse_problems(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        keys = [*self.key_names(), *self.json_fields]
        names = [self.name, *(file.name for file in self.files)]
        for many in (keys, [name.lower() for name in names]):
            for twice in sorted({one for one in many if many.count(one) > 1}):
                yield Code.CARRIER_KEY_DUPLICATED, f"{twice} occurs twice", "each once"
        for name in names:
            if isinstance(self.filesystem, Littlefs) and len(name) > self.filesystem.name_max:
                yield (
                    Code.FILE_SYSTEM_PARAMETERS_INVALID,
                    f"{name} is too long",
                    "name_max of the file system",
                )

    def key_names(self) -> tuple[str, ...]:
        """The JSON names of the values of the key configuration."""
        names = (self.keys.product_id, self.keys.product_secret, self.keys.device_name)
        return tuple(name for name in names if name is not None)


class FileCarrier:
    """Fills a file-system partition."""

    def __init__(self, settings: FileSettings, possible: PossibleKeys) -> None:
        self.settings = settings
        self._possible = possible
        self._longest = possible.longest

    def needs_name(self) -> bool:
        return self.holds_name()

    def holds_name(self) -> bool:
        return self.settings.keys.device_name is not None

    def check(self, layout: "Layout") -> list[Finding]:
        parts = (lambda: self._partition(layout), lambda: self.content(self._longest))
        findings = try_to_fill(self, layout, self._longest, *parts)
        return [*findings, *moved_from_readonly(self.settings, layout)]

    def fill(self, layout: "Layout", key: KeyConfig) -> tuple[Segment, ...]:
        partition = self._partition(layout)
        data = self._image(partition.size, key)
        kind = self.settings.region_class
        return (Segment(partition.name, partition.offset, data, kind, confidential=True),)

    def read_ranges(self, layout: "Layout", *, as_burned: bool = False) -> tuple[FlashRange, ...]:
        partition = self._partition(layout)
        if self.settings.region_class is RegionClass.MUTABLE and not as_burned:
            return (FlashRange(partition.name, partition.offset, partition.size),)
        images = [self._image(partition.size, key) for key in _extremes(self._possible)]
        return tuple(
            FlashRange(_place_name(partition.name, start), partition.offset + start, size)
            for start, size in used(images)
        )

    def decode(self, read: Mapping[str, bytes]) -> KeyConfig:
        data = self._assembled(read)
        return self.parse(self._file(data, self.settings.name, self.settings.max_size))

    def compare(self, read: Mapping[str, bytes], key: KeyConfig) -> KeyState:
        """As in the protocol.

        The JSON of a registered unit may hold more than was burned, and its own PSK.
        """
        data, settings = self._assembled(read), self.settings
        if is_erased(data):
            return KeyState.GONE
        try:
            values = self._object(self._file(data, settings.name, len(data)))
        except BurnerError as error:
            if error.code != Code.KEY_NOT_FOUND:
                raise
            return KeyState.GONE
        if not any(values.get(name) for name in settings.key_names()):
            return KeyState.GONE
        files = {file.name: file.content for file in settings.files}
        triggers = self._possible.rules.triggers
        same = _includes(values, self._object(self.content(key)), triggers) and all(
            self._file(data, name, len(data)) == content for name, content in files.items()
        )
        return KeyState.SAME if same else KeyState.OTHER

    def content(self, key: KeyConfig) -> bytes:
        """The JSON.

        Raises:
            BurnerError: E141 where it is larger than the firmware takes.
        """
        keys = self.settings.keys
        values: dict[str, JsonValue] = {
            keys.product_id: key.product_id,
            keys.product_secret: key.product_secret.reveal().decode("ascii", "replace"),
        }
        if keys.device_name is not None:
            values[keys.device_name] = key.device_name
        content = json.dumps({**values, **self.settings.json_fields}).encode()
        if len(content) > self.settings.max_size:
            found = f"{len(content)} bytes, at most {self.settings.max_size}"
            raise BurnerError(Code.KEY_FILE_TOO_LARGE, f"{self.settings.name}: {found}")
        return content

    def parse(self, content: bytes) -> KeyConfig:
        """The key in a JSON, whoever wrote it.

        Raises:
            BurnerError: E606 where it is not there, E607 where it is no JSON.
        """
        values, wanted = self._object(content), self.settings.key_names()
        candidates = [values.get(key) for key in wanted]
        texts = [text for text in candidates if isinstance(text, str) and text.isascii() and text]
        if len(texts) < len(wanted):
            raise BurnerError(
                Code.KEY_NOT_FOUND, f"{self.settings.name} lacks one of {', '.join(wanted)}"
            )
        return KeyConfig(texts[0], Secret(texts[1].encode()), *texts[2:])

    def _object(self, content: bytes) -> dict[str, Any]:
        try:
            values = json.loads(content)
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            raise BurnerError(
                Code.KEY_PARTITION_DAMAGED, f"{self.settings.name} is not a JSON object"
            )
        return values

    def _file(self, data: bytes, name: str, most: int) -> bytes:
        """The content of a file; E606 where it is missing or larger than `most`."""
        match self.settings.filesystem:
            case Littlefs() as littlefs:
                return read_littlefs(littlefs, data, name, most)
            case Fat() as fat:
                return read_fat(fat, data, name, most)

    def _image(self, size: int, key: KeyConfig) -> bytes:
        files = {file.name: file.content for file in self.settings.files}
        # Last, so that its length moves no other file.
        files[self.settings.name] = self.content(key)
        match self.settings.filesystem:
            case Littlefs() as littlefs:
                return make_littlefs(littlefs, size, files)
            case Fat() as fat:
                return make_fat(fat, size, files)

    def _partition(self, layout: "Layout") -> "Partition":
        subtypes = SUBTYPES[self.settings.filesystem.type]
        return partition_of(layout, self.settings.partition, *subtypes)

    def _assembled(self, read: Mapping[str, bytes]) -> bytes:
        """The partition as far as it was read; erased where it was not."""
        named = re.compile(re.escape(self.settings.partition) + r"(?:\+(0x[0-9a-f]+))?")
        parts = {
            int(match[1] or "0", 0): data
            for name, data in read.items()
            if (match := named.fullmatch(name))
        }
        if not parts:
            raise BurnerError(Code.KEY_NOT_FOUND, f"{self.settings.partition}: not read back")
        flash = bytearray(b"\xff" * max(start + len(data) for start, data in parts.items()))
        for start, data in parts.items():
            flash[start : start + len(data)] = data
        return bytes(flash)


def _includes(read: Any, burned: Any, triggers: Collection[str]) -> bool:
    """Whether a JSON still has all that was burned.

    A placeholder that starts the registration counts as kept: registration replaces it.
    """
    if isinstance(burned, dict):
        return isinstance(read, dict) and all(
            key in read and _includes(read[key], value, triggers) for key, value in burned.items()
        )
    return read == burned or (isinstance(burned, str) and burned in triggers)


def used(images: list[bytes]) -> Iterator[tuple[int, int]]:
    """The stretches (offset, size) of whole sectors that are not erased in one of the images.

    The last sector is always among them: it gives the partition's size when it is read back.
    """
    blank = b"\xff" * SECTOR_SIZE
    last = len(images[0]) - SECTOR_SIZE

    def holds_something(at: int) -> bool:
        return at == last or any(image[at : at + SECTOR_SIZE] != blank for image in images)

    for holds, run in groupby(range(0, len(images[0]), SECTOR_SIZE), holds_something):
        if holds:
            offsets = list(run)
            yield offsets[0], len(offsets) * SECTOR_SIZE


def _place_name(partition: str, start: int) -> str:
    return f"{partition}+{start:#x}" if start else partition


def _extremes(possible: PossibleKeys) -> tuple[KeyConfig, KeyConfig]:
    """The keys that make the shortest and the longest JSON."""
    longest = possible.longest
    escaped = Secret(b"\\" * len(longest.product_secret.reveal()))
    return possible.shortest, replace(longest, product_secret=escaped)
