"""The key in the application image: the placeholders of C arrays are replaced.

Tencent's C SDKs have static arrays that hold `PRODUCT_ID`, `YOUR_PRODUCT_SECRET` and
`YOUR_DEV_NAME`, zero-padded. A placeholder is replaced only where NULs fill its array, and if it
occurs as often as the profile says. Nothing else changes but checksum and digest. A signature
covers every byte, and an encrypted image has no text: both are refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.secrets.secret import Secret
from burner.core.segments import Segment
from burner.core.words.plural import counted
from burner.core.yaml_schema import Problem, StrictModel, refuse_problems
from burner.flash.image import (
    MAGIC,
    MAGIC_ESP8266_V2,
    AppImage,
    ImageSegment,
    parse_image,
    repair_checksums,
)
from burner.provisioning.carrier import FlashRange, KeyState, bytes_of, try_to_fill
from burner.provisioning.key_config import KeyConfig, PossibleKeys

if TYPE_CHECKING:
    from burner.flash.layout import Layout

_MAGICS: Final = (bytes([MAGIC]), bytes([MAGIC_ESP8266_V2]))


class Placeholder(StrictModel):
    """What the array holds until it is burned."""

    # For editors: what the SDK of the platform says is not required of the file.
    model_config = ConfigDict(json_schema_extra={"required": ["text"]})

    text: Annotated[str, Field(pattern=r"^[!-~]{4,64}$")]
    """The text that the array holds in the source."""
    size: Annotated[int, Field(ge=2, le=512)]
    """Bytes of the array, the NUL included. Left out: the 11, 33 and 49 of Tencent's SDKs; on other
    platforms it is required."""
    count: Annotated[int, Field(ge=1, le=64)] = 1
    """Number of arrays in the image that hold it."""


class Placeholders(StrictModel):
    """One for each value; null where the firmware finds its name by itself."""

    model_config = ConfigDict(json_schema_extra={"required": []})

    product_id: Placeholder
    """Placeholder of the ProductID. Left out: `PRODUCT_ID` of Tencent's SDKs; on other platforms it
    is required."""
    product_secret: Placeholder
    """Placeholder of the ProductSecret. Left out: `YOUR_PRODUCT_SECRET` of Tencent's SDKs; on other
    platforms it is required."""
    device_name: Placeholder | None = None
    """Placeholder of the unit's name, such as `{text: YOUR_DEV_NAME}`. Left out: the firmware
    finds its name by itself."""


@dataclass(frozen=True)
class Array:
    """A placeholder with its settings complete: the value it takes, size in bytes, how often it
    occurs.
    """

    value: str
    text: bytes
    size: int
    count: int


class PatchSettings(StrictModel):
    """A profile's `carrier` of kind patch."""

    model_config = ConfigDict(json_schema_extra={"required": ["kind", "image"]})

    kind: Literal["patch"]
    """Arrays in the application image."""
    image: str
    """Name of the image that is patched."""
    placeholders: Placeholders
    """The text that each array holds until it is burned."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse_problems(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        texts = [array.text for array in self.arrays()]
        if len(set(texts)) < len(texts):
            yield (
                Code.CARRIER_KEY_DUPLICATED,
                "two values have the same placeholder",
                "one placeholder for each value",
            )
        for array in self.arrays():
            if len(array.text) >= array.size:
                found = f"{array.value}: {array.size} bytes are too few for the placeholder itself"
                yield Code.VALUE_EXCEEDS_FIELD, found, "the size of the array in the source"

    def arrays(self) -> tuple[Array, ...]:
        """The arrays that will be patched."""
        placeholders: Mapping[str, Placeholder | None] = {
            "product_id": self.placeholders.product_id,
            "product_secret": self.placeholders.product_secret,
            "device_name": self.placeholders.device_name,
        }
        return tuple(
            Array(value, placeholder.text.encode(), placeholder.size, placeholder.count)
            for value, placeholder in placeholders.items()
            if placeholder is not None
        )


class PatchCarrier:
    """Fills an application image."""

    def __init__(self, settings: PatchSettings, possible: PossibleKeys) -> None:
        self.settings = settings
        self._longest = possible.longest

    def needs_name(self) -> bool:
        return self.holds_name()

    def holds_name(self) -> bool:
        return self.settings.placeholders.device_name is not None

    def check(self, layout: "Layout") -> list[Finding]:
        arrays = (partial(self._find, layout, array) for array in self.settings.arrays())
        findings = try_to_fill(self, layout, self._longest, *arrays)
        image = layout.segments.get(self.settings.image)
        slot = layout.table.at(image.offset) if image else None
        if slot and slot.is_ota_slot:
            found = f"{self.settings.image} lies in {slot.name}"
            allowed = "a carrier outside the application, or updates that bring the key with them"
            findings.append(
                Finding(Code.KEY_LOST_BY_UPDATE, "carrier", found, allowed, warning=True)
            )
        return findings

    def fill(self, layout: "Layout", key: KeyConfig) -> tuple[Segment, ...]:
        segment = self._image(layout)
        data = bytearray(segment.data)
        for array in self.settings.arrays():
            value = _value(array, key)
            for offset in locate(segment.data, array):
                data[offset : offset + array.size] = value
        return (replace(segment, data=repair_checksums(bytes(data)), confidential=True),)

    def read_ranges(
        self,
        layout: "Layout",
        *,
        as_burned: bool = False,  # noqa: ARG002 - nothing of it is blank
    ) -> tuple[FlashRange, ...]:
        """The arrays; `layout` must hold the image as it was built."""
        segment = self._image(layout)
        return tuple(
            FlashRange(self.place_name(array, number), segment.offset + offset, array.size)
            for array in self.settings.arrays()
            for number, offset in enumerate(locate(segment.data, array))
        )

    def decode(self, read: Mapping[str, bytes]) -> KeyConfig:
        texts = {array.value: self._text(array, read) for array in self.settings.arrays()}
        return KeyConfig(
            texts["product_id"].decode("ascii", "replace"),
            Secret(texts["product_secret"]),
            texts.get("device_name", b"").decode("ascii", "replace"),
        )

    def compare(self, read: Mapping[str, bytes], key: KeyConfig) -> KeyState:
        return KeyState.SAME if self.decode(read) == key else KeyState.OTHER

    def _find(self, layout: "Layout", array: Array) -> None:
        """The arrays of one value, checked for room for the longest value. Raises BurnerError."""
        locate(self._image(layout).data, array)
        _value(array, self._longest)

    def _text(self, array: Array, read: Mapping[str, bytes]) -> bytes:
        """The text in every array of a value, without the NULs after it."""
        parts = {bytes_of(read, self.place_name(array, number)) for number in range(array.count)}
        if len(parts) > 1:
            raise BurnerError(Code.KEY_NOT_FOUND, f"the arrays of {array.value} differ")
        text, _, rest = parts.pop().partition(b"\0")
        if not text or len(text) >= array.size or rest.strip(b"\0"):
            raise BurnerError(Code.KEY_NOT_FOUND, f"no text in {array.value}")
        return text

    def place_name(self, array: Array, number: int = 0) -> str:
        """The name of a place of a value; `number` tells them apart where there are several."""
        return f"{self.settings.image}.{array.value}" + (f"[{number}]" if number else "")

    def _image(self, layout: "Layout") -> Segment:
        """The image to patch: valid, and neither signed nor encrypted."""
        segment = layout.segments.get(self.settings.image)
        if segment is None:
            firmware = [s.name for s in layout.segments.values() if s.data[:1] in _MAGICS]
            names = ", ".join(firmware) or "none"
            raise BurnerError(
                Code.PATCH_IMAGE_MISSING, f"{self.settings.image}; the profile's images: {names}"
            )
        image = _parse(segment)
        if image.signature:
            raise BurnerError(
                Code.IMAGE_NOT_PATCHABLE, f"{segment.name} has a signature {image.signature}"
            )
        if wrong := [
            checksum.kind
            for part in _parts(image)
            for checksum in part.checksums
            if not checksum.ok
        ]:
            raise BurnerError(Code.IMAGE_CHECKSUM_WRONG, f"{segment.name}: {wrong[0]}")
        return segment


def _value(array: Array, key: KeyConfig) -> bytes:
    """The bytes that an array will hold.

    Raises:
        BurnerError: E136 where it is too small.
    """
    values = {
        "product_id": key.product_id.encode(),
        "product_secret": key.product_secret.reveal(),
        "device_name": key.device_name.encode(),
    }
    value = values[array.value]
    if len(value) >= array.size:
        raise BurnerError(
            Code.VALUE_EXCEEDS_FIELD, f"{array.value}: {counted(len(value), 'byte')} and a NUL"
        )
    return value.ljust(array.size, b"\0")


@lru_cache(maxsize=16)
def locate(image: bytes, array: Array) -> tuple[int, ...]:
    """Where in an image the arrays of a placeholder start; found once for all units.

    Raises:
        BurnerError: E116 not an image, E137 found more or less often than it should be, or with
            something else inside the array.
    """
    places = {
        start: segment.end
        for segment in _segments(parse_image(image))
        for start in _standing_alone(image, array.text + b"\0", segment)
    }
    shown, whole = array.text.decode(), array.text.ljust(array.size, b"\0")
    if len(places) != array.count:
        raise BurnerError(
            Code.PATCH_PLACEHOLDER_WRONG,
            f"{shown}: {counted(len(places), 'time')} instead of {array.count}",
        )
    for offset, end in places.items():
        if image[offset : min(end, offset + array.size)] != whole:
            raise BurnerError(
                Code.PATCH_PLACEHOLDER_WRONG,
                f"{shown} at {offset:#x}: its {array.size} bytes hold other data too",
            )
    return tuple(places)


def _standing_alone(image: bytes, text: bytes, segment: ImageSegment) -> Iterator[int]:
    at = image.find(text, segment.offset, segment.end)
    while at >= 0:
        # Two printable bytes before it make it the end of a longer text; one may be a number's.
        before = image[max(at - 2, 0) : at]
        if len(before) < 2 or not all(0x20 <= byte <= 0x7E for byte in before):
            yield at
        at = image.find(text, at + 1, segment.end)


def _parse(segment: Segment) -> AppImage:
    try:
        return parse_image(segment.data)
    except BurnerError as error:
        raise BurnerError(Code.IMAGE_NOT_PATCHABLE, f"{segment.name}: {error.detail}") from None


def _parts(image: AppImage) -> Iterator[AppImage]:
    yield image
    if image.following:
        yield image.following


def _segments(image: AppImage) -> Iterator[ImageSegment]:
    for part in _parts(image):
        yield from part.segments
