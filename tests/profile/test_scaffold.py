"""The text of a new profile: it reads back, checks as far as it can, and marks the rest."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core import yaml_document, yaml_schema
from burner.core.errors import Finding
from burner.flash.image import parse_image
from burner.flash.partition_table import Partition, PartitionTable
from burner.profile.builds.build import Build, BuildFile
from burner.profile.builds.build_reader import read_build
from burner.profile.profile import FILL_IN, Profile
from burner.profile.scaffold.carrier_draft import PRESETS
from burner.profile.scaffold.new_profile import draft_profile
from burner.profile.scaffold.yaml_text import note, scalar
from burner.release.preflight import preflight
from tests.images import PRODUCT_ID, TABLE, app_image, esp_image
from tests.profile.builds import esp8266_rtos_app, table_image, write_files, write_idf_build

FILLED = {"id": PRODUCT_ID, "namespace": "cloud", "partition": "fctry"}


def write(folder: Path, build: Build | None, preset: str = "") -> Path:
    path = folder / "profiles" / "plug.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(draft_profile("plug", path.parent, build, preset), encoding="utf-8")
    return path


def fill_in(path: Path, **values: str) -> None:
    """Write values where the profile says FILL_IN."""
    text = path.read_text(encoding="utf-8")
    for key, value in {**FILLED, **values}.items():
        text = re.sub(rf"(\b{key}: ){FILL_IN}", rf"\g<1>{value}", text)
    path.write_text(text, encoding="utf-8")


def findings(path: Path) -> list[Finding]:
    """All but that there is no secret here."""
    return [finding for finding in preflight(path).findings if finding.code != "E128"]


def left(path: Path) -> list[str]:
    """The fields that are still to be filled in; nothing else may be wrong."""
    problems = findings(path)
    assert {finding.code for finding in problems if not finding.warning} <= {"E180"}
    return [finding.place.partition(" ")[2] for finding in problems if finding.code == "E180"]


# -- from a build --------------------------------------------------------------------------------


def test_a_build_leaves_but_product_and_namespace_to_fill_in(tmp_path: Path) -> None:
    path = write(tmp_path, read_build(write_idf_build(tmp_path / "build")))
    assert left(path) == ["product.id", "carrier.namespace"]
    fill_in(path)
    assert findings(path) == []
    plan = preflight(path).plan
    assert isinstance(plan, Profile)
    assert (plan.title, plan.chip.type, plan.flash.size) == ("plug 1.0", "esp32c3", 4 << 20)
    assert plan.product.secret == "env:PLUG_SECRET"
    assert plan.blank == ("nvs",), "otadata comes with the build, and fctry holds the key"
    assert [image.partition for image in plan.images] == [None, "otadata", "ota_0"]


def test_paths_start_from_the_profiles_folder(tmp_path: Path) -> None:
    text = write(tmp_path, read_build(write_idf_build(tmp_path / "build"))).read_text()
    assert "file: ../build/bootloader/bootloader.bin, offset: 0x0" in text
    assert str(tmp_path) not in text


def test_espressifs_sdk_for_tencent_is_known_by_its_table_or_its_namespace(tmp_path: Path) -> None:
    app = app_image("qcloud-key")
    path = write(tmp_path, read_build(write_idf_build(tmp_path / "build", blinky=app)))
    assert "preset: esp-qcloud" in path.read_text()
    assert left(path) == ["product.id"]


def test_a_table_with_nvs_alone_leaves_the_partition_open(tmp_path: Path) -> None:
    table = "\n".join(line for line in TABLE.splitlines() if "fctry" not in line)
    path = write(tmp_path, read_build(write_idf_build(tmp_path / "build", csv=table)))
    assert left(path) == ["product.id", "carrier.partition", "carrier.namespace"]
    fill_in(path, partition="nvs")
    assert [finding.found for finding in findings(path) if finding.code == "E146"] == [
        "nvs is blank, and the carrier fills it"
    ]
    path.write_text(path.read_text().replace("blank: [nvs]", "blank: []"))
    assert {finding.code for finding in findings(path)} <= {"E123", "E144"}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["nvs", "nvs_factory"], "nvs_factory"),
        (["nvs", "log_status", "fctry"], "fctry"),
        (["nvs", "users", "rules"], ""),
        (["settings"], "settings"),
        (["nvs"], ""),
    ],
)
def test_an_nvs_partition_beside_the_default_one_is_the_keys(
    tmp_path: Path, names: list[str], chosen: str
) -> None:
    build = read_build(write_idf_build(tmp_path))
    rows = tuple(Partition(name, 1, 2, 0x9000 + n * 0x4000, 0x4000) for n, name in enumerate(names))
    text = draft_profile("plug", tmp_path, replace(build, table=PartitionTable(rows)))
    assert re.search(r"^  partition: (\S+)", text, re.MULTILINE)[1] == (chosen or FILL_IN)  # type: ignore[index]


def test_arrays_of_the_c_sdk_ask_for_patching(tmp_path: Path) -> None:
    arrays = "".join(
        text.ljust(size, "\0")
        for text, size in (("PRODUCT_ID", 11), ("YOUR_PRODUCT_SECRET", 33), ("tail", 5))
    )
    files = {"kettle.bin": esp_image(b"\0" * 7 + arrays.encode() + b"\0" * 16, chip="esp8266")}
    path = write(tmp_path, read_build(write_files(tmp_path / "out", files)))
    assert "kind: patch" in path.read_text()
    assert left(path) == ["product.version", "product.id"]
    fill_in(path, version="1.0.0")
    assert [finding.code for finding in findings(path)] == ["E122"]


def test_an_esp8266_build_has_its_own_table_and_offsets(tmp_path: Path) -> None:
    table = "nvs,data,nvs,0x9000,0x6000\nphy_init,data,phy,0xf000,0x1000\n"
    table += "factory,app,factory,0x10000,0xf0000\nmfg_nvs,data,nvs,0x100000,0x4000"
    args = {
        "flash_files": {
            "0x0": "bootloader/bootloader.bin",
            "0x8000": "partition_table/partition-table.bin",
            "0x10000": "blinky.bin",
        }
    }
    build = write_idf_build(tmp_path / "b", args, "esp8266", table, blinky=esp8266_rtos_app())
    path = write(tmp_path, read_build(build))
    assert left(path) == ["product.id", "carrier.namespace"]
    assert "partition: mfg_nvs" in path.read_text()
    fill_in(path)
    assert findings(path) == []


def test_the_newest_chip_that_an_image_needs_is_the_profiles(tmp_path: Path) -> None:
    app = app_image(min_revision=3)
    path = write(tmp_path, read_build(write_idf_build(tmp_path / "build", blinky=app)))
    assert 'min_revision: "0.3"' in path.read_text()
    assert "E129" not in {finding.code for finding in findings(path)}


def test_platformio_needs_no_boot_app0_for_the_first_slot_starts(tmp_path: Path) -> None:
    files = {
        "bootloader.bin": esp_image(chip="esp32"),
        "partitions.bin": table_image(chip="esp32"),
        "firmware.bin": app_image(chip="esp32"),
    }
    path = write(tmp_path, read_build(write_files(tmp_path / "out", files)))
    assert "blank: [nvs, otadata]" in path.read_text()
    fill_in(path)
    assert findings(path) == []


def test_a_signed_image_is_said_to_be_one(tmp_path: Path, shared_images: Path) -> None:
    signed = (shared_images / "bootloader_signed_v2_rsa.bin").read_bytes()
    build = write_idf_build(tmp_path, chip="esp32", bootloader=signed)
    assert "# signed (v2)" in draft_profile("plug", tmp_path, read_build(build))


def test_the_headers_own_mode_is_said_where_it_is_another(tmp_path: Path) -> None:
    build = replace(read_build(write_idf_build(tmp_path)), flash_mode="qio")
    assert "the image's header says dio" in draft_profile("plug", tmp_path, build)


# -- without a build -----------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["", *PRESETS])
def test_a_scaffold_lists_what_is_to_be_filled_in_and_nothing_else_is_wrong(
    tmp_path: Path, preset: str
) -> None:
    path = write(tmp_path, None, preset)
    fields = left(path)
    assert fields[:4] == ["product.version", "product.id", "chip.type", "flash.size"]
    assert path.read_text().count(FILL_IN) == len(fields) + 1, "one more in the comment on top"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_scaffold_that_is_filled_in_is_a_profile(tmp_path: Path, preset: str) -> None:
    path = write(tmp_path, None, preset)
    fill_in(
        path, version="1.0.0", type="esp32c3", size="4MB", file="x.bin", offset="0x0", value="KEY"
    )
    _, problems = yaml_schema.validate(yaml_document.read(path, "E101"), Profile, "E101")
    assert problems == ()


@pytest.mark.parametrize("preset", PRESETS)
def test_what_the_firmware_prints_may_be_awaited_as_the_comment_has_it(
    tmp_path: Path, preset: str
) -> None:
    path = write(tmp_path, None, preset)
    before = left(path)
    text = re.sub(r"^# (boot:|  \w+:)", r"\1", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    assert ("\n  challenge: true " in text) == (preset != "at")
    assert left(path) == before


@pytest.mark.parametrize("preset", PRESETS)
def test_every_layout_can_be_asked_for_beside_a_build(tmp_path: Path, preset: str) -> None:
    text = write(tmp_path, read_build(write_idf_build(tmp_path / "build")), preset).read_text()
    assert f"preset: {preset}" in text or re.search(r"kind: (nvs|patch|file|raw|at)", text)
    if preset == "device-info":
        assert re.search(r"partition: store .*\n  filesystem: fat", text), "the one there is"


def test_a_product_whose_name_begins_with_a_digit_gets_a_variable_too(tmp_path: Path) -> None:
    assert "env:_3D_LAMP_SECRET" in draft_profile("3d-lamp", tmp_path)


# -- other people's text -------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_scalar_reads_back_as_it_was(text: str) -> None:
    document = yaml_document.parse(
        f"flow: {{a: {scalar(text)}, b: 1}}\nblock: {scalar(text)}", "x", "E101"
    )
    assert document.data == {"flow": {"a": text, "b": 1}, "block": text}


@pytest.mark.parametrize("text", ["1.10", "0123", "1.2.0", "no", "~", "true", "a: b", "# x", ""])
def test_what_yaml_would_take_for_something_else_is_quoted(text: str) -> None:
    assert yaml_document.parse(f"a: {scalar(text)}", "x", "E101").data == {"a": text}


@given(st.text(max_size=200))
def test_a_note_stays_on_its_line(text: str) -> None:
    assert note(text).isprintable()
    assert len(note(text)) <= 120


@given(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=16),
    st.text(st.characters(codec="utf-8"), max_size=32),
)
def test_any_names_in_a_build_give_a_profile_that_reads_back(
    project: str, partition: str, version: str
) -> None:
    app = app_image()
    start = app.index(b"1.0".ljust(32, b"\0"))
    texts = b"".join(text.encode()[:32].ljust(32, b"\0") for text in (version, project))
    folder = Path("/nowhere/with 'quotes' \"and\": {braces}, #hash")
    file = BuildFile("app", folder / "a\tb.bin", 0x10000, app[:start] + texts + app[start + 64 :])
    build = Build(
        kind="ESP-IDF",
        folder=folder,
        chip="esp32c3",
        flash_size=4 << 20,
        flash_mode="dio",
        flash_freq="40m",
        files=(file,),
        table_file=replace(file, name="table", offset=0x8000),
        table=PartitionTable(
            (Partition(partition, 1, 2, 0x9000, 0x4000), Partition("app", 0, 0, 0x10000, 0x10000))
        ),
        images={"app": parse_image(file.data)},
    )
    document = yaml_document.parse(draft_profile("plug", Path("/nowhere/else"), build), "x", "E101")
    assert document.data["images"][0]["file"].endswith("a\tb.bin")
    assert document.data["product"]["id"] == FILL_IN


@pytest.mark.parametrize("preset", ["", "c-sdk", "raw", "at"])
def test_without_a_partition_table_the_key_needs_no_partition(tmp_path: Path, preset: str) -> None:
    app = esp_image(
        b"MY_PRODUCT\0".ljust(48, b"\0") + b"MY_SECRET\0".ljust(48, b"\0"), chip="esp8266"
    )
    path = write(tmp_path, read_build(write_files(tmp_path / "out", {"kettle.bin": app})), preset)
    fields = left(path)
    assert fields[:2] == ["product.version", "product.id"]
    assert not [field for field in fields if field.endswith("partition")]
    text = path.read_text()
    for value in ("MY_PRODUCT", "MY_SECRET"):
        text = text.replace(f"{{text: {FILL_IN}}}", f"{{text: {value}}}", 1)
    path.write_text(text)
    fill_in(path, version="1.0.0", offset="0x1ff000", value="KEY")
    assert {finding.code for finding in findings(path)} == {"E122"}
