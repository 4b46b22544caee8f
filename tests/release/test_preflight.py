"""A check of a profile says everything at once, and what the rest of the profile contradicts."""

import re
from copy import deepcopy
from dataclasses import replace
from functools import reduce
from itertools import combinations
from operator import getitem
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core import yaml_document
from burner.core.baud_rates import USUAL
from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.segments import RegionClass
from burner.profile.profile import FILL_IN
from burner.profile.reading import validate_profile
from burner.release.lint.accepted_warnings import ACCEPTABLE, OF_PLACE
from burner.release.opening import open_release
from burner.release.preflight import preflight
from tests.images import TABLE, app_image, esp_image, write_product

ROOT = Path(__file__).parents[2]


def found(path: Path) -> list[tuple[str, str]]:
    """Code and field of every finding."""
    return [(f.code, f.place.partition(" ")[2]) for f in preflight(path).findings]


def finding_with(path: Path, code: str) -> Finding:
    (finding,) = [f for f in preflight(path).findings if f.code == code]
    return finding


def unfilled(path: Path, *values: str) -> Path:
    """The profile with FILL_IN in place of these values."""
    text = path.read_text()
    for value in values:
        assert value in text
        text = text.replace(value, FILL_IN, 1)
    path.write_text(text)
    return path


# -- what is still to be filled in, and other mistakes -------------------------------------------

MISTAKES = {
    "blank": "[nvs, otadata, nowhere]",
    "carrier": "{kind: nvs, preset: esp-qcloud, keys: {product_id: ''},"
    " extra: [{key: a, type: string, value: 'x-{mac}'}]}",
    "name": "{template: 'x-{ethernet}'}",
    "identity": "{serial: {source: firmware}, label: {pattern: '(?P<mac>'}}",
    "boot": "{baud: 115201, expect: ['x(?=y)']}",
    "quantity": "0",
}
SAID = [
    ("E134", "carrier.keys.product_id"),
    ("E101", "identity.serial"),
    ("E145", "identity.label.pattern"),
    ("E145", "boot.expect[0]"),
    ("E101", "quantity"),
    ("E115", "images[1].file"),
    ("E121", "blank[2]"),
    ("E168", "name.template"),
    ("E147", "boot.baud"),
    ("E148", "carrier.extra[0].value"),
]


def test_what_is_to_be_filled_in_hides_no_other_mistake(tmp_path: Path) -> None:
    path = write_product(tmp_path, app=app_image(chip="esp32"), **MISTAKES)
    assert found(path) == SAID
    unfilled(path, "1.2.0", "S3EUVBRJLB", "4MB")
    fields = ["product.version", "product.id", "flash.size"]
    assert found(path) == [*(("E180", field) for field in fields), *SAID]


def test_a_chip_that_is_not_said_is_the_one_the_images_were_built_for(tmp_path: Path) -> None:
    path = write_product(tmp_path, name="{template: 'x-{ethernet}'}", blank="[nvs, nowhere]")
    unfilled(path, "{type: esp32c3}")
    path.write_text(path.read_text().replace(f"chip: {FILL_IN}", f"chip: {{type: {FILL_IN}}}"))
    assert found(path) == [
        ("E180", "chip.type"),
        ("E121", "blank[1]"),
        ("E168", "name.template"),
        ("E125", "images"),
    ]


def test_an_image_without_its_place_hides_nothing_of_the_others(tmp_path: Path) -> None:
    path = write_product(tmp_path, app=app_image("PRODUCT_ID"))
    unfilled(path, "0x0")
    assert found(path) == [("E180", "images[0].offset"), ("E127", "images[1].file")]


def test_nothing_is_said_of_a_file_that_is_still_to_be_named(tmp_path: Path) -> None:
    path = unfilled(write_product(tmp_path), "bootloader.bin", "partitions.csv")
    assert found(path) == [("E180", "partition_table.file"), ("E180", "images[0].file")]


def test_a_missing_part_hides_nothing_of_the_rest(tmp_path: Path) -> None:
    path = write_product(tmp_path, product="", carrier="nvs", blank="[nvs, otadata, nowhere]")
    assert found(path) == [("E101", "product"), ("E101", "carrier"), ("E121", "blank[2]")]


def test_a_mapping_that_is_a_word_is_told_at_its_place(tmp_path: Path) -> None:
    path = write_product(tmp_path, carrier="{kind: file, partition: store, filesystem: nvs}")
    assert found(path) == [("E101", "carrier.filesystem")]


def test_a_key_that_stands_twice_hides_nothing(tmp_path: Path) -> None:
    path = write_product(tmp_path, blank="[nowhere]\nquantity: 0\nquantity: 5")
    assert [code for code, _ in found(path)] == ["E101", "E101", "E121", "E125"]


def test_the_secret_is_looked_at_whatever_else_is_wrong(tmp_path: Path) -> None:
    path = unfilled(write_product(tmp_path), "1.2.0")
    (tmp_path / "secret.txt").write_text("too short")
    assert ("E156", "product.secret") in found(path)


STRUCT = """{kind: raw, partition: PARTITION, fields: [
  {name: pid, type: "char[5]", key: product_id},
  {name: secret, type: "char[9]", key: product_secret},
  {name: n, type: u8, value: 300}]}"""
ARRAYS = "{kind: patch, image: app, placeholders: {device_name: {text: YOUR_DEV_NAME}}}"
SEVERAL: dict[str, tuple[dict[str, str | bytes], list[tuple[str, str]]]] = {
    "a table, an image and a name": (
        {
            "table": "nvs, data, nvs, 0x9000, 0x4000\napp, app, nonsense, 0x10000, 1M\n",
            "app": app_image(chip="esp32"),
            "name": "{template: 'x-{ethernet}'}",
        },
        [("E110", "partition_table.file"), ("E115", "images[1].file"), ("E168", "name.template")],
    ),
    "a place, an image and a rate": (
        {
            "images": "[{name: app, file: app.bin, partition: ota_9}]",
            "app": app_image(chip="esp32"),
            "boot": "{baud: 115201}",
        },
        [
            ("E121", "images[0].partition"),
            ("E115", "images[0].file"),
            ("E147", "boot.baud"),
        ],
    ),
    "a struct, a blank and a pattern": (
        {
            "carrier": "{kind: raw, partition: fctry, fields: [{name: a, type: 'char[11]', "
            "key: product_id}, {name: a, type: u8, value: 1}, {name: b, type: u8, length_of: c}, "
            "{name: crc, type: u16, checksum: {algorithm: crc32}}]}",
            "blank": "[nvs, otadata, nowhere]",
            "boot": "{expect: ['x(?=y)']}",
        },
        [
            *(("E135", "carrier"), ("E140", "carrier"), ("E140", "carrier"), ("E140", "carrier")),
            *(("E145", "boot.expect[0]"), ("E121", "blank[2]")),
        ],
    ),
    "fields, their partition and an identity": (
        {
            "carrier": STRUCT.replace("PARTITION", "nowhere"),
            "identity": "{serial: {source: firmware}}",
            "quantity": "0",
        },
        [
            *(("E101", "identity.serial"), ("E101", "quantity"), ("E130", "carrier.partition")),
            *(("E136", "carrier"), ("E136", "carrier"), ("E136", "carrier")),
        ],
    ),
    "arrays, a blank and a name": (
        {
            "carrier": ARRAYS,
            "blank": "[nvs, otadata, nvs]",
            "name": "{template: 'x-{ethernet}'}",
        },
        [
            *(("E168", "name.template"), ("E137", "carrier"), ("E137", "carrier")),
            *(("E137", "carrier"), ("E146", "blank[2]"), ("E138", "carrier")),
        ],
    ),
    "two partitions of the key and a rate": (
        {
            "carrier": "{kind: nvs, preset: esp-qcloud, partition: none, key_partition: nvs, extra:"
            " [{key: a, type: u8, value: 1}, {key: a, type: u8, value: 2}]}",
            "boot": "{baud: 115201}",
            "blank": "[nvs, otadata, nowhere]",
        },
        [("E135", "carrier"), ("E121", "blank[2]"), ("E147", "boot.baud")],
    ),
    "a table, a struct and a rate": (
        {
            "table": "nvs, data, nvs, 0x9000\n",
            "carrier": STRUCT.replace("PARTITION", "fctry"),
            "boot": "{baud: 115201}",
        },
        [
            *(("E110", "partition_table.file"), ("E136", "carrier"), ("E136", "carrier")),
            *(("E136", "carrier"), ("E147", "boot.baud")),
        ],
    ),
    "a table, arrays and a size": (
        {
            "table": "nvs, data, nvs, 0x9000\n",
            "carrier": "{kind: patch, image: app}",
            "quantity": "0",
        },
        [
            *(("E110", "partition_table.file"), ("E137", "carrier"), ("E137", "carrier")),
            ("E101", "quantity"),
        ],
    ),
    "a blank, a struct and a name": (
        {
            "blank": "[nvs, otadata, fctry]",
            "carrier": STRUCT.replace("PARTITION", "fctry"),
            "name": "{template: 'x-{ethernet}'}",
        },
        [
            *(("E168", "name.template"), ("E136", "carrier"), ("E136", "carrier")),
            *(("E136", "carrier"), ("E146", "blank[2]")),
        ],
    ),
    "a carrier, a size and an overlap": (
        {
            "carrier": "{kind: foo}",
            "flash": "{size: 2MB}",
            "table": TABLE.replace("0xd000", "0xb000"),
        },
        [
            *(("E101", "carrier.kind"), ("E112", "partition_table.file")),
            *(("E114", "partition_table.file"),) * 3,
            *(("E113", "images"), ("E124", "images[0].file")),
        ],
    ),
    "the partitions of an encrypted key": (
        {"carrier": "{kind: nvs, preset: esp-qcloud, partition: none, key_partition: nvs}"},
        [("E130", "carrier.partition"), ("E131", "carrier")],
    ),
    "a file system, its partition and its file": (
        {
            "carrier": "{kind: file, partition: none, filesystem: littlefs, max_size: 64}",
            "boot": "{baud: 115201}",
            "blank": "[nvs, otadata, nowhere]",
        },
        [
            *(("E121", "blank[2]"), ("E147", "boot.baud"), ("E130", "carrier.partition")),
            ("E141", "carrier"),
        ],
    ),
    "names of files": (
        {
            "carrier": "{kind: file, partition: store, filesystem: {type: littlefs, name_max: 20},"
            " files: [{name: a, text: x}, {name: A, text: x},"
            " {name: aaaaaaaaaaaaaaaaaaaaaaaaaa.crt, text: x}]}",
            "quantity": "0",
        },
        [("E135", "carrier"), ("E143", "carrier"), ("E101", "quantity")],
    ),
}


@pytest.mark.parametrize(("replaced", "wanted"), SEVERAL.values(), ids=SEVERAL)
def test_of_several_mistakes_in_several_sections_none_hides_another(
    tmp_path: Path, replaced: dict[str, str | bytes], wanted: list[tuple[str, str]]
) -> None:
    """Warnings about the layout as a whole are left to the day when there is one."""
    path = write_product(tmp_path, **replaced)  # type: ignore[arg-type]
    seen = [(code, field.partition(" ")[0]) for code, field in found(path)]
    assert sorted(f for f in seen if f[0] != "E125" and f[0] != "E126") == sorted(wanted)


ALONE: dict[str, dict[str, str | bytes]] = {
    "table": {"table": "nvs, data, nvs, 0x9000\n"},
    "chip of the application": {"app": app_image(chip="esp32")},
    "chip of the bootloader": {"bootloader": esp_image(chip="esp32s3")},
    "place of an image": {
        "images": "[{name: bootloader, file: bootloader.bin, offset: 0},"
        " {name: app, file: app.bin, partition: ota_9}]"
    },
    "unknown blank": {"blank": "[nvs, otadata, nowhere]"},
    "blank key": {"blank": "[nvs, otadata, fctry]"},
    "key of the carrier": {"carrier": "{kind: nvs, preset: esp-qcloud, naem: x}"},
    "fixed value": {"carrier": MISTAKES["carrier"].replace("keys: {product_id: ''},", "")},
    "struct": {"carrier": STRUCT.replace("PARTITION", "fctry")},
    "arrays": {"carrier": "{kind: patch, image: app}"},
    "name": {"name": MISTAKES["name"]},
    "identity": {"identity": "{serial: {source: firmware}}"},
    "rate": {"boot": "{baud: 115201}"},
    "pattern": {"boot": "{expect: ['x(?=y)']}"},
    "quantity": {"quantity": "0"},
    "acceptance": {"accept": "{E453: x}"},
    "size of the flash": {"flash": "{size: 2MB}"},
    "ProductID": {"product": "{name: blinky, version: 1.0.0, id: x, secret: file:secret.txt}"},
    "secret": {"product": "{name: blinky, version: 1.0.0, id: S3EUVBRJLB, secret: file:none.txt}"},
    "unknown key": {"colour": "red"},
}
LIES_BEHIND = {
    "table": {"place of an image", "unknown blank", "blank key", "arrays", "size of the flash"},
    "place of an image": {"arrays"},
    "key of the carrier": {"size of the flash", "blank key"},
    "struct": {"size of the flash"},
    "arrays": {"size of the flash", "blank key"},
}
"""What cannot be judged before something else is right."""


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.full)])
def test_no_mistake_hides_another_that_does_not_lie_behind_it(tmp_path: Path, step: int) -> None:
    """Every pair of two mistakes; a quarter of them in the normal run."""
    usual = set(found(write_product(tmp_path)))
    alone = {
        name: set(found(write_product(tmp_path, **replaced))) - usual  # type: ignore[arg-type]
        for name, replaced in ALONE.items()
    }
    assert all(alone.values())
    hidden = {}
    for one, other in list(combinations(ALONE, 2))[::step]:
        if ALONE[one].keys().isdisjoint(ALONE[other]):
            both = set(found(write_product(tmp_path, **ALONE[one], **ALONE[other])))  # type: ignore[arg-type]
            hidden[one, other], hidden[other, one] = alone[other] - both, alone[one] - both
    unexpected = {
        (by, name): lost
        for (by, name), lost in hidden.items()
        if lost and name not in LIES_BEHIND.get(by, ())
    }
    assert unexpected == {}


REST = """
burner: 1
product: {name: blinky, version: 1.2.0, id: S3EUVBRJLB, secret: prompt}
chip: {type: esp32c3, min_revision: "0.3"}
flash: {size: 4MB}
partition_table: {file: t.csv}
images: [{name: b, file: b.bin, offset: 0}, {name: app, file: a.bin, partition: ota_0}]
blank: [nvs]
identity:
  imei: {tac: ["12345678"]}
  serial: {source: firmware, line: "x(.)"}
  label: {pattern: "(?P<mac>x)"}
boot: {device_name: "(.)", expect: [a]}
accept: {E122: x}
"""
CARRIERS = (
    "{kind: nvs, preset: esp-qcloud, extra: [{key: a, type: string, value: b}]}",
    "{kind: file, partition: store, filesystem: {type: fat}, files: [{name: a, text: x}]}",
    "{kind: patch, image: app, placeholders: {product_id: {text: PRODUCT_ID}}}",
    "{kind: raw, partition: p, fields: [{name: a, type: 'char[11]', key: product_id},"
    " {name: b, type: 'char[33]', key: product_secret}]}",
    "{kind: at}",
)
SOUND = [yaml_document.parse(f"{REST}carrier: {text}", "x.yaml", "E101") for text in CARRIERS]
WRONG: tuple[object, ...] = (
    FILL_IN,
    [],
    {},
    -1,
    "",
    "nvs",
    True,
    None,
    {"a": "b"},
    {"kind": "raw"},
    ["x", 1],
)


@given(st.sampled_from(SOUND), st.data(), st.sampled_from(WRONG))
def test_no_mixture_of_wrong_values_brings_anything_but_findings(
    sound: yaml_document.Document, drawn: st.DataObject, by: object
) -> None:
    fields = sorted(sound.lines.keys() - {()}, key=str)
    wrong = drawn.draw(st.lists(st.sampled_from(fields), max_size=4, unique=True))
    data = deepcopy(sound.data)
    wrong = [path for path in wrong if not any(path[:end] in wrong for end in range(1, len(path)))]
    for *parents, last in wrong:
        place = reduce(getitem, parents, data)
        place[last] = deepcopy(by)
    texts = {**sound.texts, **(dict.fromkeys(wrong, FILL_IN) if by == FILL_IN else {})}
    reading = validate_profile(replace(sound, data=data, texts=texts), Path("x.yaml"))
    assert reading.whole.value is not None
    assert (reading.profile is None) == bool(reading.findings)
    assert len({str(finding) for finding in reading.findings}) == len(reading.findings)


# -- blank ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blank", "field", "word", "warning"),
    [
        ("[nvs, otadata, nvs]", "blank[2]", "nvs occurs twice", False),
        ("[nvs, otadata, fctry]", "blank[2]", "the carrier fills it", False),
        ("[nvs, otadata, ota_0]", "blank[2]", "app is written there", True),
    ],
)
def test_a_blank_that_contradicts_the_rest_is_found(
    tmp_path: Path, blank: str, field: str, word: str, warning: bool
) -> None:
    finding = finding_with(write_product(tmp_path, blank=blank), "E146")
    assert finding.place.endswith(field)
    assert word in finding.found
    assert finding.warning is warning


def test_a_blank_key_partition_is_found(tmp_path: Path) -> None:
    table = "nvs,data,nvs,0x9000,0x4000\nkeys,data,nvs_keys,0xd000,0x1000\n"
    table += "ota_0,app,ota_0,0x10000,1M\nfctry,data,nvs,,0x4000"
    carrier = "{kind: nvs, preset: esp-qcloud, key_partition: keys}"
    path = write_product(tmp_path, table=table, blank="[nvs, keys]", carrier=carrier)
    assert finding_with(path, "E146").place.endswith("blank[1]")


IMAGES = """
- {{name: bootloader, file: bootloader.bin, offset: 0}}
- {{name: app, file: app.bin, partition: ota_0}}
- {{name: {name}, file: data.bin, partition: {partition}}}"""


@pytest.mark.parametrize(
    ("name", "partition", "code"),
    [("nvs", "store", "E101"), ("fctry", "store", "E101"), ("fctry", "fctry", "E113")],
)
def test_an_image_called_as_what_is_blank_or_holds_the_key_is_not_lost_in_silence(
    tmp_path: Path, name: str, partition: str, code: str
) -> None:
    (tmp_path / "data.bin").write_bytes(b"data")
    path = write_product(tmp_path, images=IMAGES.format(name=name, partition=partition))
    assert found(path) == [(code, "images[2]")]


def test_an_image_that_bears_the_name_of_a_blank_partition_stays_in_the_layout(
    tmp_path: Path,
) -> None:
    (tmp_path / "data.bin").write_bytes(b"data")
    layout = preflight(write_product(tmp_path, images=IMAGES.format(name="nvs", partition="store")))
    assert layout.layout
    assert layout.layout.segments["nvs"].kind is RegionClass.FROZEN


# -- baud rates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("baud", [0, -1, 5_000_001, 50])
def test_a_rate_that_cannot_be_is_refused(tmp_path: Path, baud: int) -> None:
    for fields in ({"flash": f"{{size: 4MB, baud: {baud}}}"}, {"boot": f"{{baud: {baud}}}"}):
        assert [code for code, _ in found(write_product(tmp_path, **fields))] == ["E101"]


@pytest.mark.parametrize(
    ("fields", "field", "meant"),
    [
        ({"flash": "{size: 4MB, baud: 921601}"}, "flash.baud", 921600),
        ({"boot": "{baud: 11520}"}, "boot.baud", 9600),
        ({"carrier": "{kind: at, baud: 115000}"}, "carrier.baud", 115200),
        ({"identity": "{imei: {bauds: [9600, 9601]}}"}, "identity.imei.bauds[1]", 9600),
        (
            {"identity": "{serial: {source: modem, modem: {bauds: [460801]}}}"},
            "identity.serial.modem.bauds[0]",
            460800,
        ),
    ],
)
def test_a_rate_that_no_adapter_is_made_for_is_a_warning(
    tmp_path: Path, fields: dict[str, str], field: str, meant: int
) -> None:
    finding = finding_with(write_product(tmp_path, **fields), "E147")
    assert finding.warning
    assert finding.place.endswith(field)
    assert finding.allowed == f"did you mean {meant}?"


def test_every_rate_of_the_ladder_and_of_consoles_is_usual() -> None:
    assert {74880, 115200, 230400, 460800, 921600, 1_500_000, 2_000_000} <= set(USUAL)


# -- placeholders in fixed values ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("carrier", "field", "instead"),
    [
        (
            "{kind: nvs, preset: esp-qcloud, extra: [{key: t, type: string, value: 'a/{mac}'}]}",
            "carrier.extra[0].value",
            "carrier.keys.device_name",
        ),
        (
            "{kind: file, partition: store, filesystem: fat, json: {a: {b: ['{imei:-6}']}}}",
            "carrier.json.a.b[0]",
            "carrier.keys.device_name",
        ),
        (
            "{kind: raw, partition: fctry, fields: ["
            "{name: a, type: 'char[16]', value: '{Serial}'},"
            "{name: b, type: 'char[16]', key: product_id},"
            "{name: c, type: 'char[33]', key: product_secret}]}",
            "carrier.fields[0].value",
            "a field with key: device_name",
        ),
    ],
)
def test_a_placeholder_in_a_fixed_value_is_refused_with_what_to_write(
    tmp_path: Path, carrier: str, field: str, instead: str
) -> None:
    finding = finding_with(write_product(tmp_path, carrier=carrier), "E148")
    assert not finding.warning
    assert finding.place.endswith(field)
    assert finding.allowed.startswith(instead)


def test_in_a_further_file_it_may_be_the_firmwares_own(tmp_path: Path) -> None:
    table = "nvs,data,nvs,0x9000,0x4000\nota_0,app,ota_0,0x10000,1M\nstore,data,littlefs,,64K"
    files = "[{name: index.html, text: 'I am {mac}'}]"
    carrier = f"{{kind: file, partition: store, filesystem: littlefs, files: {files}}}"
    path = write_product(tmp_path, table=table, blank="[nvs]", carrier=carrier)
    finding = finding_with(path, "E148")
    assert finding.warning
    assert finding.place.endswith("carrier.files[0].text")


@pytest.mark.parametrize("value", ["{", "{}", "mac", "{other}", "{mac ", "${x}"])
def test_other_braces_are_text(tmp_path: Path, value: str) -> None:
    extra = f"[{{key: t, type: string, value: '{value}'}}]"
    path = write_product(tmp_path, carrier=f"{{kind: nvs, preset: esp-qcloud, extra: {extra}}}")
    assert found(path) == []


# -- accepted warnings ---------------------------------------------------------------------------

UNREGISTERED = esp_image(bytes(300))


def test_an_accepted_warning_is_told_with_its_reason(tmp_path: Path) -> None:
    path = write_product(tmp_path, app=UNREGISTERED, accept="{E122: registers by itself}")
    finding = finding_with(path, "E122")
    assert finding.accepted == "registers by itself"
    assert str(finding) == (
        f"{path}:8 images[1].file: accepted E122: app has no registration path; registers by itself"
    )
    assert ": 已接受 E122: " in finding.line("zh")


@pytest.mark.parametrize(
    ("accept", "word"),
    [
        ("{E453: x}", "not a warning about a profile"),
        ("{E999: x}", "not a warning about a profile"),
        ("{E101: x}", "not a warning about a profile"),
        ("{e122: x}", "found 'e122'"),
        ("{E122: ''}", "has no reason"),
        ("{E122: ' '}", "has no reason"),
        ('{E122: "a\\nb"}', "several lines"),
    ],
)
def test_what_cannot_be_accepted_is_refused(tmp_path: Path, accept: str, word: str) -> None:
    finding = finding_with(write_product(tmp_path, app=UNREGISTERED, accept=accept), "E149")
    assert not finding.warning
    assert word in finding.found
    assert "accept" in finding.place


def test_an_error_cannot_be_accepted(tmp_path: Path) -> None:
    path = write_product(tmp_path, blank="[otadata, otadata]", accept="{E146: x}")
    assert finding_with(path, "E149").found == "E146 is an error here"
    assert not finding_with(path, "E146").accepted


@pytest.mark.parametrize("value", ["{mac}", "room {mac}, {{name}}"])
def test_a_placeholder_of_the_firmwares_own_is_accepted_and_burned_as_it_stands(
    tmp_path: Path, value: str
) -> None:
    extra = f"[{{key: topic, type: string, value: '{value}'}}]"
    carrier = f"{{kind: nvs, preset: esp-qcloud, extra: {extra}}}"
    refused = finding_with(write_product(tmp_path, carrier=carrier), "E148")
    assert "accept: {E148: why}" in refused.allowed
    path = write_product(tmp_path, carrier=carrier, accept="{E148: the firmware fills it in}")
    assert finding_with(path, "E148").accepted == "the firmware fills it in"
    payload = open_release(path).payload("PLUG")
    assert any(value.encode() in segment.data for segment in payload)


def test_what_is_accepted_in_vain_is_a_warning(tmp_path: Path) -> None:
    finding = finding_with(write_product(tmp_path, accept="{E122: x}"), "E175")
    assert finding.warning
    assert finding.found == "E122 does not occur"


@pytest.mark.parametrize("code", sorted(OF_PLACE))
def test_a_warning_of_one_computer_or_manifest_may_be_absent(tmp_path: Path, code: str) -> None:
    assert found(write_product(tmp_path, accept=f"{{{code}: x}}")) == []


def test_nothing_is_said_to_be_in_vain_while_something_is_to_be_filled_in(tmp_path: Path) -> None:
    path = unfilled(write_product(tmp_path, accept="{E125: x}"), "4MB")
    assert found(path) == [("E180", "flash.size")]


def test_every_warning_of_the_source_can_be_accepted() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("burner/**/*.py"))
    layout = (ROOT / "burner/release/lint/layout.py").read_text(encoding="utf-8")
    warning = r"Finding\(\s*Code\.(\w+),[^()]*(?:\([^()]*\)[^()]*)*True,?\s*\)"
    codes = {Code[name] for name in re.findall(warning, source)}
    of_layout = {Code[name] for name in re.findall(r"yield \(?\s*Code\.(\w+)", layout)}
    assert codes
    assert of_layout
    assert (codes | of_layout) - {Code.ACCEPTED_WARNING_ABSENT} <= ACCEPTABLE <= set(Code)
