"""The bytes of an NVS partition, by Espressif's esp-idf-nvs-partition-gen, in memory.

The generator's functions do not check what its command line checks, so we use the object below them
and check everything here: the page that NVS keeps in reserve, duplicate keys, keys over 15
characters, numbers that do not fit, values that fill a page, keys such as `sta.ssid` that would add
other entries. Its `random.choice` for encryption keys is not used.
"""

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Final, Literal, get_args

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.provisioning.nvs_reader import (
    PAGE_SIZE,
    NvsValue,
)

MIN_SIZE: Final = 3 * PAGE_SIZE
"""ESP-IDF opens a smaller partition for reading only."""


def is_nvs_name(text: str) -> bool:
    """Whether a text can be a namespace or a key: 1 to 15 printable ASCII characters."""
    return 1 <= len(text) <= 15 and text.isascii() and text.isprintable()


IntegerType = Literal["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"]


def write_nvs(
    size: int,
    entries: Mapping[tuple[str, str], tuple[str, NvsValue]],
    encryption_key: bytes | None = None,
    readonly: bool = False,
) -> bytes:
    """A whole NVS partition, version 2.

    Args:
        size: of the partition in bytes.
        entries: (namespace, key) → (type of the generator: `u8` … `i64`, `string`, `binary`;
            value), in the order in which they are written.
        encryption_key: 64 bytes; None leaves NVS plain.
        readonly: the table says that firmware only reads it; then one or two pages will do.

    Raises:
        BurnerError: E133 too small or not whole pages, E134 a value that NVS cannot hold.
    """
    _check(size, entries, readonly)
    image = BytesIO()
    refused = _generate(image, size, entries, encryption_key)
    if refused:
        raise BurnerError(refused, f"{counted(len(entries), 'value')} into {size:#x} bytes")
    return image.getvalue().ljust(size, b"\xff")


def _check(
    size: int, entries: Mapping[tuple[str, str], tuple[str, NvsValue]], readonly: bool
) -> None:
    least = PAGE_SIZE if readonly else MIN_SIZE
    if size % PAGE_SIZE or size < least:
        raise BurnerError(
            Code.PARTITION_TOO_SMALL, f"{size:#x} bytes; whole pages of 0x1000, at least {least:#x}"
        )
    for (namespace, key), (kind, value) in entries.items():
        if not is_nvs_name(namespace) or not is_nvs_name(key):
            raise BurnerError(
                Code.NVS_ENTRY_INVALID,
                f"{namespace}/{key}: 1 to 15 printable ASCII characters each",
            )
        if kind in get_args(IntegerType) and not fits_integer(kind, value):
            raise BurnerError(Code.NVS_ENTRY_INVALID, f"{namespace}/{key} does not fit into {kind}")


def _generate(
    image: BytesIO,
    size: int,
    entries: Mapping[tuple[str, str], tuple[str, NvsValue]],
    encryption_key: bytes | None,
) -> str:
    """Write into `image`. Returns a code: the generator's own exceptions may hold values."""
    from esp_idf_nvs_partition_gen import nvs_partition_gen as generator

    # One page stays free for NVS to move entries into: the generator adds it to what it is given.
    tiny = size < MIN_SIZE
    room = size if tiny else size - PAGE_SIZE
    encrypt = encryption_key is not None
    try:
        with generator.nvs_open(
            image, room, generator.Page.VERSION2, encrypt, encryption_key, tiny
        ) as nvs:
            for (namespace, key), (kind, value) in entries.items():
                nvs.write_namespace(namespace)
                # Without the index it would take the newest namespace, not the current one.
                nvs.write_entry(key, value, kind, nvs.get_namespace_idx())
    except generator.InsufficientSizeError:
        return Code.PARTITION_TOO_SMALL
    except (RuntimeError, ValueError, struct.error, AssertionError, SystemExit):
        return Code.NVS_ENTRY_INVALID
    return ""


def integer_range(kind: str) -> tuple[int, int]:
    """The lowest and the highest number of a type."""
    bits = int(kind[1:])
    return (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def fits_integer(kind: str, value: object) -> bool:
    """Whether a value is a number that a type can hold."""
    low, high = integer_range(kind)
    return isinstance(value, int) and low <= value <= high
