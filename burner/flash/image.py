"""ESP firmware images: header, segments, checksum, digest, application descriptor.

The container (ESP-IDF, "App Image Format"; esptool docs, "Firmware Image Format"): magic E9, number
of segments, flash parameters, entry point; on everything but the ESP8266 16 more bytes with the
chip's id and revisions; segments of address, length, data; a checksum byte that ends a block of 16
bytes; perhaps a SHA-256 of all before it. ESP8266 "v2" images start with EA: a flash-mapped
segment outside the checksum, then a second E9 header, then a CRC-32 at the end.
"""

import struct
import zlib
from dataclasses import dataclass, field, replace
from functools import reduce
from hashlib import sha256
from operator import xor

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.flash.chips import CHIP_IDS

MAGIC, MAGIC_ESP8266_V2 = 0xE9, 0xEA
_MAX_SEGMENTS = 16
CHECKSUM_SEED = 0xEF
_APP_MAGIC = 0xABCD5432
_APP = struct.Struct("<I12x32s32s16s16s32s32s")
_SIGNATURE_V1_SIZE = 68
_SIGNATURE_V2_MAGIC = b"\xe7\x02"
_SECTOR = 0x1000
_FLASH_SIZES = tuple((1 << n) * 0x100000 for n in range(8))
_FLASH_SIZES_ESP8266 = {
    0: 0x80000,
    1: 0x40000,
    2: 0x100000,
    3: 0x200000,
    4: 0x400000,
    5: 0x200000,
    6: 0x400000,
    8: 0x800000,
    9: 0x1000000,
}


@dataclass(frozen=True)
class ImageSegment:
    """A segment of the image: load address, place of its data in the file, length."""

    address: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        """Offset of the first byte after its data."""
        return self.offset + self.size


@dataclass(frozen=True)
class ImageChecksum:
    """A checksum or digest in the file, and what it should be."""

    kind: str
    """`checksum`, `SHA-256` or `CRC-32`."""
    offset: int
    stored: bytes = field(repr=False)
    computed: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the checksum agrees with the bytes."""
        return self.stored == self.computed


@dataclass(frozen=True)
class AppDescriptor:
    """The application's description of itself (`esp_app_desc_t`)."""

    project_name: str
    version: str
    idf_version: str
    built: str
    """Date and time as the compiler wrote them; empty in a reproducible build."""
    elf_sha256: str


@dataclass(frozen=True)
class AppImage:
    """An image as parsed. Offsets and sizes in bytes, from the start of the file."""

    start: int
    """0, but for an image that follows another."""
    chip: str
    """esptool's name; `chip id N` where the id is not known."""
    entry: int
    flash_mode: int
    flash_size: int
    """Bytes, as the header says; 0 where it says nothing known."""
    min_revision: int
    """major × 100 + minor; 0 = any."""
    max_revision: int
    """As `min_revision`; 0 = any."""
    segments: tuple[ImageSegment, ...]
    checksums: tuple[ImageChecksum, ...]
    """The checksum first, then SHA-256 or CRC-32 where the image has one."""
    end: int
    """Length of the image proper: what follows is padding, a signature, or another image."""
    descriptor: AppDescriptor | None = None
    signature: str = ""
    """Secure boot: `v1`, `v2`, or empty."""
    following: "AppImage | None" = None
    """Arduino for ESP8266: a small loader, and the application one sector behind it."""


def parse_image(data: bytes) -> AppImage:
    """Read an image of any chip. A wrong checksum or digest is reported, not raised.

    Raises:
        BurnerError: E116 where it is not an image at all, or one cut short.
    """
    if not data:
        raise BurnerError(Code.IMAGE_INVALID, "the file is empty")
    if data[0] not in (MAGIC, MAGIC_ESP8266_V2):
        what = "; it looks encrypted" if _looks_random(data) else ""
        raise BurnerError(
            Code.IMAGE_INVALID, f"starts with {data[0]:#04x}, an image starts with 0xe9{what}"
        )
    try:
        image = _parse_at(data, 0)
        behind = data[_SECTOR : _SECTOR + 1] == bytes([MAGIC]) and image.end <= _SECTOR
        if image.chip == "esp8266" and behind:
            return replace(image, following=_parse_at(data, _SECTOR))
        return replace(image, signature=_signature(data, image.end))
    except struct.error:
        raise BurnerError(Code.IMAGE_INVALID, "the image is incomplete") from None


def check_image(image: AppImage, chip: str, place: str) -> list[Finding]:
    """Everything for which an image must not be burned into a chip."""
    findings = []
    if image.chip != chip:
        findings.append(
            Finding(
                Code.IMAGE_OF_OTHER_CHIP, place, f"an image for {image.chip}", f"one for {chip}"
            )
        )
    for checksum in image.checksums:
        if not checksum.ok:
            stored, computed = checksum.stored.hex(), checksum.computed.hex()
            found = f"its {checksum.kind} is {stored}, its bytes give {computed}"
            findings.append(
                Finding(Code.IMAGE_CHECKSUM_WRONG, place, found, "the file as the build made it")
            )
    if image.following:
        findings += check_image(image.following, chip, place)
    return findings


def repair_checksums(data: bytes) -> bytes:
    """The same image with checksum and digest computed again, after bytes were replaced.

    Raises:
        BurnerError: E116, as `parse_image`.
    """
    image = parse_image(data)
    parts = (image, image.following) if image.following else (image,)
    for part in parts:
        for index in range(len(part.checksums)):
            # The digest covers the checksum, so each is computed over bytes repaired so far.
            checksum = _parse_at(data, part.start).checksums[index]
            data = (
                data[: checksum.offset]
                + checksum.computed
                + data[checksum.offset + len(checksum.stored) :]
            )
    return data


def _parse_at(data: bytes, start: int) -> AppImage:
    """One image that begins at `start`. Raises struct.error past the end of the data."""
    if data[start] == MAGIC_ESP8266_V2:
        return _parse_esp8266_v2(data, start)
    _, count, mode, size_and_freq, entry = struct.unpack_from("<BBBBI", data, start)
    if not 0 < count <= _MAX_SEGMENTS:
        raise BurnerError(
            Code.IMAGE_INVALID, f"{count} segments; an image has 1 to {_MAX_SEGMENTS}"
        )
    esp8266 = _is_esp8266(data, start)
    header = 8 if esp8266 else 24
    segments = _segments(data, start + header, count)
    chip, low, high, digest = ("esp8266", 0, 0, 0) if esp8266 else _extended(data, start)
    checksums = [_checksum(data, start, segments)]
    behind = checksums[0].offset + 1
    # A header that denies the digest it has would leave most bytes unchecked. ESP8266_RTOS_SDK
    # appends one too ("version 3" of its elf2image), and has no room in its header to say so.
    if digest or len(data) == behind + 32:
        checksums.append(_sha256(data, start, behind))
    return AppImage(
        start=start,
        chip=chip,
        entry=entry,
        flash_mode=mode,
        flash_size=_flash_size(size_and_freq >> 4, esp8266),
        min_revision=low,
        max_revision=high,
        segments=segments,
        checksums=tuple(checksums),
        end=checksums[-1].offset + len(checksums[-1].computed),
        descriptor=_descriptor(data, segments),
    )


def _parse_esp8266_v2(data: bytes, start: int) -> AppImage:
    flash_mapped = _segments(data, start + 8, 1)
    second = flash_mapped[0].end
    if data[second : second + 1] != bytes([MAGIC]):
        raise BurnerError(Code.IMAGE_INVALID, f"no second header at {second:#x}")
    _, count, mode, size_and_freq, entry = struct.unpack_from("<BBBBI", data, second)
    loaded = _segments(data, second + 8, min(count, _MAX_SEGMENTS))
    checksums = [_checksum(data, start, loaded)]
    crc_at = checksums[0].offset + 1
    (stored,) = struct.unpack_from("<4s", data, crc_at)
    computed = _crc32_of_esp8266(data[start:crc_at])
    checksums.append(ImageChecksum("CRC-32", crc_at, stored, struct.pack("<I", computed)))
    return AppImage(
        start=start,
        chip="esp8266",
        entry=entry,
        flash_mode=mode,
        flash_size=_flash_size(size_and_freq >> 4, esp8266=True),
        min_revision=0,
        max_revision=0,
        segments=flash_mapped + loaded,
        checksums=tuple(checksums),
        end=crc_at + 4,
        descriptor=_descriptor(data, flash_mapped + loaded),
    )


def _is_esp8266(data: bytes, start: int) -> bool:
    """Whether it is of an ESP8266: a load address (0x3f… or 0x40…) where others have pin drive
    strengths.
    """
    return data[start + 11 : start + 12] in (b"\x3f", b"\x40")


def _extended(data: bytes, start: int) -> tuple[str, int, int, int]:
    """Chip, lowest and highest revision, digest or not."""
    chip_id, legacy, low, high, digest = struct.unpack_from("<HBHH4xB", data, start + 12)
    if digest > 1:
        raise BurnerError(
            Code.IMAGE_INVALID, f"byte 23 of the header is {digest:#04x}; it must be 0 or 1"
        )
    chips = {number: name for name, number in CHIP_IDS.items()}
    chip = chips.get(chip_id, f"chip id {chip_id}")
    if chip == "esp32" and low == 0:
        low = legacy * 100
    return chip, low, high, digest


def _segments(data: bytes, at: int, count: int) -> tuple[ImageSegment, ...]:
    segments = []
    for _ in range(count):
        address, size = struct.unpack_from("<II", data, at)
        segments.append(ImageSegment(address, at + 8, size))
        at = segments[-1].end
        if at > len(data):
            found = f"segment {len(segments)} ends at {at:#x}, the file at {len(data):#x}"
            raise BurnerError(Code.IMAGE_INVALID, found)
    return tuple(segments)


def _checksum(data: bytes, start: int, segments: tuple[ImageSegment, ...]) -> ImageChecksum:
    """The XOR of all bytes of the segments, in the last byte of a block of 16."""
    offset = start + ((segments[-1].end - start) | 15)
    (stored,) = struct.unpack_from("<c", data, offset)
    # XOR over whole integers: a hundred times faster than over bytes.
    total = CHECKSUM_SEED
    for segment in segments:
        total ^= xor_of_bytes(data[segment.offset : segment.end])
    return ImageChecksum("checksum", offset, stored, bytes([total]))


def xor_of_bytes(data: bytes) -> int:
    """The XOR of all bytes."""
    while len(data) > 64:
        half = -(-len(data) // 2)
        folded = int.from_bytes(data[:half], "little") ^ int.from_bytes(data[half:], "little")
        data = folded.to_bytes(half, "little")
    return reduce(xor, data, 0)


def _sha256(data: bytes, start: int, offset: int) -> ImageChecksum:
    (stored,) = struct.unpack_from("<32s", data, offset)
    return ImageChecksum("SHA-256", offset, stored, sha256(data[start:offset]).digest())


def _crc32_of_esp8266(data: bytes) -> int:
    """The boot ROM's CRC-32: inverted or incremented, by its top bit (esptool documents it)."""
    crc = zlib.crc32(data)
    return crc ^ 0xFFFF_FFFF if crc & 0x8000_0000 else crc + 1


def _flash_size(nibble: int, esp8266: bool) -> int:
    if esp8266:
        return _FLASH_SIZES_ESP8266.get(nibble, 0)
    return _FLASH_SIZES[nibble] if nibble < len(_FLASH_SIZES) else 0


def _descriptor(data: bytes, segments: tuple[ImageSegment, ...]) -> AppDescriptor | None:
    """The application descriptor stands at the start of a segment, the first one in practice."""
    for segment in segments:
        if segment.size < _APP.size:
            continue
        magic, version, project, time, date, idf, elf = _APP.unpack_from(data, segment.offset)
        if magic == _APP_MAGIC:
            built = f"{_text(date)} {_text(time)}".strip()
            return AppDescriptor(_text(project), _text(version), _text(idf), built, elf.hex())
    return None


def _text(raw: bytes) -> str:
    """A C string: up to its NUL, with a replacement for what cannot be printed."""
    text = raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "�" for c in text)


def _signature(data: bytes, end: int) -> str:
    """The kind of signature.

    `v2`: a signature sector after padding. `v1`: 4 zero bytes and 64 of ECDSA, at the end.
    """
    sector = -(-end // _SECTOR) * _SECTOR
    if data[sector : sector + 2] == _SIGNATURE_V2_MAGIC:
        return "v2"
    if len(data) == end + _SIGNATURE_V1_SIZE and data[end : end + 4] == bytes(4):
        return "v1"
    return ""


def _looks_random(data: bytes) -> bool:
    """Whether the bytes do not compress, as encrypted ones.

    Machine code shrinks to two thirds or so.
    """
    sample = data[: 64 * 1024]
    return len(sample) >= 1024 and len(zlib.compress(sample, 1)) > 0.97 * len(sample)
