"""The partition table: from CSV or binary, and back to the bytes that are burned.

Binary form (ESP-IDF, API guide "Partition Tables"; the same on ESP8266): rows of 32 bytes, magic
AA 50, type, subtype, offset, size, 16 bytes of name, flags; then perhaps a row EB EB with the MD5
of all rows before it; then rows of FF; 0xC00 bytes at most. Older tables have no MD5 row.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, refuse
from burner.core.words.plural import counted

SECTOR_SIZE = 0x1000
TABLE_SIZE = 0xC00
_ROW = struct.Struct("<2sBBII16sI")
_MAGIC = b"\xaa\x50"
_MD5_MAGIC = b"\xeb\xeb" + b"\xff" * 14
_END = b"\xff" * _ROW.size

APP, DATA = 0, 1
OTA_0, OTA_15 = 0x10, 0x1F
TYPES = {"app": APP, "data": DATA, "bootloader": 2, "partition_table": 3}
SUBTYPES: Mapping[int, Mapping[str, int]] = {
    APP: {
        "factory": 0x00,
        **{f"ota_{n}": OTA_0 + n for n in range(16)},
        "test": 0x20,
        "tee_0": 0x30,
        "tee_1": 0x31,
    },
    DATA: {
        "ota": 0x00,
        "phy": 0x01,
        "nvs": 0x02,
        "coredump": 0x03,
        "nvs_keys": 0x04,
        "efuse": 0x05,
        "undefined": 0x06,
        "esphttpd": 0x80,
        "fat": 0x81,
        "spiffs": 0x82,
        "littlefs": 0x83,
        "tee_ota": 0x90,
    },
    2: {"primary": 0, "ota": 1, "recovery": 2},
    3: {"primary": 0, "ota": 1},
}
_FLAGS = {"encrypted": 1, "readonly": 2}


@dataclass(frozen=True)
class Partition:
    """One row of the table; offset and size in bytes."""

    name: str
    type: int
    subtype: int
    offset: int
    size: int
    encrypted: bool = False
    readonly: bool = False

    @property
    def end(self) -> int:
        """Offset of the first byte after it."""
        return self.offset + self.size

    @property
    def is_app(self) -> bool:
        """Whether it holds an application."""
        return self.type == APP

    @property
    def is_ota_slot(self) -> bool:
        """Whether an update may replace what it holds."""
        return self.is_app and OTA_0 <= self.subtype <= OTA_15

    @property
    def is_otadata(self) -> bool:
        """Whether it selects the OTA slot that starts."""
        return (self.type, self.subtype) == (DATA, SUBTYPES[DATA]["ota"])

    @property
    def kind(self) -> str:
        """`data, nvs`, as the CSV has it; numbers where there is no word."""
        types = {number: word for word, number in TYPES.items()}
        subtypes = {number: word for word, number in SUBTYPES.get(self.type, {}).items()}
        return (
            f"{types.get(self.type, hex(self.type))}, "
            f"{subtypes.get(self.subtype, hex(self.subtype))}"
        )

    def to_row(self) -> bytes:
        """Its 32 bytes in the binary table."""
        flags = _FLAGS["encrypted"] * self.encrypted | _FLAGS["readonly"] * self.readonly
        name = self.name.encode()
        return _ROW.pack(_MAGIC, self.type, self.subtype, self.offset, self.size, name, flags)


@dataclass(frozen=True)
class PartitionTable:
    """The rows in the order of the table."""

    partitions: tuple[Partition, ...]
    binary: bytes | None = field(default=None, repr=False)
    """The bytes it was read from; None where it was written as CSV."""

    def __iter__(self) -> Iterator[Partition]:
        return iter(self.partitions)

    def find(self, name: str) -> Partition | None:
        """The partition of that name."""
        return next((p for p in self.partitions if p.name == name), None)

    def at(self, offset: int) -> Partition | None:
        """The partition that has this offset."""
        return next((p for p in self.partitions if p.offset <= offset < p.end), None)

    @property
    def otadata(self) -> Partition | None:
        """The partition that selects the OTA slot that starts."""
        return next((p for p in self.partitions if p.is_otadata), None)

    def to_binary(self) -> bytes:
        """The bytes to burn: those of the file, or rows with their MD5 and FF up to 0xC00."""
        if self.binary is not None:
            return self.binary
        rows = b"".join(p.to_row() for p in self.partitions)
        check = _MD5_MAGIC + md5(rows, usedforsecurity=False).digest()
        return (rows + check).ljust(TABLE_SIZE, b"\xff")


def alignment(chip: str, kind: int) -> int:
    """The number of bytes of which a partition's offset must be a multiple.

    Applications are mapped in pages of 64 KB, except on ESP8266; the rest is erased by sector.
    """
    return 0x10000 if kind == APP and chip != "esp8266" else SECTOR_SIZE


def parse_table(data: bytes, name: str, chip: str, table_offset: int) -> PartitionTable:
    """Read a table in either form; CSV rows without an offset are placed as ESP-IDF places them.

    Args:
        data: the file.
        name: what findings call it.
        chip: esptool's name; it decides on alignment.
        table_offset: where the table itself goes; partitions without an offset follow it.

    Raises:
        BurnerError: E110 not a table, E111 its MD5 is wrong; with every finding.
    """
    if data[:2] == _MAGIC:
        return parse_binary(data, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _malformed(name, "is neither a binary table nor text") from None
    return parse_csv(text, name, chip, table_offset)


def parse_binary(data: bytes, name: str = "partition table") -> PartitionTable:
    """Read the binary form; its MD5 row is checked where it has one.

    Raises:
        BurnerError: E110 not a table, E111 its MD5 is wrong.
    """
    if len(data) % _ROW.size or len(data) > SECTOR_SIZE:
        raise _malformed(name, f"has {counted(len(data), 'byte')}, not a table's length")
    rows = [data[at : at + _ROW.size] for at in range(0, min(len(data), TABLE_SIZE), _ROW.size)]
    count = next((i for i, row in enumerate(rows) if row[:2] != _MAGIC), len(rows))
    partitions = tuple(_from_row(row, i, name) for i, row in enumerate(rows[:count]))
    rest = rows[count:]
    if rest and rest[0].startswith(_MD5_MAGIC):
        body = b"".join(rows[:count])
        if rest[0][16:] != md5(body, usedforsecurity=False).digest():
            raise BurnerError(
                Code.PARTITION_TABLE_DAMAGED,
                name,
                (Finding(Code.PARTITION_TABLE_DAMAGED, name, "its MD5 row is wrong", ""),),
            )
        rest = rest[1:]
    if not partitions or any(row != _END for row in rest):
        raise _malformed(name, f"row {count + 1} is neither a partition nor the end of the table")
    return PartitionTable(partitions, bytes(data))


def _from_row(row: bytes, index: int, name: str) -> Partition:
    _, kind, subtype, offset, size, raw, flags = _ROW.unpack(row)
    try:
        label = raw.rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        label = ""
    if not label.isprintable() or not label:
        raise _malformed(name, f"row {index + 1} has no readable name")
    return Partition(label, kind, subtype, offset, size, bool(flags & 1), bool(flags & 2))


def parse_csv(text: str, name: str, chip: str, table_offset: int) -> PartitionTable:
    """Read the CSV form (`#` comments; name, type, subtype, offset, size, flags).

    Raises:
        BurnerError: E110 with a finding for every bad row.
    """
    findings: list[Finding] = []
    partitions: list[Partition] = []
    end = table_offset + SECTOR_SIZE
    for number, line in enumerate(text.splitlines(), 1):
        row = line.split("#", 1)[0].strip()
        if not row:
            continue
        try:
            partition = _from_fields([cell.strip() for cell in row.split(",")], chip, end)
        except ValueError as error:
            findings.append(
                Finding(Code.PARTITION_TABLE_UNREADABLE, f"{name}:{number}", str(error), "")
            )
            continue
        end = partition.end
        partitions.append(partition)
    if not partitions and not findings:
        findings.append(
            Finding(
                Code.PARTITION_TABLE_UNREADABLE, name, "has no partition", "name, type, subtype, …"
            )
        )
    if (len(partitions) + 2) * _ROW.size > TABLE_SIZE:
        findings.append(
            Finding(
                Code.PARTITION_TABLE_UNREADABLE, name, "has too many rows", "at most 94 partitions"
            )
        )
    refuse(findings)
    return PartitionTable(tuple(partitions))


def _from_fields(cells: Sequence[str], chip: str, end_before: int) -> Partition:
    """One CSV row. Raises ValueError with the reason."""
    if len(cells) > 7 or any(cells[6:]):
        raise ValueError(
            f"{counted(len(cells), 'column')}: name, type, subtype, offset, size, flags expected"
        )
    label, kind_text, subtype_text, offset_text, size_text, flags_text = (
        *cells,
        *[""] * 6,
    )[:6]
    if not 0 < len(label.encode()) <= 16 or not label.isascii() or not label.isprintable():
        raise ValueError(f"name {label[:40]!r}: 1 to 16 ASCII characters expected")
    kind = _number(kind_text, TYPES, 0xFE, "type")
    if subtype_text or kind == APP:
        subtype = _number(subtype_text, SUBTYPES.get(kind, {}), 0xFF, "subtype")
    else:
        subtype = SUBTYPES[DATA]["undefined"]
    align = alignment(chip, kind)
    offset = _number(offset_text, {}, 0xFFFF_FFFF, "offset") if offset_text else None
    size = _number(size_text, {}, 0xFFFF_FFFF, "size")
    flags = {flag for flag in flags_text.split(":") if flag}
    if flags - _FLAGS.keys():
        raise ValueError(
            f"flags {flags_text[:40]!r}: encrypted, readonly or both with `:` expected"
        )
    return Partition(
        name=label,
        type=kind,
        subtype=subtype,
        offset=-(-end_before // align) * align if offset is None else offset,
        size=size,
        encrypted="encrypted" in flags,
        readonly="readonly" in flags,
    )


def _number(text: str, words: Mapping[str, int], most: int, what: str) -> int:
    """A word of the table or a number with 0x, K or M. Raises ValueError."""
    if text.lower() in words:
        return words[text.lower()]
    match = re.fullmatch(r"(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})([kKmM]?)", text)
    value = -1
    if match:
        value = int(match[1], 16 if match[1][:2].lower() == "0x" else 10)
        value *= {"": 1, "k": 1024, "m": 1024 * 1024}[match[2].lower()]
    if not 0 <= value <= most:
        known = f"{', '.join(words)} or a number" if words else "bytes such as 0x10000, 24K or 1M"
        raise ValueError(f"{what} {text[:40]!r}: {known} expected")
    return value


def _malformed(name: str, found: str) -> BurnerError:
    return BurnerError(
        Code.PARTITION_TABLE_UNREADABLE,
        f"{name}: {found}",
        (Finding(Code.PARTITION_TABLE_UNREADABLE, name, found, ""),),
    )
