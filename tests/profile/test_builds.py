"""What is read of a firmware build: every build system, every spelling, and builds gone wrong."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burner.core.errors import BurnerError, Finding
from burner.flash.image import parse_image, repair_checksums
from burner.profile.builds import esp_idf
from burner.profile.builds.build import Build
from burner.profile.builds.build_reader import ListingReader, read_build
from tests.images import app_image, descriptor, esp_image
from tests.profile.builds import (
    RTOS_SDK_ARGS,
    esp8266_rtos_app,
    idf_args,
    idf_files,
    table_image,
    write_files,
    write_idf_build,
)

SINGLE_APP = "nvs,data,nvs,0x9000,0x6000\nphy_init,data,phy,0xf000,0x1000\nfactory,app,factory,,1M"


def refused(folder: Path) -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        read_build(folder)
    assert caught.value.findings, "a refusal names place, found and allowed"
    return caught.value


def read_or_findings(folder: Path, *readers: ListingReader) -> Build | tuple[Finding, ...]:
    try:
        return read_build(folder, readers)
    except BurnerError as error:
        return error.findings


# -- ESP-IDF -------------------------------------------------------------------------------------


def test_a_build_of_esp_idf_is_read_whole(tmp_path: Path) -> None:
    build = read_build(write_idf_build(tmp_path))
    assert (build.kind, build.chip, build.flash_size) == ("ESP-IDF", "esp32c3", 4 << 20)
    assert (build.flash_mode, build.flash_freq) == ("dio", "40m")
    assert [(f.name, f.offset) for f in build.files] == [
        ("bootloader", 0),
        ("otadata", 0xD000),
        ("app", 0x10000),
    ]
    assert build.table_file
    assert build.table_file.offset == 0x8000
    assert build.table.find("fctry")
    assert build.descriptor
    assert (build.descriptor.project_name, build.descriptor.version) == ("blinky", "1.0")


def test_a_project_folder_leads_to_its_build(tmp_path: Path) -> None:
    write_idf_build(tmp_path / "build")
    assert read_build(tmp_path).folder == tmp_path / "build"


@pytest.mark.parametrize("spelling", ["--flash_size", "--flash-size"])
def test_settings_are_read_from_the_arguments_of_older_builds(
    tmp_path: Path, spelling: str
) -> None:
    args = idf_args()
    del args["flash_settings"], args["extra_esptool_args"]
    args["write_flash_args"] = ["--compress", "--flash-mode", "qio", spelling, "8MB"]
    build = read_build(write_idf_build(tmp_path, args))
    assert (build.flash_size, build.flash_mode) == (8 << 20, "qio")
    assert build.chip == "esp32c3", "the images tell"


@pytest.mark.parametrize("size", ["detect", "keep"])
def test_a_size_to_be_detected_is_the_headers(tmp_path: Path, size: str) -> None:
    args = idf_args()
    args["flash_settings"] = {**args["flash_settings"], "flash-size": size, "flash_size": size}
    build = read_build(write_idf_build(tmp_path, args, bootloader=esp_image(flash_size=0x3)))
    assert build.flash_size == 8 << 20


@pytest.mark.parametrize("name", ["ESP32-C3", "esp32c3", "auto"])
def test_the_chip_is_read_in_every_spelling(tmp_path: Path, name: str) -> None:
    args = idf_args()
    args["extra_esptool_args"] = {"chip": name}
    assert read_build(write_idf_build(tmp_path, args)).chip == "esp32c3"


def test_the_csv_beside_the_build_is_found_where_it_says_the_same(tmp_path: Path) -> None:
    write_idf_build(tmp_path / "build", csv=SINGLE_APP)
    (tmp_path / "partitions_old.csv").write_text("nvs,data,nvs,0x9000,0x4000\n")
    assert read_build(tmp_path).csv is None
    (tmp_path / "partitions.csv").write_text(SINGLE_APP)
    assert read_build(tmp_path).csv == tmp_path / "partitions.csv"


@pytest.mark.parametrize("flag", ["true", True, "arguments"])
def test_a_build_for_flash_encryption_is_refused(tmp_path: Path, flag: object) -> None:
    args = idf_args()
    if flag == "arguments":
        args["write_flash_args"].append("--encrypt")
    else:
        args["app"]["encrypted"] = flag
    assert refused(write_idf_build(tmp_path, args)).code == "E184"


def test_every_missing_file_is_named_at_once(tmp_path: Path) -> None:
    write_idf_build(tmp_path)
    (tmp_path / "blinky.bin").unlink()
    (tmp_path / "bootloader" / "bootloader.bin").unlink()
    error = refused(tmp_path)
    assert error.code == "E183"
    assert {Path(f.place).name for f in error.findings} == {"blinky.bin", "bootloader.bin"}


def test_images_for_two_chips_do_not_make_a_build(tmp_path: Path) -> None:
    error = refused(write_idf_build(tmp_path, blinky=app_image(chip="esp32")))
    assert error.code == "E186"
    assert "for esp32" in str([f.found for f in error.findings])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("flash_files", {"0xzz": "blinky.bin"}),
        ("flash_files", {"0x10000": ""}),
        ("flash_files", {"0x10000": ["blinky.bin"]}),
        ("flash_files", {"": ""}),
        ("flash_files", [1, 2]),
        ("flash_settings", {"flash_size": "large"}),
        ("flash_settings", "4MB"),
        ("extra_esptool_args", {"chip": "../../etc"}),
        ("extra_esptool_args", {"chip": 3}),
    ],
)
def test_a_description_that_is_not_the_builds_is_refused_with_its_place(
    tmp_path: Path, key: str, value: object
) -> None:
    error = refused(write_idf_build(tmp_path, {**idf_args(), key: value}))
    assert error.code == "E182"
    assert key in error.findings[0].place


LONG = ["[" * 100_000, '"' + "x" * 300_000 + '"', "9" * 9000]


@pytest.mark.parametrize("text", ["", "[]", "{", *LONG], ids=range(6))
def test_a_description_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "flasher_args.json").write_text(text)
    assert refused(tmp_path).code in ("E182", "E183")


def test_a_damaged_table_is_refused_as_everywhere(tmp_path: Path) -> None:
    table = bytearray(table_image())
    table[40] ^= 1
    assert refused(write_idf_build(tmp_path, partition_table=bytes(table))).code == "E111"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
keys = st.sampled_from([*idf_args(), "files", ""])


@given(st.dictionaries(keys, json_values | st.sampled_from(list(idf_args().values()))))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_description_is_read_or_refused(tmp_path: Path, args: dict[str, Any]) -> None:
    write_files(tmp_path, idf_files())
    (tmp_path / "flasher_args.json").write_text(json.dumps(args))
    listing = read_or_findings(tmp_path, esp_idf.listing)
    assert listing.files or listing.table_file if isinstance(listing, Build) else listing


@given(st.binary(max_size=600), st.sampled_from(list(idf_files())))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_in_a_builds_files_are_read_or_refused(
    tmp_path: Path, data: bytes, name: str
) -> None:
    write_idf_build(tmp_path)
    (tmp_path / name).write_bytes(data)
    assert read_or_findings(tmp_path)


# -- ESP8266_RTOS_SDK, make, NONOS ---------------------------------------------------------------


def test_a_build_of_esp8266_rtos_sdk_has_the_offsets_that_it_is_flashed_with(
    tmp_path: Path,
) -> None:
    app = esp8266_rtos_app()
    folder = write_idf_build(tmp_path, RTOS_SDK_ARGS, "esp8266", SINGLE_APP, blinky=app)
    build = read_build(folder)
    assert (build.kind, build.chip) == ("ESP8266_RTOS_SDK", "esp8266")
    assert [(f.name, f.offset) for f in build.files] == [("bootloader", 0), ("app", 0x10000)]
    assert build.descriptor
    assert build.descriptor.version == "2.0"


def test_the_digest_of_an_esp8266_rtos_application_is_checked_and_repaired() -> None:
    image = esp8266_rtos_app()
    assert [checksum.kind for checksum in parse_image(image).checksums] == ["checksum", "SHA-256"]
    changed = image.replace(b"kettle", b"teapot")
    assert not any(checksum.ok for checksum in parse_image(changed).checksums)
    mended = repair_checksums(changed)
    assert all(checksum.ok for checksum in parse_image(mended).checksums)
    assert mended[-32:] == sha256(mended[:-32]).digest()


def test_a_build_by_make_is_read_from_its_plain_names(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path / "build",
        {
            "bootloader/bootloader.bin": esp_image(chip="esp8266"),
            "partitions_singleapp.bin": table_image(SINGLE_APP, "esp8266"),
            "kettle.bin": esp8266_rtos_app(),
        },
    )
    (tmp_path / "sdkconfig").write_text("CONFIG_X=y\nCONFIG_PARTITION_TABLE_OFFSET=0x9000\n")
    build = read_build(folder)
    assert (build.kind, build.chip) == ("ESP8266_RTOS_SDK", "esp8266")
    assert [(f.name, f.offset) for f in build.files] == [("bootloader", 0), ("app", 0x10000)]
    assert build.table_file
    assert build.table_file.offset == 0x9000


def test_a_nonos_build_without_updates_has_its_two_parts(tmp_path: Path) -> None:
    files = {
        "eagle.flash.bin": esp_image(chip="esp8266"),
        "eagle.irom0text.bin": b"\x12" * 4096,
        "esp_init_data_default_v08.bin": b"\x05" * 128,
        "blank.bin": b"\xff" * 4096,
    }
    build = read_build(write_files(tmp_path, files))
    assert (build.kind, build.chip, build.flash_size) == ("ESP8266 NONOS SDK", "esp8266", 4 << 20)
    assert [(f.name, f.offset) for f in build.files] == [
        ("app", 0),
        ("app-rest", 0x10000),
        ("esp_init_data_default_v08", 0x3FC000),
        ("blank", 0x3FE000),
    ]


def test_esptools_own_names_tell_the_offsets(tmp_path: Path) -> None:
    files = {"kettle-0x00000.bin": esp_image(chip="esp8266"), "kettle-0x10000.bin": b"\1" * 64}
    build = read_build(write_files(tmp_path, files))
    assert [(f.name, f.offset) for f in build.files] == [("app", 0), ("app-0x10000", 0x10000)]
    write_files(tmp_path, {"toaster-0x00000.bin": esp_image(chip="esp8266")})
    assert refused(tmp_path).code == "E189"


def test_a_single_esp8266_image_starts_at_zero(shared_images: Path, tmp_path: Path) -> None:
    data = (shared_images / "esp8266_deepsleep.bin").read_bytes()
    build = read_build(write_files(tmp_path, {"deepsleep.bin": data}))
    assert [(f.name, f.offset) for f in build.files] == [("app", 0)]
    assert (build.chip, build.table.partitions) == ("esp8266", ())


# -- PlatformIO, Arduino -------------------------------------------------------------------------

OFFSETS = [("esp32", 0x1000), ("esp32s2", 0x1000), ("esp32c3", 0), ("esp32s3", 0), ("esp32c6", 0)]


def platformio(chip: str = "esp32") -> dict[str, bytes]:
    return {
        "bootloader.bin": esp_image(chip=chip),
        "partitions.bin": table_image(chip=chip),
        "firmware.bin": app_image(chip=chip),
    }


@pytest.mark.parametrize(("chip", "offset"), [*OFFSETS, ("esp32p4", 0x2000), ("esp32c5", 0x2000)])
def test_platformio_has_the_bootloader_where_the_chip_looks_for_it(
    tmp_path: Path, chip: str, offset: int
) -> None:
    build = read_build(write_files(tmp_path, platformio(chip)))
    assert (build.kind, build.chip) == ("PlatformIO", chip)
    assert [(f.name, f.offset) for f in build.files] == [("bootloader", offset), ("app", 0x10000)]
    assert build.table_file
    assert build.table_file.offset == 0x8000


def test_a_platformio_project_with_one_environment_needs_no_more(tmp_path: Path) -> None:
    write_files(tmp_path / ".pio" / "build" / "lolin", platformio())
    assert read_build(tmp_path).kind == "PlatformIO"
    write_files(tmp_path / ".pio" / "build" / "devkit", platformio())
    error = refused(tmp_path)
    assert error.code == "E189"
    assert "lolin" in error.findings[0].found


def test_arduinos_output_is_known_by_the_sketch(tmp_path: Path) -> None:
    names = {"bootloader.bin": "s.ino.bootloader.bin", "partitions.bin": "s.ino.partitions.bin"}
    files = {names.get(name, "s.ino.bin"): data for name, data in platformio().items()}
    folder = write_files(tmp_path, {**files, "s.ino.merged.bin": b"", "boot_app0.bin": b"\xff" * 8})
    build = read_build(folder)
    assert build.kind == "Arduino"
    assert [f.name for f in build.files] == ["bootloader", "otadata", "app"]
    write_files(tmp_path, {"t.ino.bin": files["s.ino.bin"]})
    assert refused(tmp_path).code == "E189"


@pytest.mark.parametrize(("selector", "place"), [(False, 0x10000), (True, 0x110000)])
def test_the_application_goes_to_the_first_slot_where_otadata_names_it(
    tmp_path: Path, selector: bool, place: int
) -> None:
    rows = "otadata,data,ota,0xd000,0x2000\nfactory,app,factory,0x10000,1M\nota_0,app,ota_0,,1M\n"
    files = {**platformio(), "partitions.bin": table_image(rows, "esp32")}
    files |= {"boot_app0.bin": b"\xff" * 8} if selector else {}
    build = read_build(write_files(tmp_path, files))
    assert [f.offset for f in build.files if f.name == "app"] == [place]


def test_a_file_system_image_goes_to_the_partition_for_it(tmp_path: Path) -> None:
    build = read_build(write_files(tmp_path, {**platformio(), "fatfs.bin": b"\0" * 4096}))
    assert (build.files[-1].name, build.files[-1].offset) == ("store", 0x214000)


def test_the_descriptor_of_arduinos_libraries_is_not_the_sketchs(tmp_path: Path) -> None:
    foreign = esp_image(descriptor("arduino-lib-builder", "esp-idf: v4.4.3"), chip="esp32")
    build = read_build(write_files(tmp_path, {**platformio(), "firmware.bin": foreign}))
    assert build.descriptor is None


def test_arduino_on_esp8266_is_one_image(tmp_path: Path) -> None:
    build = read_build(write_files(tmp_path, {"firmware.bin": esp_image(chip="esp8266")}))
    assert [(f.name, f.offset) for f in build.files] == [("app", 0)]


def test_a_platformio_folder_without_its_table_is_refused(tmp_path: Path) -> None:
    files = {name: data for name, data in platformio().items() if name != "partitions.bin"}
    assert refused(write_files(tmp_path, files)).code == "E183"


def test_a_table_without_an_application_is_refused(tmp_path: Path) -> None:
    files = {**platformio(), "partitions.bin": table_image("nvs,data,nvs,0x9000,0x6000")}
    assert refused(write_files(tmp_path, files)).code == "E186"


# -- no build ------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"x"}, {"firmware.elf": b"\x7fELF"}])
def test_a_folder_without_a_build_says_what_was_looked_for(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    error = refused(write_files(tmp_path, files))
    assert error.code == "E181"
    assert "flasher_args.json" in error.findings[0].allowed


def test_a_firmware_that_is_none_is_refused(tmp_path: Path) -> None:
    assert refused(write_files(tmp_path, {"firmware.bin": b"\x7fELF" * 40})).code == "E183"


def test_names_that_a_profile_cannot_have_are_changed(tmp_path: Path) -> None:
    args = idf_args()
    args["flash_files"]["0x220000"] = "weird name @!.bin"
    folder = write_idf_build(tmp_path, args)
    write_files(folder, {"weird name @!.bin": b"\1" * 16})
    names = [f.name for f in read_build(folder).files]
    assert names[-1] == "weird-name---"
    assert len(set(names)) == len(names)
