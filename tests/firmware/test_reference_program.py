"""The reference firmware, executed: what it prints, what it starts, and why it stops."""

import hashlib
import struct
from pathlib import Path

import pytest

from burner.bench.processor.program import RunningProgram
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import UnitSpec
from burner.core.secrets.secret import Secret
from burner.core.silicon import Mac
from burner.flash import otadata
from burner.provisioning import challenge
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.nvs_writer import write_nvs
from burner.release.opening import open_release
from tests.firmware.registration_check import Registered, accepted
from tests.firmware.test_challenge import with_crc

pytest.importorskip("unicorn")

ROOT = Path(__file__).parents[2]
APPLICATION = (ROOT / "firmware" / "plug-c3" / "app.bin").read_bytes()
SECRET = "8XzjN8rfgFVGDTNTUGau4snA"
KEY = KeyConfig("7QKX2MPD0C", Secret(SECRET.encode()), "")
UNIT = UnitSpec(mac=Mac.parse("58:cf:79:0a:0b:0c"), flash_size=4 << 20)
NAME = "58CF790A0B0C"
TABLE, FCTRY, OTADATA, OTA_0, OTA_1 = 0xC000, 0x15000, 0x1D000, 0x20000, 0x1F0000
FIRST_SEGMENT = 24
"""Where the first segment's header lies in an image."""
NONCE = bytes(range(16))

Flash = dict[int, bytes]
"""Offset → what lies there."""


@pytest.fixture(scope="module")
def burned() -> Flash:
    """What burner burns into a unit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLUG_C3_SECRET", SECRET)
        release = open_release(ROOT / "profiles" / "plug-c3.yaml")
        return {segment.offset: segment.data for segment in release.payload(NAME)}


def started(flash: Flash) -> RunningProgram:
    cells = NorFlash(UNIT)
    for offset, data in flash.items():
        cells.program(offset, data)
    return RunningProgram(cells, SimSilicon(UNIT, cells).registers, 0.3)


def lines(flash: Flash) -> list[str]:
    """What it prints at its start, from the line of the loader's name on."""
    printed = started(flash).printed.decode("ascii")
    assert printed.endswith("\r\n")
    first, name, *rest = printed.split("\r\n")[:-1]
    assert (first, name) == ("", "loader: reference firmware of burner")
    return rest


def sealed(image: bytes) -> bytes:
    """An image with the checksum and the SHA-256 that it should have."""
    count, at, total = image[1], FIRST_SEGMENT, 0xEF
    for _ in range(count):
        (size,) = struct.unpack_from("<I", image, at + 4)
        for byte in image[at + 8 : at + 8 + size]:
            total ^= byte
        at += 8 + size
    whole = image[: at | 15] + bytes([total])
    return whole + hashlib.sha256(whole).digest()


def with_bytes(image: bytes, at: int, new: bytes) -> bytes:
    return image[:at] + new + image[at + len(new) :]


# -- the start -----------------------------------------------------------------------------------


def test_it_names_its_product_and_itself(burned: Flash) -> None:
    assert lines(burned) == [
        "loader: Loaded app from partition at offset 0x20000",
        "",
        "Project name:     plug-c3",
        "App version:      1.2.0",
        f"product_id=7QKX2MPD0C device_name={NAME}",
    ]


@pytest.mark.parametrize(
    ("first", "second", "starts"),
    [
        (otadata.ota_entry(1), b"", "0x20000"),
        (otadata.ota_entry(1), otadata.ota_entry(2), "0x1f0000"),
        (otadata.ota_entry(4), otadata.ota_entry(3), "0x1f0000"),
        (otadata.ota_entry(1), otadata.ota_entry(2, otadata.OtaState.ABORTED), "0x20000"),
        (otadata.ota_entry(2, otadata.OtaState.INVALID), b"", "0x20000"),
        (otadata.ota_entry(2)[:-1] + b"\0", b"", "0x20000"),
        (otadata.ota_entry(0), b"", "0x1f0000"),
    ],
)
def test_otadata_selects_the_application(
    burned: Flash, first: bytes, second: bytes, starts: str
) -> None:
    flash = burned | {OTA_1: APPLICATION, OTADATA: first.ljust(0x1000, b"\xff") + second}
    assert lines(flash)[0] == f"loader: Loaded app from partition at offset {starts}"


def test_a_factory_application_starts_where_otadata_is_empty(burned: Flash) -> None:
    rows = burned[TABLE].replace(b"\xaa\x50\x00\x11", b"\xaa\x50\x00\x00")  # ota_1 → factory
    flash = burned | {TABLE: rows, OTA_1: APPLICATION}
    assert lines(flash)[0] == "loader: Loaded app from partition at offset 0x1f0000"


# -- what cannot start ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (b"", " has invalid magic byte"),
        (with_bytes(APPLICATION, 12, b"\x09"), ": mismatch chip ID, it is for another chip"),
        (with_bytes(APPLICATION, 1, b"\0"), ": wrong number of segments - image is corrupt"),
        (with_bytes(APPLICATION, 1, b"\x11"), ": wrong number of segments - image is corrupt"),
        (with_bytes(APPLICATION, 23, b"\0"), " has no SHA-256 - image is corrupt"),
        (
            with_bytes(APPLICATION, FIRST_SEGMENT, struct.pack("<I", 0x3FCA8000)),
            ": a segment lies outside of the application's memory - image is corrupt",
        ),
        (
            with_bytes(APPLICATION, FIRST_SEGMENT, struct.pack("<I", 0x42000000)),
            ": a segment lies outside of the application's memory - image is corrupt",
        ),
        (
            with_bytes(APPLICATION, FIRST_SEGMENT + 4, struct.pack("<I", 0xFFFFFFFC)),
            ": a segment lies outside of the application's memory - image is corrupt",
        ),
        (
            APPLICATION[:1]
            + b"\x01"
            + APPLICATION[2:FIRST_SEGMENT]
            + struct.pack("<II", 0x3FC80000, 0x24000),
            " ends behind its partition, or is too large - image is corrupt",
        ),
        (with_bytes(APPLICATION, 0x1000, b"\x5a"), ": checksum failed - image is corrupt"),
        (with_bytes(APPLICATION, 9, b"\x5a"), ": SHA-256 failed - image is corrupt"),
        (
            sealed(with_bytes(APPLICATION, 4, struct.pack("<I", 0x403CE800))),
            ": its entry lies outside of the application's memory - image is corrupt",
        ),
    ],
)
def test_an_application_that_cannot_start_is_named_with_the_reason(
    burned: Flash, image: bytes, why: str
) -> None:
    assert lines(burned | {OTA_0: image}) == [f"loader: image at 0x20000{why}"]


def test_without_a_table_nothing_starts(burned: Flash) -> None:
    missing = "loader: load partition table error: no table at 0xc000"
    assert lines(burned | {TABLE: b""}) == [missing]


def test_a_table_without_a_place_for_an_application_starts_nothing(burned: Flash) -> None:
    rows = burned[TABLE].replace(b"\xaa\x50\x00", b"\xaa\x50\x40")  # a type of the user's own
    nothing = "loader: no bootable app partitions in the partition table"
    assert lines(burned | {TABLE: rows}) == [nothing]


def test_a_partition_behind_the_end_of_the_flash_cannot_be_read(burned: Flash) -> None:
    place = struct.pack("<I", OTA_0)
    rows = burned[TABLE].replace(b"\xaa\x50\x00\x10" + place, b"\xaa\x50\x00\x10\0\0\0\x10")
    assert lines(burned | {TABLE: rows}) == [
        "loader: image at 0x10000000: the flash cannot be read"
    ]


def test_an_exception_of_the_processor_is_printed(burned: Flash) -> None:
    code = APPLICATION.index(struct.pack("<I", 0x40380000), FIRST_SEGMENT) + 8
    image = sealed(with_bytes(APPLICATION, code, b"\xff\xff\xff\xff"))
    assert lines(burned | {OTA_0: image})[1:] == [
        "",
        "exception 2 at 0x40380000, value 0xffffffff",
    ]


# -- the key -------------------------------------------------------------------------------------


def key_partition(**texts: str) -> bytes:
    values = {("qcloud-key", name): ("string", text) for name, text in texts.items()}
    return write_nvs(0x4000, values)


@pytest.mark.parametrize(
    ("fctry", "why"),
    [
        (b"", "missing"),
        (key_partition(product_id="7QKX2MPD0C"), "missing"),
        (key_partition(product_id="7QKX2MPD0C", product_secret=SECRET)[:0x90] + b"\0", "damaged"),
        (
            key_partition(product_id="7QKX2MPD0C", product_secret="YOUR_PRODUCT_SECRET"),
            "not allowed",
        ),
        (key_partition(product_id="7QKX2MPD0C", product_secret="short"), "not allowed"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_and_no_challenge_is_answered(
    burned: Flash, fctry: bytes, why: str
) -> None:
    program = started(burned | {FCTRY: fctry})
    last = program.printed.decode().split("\r\n")[-2]
    assert last == f"no product configuration in fctry: {why}"
    reply = program.receive(challenge.question(NONCE), 1.0)
    assert reply == f"\r\n{with_crc('BURNER-RESPONSE 1 refused key')}\r\n".encode()
    assert SECRET.encode() not in program.printed


def test_without_the_partition_of_the_key_it_says_so(burned: Flash) -> None:
    rows = burned[TABLE].replace(b"fctry\0", b"other\0")
    assert lines(burned | {TABLE: rows})[-1] == "no product configuration in fctry: missing"


# -- the console ---------------------------------------------------------------------------------


def test_the_challenge_is_answered_once_within_ten_seconds(burned: Flash) -> None:
    program = started(burned)
    answer = f"BURNER-RESPONSE 1 {challenge.answer(KEY, NAME, NONCE).hex()}"
    assert program.receive(b"noise" + challenge.question(NONCE), 9.0).decode() == (
        f"\r\n{with_crc(answer)}\r\n"
    )
    again = program.receive(challenge.question(NONCE), 9.5).decode()
    assert again == f"\r\n{with_crc('BURNER-RESPONSE 1 refused answered')}\r\n"


def test_a_challenge_after_ten_seconds_is_refused(burned: Flash) -> None:
    reply = started(burned).receive(challenge.question(NONCE), 11.0).decode()
    assert reply == f"\r\n{with_crc('BURNER-RESPONSE 1 refused late')}\r\n"


def asked(program: RunningProgram, command: str) -> str:
    """The reply to a line, without the CRC, which is right."""
    reply = program.receive(f"{with_crc(command)}\r\n".encode(), 20.0).decode()
    if not reply:
        return ""
    line = reply.removeprefix("\r\n").removesuffix("\r\n")
    text, _, _ = line.rpartition(" ")
    assert line == with_crc(text)
    return text


@pytest.mark.parametrize("nonce", [0, 42, 2**32 - 1])
def test_its_own_registration_request_is_one_that_the_cloud_accepts(
    burned: Flash, nonce: int
) -> None:
    text = asked(started(burned), f"BURNER-REGISTER 1790000000 {nonce}")
    word, host, path, algorithm, stamp, number, signature, body = text.split(" ")
    assert (word, stamp, number) == ("BURNER-REQUEST", "1790000000", str(nonce))
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
        f"X-TC-Algorithm: {algorithm}\r\nX-TC-Timestamp: {stamp}\r\nX-TC-Nonce: {number}\r\n"
        f"X-TC-Signature: {signature}\r\n\r\n{body}"
    )
    name = Registered("7QKX2MPD0C", NAME)
    assert accepted(request.encode(), SECRET.encode(), host) == name
    assert SECRET not in text


@pytest.mark.parametrize(
    "numbers",
    ["1790000000", "1790000000 4294967296", "1 2 3", "x 2", "1 ", "18446744073709551616 1", "-1 1"],
)
def test_numbers_that_are_none_are_refused(burned: Flash, numbers: str) -> None:
    assert asked(started(burned), f"BURNER-REGISTER {numbers}") == "BURNER-REQUEST refused numbers"


def test_a_damaged_command_is_not_answered_and_a_unit_without_a_key_refuses(
    burned: Flash,
) -> None:
    damaged = with_crc("BURNER-REGISTER 1790000000 1").replace("1790", "1791")
    assert started(burned).receive(f"{damaged}\r\n".encode(), 1.0) == b""
    empty = started(burned | {FCTRY: b""})
    assert asked(empty, "BURNER-REGISTER 1790000000 1") == "BURNER-REQUEST refused key"
