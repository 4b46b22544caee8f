"""The profile's description of the C struct that holds the key."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, model_validator

from burner.core.code import Code
from burner.core.yaml_schema import Offset, Problem, StrictModel, refusal, refuse_problems
from burner.provisioning.checksums import CHECKSUMS, Algorithm
from burner.provisioning.partition_settings import PartitionCarrierSettings

WITHOUT_PARTITION: Final = "key"
"""What the struct is called where it lies in no partition."""
KeyValue = Literal["product_id", "product_secret", "device_name"]
_TYPE: Final = re.compile(r"(char|bytes)\[([1-9][0-9]{0,3})\]|([ui])(8|16|32|64)")


def _field_type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise refusal(
            Code.KEY_STRUCT_INVALID,
            f"found {text[:40]!r}",
            "char[N], bytes[N], u8 to u64, i8 to i64",
        )
    return text


class Checked(StrictModel):
    """A checksum over consecutive fields. Its own bytes count as zero where it lies among them."""

    algorithm: Algorithm
    """Algorithm; docs/carriers.md says how each is computed."""
    first: str | None = None
    """Name of the first field that it is over. Left out: the struct's first."""
    last: str | None = None
    """Name of the last field that it is over. Left out: the one before the checksum."""


class RawField(StrictModel):
    """One member of the struct: a type and where its value comes from."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,47}$")]
    """Name of the member; other fields refer to it."""
    type: Annotated[str, AfterValidator(_field_type)]
    """`char[N]`, `bytes[N]`, `u8` to `u64`, `i8` to `i64`."""
    key: KeyValue | None = None
    """For char: which value of the key it holds."""
    value: StrictInt | StrictStr | None = None
    """A constant: text for char, hex for bytes (left out: zeros), or a number. Burned unchanged:
    a placeholder such as `{mac}` is refused (E148) unless `accept` says why."""
    length_of: str | None = None
    """For a number: how long the text of the field of this name is, without NUL."""
    checksum: Checked | None = None
    """For a number: a checksum over other fields."""
    terminated: StrictBool = True
    """For char: whether the text leaves room for a NUL. False where the firmware takes the array
    whole."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        sources = (self.key, self.value, self.length_of, self.checksum)
        number = sum(source is not None for source in sources)
        if number != 1 and not (number == 0 and self.is_bytes):
            raise refusal(Code.KEY_STRUCT_INVALID, f"{self.name} has {number} sources", _SOURCES)
        fits = {
            "text": self.key is not None or isinstance(self.value, str),
            "bytes": number == 0
            or (isinstance(self.value, str) and _is_hex(self.value, self.size)),
            "number": isinstance(self.value, int)
            or self.length_of is not None
            or self.checksum is not None,
        }
        if not fits[self.kind]:
            raise refusal(Code.KEY_STRUCT_INVALID, f"{self.name} is {self.type}", _SOURCES)
        return self

    @property
    def kind(self) -> Literal["text", "bytes", "number"]:
        if self.type.startswith("char"):
            return "text"
        return "bytes" if self.is_bytes else "number"

    @property
    def is_bytes(self) -> bool:
        return self.type.startswith("bytes")

    @property
    def size(self) -> int:
        """In bytes."""
        match = _TYPE.fullmatch(self.type)
        assert match is not None  # noqa: S101 - the pattern of the field
        return int(match[2]) if match[2] else int(match[4]) // 8

    @property
    def signed(self) -> bool:
        return self.type.startswith("i")


_SOURCES: Final = (
    "char with key or value, bytes with value in hex of its size or none, "
    "a number with value, length_of or checksum"
)


class RawSettings(PartitionCarrierSettings):
    """A profile's `carrier` of kind raw."""

    kind: Literal["raw"]
    """A C struct at a place in flash."""
    partition: str = ""
    """The data partition that holds the struct. Left out where the chip has no partition table, as
    an ESP8266 with the NONOS SDK or Arduino."""
    offset: Offset = 0
    """Place of the struct, from the start of the partition; the bytes before it are 0xFF. Without a
    partition: from the start of the flash."""
    endian: Literal["little", "big"] = "little"
    """Byte order of numbers; every ESP is little."""
    fields: Annotated[tuple[RawField, ...], Field(max_length=200)]
    """The members of the struct in their order, packed: padding is written as `bytes[N]`."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse_problems(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        names = [field.name for field in self.fields]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield Code.CARRIER_KEY_DUPLICATED, f"{name} occurs twice", "each field once"
        for missing in sorted({"product_id", "product_secret"} - {f.key for f in self.fields}):
            yield Code.KEY_STRUCT_INVALID, f"no field has key: {missing}", "ProductID and secret"
        for field in self.fields:
            yield from self._wrong_references(field, names)

    def _wrong_references(self, field: RawField, names: list[str]) -> Iterator[Problem]:
        check = field.checksum
        if check and CHECKSUMS[check.algorithm].bits > field.size * 8:
            yield (
                Code.KEY_STRUCT_INVALID,
                f"{field.name}: {check.algorithm} does not fit into it",
                "a wider number",
            )
        named = (field.length_of, *((check.first, check.last) if check else ()))
        if unknown := [name for name in named if name is not None and name not in names]:
            yield (
                Code.KEY_STRUCT_INVALID,
                f"{field.name} names {unknown[0]!r}",
                "a field of this struct",
            )
            return
        if field.length_of and self.fields[names.index(field.length_of)].kind != "text":
            yield (
                Code.KEY_STRUCT_INVALID,
                f"{field.length_of} is not text",
                "the length of a char[N]",
            )
        if check and not self.covered(field):
            yield Code.KEY_STRUCT_INVALID, f"{field.name} covers no bytes", "first before last"

    def covered(self, field: RawField) -> range:
        """The bytes of the struct that a field's checksum is over."""
        assert field.checksum is not None  # noqa: S101 - only asked of those
        starts = self.starts()
        first, last = field.checksum.first, field.checksum.last
        start = starts[first] if first else 0
        sizes = {field.name: field.size for field in self.fields}
        end = starts[last] + sizes[last] if last else starts[field.name]
        return range(start, end)

    def starts(self) -> dict[str, int]:
        """Where each field begins in the struct."""
        starts, at = {}, 0
        for field in self.fields:
            starts[field.name] = at
            at += field.size
        return starts

    @property
    def size(self) -> int:
        """Of the struct, in bytes."""
        return sum(field.size for field in self.fields)


def _is_hex(text: str, size: int) -> bool:
    return re.fullmatch(rf"([0-9a-fA-F]{{2}}){{{size}}}", text) is not None
