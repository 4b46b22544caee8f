"""From a firmware build to burned units: `profile new`, `release build`, `burn`, nothing between.

The product's id and whatever the build cannot tell are filled in as an engineer would.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tests.images import PRODUCT_ID, esp_image
from tests.profile.builds import RTOS_SDK_ARGS, esp8266_rtos_app, write_files, write_idf_build
from tests.runs import burn, burner, manifest

NAME = "plug-c3"
"""Its secret's variable is the one that the runs of the suite have."""


@dataclass(frozen=True)
class BuiltRelease:
    """A release of a build."""

    folder: Path
    release: Path
    check: str
    """The findings of `profile check` on the profile that it was made of."""


def release(
    folder: Path, build: Path, *options: str, prints: bool = True, **filled: str
) -> BuiltRelease:
    """Profile, what is missing in it, release.

    With `prints`, units pass only if their firmware finds ProductID and name by itself.
    """
    made = burner(folder, "profile", "new", NAME, "--from", str(build), *options)
    assert made.returncode == 0, made.stderr
    profile = folder / "profiles" / f"{NAME}.yaml"
    text = profile.read_text(encoding="utf-8")
    for key, value in {"id": PRODUCT_ID, **filled}.items():
        text, count = re.subn(rf"(\b{key}: (?:{{text: )?)FILL_IN", rf"\g<1>{value}", text)
        assert count == 1, key
    if "partition" in filled:  # what the key lies in is not blank: E146 says so
        text = re.sub(r"^blank: .*$", "blank: []", text, flags=re.MULTILINE)
    if prints:
        text = re.sub(r"^# (boot:|  product_id:|  device_name:)", r"\1", text, flags=re.MULTILINE)
        assert "\nboot:\n  product_id:" in text
    profile.write_text(text, encoding="utf-8")
    checked = burner(folder, "profile", "check", str(profile))
    assert checked.returncode == 0, checked.stdout
    built = burner(folder, "release", "build", str(profile), "-o", "plug.burn")
    assert built.returncode == 0, built.stderr
    return BuiltRelease(folder, folder / "plug.burn", checked.stdout)


def burned(made: BuiltRelease, bench: str) -> list[str]:
    """The outcomes of one unit a slot, with the manifest's word for each."""
    ran = burn(made.folder, "--bench", bench, profile=made.release)
    assert ran.status == 0, ran.errors
    recorded = manifest(made.folder)
    assert {record["product_id"] for record in recorded} == {PRODUCT_ID}
    assert len({record["device_name"] for record in recorded}) == len(recorded)
    return [record["outcome"] for record in recorded]


def test_a_build_of_esp_idf_becomes_four_burned_units(tmp_path: Path, shared_images: Path) -> None:
    made = release(
        tmp_path, shared_images / "idf_hello_esp32c3", partition="nvs", namespace="cloud"
    )
    for warning in ("E122", "E123"):
        assert warning in made.check, "it is hello_world, with one nvs partition"
    assert burned(made, "sim:4,chip=esp32c3,flash=2MB") == ["PASS"] * 4


def test_a_station_says_where_it_keeps_the_secret_of_a_release(tmp_path: Path) -> None:
    made = release(tmp_path, write_idf_build(tmp_path / "b", chip="esp32"), namespace="cloud")
    bench = ("--bench", "sim:1,chip=esp32,flash=4MB")
    none = burn(made.folder, *bench, "--secret", "env:NOT_HERE", profile=made.release)
    assert (none.status, "E151" in none.errors) == (3, True)
    other = burn(made.folder, *bench, "--secret", "env:SENSOR_ESP32_SECRET", profile=made.release)
    assert other.status == 0, other.errors
    seen = burner(made.folder, "verify", "plug.burn", *bench, "--secret", "env:NOT_HERE")
    assert (seen.returncode, "E151" in seen.stderr) == (3, True)


def test_a_build_for_the_esp32_becomes_a_burned_unit(tmp_path: Path) -> None:
    made = release(tmp_path, write_idf_build(tmp_path / "b", chip="esp32"), namespace="cloud")
    assert burned(made, "sim:1,chip=esp32,flash=4MB") == ["PASS"]


def test_a_build_of_esp8266_rtos_sdk_becomes_a_burned_unit(
    tmp_path: Path, shared_images: Path
) -> None:
    table = "nvs,data,nvs,0x9000,0x6000\nfactory,app,factory,0x10000,0xf0000\n"
    build = write_idf_build(
        *(tmp_path / "b", RTOS_SDK_ARGS, "esp8266", table + "fctry,data,nvs,0x100000,0x4000"),
        blinky=esp8266_rtos_app("qcloud-key"),
        bootloader=(shared_images / "bootloader_esp8266.bin").read_bytes(),
    )
    made = release(tmp_path, build)
    assert "E124" in made.check, "that bootloader is for 512 KB"
    assert burned(made, "sim:1,chip=esp8266,flash=2MB") == ["PASS"]


def test_an_esp8266_image_with_tencents_arrays_is_patched_and_burned(tmp_path: Path) -> None:
    arrays = b"PRODUCT_ID".ljust(11, b"\0") + b"YOUR_PRODUCT_SECRET".ljust(33, b"\0")
    files = {"plug.bin": esp_image(arrays + b"/device/register\0\0\0\0", chip="esp8266")}
    build = write_files(tmp_path / "out", files)
    made = release(tmp_path, build, prints=False, version="1.0.0")
    assert burned(made, "sim:1,chip=esp8266,flash=4MB") == ["PASS"]


def esp8266_app(*arrays: str) -> bytes:
    """An application without a partition table, with arrays of 48 bytes in it."""
    texts = b"".join(text.encode().ljust(48, b"\0") for text in arrays)
    return esp_image(texts + b"/device/register\0\0\0\0", chip="esp8266")


def firmware_that_reads(folder: Path, **offsets: int) -> str:
    """A bench whose firmware looks for its key there, in a flash without partitions."""
    texts = [
        {"value": value, "partition": "", "offset": at, "size": 33} for value, at in offsets.items()
    ]
    unit = {"chip": "esp8266", "firmware": {"texts": texts}}
    (folder / "bench.yaml").write_text(json.dumps({"slots": 1, "units": [unit]}))
    return "bench.yaml"


def test_an_esp8266_build_without_a_table_gets_arrays_to_patch_and_is_burned(
    tmp_path: Path,
) -> None:
    app = esp8266_app("MY_PRODUCT", "MY_SECRET")
    files = {"eagle.flash.bin": app, "eagle.irom0text.bin": b"\x12" * 4096}
    build = write_files(tmp_path / "out", files)
    made = release(
        tmp_path, build, version="1.0.0", product_id="MY_PRODUCT", product_secret="MY_SECRET"
    )
    at = {"product_id": app.index(b"MY_PRODUCT"), "product_secret": app.index(b"MY_SECRET")}
    assert burned(made, firmware_that_reads(tmp_path, **at)) == ["PASS"]


def test_an_arduino_build_for_esp8266_is_burned_with_a_struct_at_a_place_in_flash(
    tmp_path: Path,
) -> None:
    build = write_files(tmp_path / "out", {"plug.ino.bin": esp8266_app("nothing of a key")})
    place = "0x1ff010"
    made = release(tmp_path, build, "--preset", "raw", version="1.0.0", offset=place, value="KEY")
    at = {"product_id": 0x1FF018, "product_secret": 0x1FF018 + 11}
    assert burned(made, firmware_that_reads(tmp_path, **at)) == ["PASS"]


def test_tencents_at_firmware_for_esp8266_is_told_its_key(tmp_path: Path) -> None:
    build = write_files(tmp_path / "out", {"at.bin": esp8266_app("AT+TCPRDINFOSET")})
    made = release(tmp_path, build, prints=False, version="1.0.0")
    unit = {"chip": "esp8266", "modem": {"kind": "tencent-wifi", "port": "esp"}}
    (tmp_path / "bench.yaml").write_text(json.dumps({"slots": 1, "units": [unit]}))
    assert burned(made, "bench.yaml") == ["PASS"]
