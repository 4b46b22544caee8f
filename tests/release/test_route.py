"""The route: a test firmware first, of which nothing stays in the unit."""

from pathlib import Path
from typing import Any

import pytest

from burner.core.errors import BurnerError
from burner.release.contents import check_contents, inputs_to_seal, release_contents
from burner.release.diff import differences
from burner.release.opening import open_release
from burner.release.preflight import preflight
from burner.release.release_file import pack, unpack
from tests.images import app_image, esp_image, write_product

TEST_FIRMWARE = app_image("rf test", "x" * 9000)
ROUTE = "{images: [{name: rf, file: rf.bin, partition: ota_0}], tests: [{name: tx, run: [fix]}]}"
REPLACED: dict[str, Any] = {"route": ROUTE, "blank": "[nvs, otadata, ota_0]"}


def with_route(folder: Path, **replaced: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "rf.bin").write_bytes(replaced.pop("firmware", TEST_FIRMWARE))
    return write_product(folder, **(REPLACED | replaced))


def findings_of(path: Path) -> list[tuple[str, str]]:
    return [(str(f.code), f.place.partition(" ")[2]) for f in preflight(path).findings]


def test_the_test_firmware_is_written_with_what_starts_it(tmp_path: Path) -> None:
    release = open_release(with_route(tmp_path))
    names = [segment.name for segment in release.route]
    assert names == ["bootloader", "partition-table", "otadata", "rf"]
    assert not any(segment.confidential for segment in release.route)
    assert release.profile.route is not None
    assert [test.name for test in release.profile.all_tests] == ["tx"]


def test_a_product_without_a_route_has_none(tmp_path: Path) -> None:
    release = open_release(write_product(tmp_path))
    assert release.route == ()
    assert "route" not in release.index


def test_every_byte_that_the_route_writes_is_erased_or_written_again(tmp_path: Path) -> None:
    release = open_release(with_route(tmp_path))
    again = {
        sector
        for segment in release.segments
        for sector in range(segment.offset // 4096, -(-segment.end // 4096))
    }
    written = {
        sector
        for segment in release.route
        for sector in range(segment.offset // 4096, -(-segment.end // 4096))
    }
    assert written <= again


def test_a_test_firmware_of_which_something_would_stay_is_refused(tmp_path: Path) -> None:
    seen = preflight(with_route(tmp_path, blank="[nvs, otadata]"))
    (finding,) = seen.findings
    assert finding.code == "E159"
    assert finding.place.endswith("route.images[0]")
    assert "rf would stay from 0x11000 on" in finding.found


def test_a_test_firmware_no_longer_than_the_product_needs_no_blank(tmp_path: Path) -> None:
    path = with_route(tmp_path, firmware=app_image("rf"), blank="[nvs, otadata]")
    assert findings_of(path) == []


def test_data_of_a_test_firmware_beside_the_product_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cal.bin").write_bytes(b"\x55" * 100)
    images = (
        "[{name: rf, file: rf.bin, partition: ota_0}, {name: cal, file: cal.bin, offset: 0x%x}]"
    )
    inside = 0x210000 + 0x4000  # store, which the product leaves alone
    path = with_route(tmp_path, route=f"{{images: {images % inside}}}")
    assert findings_of(path) == [("E159", "route.images[1]")]


@pytest.mark.parametrize("blank", ["[nvs, otadata, ota_1]", "[nvs, ota_1]"])
def test_a_test_firmware_that_the_bootloader_does_not_start_is_refused(
    tmp_path: Path, blank: str
) -> None:
    route = "{images: [{name: rf, file: rf.bin, partition: ota_1}]}"
    assert ("E174", "route.images") in findings_of(with_route(tmp_path, route=route, blank=blank))


@pytest.mark.parametrize(
    ("replaced", "code", "field"),
    [
        ({"firmware": app_image(chip="esp32s3")}, "E115", "route.images[0].file"),
        ({"firmware": b"no image"}, "E116", "route.images[0].file"),
        (
            {"route": "{images: [{name: app, file: rf.bin, partition: ota_0}]}"},
            "E101",
            "route.images[0]",
        ),
        (
            {"route": "{images: [{name: rf, file: rf.bin, partition: test}]}"},
            "E121",
            "route.images[0].partition",
        ),
        ({"route": "{images: [{name: rf, file: gone.bin, partition: ota_0}]}"}, "E105", None),
        ({"route": "{images: []}"}, "E101", "route.images"),
        (
            {
                "route": "{images: [{name: rf, file: rf.bin, partition: ota_0}],"
                " tests: [{name: tx, run: [fix], after: boot}]}"
            },
            "E101",
            "route",
        ),
    ],
)
def test_images_of_a_route_are_checked_as_those_of_the_product(
    tmp_path: Path, replaced: dict[str, Any], code: str, field: str | None
) -> None:
    found = findings_of(with_route(tmp_path, **replaced))
    assert code in {own for own, _ in found}, found
    if field:
        assert field in {at for _, at in found}, found


def test_a_mistake_elsewhere_does_not_say_that_the_route_stays(tmp_path: Path) -> None:
    path = with_route(tmp_path, images="[{name: app, file: gone.bin, partition: ota_0}]")
    assert "E159" not in {code for code, _ in findings_of(path)}


# -- in the release ------------------------------------------------------------------------------


def test_a_release_file_brings_the_test_firmware(tmp_path: Path) -> None:
    path = with_route(tmp_path)
    data = pack(release_contents(preflight(path)))
    contents = unpack(data, "x.burn")
    assert contents.parts["parts/rf"] == TEST_FIRMWARE
    (part,) = contents.index["route"]
    assert (part["name"], part["offset"], part["size"]) == ("rf", 0x10000, len(TEST_FIRMWARE))
    (tmp_path / "x.burn").write_bytes(data)
    released = open_release(
        tmp_path / "x.burn", secret=None, reference=f"file:{tmp_path}/secret.txt"
    )
    profile = open_release(path)
    assert released.route == profile.route
    assert released.digest == profile.digest


def test_another_test_firmware_makes_another_digest(tmp_path: Path) -> None:
    digests = {
        open_release(with_route(tmp_path / name, firmware=firmware)).digest
        for name, firmware in (("a", TEST_FIRMWARE), ("b", TEST_FIRMWARE + bytes(16)))
    }
    assert len(digests) == 2


def test_a_release_file_with_another_test_firmware_than_its_index_is_refused(
    tmp_path: Path,
) -> None:
    contents = release_contents(preflight(with_route(tmp_path)))
    contents.parts["parts/rf"] = app_image("another", "y" * 9000)  # type: ignore[index]
    with pytest.raises(BurnerError) as refused:
        check_contents(contents, tmp_path / "x.burn")
    assert refused.value.code == "E205"


def test_a_diff_of_two_releases_names_the_test_firmware_and_its_tests(tmp_path: Path) -> None:
    before = open_release(with_route(tmp_path / "a")).index
    after = open_release(
        with_route(
            tmp_path / "b",
            firmware=TEST_FIRMWARE + bytes(16),
            route=ROUTE.replace("run: [fix]", "run: [fix, --slow]"),
        )
    ).index
    changes = {change.what: (change.before, change.after) for change in differences(before, after)}
    assert set(changes) == {"route part rf", "route.tests.tx.run"}
    assert changes["route.tests.tx.run"] == ("fix", "fix, --slow")


def test_a_bootloader_of_the_route_takes_the_place_of_the_products(tmp_path: Path) -> None:
    (tmp_path / "boot.bin").write_bytes(esp_image(b"\x13\0\0\0"))
    route = (
        "{images: [{name: rf, file: rf.bin, partition: ota_0},"
        " {name: rf-boot, file: boot.bin, offset: 0x0}]}"
    )
    release = open_release(with_route(tmp_path, route=route))
    assert [s.name for s in release.route] == ["rf-boot", "partition-table", "otadata", "rf"]


def test_on_an_esp8266_without_a_table_the_test_firmware_is_all_there_is(tmp_path: Path) -> None:
    (tmp_path / "rf.bin").write_bytes(esp_image(b"\x55" * 400, chip="esp8266"))
    path = write_product(
        tmp_path,
        chip="esp8266",
        partition_table="",
        blank="",
        images="[{name: app, file: app.bin, offset: 0x0}]",
        carrier="{kind: raw, offset: 0x3f0000, fields: ["
        "{name: id, type: 'char[16]', key: product_id},"
        " {name: secret, type: 'char[48]', key: product_secret}]}",
        route="{images: [{name: rf, file: rf.bin, offset: 0x0}], boot: {baud: 74880}}",
    )
    errors = [finding for finding in preflight(path).findings if not finding.warning]
    assert errors == []
    assert [segment.name for segment in preflight(path).route] == ["rf"]


def test_a_test_firmware_over_a_part_of_the_bootloader_is_refused(tmp_path: Path) -> None:
    bootloader = esp_image(b"\x13" * 0x2000)
    images = "[{name: rf, file: rf.bin, partition: ota_0}, {name: x, file: x.bin, offset: 0x1000}]"
    (tmp_path / "x.bin").write_bytes(b"\x55" * 100)
    path = with_route(tmp_path, route=f"{{images: {images}}}", bootloader=bootloader)
    assert ("E113", "route.images") in findings_of(path)


def test_a_sealed_release_brings_the_test_firmware_too(tmp_path: Path) -> None:
    path = with_route(tmp_path)
    seen = preflight(path)
    contents = release_contents(seen, inputs_to_seal(seen, None))
    assert contents.parts["parts/rf"] == TEST_FIRMWARE
    again = check_contents(contents, tmp_path / "x.burn")
    assert again.route == seen.route
