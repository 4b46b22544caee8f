"""Layouts: everything that would make a bad unit is refused before a byte is written."""

import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.errors import Finding
from burner.core.segments import RegionClass, Segment
from burner.flash.layout import Layout
from burner.flash.partition_table import PartitionTable
from burner.release.placement.payload import BLOCK_SIZE, merge_segments, split_at_changes
from burner.release.placement.placement import check_segments
from burner.release.preflight import preflight
from tests.images import TABLE, app_image, descriptor, esp_image, write_product

IMAGES = """
- {{name: bootloader, file: bootloader.bin, offset: {boot}}}
- {{name: app, file: app.bin, {place}}}"""


def findings(path: Path) -> list[Finding]:
    return list(preflight(path).findings)


def only(path: Path) -> Finding:
    (finding,) = findings(path)
    return finding


def layout_of(path: Path) -> Layout:
    layout = preflight(path).layout
    assert layout is not None
    return layout


def otadata(*entries: tuple[int, int]) -> bytes:
    """Two sectors with (sequence, state) entries."""
    data = b""
    for sequence, state in entries:
        number = sequence.to_bytes(4, "little")
        entry = number + bytes(20) + state.to_bytes(4, "little")
        entry += zlib.crc32(number, 0xFFFFFFFF).to_bytes(4, "little")
        data += entry.ljust(0x1000, b"\xff")
    return data.ljust(0x2000, b"\xff")


def test_a_sound_product_has_no_finding(tmp_path: Path) -> None:
    seen = preflight(write_product(tmp_path))
    assert seen.findings == ()
    assert [(s.name, s.offset, s.kind) for s in seen.segments] == [
        ("bootloader", 0x0, RegionClass.FROZEN),
        ("partition-table", 0x8000, RegionClass.FROZEN),
        ("nvs", 0x9000, RegionClass.BLANK),
        ("otadata", 0xD000, RegionClass.BLANK),
        ("app", 0x10000, RegionClass.FROZEN),
        ("fctry", 0x210000, RegionClass.FROZEN),
    ]


@pytest.mark.parametrize("chip", ["esp8266", "esp32", "esp32s3", "esp32c6", "esp32p4"])
def test_every_family_of_chips_has_its_place_for_the_bootloader(tmp_path: Path, chip: str) -> None:
    assert findings(write_product(tmp_path, chip=chip)) == []


@pytest.mark.parametrize(
    ("replaced", "code", "place", "word"),
    [
        ({"app": app_image(chip="esp32")}, "E115", "images[1].file", "esp32"),
        ({"app": b"\x7fELF" + bytes(100)}, "E116", "images[1].file", "0x7f"),
        ({"app": app_image()[:-40]}, "E116", "images[1].file", "incomplete"),
        ({"app": app_image()[:-1] + b"\0"}, "E117", "images[1].file", "SHA-256"),
        ({"app": b""}, "E116", "images[1].file", "empty"),
        ({"bootloader": app_image()}, "E118", "images[0].file", "place of the bootloader"),
        ({"app": esp_image()}, "E118", "images[1].file", "the bootloader in ota_0"),
        ({"bootloader": esp_image(bytes(0x8000))}, "E113", "images", "partition-table"),
        ({"app": esp_image(descriptor(), bytes(0x100000))}, "E119", "images[1].file", "ota_0"),
        ({"blank": "[nvs, otadata, storage]"}, "E121", "blank[2]", "fctry"),
        ({"carrier": "{kind: nvs, partition: x, namespace: n}"}, "E130", "carrier.partition", "x"),
        ({"carrier": "{kind: nvs, partition: ota_1, namespace: n}"}, "E131", "carrier", "ota_1"),
        ({"partition_table": "{file: none.csv}"}, "E105", "partition_table.file", "none.csv"),
        ({"partition_table": ""}, "E101", "partition_table", "missing"),
        ({"name": "{template: '{ethernet}'}"}, "E168", "name.template", "Ethernet"),
        ({"name": "{template: '{imei}'}"}, "E165", "name.template", "imei"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_at_its_place(
    tmp_path: Path, replaced: dict[str, Any], code: str, place: str, word: str
) -> None:
    finding = next(f for f in findings(write_product(tmp_path, **replaced)) if f.code == code)
    assert place in finding.place
    assert word in finding.found + finding.place + finding.allowed


@pytest.mark.parametrize(
    ("place", "code", "word"),
    [
        ("partition: ota_9", "E121", "ota_9"),
        ("offset: 0x10100", "E118", "unaligned"),
        ("offset: 0x20000", "E118", "inside ota_0"),
        ("offset: 0x9000", "E118", "a firmware image in nvs"),
        ("offset: 0x300000", "E118", "no partition"),
        ("offset: 0x5000", "E118", "no partition"),
        ("offset: 0x8000", "E113", "partition-table"),
        ("offset: 0x400000", "E114", "the flash"),
        ("offset: 0", "E113", "bootloader"),
    ],
)
def test_an_image_must_lie_where_the_table_has_its_place(
    tmp_path: Path, place: str, code: str, word: str
) -> None:
    path = write_product(tmp_path, images=IMAGES.format(boot=0, place=place))
    assert any(f.code == code and word in f.found for f in findings(path))


def test_mistakes_in_table_images_and_fields_come_together(tmp_path: Path) -> None:
    path = write_product(
        tmp_path,
        table=TABLE.replace("0xd000", "0xc000"),
        product="{name: blinky}",
        app=app_image(chip="esp32"),
        blank="[nowhere]",
    )
    codes = {f.code for f in findings(path) if not f.warning}
    assert codes == {"E101", "E112", "E115", "E121"}


@pytest.mark.parametrize(
    ("offset", "word"), [("0x8100", "0x8100"), ("0x0", "0x0")], ids=["unaligned", "too low"]
)
def test_a_table_must_lie_in_a_sector_behind_the_bootloader(
    tmp_path: Path, offset: str, word: str
) -> None:
    path = write_product(tmp_path, partition_table=f"{{file: partitions.csv, offset: {offset}}}")
    assert any(f.code == "E112" and word in f.found for f in findings(path))


def test_a_damaged_binary_table_is_named_as_such(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    binary = bytearray(layout_of(path).segments["partition-table"].data)
    binary[9] ^= 1
    (tmp_path / "partitions.csv").write_bytes(binary)
    finding = only(path)
    assert finding.code == "E111"
    assert "product.yaml:5 partition_table.file" in finding.place


def test_two_images_of_one_name_are_refused(tmp_path: Path) -> None:
    images = (
        IMAGES.format(boot=0, place="partition: ota_0")
        + "\n- {name: app, file: app.bin, partition: ota_1}"
        + "\n- {name: partition-table, file: app.bin, partition: ota_1}"
    )
    problems = [f for f in findings(write_product(tmp_path, images=images)) if f.code == "E101"]
    assert [f.place.split()[1] for f in problems] == ["images[2]", "images[3]"]


def test_what_firmware_changes_on_its_first_boot_is_mutable_by_itself(tmp_path: Path) -> None:
    (tmp_path / "phy.bin").write_bytes(b"PHYINIT\0" + bytes(100))
    (tmp_path / "store.bin").write_bytes(bytes(5000))
    images = (
        IMAGES.format(boot=0, place="partition: ota_0")
        + "\n- {name: phy, file: phy.bin, partition: phy_init}"
        + "\n- {name: store, file: store.bin, partition: store, class: mutable}"
        + "\n- {name: other, file: phy.bin, partition: nvs, class: frozen}"
    )
    segments = layout_of(write_product(tmp_path, images=images)).segments
    kinds = {name: segments[name].kind.value for name in ("phy", "store", "other")}
    assert kinds == {"phy": "mutable", "store": "mutable", "other": "frozen"}


def test_a_blank_partition_with_an_image_is_blank_from_the_next_sector_on(tmp_path: Path) -> None:
    (tmp_path / "store.bin").write_bytes(bytes(5000))
    images = (
        IMAGES.format(boot=0, place="partition: ota_0")
        + "\n- {name: store, file: store.bin, partition: store}"
    )
    path = write_product(tmp_path, images=images, blank="[nvs, otadata, store]")
    rest = layout_of(path).segments["store-rest"]
    assert (rest.offset, rest.end) == (0x216000, 0x224000)
    assert rest.kind is RegionClass.BLANK


def test_a_key_inside_an_ota_slot_is_refused(tmp_path: Path) -> None:
    layout = layout_of(write_product(tmp_path))
    key = Segment("key", 0x110000, bytes(64), confidential=True)
    (finding,) = check_segments(layout, merge_segments(layout, [key]), "p.yaml")
    assert finding.code == "E120"
    assert "ota_1" in finding.found


def test_a_long_segment_overlaps_with_each_it_covers() -> None:
    layout = Layout("esp32", 1 << 20, PartitionTable(()), {})
    spans = [("a", 0, 0x9000), ("b", 0x1000, 0x10), ("c", 0x2000, 0x10), ("d", 0x9000, 1)]
    segments = [Segment(name, offset, bytes(size)) for name, offset, size in spans]
    problems = check_segments(layout, segments, "p")
    assert [f.found.split()[0] for f in problems] == ["b", "c"]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 0x3000)), max_size=8))
def test_segments_pass_only_if_no_sector_belongs_to_two(spans: list[tuple[int, int]]) -> None:
    segments = sorted(
        (Segment(str(i), at * 0x1000, bytes(size)) for i, (at, size) in enumerate(spans)),
        key=lambda s: s.offset,
    )
    sectors = [n for s in segments for n in range(s.offset // 4096, -(-s.end // 4096))]
    layout = Layout("esp32", 1 << 24, PartitionTable(()), {})
    problems = check_segments(layout, segments, "p")
    assert bool(problems) == (len(sectors) != len(set(sectors)))


# -- warnings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replaced", "code", "word"),
    [
        ({"app": esp_image(descriptor())}, "E122", "registration"),
        ({"app": app_image("PRODUCT_ID", "YOUR_DEV_NAME")}, "E127", "PRODUCT_ID"),
        ({"app": app_image(min_revision=103)}, "E129", "v1.3"),
        ({"bootloader": esp_image(flash_size=0x1)}, "E124", "2MB"),
        ({"bootloader": esp_image(flash_size=0x3)}, "E124", "8MB"),
        ({"images": "[{name: app, file: app.bin, partition: ota_0}]"}, "E126", "bootloader"),
        ({"images": "[{name: b, file: bootloader.bin, offset: 0}]"}, "E126", "application"),
        ({"images": IMAGES.format(boot=0, place="partition: ota_1")}, "E125", "ota_0 starts"),
        ({"blank": "[nvs]"}, "E125", "otadata is not written"),
        ({"carrier": "{kind: nvs, partition: nvs, namespace: n}", "blank": "[otadata]"},
         "E144", "the firmware keeps"),
        ({"table": TABLE.replace("data, nvs,   0x9", "data, 0x77,  0x9")
                        .replace("data, fat", "data, 0x78")}, "E123", "no writable"),
        ({"product": "{name: a, version: '1', id: s3EUVBRJLB, secret: file:secret.txt}"},
         "E103", "s3EUVBRJLB"),
        ({"product": "{name: a, version: '1', id: S3EUVBRJLB, secret: env:NOT_SET_HERE}"},
         "E128", "env:NOT_SET_HERE is not set"),
    ],
)  # fmt: skip
def test_what_may_not_work_is_a_warning(
    tmp_path: Path, replaced: dict[str, Any], code: str, word: str
) -> None:
    problems = findings(write_product(tmp_path, **replaced))
    assert all(f.warning for f in problems)
    assert any(f.code == code and word in f.found for f in problems)


def test_a_file_that_is_missing_is_told_once(tmp_path: Path) -> None:
    path = write_product(tmp_path)
    (tmp_path / "app.bin").unlink()
    assert only(path).code == "E105"


def test_a_doubled_name_brings_no_advice_about_the_image_that_is_not_there(tmp_path: Path) -> None:
    doubled = """
- {name: app, file: bootloader.bin, offset: 0}
- {name: app, file: app.bin, partition: ota_0}"""
    problems = only(write_product(tmp_path, images=doubled))
    assert (problems.code, problems.found) == ("E101", "the name app is taken")


def test_a_key_where_the_firmware_writes_is_no_news_to_who_said_so(tmp_path: Path) -> None:
    carrier = "{kind: nvs, partition: nvs, namespace: n, class: mutable}"
    assert "E144" not in {f.code for f in findings(write_product(tmp_path, carrier=carrier))}


def test_placeholders_that_start_registration_are_no_mistake(tmp_path: Path) -> None:
    texts = ("YOUR_IOT_PSK", "IOT_PSK", "TCIOT_PSK", "PRODUCT_ID not set", "MY_PRODUCT_ID")
    assert findings(write_product(tmp_path, app=app_image(*texts))) == []


@pytest.mark.parametrize("path", ["/device/register", "/register/dev"])
def test_both_ways_of_registration_are_known(tmp_path: Path, path: str) -> None:
    image = esp_image(descriptor() + path.encode() + b"\0")
    assert findings(write_product(tmp_path, app=image)) == []


@pytest.mark.parametrize(
    ("entries", "slot"),
    [
        ([], "ota_0"),
        ([(1, 2)], "ota_0"),
        ([(2, 2)], "ota_1"),
        ([(1, 2), (2, 2)], "ota_1"),
        ([(3, 2), (2, 2)], "ota_0"),
        ([(3, 2), (4, 0)], "ota_1"),
        ([(3, 2), (4, 4)], "ota_1 or ota_0"),
        ([(3, 2), (4, 1)], "ota_1"),
        ([(1, 0)], "ota_0"),
        ([(4, 3), (3, 0)], "ota_1 or ota_0"),
    ],
)
def test_ota_data_that_starts_another_slot_is_noticed(
    tmp_path: Path, entries: list[tuple[int, int]], slot: str
) -> None:
    (tmp_path / "ota.bin").write_bytes(otadata(*entries))
    images = (
        IMAGES.format(boot=0, place="partition: ota_0")
        + "\n- {name: ota, file: ota.bin, partition: otadata}"
    )
    problems = findings(write_product(tmp_path, images=images, blank="[nvs]"))
    expected = [] if slot == "ota_0" else [("E125", f"{slot} starts")]
    assert [(f.code, f.found.partition(",")[0]) for f in problems] == expected


# -- ESP8266 without a table ---------------------------------------------------------------------


def test_an_esp8266_may_do_without_a_table(tmp_path: Path) -> None:
    path = write_product(
        tmp_path,
        chip="esp8266",
        app=app_image("PRODUCT_ID", chip="esp8266"),
        bootloader=esp_image(chip="esp8266"),
        partition_table="",
        images="[{name: app, file: app.bin, offset: 0}]",
        blank="",
        carrier="{kind: at}",
    )
    seen = preflight(path)
    assert [f.code for f in seen.findings] == ["E127"]
    assert [s.name for s in seen.segments] == ["app"]


def test_merge_puts_a_carriers_segments_in_the_place_of_their_names(tmp_path: Path) -> None:
    layout = layout_of(write_product(tmp_path))
    patched = replace(layout.segments["app"], data=b"patched")
    merged = merge_segments(layout, [patched])
    assert [s.name for s in merged] == list(layout.segments)
    assert patched in merged


@given(
    st.integers(0, 40).map(lambda sectors: sectors * 0x1000),
    st.integers(1, 5 * BLOCK_SIZE),
    st.lists(st.integers(0, 5 * BLOCK_SIZE - 1), max_size=4),
)
def test_what_a_carrier_left_alone_is_every_units(
    offset: int, size: int, touched: list[int]
) -> None:
    built = Segment("app", offset, bytes(size))
    data = bytearray(size)
    for at in touched:
        data[at % size] = 1
    filled = replace(built, data=bytes(data), confidential=True)
    parts = split_at_changes(Layout("esp32", 1 << 24, PartitionTable(()), {"app": built}), [filled])
    assert b"".join(part.data for part in parts) == filled.data
    assert parts[0].name == "app"
    for before, after in pairwise(parts):
        assert before.end == after.offset
        assert after.offset % BLOCK_SIZE == 0
        assert before.confidential != after.confidential
    assert all(any(part.data) == part.confidential for part in parts)


def test_what_a_carrier_adds_is_left_whole() -> None:
    key = Segment("fctry", 0x15000, bytes(0x20000), confidential=True)
    assert split_at_changes(Layout("esp32", 1 << 24, PartitionTable(()), {}), [key]) == (key,)
