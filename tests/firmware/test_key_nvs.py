"""NVS pages that no generator makes: the firmware takes and refuses what burner does."""

import struct
import zlib
from dataclasses import dataclass

import pytest

from burner.core.errors import BurnerError
from tests.firmware import products
from tests.firmware.burning import carrier_of, read, status
from tests.firmware.host import Host, Status
from tests.provisioning.layouts import KEY

ID, SECRET = KEY.product_id.encode(), KEY.product_secret.reveal()
STRING, U8, BLOB = 0x21, 0x01, 0x41


def crc(data: bytes) -> int:
    return zlib.crc32(data, 0xFFFFFFFF)


@dataclass(frozen=True)
class Entry:
    """An entry with its value; `size` where it says another one."""

    name_space: int
    kind: int
    key: str
    value: bytes
    size: int | None = None
    span: int | None = None

    def packed(self) -> bytes:
        has_value = self.kind in (STRING, BLOB)
        body = self.value if has_value else b""
        size = len(body) if self.size is None else self.size
        checked = body.ljust(size, b"\xff")[:size]
        field = struct.pack("<HHI", size, 0xFFFF, crc(checked)) if has_value else self.value
        span = self.span or 1 + -(-len(body) // 32)
        head = struct.pack("<BBBB", self.name_space, self.kind, span, 0xFF)
        rest = self.key.encode().ljust(16, b"\0") + field.ljust(8, b"\xff")
        entry = head + struct.pack("<I", crc(head + rest)) + rest
        return entry + body.ljust(-(-len(body) // 32) * 32, b"\xff")


def page(*entries: Entry, sequence: int = 0, version: int = 0xFE) -> bytes:
    data = b"".join(entry.packed() for entry in entries)
    used = len(data) // 32
    header = struct.pack("<IB", sequence, version) + b"\xff" * 19
    bits = (1 << 8 * 32) - 1
    for number in range(used):
        bits &= ~(1 << 2 * number)
    whole = struct.pack("<I", 0xFFFFFFFE) + header + struct.pack("<I", crc(header))
    return (whole + bits.to_bytes(32, "little") + data).ljust(0x1000, b"\xff")


SPACE = Entry(0, U8, "qcloud-key", b"\1")
OWN_ID = Entry(1, STRING, "product_id", ID + b"\0")
OWN_SECRET = Entry(1, STRING, "product_secret", SECRET + b"\0")
OTHER_ID = Entry(1, STRING, "product_id", b"OTHER12345\0")
REST = (OWN_ID, OWN_SECRET)
GOOD = {
    "plain": page(SPACE, *REST),
    "the namespace behind its values": page(*REST, SPACE),
    "in two pages": page(SPACE, OWN_ID) + page(OWN_SECRET, sequence=1),
    "pages out of order": page(OWN_SECRET, sequence=9) + page(SPACE, OWN_ID, sequence=2),
    "a later value": page(SPACE, OTHER_ID, *REST),
    "a later page before": page(OWN_ID, sequence=3) + page(SPACE, OTHER_ID, OWN_SECRET),
    "pages of one number": page(SPACE, OTHER_ID) + page(*REST),
    "two numbers of one namespace": page(
        SPACE,
        Entry(0, U8, "qcloud-key", b"\2"),
        OWN_ID,
        Entry(2, STRING, "product_secret", SECRET + b"\0"),
    ),
    "a number that another namespace had": page(Entry(0, U8, "other", b"\1"), SPACE, *REST),
    "the key in another namespace too": page(
        SPACE, Entry(0, U8, "other", b"\7"), *REST, Entry(7, STRING, "product_id", b"x\0")
    ),
    "without a NUL": page(SPACE, Entry(1, STRING, "product_id", ID), OWN_SECRET),
    "a longer name": page(SPACE, *REST, Entry(1, STRING, "product_id2", b"x\0")),
    "a shorter name": page(SPACE, *REST, Entry(1, STRING, "product_i", b"x\0")),
    "blobs and numbers": page(
        SPACE, Entry(1, BLOB, "b", b"x" * 99), Entry(1, 0x14, "n", b""), *REST
    ),
}
BAD = {
    "no namespace": (page(*REST), Status.DAMAGED),
    "the number went to another namespace": (
        page(SPACE, *REST, Entry(0, U8, "other", b"\1")),
        Status.MISSING,
    ),
    "a number, not a text": (page(SPACE, *REST, Entry(1, U8, "product_id", b"\1")), Status.MISSING),
    "a blob, not a text": (page(SPACE, *REST, Entry(1, BLOB, "product_id", ID)), Status.MISSING),
    "an unknown type": (page(SPACE, *REST, Entry(1, 0x77, "x", b"")), Status.DAMAGED),
    "a value longer than its entries": (
        page(SPACE, OWN_SECRET, Entry(1, STRING, "product_id", ID + b"\0", size=60)),
        Status.DAMAGED,
    ),
    "entries beyond the page": (
        page(SPACE, *REST, Entry(1, U8, "x", b"\1", span=124)),
        Status.DAMAGED,
    ),
    "no entry at all": (page(SPACE, *REST, Entry(1, U8, "x", b"\1", span=0xFF)), Status.DAMAGED),
    "an unwritten part": (page(SPACE, *REST, Entry(1, U8, "x", b"\1", span=2)), Status.DAMAGED),
    "too long": (
        page(SPACE, OWN_SECRET, Entry(1, STRING, "product_id", b"A" * 11)),
        Status.TOO_LONG,
    ),
    "far too long": (
        page(SPACE, OWN_SECRET, Entry(1, STRING, "product_id", b"A" * 500)),
        Status.TOO_LONG,
    ),
    "a NUL inside": (
        page(SPACE, OWN_ID, Entry(1, STRING, "product_secret", SECRET[:17] + b"\0abc\0")),
        Status.NOT_ALLOWED,
    ),
    "half a page": (page(SPACE, *REST)[:0x800], Status.DAMAGED),
    "another version": (page(SPACE, *REST, version=0xFD), Status.DAMAGED),
    "no page": (b"", Status.DAMAGED),
}


def burner_reads(data: bytes) -> bool:
    """Whether burner finds the key there; it takes any text for one."""
    carrier, _ = carrier_of(products.NVS)
    try:
        return carrier.decode({"fctry": data}) == KEY
    except BurnerError:
        return False


@pytest.mark.parametrize("name", GOOD)
def test_what_burner_reads_the_firmware_reads(host: Host, name: str) -> None:
    assert burner_reads(GOOD[name])
    (result,) = read(host, products.NVS, (GOOD[name], b""))
    assert result[1:] == [ID, SECRET, b""]


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_key_is_refused(host: Host, name: str) -> None:
    data, wanted = BAD[name]
    assert not burner_reads(data)
    (result,) = read(host, products.NVS, (data, b""))
    assert status(result) is wanted
    assert result[1:] == [b"", b"", b""]


def test_a_key_of_two_equal_halves_opens_nothing(host: Host) -> None:
    empty, keys = b"\xff" * 0x4000, [bytes(range(32)) * 2, bytes(range(64))]
    flashes = [(empty, (key + struct.pack("<I", crc(key))).ljust(0x1000, b"\xff")) for key in keys]
    results = read(host, products.ENCRYPTED_NVS, *flashes)
    assert [status(result) for result in results] == [Status.DAMAGED, Status.MISSING]
