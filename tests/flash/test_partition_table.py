"""Partition tables: CSV and binary, both ways, and what makes one unusable."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.errors import BurnerError, Finding
from burner.flash.partition_checks import check_table
from burner.flash.partition_table import (
    TABLE_SIZE,
    Partition,
    PartitionTable,
    parse_binary,
    parse_csv,
    parse_table,
)

CSV = """\
# name, type, subtype, offset, size, flags
nvs,      data, nvs,     0x9000, 24K,
keys,     data, nvs_keys,,       4K, encrypted:readonly
factory,  app,  factory, ,       1M
spare,    0x40, 0x7,     ,       0x2000
"""


def table_of(csv: str = CSV, chip: str = "esp32", offset: int = 0x8000) -> PartitionTable:
    return parse_csv(csv, "t.csv", chip, offset)


def problems(csv: str, chip: str = "esp32", flash_size: int = 4 << 20) -> list[Finding]:
    return check_table(table_of(csv, chip), "t.csv", chip, 0x8000, flash_size)


def test_a_csv_is_read_and_gaps_are_filled_in_order() -> None:
    assert table_of().partitions == (
        Partition("nvs", 1, 2, 0x9000, 0x6000),
        Partition("keys", 1, 4, 0xF000, 0x1000, encrypted=True, readonly=True),
        Partition("factory", 0, 0, 0x10000, 0x100000),
        Partition("spare", 0x40, 7, 0x110000, 0x2000),
    )


def test_an_application_without_offset_starts_on_a_page_it_can_be_mapped_from() -> None:
    csv = "a, data, nvs, , 0x1000\nb, app, factory, , 64K"
    assert [p.offset for p in table_of(csv)] == [0x9000, 0x10000]
    assert [p.offset for p in table_of(csv, offset=0x10000)] == [0x11000, 0x20000]
    assert [p.offset for p in table_of(csv, "esp8266")] == [0x9000, 0xA000]


def test_a_binary_made_from_csv_has_its_md5_row_and_reads_back_the_same() -> None:
    binary = table_of().to_binary()
    assert len(binary) == TABLE_SIZE
    assert binary[4 * 32 : 4 * 32 + 2] == b"\xeb\xeb"
    assert parse_table(binary, "t.bin", "esp32", 0x8000).partitions == table_of().partitions


def test_a_binary_is_burned_as_it_was_found() -> None:
    binary = table_of().to_binary().ljust(0x1000, b"\xff")
    assert parse_binary(binary).to_binary() == binary


def test_every_changed_byte_of_a_binary_is_noticed() -> None:
    binary = table_of().to_binary()
    for at in range(TABLE_SIZE):
        changed = bytearray(binary)
        changed[at] ^= 0x04
        with pytest.raises(BurnerError) as caught:
            parse_table(bytes(changed), "t.bin", "esp32", 0x8000)
        assert caught.value.code in ("E110", "E111")


def test_an_old_table_without_md5_row_is_read(shared_images: Path) -> None:
    table = parse_binary((shared_images / "partitions_singleapp.bin").read_bytes())
    assert [p.name for p in table] == ["factory", "rfdata", "wifidata"]
    assert check_table(table, "t.bin", "esp8266", 0x8000, 2 << 20) == []


def test_the_table_of_an_esp_idf_build_is_read(shared_images: Path) -> None:
    path = shared_images / "idf_hello_esp32c3" / "partition_table" / "partition-table.bin"
    table = parse_binary(path.read_bytes())
    assert [(p.name, p.kind) for p in table] == [
        ("nvs", "data, nvs"),
        ("phy_init", "data, phy"),
        ("factory", "app, factory"),
    ]
    assert PartitionTable(table.partitions).to_binary() == path.read_bytes()


@pytest.mark.parametrize(("name", "size"), [("4MB", 4 << 20), ("2MB", 2 << 20)])
def test_the_tables_of_esp_qcloud_are_sound(shared_images: Path, name: str, size: int) -> None:
    data = (shared_images / f"partitions_esp-qcloud_{name}.csv").read_bytes()
    table = parse_table(data, "t.csv", "esp32c3", 0xC000)
    assert check_table(table, "t.csv", "esp32c3", 0xC000, size) == []
    assert len(table.partitions) == 10
    fctry, otadata = table.find("fctry"), table.otadata
    assert fctry is not None
    assert (fctry.offset, fctry.size) == (0x15000, 0x4000)
    assert otadata is not None
    assert otadata.offset == 0x1D000
    assert check_table(table, "t.csv", "esp32c3", 0xC000, size // 2) != []


def test_every_bad_row_of_a_csv_is_named_with_its_line() -> None:
    csv = """\
# a comment
nvs, data, nvs, 0x9000, 24K
, data, nvs, , 4K
a_name_of_seventeen, data, nvs, , 4K
x, dada, nvs, , 4K
x, data, nvx, , 4K
x, data, nvs, 12:30, 4K
x, data, nvs, , 4G
x, data, nvs, ,
x, data, nvs, , 4K, secret
x, data, nvs, , 4K, , , more
x, app, , , 1M
"""
    with pytest.raises(BurnerError) as caught:
        table_of(csv)
    lines = [finding.place for finding in caught.value.findings]
    assert lines == [f"t.csv:{number}" for number in range(3, 13)]


@pytest.mark.parametrize(
    ("row", "code", "word"),
    [
        ("x, data, nvs, 0x9100, 4K", "E112", "unaligned"),
        ("x, app, ota_0, 0x11000, 64K", "E112", "unaligned"),
        ("x, data, nvs, 0x9000, 0x1100", "E112", "size"),
        ("x, data, nvs, 0x9000, 0", "E112", "size"),
        ("x, data, nvs, 0x8000, 4K", "E112", "over the partition table"),
        ("x, data, nvs, 0x7000, 8K", "E112", "over the partition table"),
        ("x, data, nvs, 0x3ff000, 8K", "E114", "the flash"),
        ("x, data, ota, 0x9000, 4K", "E112", "otadata"),
    ],
)
def test_an_unusable_partition_is_refused(row: str, code: str, word: str) -> None:
    (finding,) = problems(row)
    assert (finding.code, finding.place) == (code, "t.csv x")
    assert word in finding.found


def test_an_esp8266_application_needs_a_sector_only() -> None:
    assert problems("x, app, factory, 0x11000, 64K", "esp8266") == []


def test_partitions_that_overlap_or_share_a_name_are_refused() -> None:
    csv = "a, data, nvs, 0x9000, 0x5000\nb, data, phy, 0xd000, 4K\na, data, fat, 0xe000, 4K"
    codes = problems(csv)
    assert [f.code for f in codes] == ["E112", "E112"]
    assert "inside a" in codes[0].found
    assert "twice" in codes[1].found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 0xC00,
        b"\xaa\x50" + bytes(29),
        b"\xaa\x50" + bytes(30),
        table_of().to_binary() * 2,
        table_of().to_binary()[:128] + b"\0" * 32,
        b"\xfe\xff",
        b"# nothing but a comment",
        b"a,data,nvs,,4K\n" * 200,
    ],
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(BurnerError) as caught:
        parse_table(data, "t", "esp32", 0x8000)
    assert caught.value.code == "E110"
    assert caught.value.findings


NAMES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=16)
PARTITIONS = st.builds(
    Partition,
    name=NAMES,
    type=st.integers(0, 0xFE),
    subtype=st.integers(0, 0xFF),
    offset=st.integers(0, 0xFFFFFFFF),
    size=st.integers(0, 0xFFFFFFFF),
    encrypted=st.booleans(),
    readonly=st.booleans(),
)


@given(st.lists(PARTITIONS, min_size=1, max_size=94))
def test_a_table_survives_its_binary_form(partitions: list[Partition]) -> None:
    binary = PartitionTable(tuple(partitions)).to_binary()
    read = parse_binary(binary)
    assert replace(read, binary=None).partitions == tuple(partitions)
    assert check_table(read, "t", "esp32", 0x8000, 4 << 20) is not None


@given(st.binary(max_size=256) | st.binary(max_size=254).map(b"\xaa\x50".__add__))
def test_no_bytes_bring_anything_but_a_burner_error(data: bytes) -> None:
    with suppress(BurnerError):
        parse_table(data, "t", "esp32", 0x8000)


@given(st.text(alphabet="an,0x1-K:#\n \t", max_size=80))
def test_no_text_brings_anything_but_a_burner_error(text: str) -> None:
    with suppress(BurnerError):
        check_table(table_of(text), "t.csv", "esp32", 0x8000, 4 << 20)
